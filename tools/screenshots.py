"""Draw the README's pictures of the dashboard anew, from a demo's logs.

python tools/screenshots.py LOGDIR [FOLDER]      (make screenshots)
"""

import argparse
import shutil
import threading
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from opscope.dashboard.server import open_server

SIZE = {"width": 1280, "height": 760}
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]


def graph(page: Page, url: str) -> None:
    """The graph with the first bad node selected."""
    page.goto(f"{url}/graph?run=train&s=cross_entropy/Log")
    page.evaluate("() => window.opscope.graph.ready")
    page.locator('[data-id="cross_entropy/Log"]').first.wait_for()
    page.locator(".health-card").wait_for()


def scalars(page: Page, url: str) -> None:
    """Loss and accuracy of the training."""
    page.goto(f"{url}/scalars")
    page.locator(".curve").first.wait_for()


PICTURES = {"graph": graph, "scalars": scalars}


def main() -> None:
    """Serve the logdir, visit each page, and save what it looks like."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("logdir", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("docs/img"))
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    server = open_server(args.logdir, port=0)
    threading.Thread(target=server.run, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        for name, visit in PICTURES.items():
            page = browser.new_page(viewport=SIZE)
            visit(page, server.url.rstrip("/"))
            page.wait_for_load_state("networkidle")
            page.screenshot(path=args.folder / f"{name}.png", animations="disabled")
            page.close()
        browser.close()
    server.close()


if __name__ == "__main__":
    main()
