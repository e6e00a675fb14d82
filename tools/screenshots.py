"""Draw the pictures of the dashboard in README.md and docs/ anew, from a demo's logs.

python tools/screenshots.py LOGDIR [FOLDER] [--only NAME]      (make screenshots)
"""

import argparse
import gzip
import shutil
import tempfile
import threading
from collections.abc import Callable
from contextlib import chdir
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from opscope.dashboard.server import open_server

SIZE = {"width": 1280, "height": 760}
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]
NET = Path(__file__).resolve().parents[1] / "tests/data/graphs/MobileNetV2.pb.gz"
"""The graph of a real training, beside the demo's."""
DRAWING = "#graph-body"
COLOURS, RARE = 256, 96
SETTLED_MS = 1500  # Dash has started, boxes have glided
LIGHT, BOTH = ("light",), ("light", "dark")


class Picture(NamedTuple):
    """What to look at: a page, what is done there, the part that is shown, and the themes."""

    address: str
    act: Callable[[Page], object] = bool
    part: str = ""
    themes: tuple[str, ...] = LIGHT


def health(page: Page) -> None:
    """The card with the numbers of the first bad node."""
    page.locator(".health-card").wait_for()


def signs(page: Page) -> None:
    """One scope fills the window."""
    page.evaluate("window.opscope.graph.select('hidden1/weights')")
    page.locator(".graph-svg").press("z")
    page.locator(".graph-svg").press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.mouse.move(5, 5)


def search(page: Page) -> None:
    """Hits of a field."""
    page.locator("#graph-search").fill("op:MatMul")
    page.locator("#graph-hits button").first.wait_for()


def menu(page: Page) -> None:
    """What can be done with a scope."""
    page.locator('[data-id="hidden2"]').click(button="right")


def curve(page: Page) -> None:
    """The curves are drawn."""
    page.locator(".curve").first.wait_for()


PICTURES = {
    "graph": Picture("graph?run=train&s=cross_entropy/Log", health, themes=BOTH),
    "scalars": Picture("scalars?run=train", curve),
    "graph-first": Picture("graph?run=net", themes=BOTH),
    "graph-signs": Picture("graph?run=train&e=hidden1/weights", signs, DRAWING, BOTH),
    "graph-open": Picture("graph?run=net&e=block_3_*&s=block_3_*&d=lr", themes=("dark",)),
    "graph-search": Picture("graph?run=train&c=device&health=0", search),
    "graph-trace": Picture("graph?run=train&t=inputs&of=logits&e=hidden2&health=0", part=DRAWING),
    "graph-time": Picture("graph?run=train&c=time&e=hidden1&health=0&s=hidden1"),
    "graph-menu": Picture("graph?run=train&health=0", menu, DRAWING),
}


def small(png: bytes) -> bytes:
    """The same picture, a third as large: its usual colours as they are, others as the nearest."""
    out = BytesIO()
    with Image.open(BytesIO(png)) as opened:
        image = opened.convert("RGB")
    found = sorted(image.getcolors(1 << 24), reverse=True)
    usual = [colour for _, colour in found[: COLOURS - RARE]]
    # Of the others the most different ones, so that no hue is lost.
    rare = image.quantize(RARE, Image.Quantize.MAXCOVERAGE).getpalette()[: 3 * RARE]
    palette = Image.new("P", (1, 1))
    palette.putpalette([*(part for colour in usual for part in colour), *rare])
    few = image.quantize(palette=palette, dither=Image.Dither.NONE)
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    """Serve the logs, visit each page, and save what it looks like."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("logdir", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("docs/img"))
    parser.add_argument("--only", choices=PICTURES, help="draw one picture")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    logdir, folder = args.logdir.resolve(), args.folder.resolve()
    with tempfile.TemporaryDirectory() as made, chdir(made):
        logs = Path("logs")
        shutil.copytree(logdir, logs)
        (logs / "net").mkdir()
        (logs / "net/MobileNetV2.pb").write_bytes(gzip.decompress(NET.read_bytes()))
        server = open_server(logs, port=0)
        threading.Thread(target=server.run, daemon=True).start()
        server.store.wait()
        names = [args.only] if args.only else list(PICTURES)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
            )
            for name in names:
                picture = PICTURES[name]
                for theme in picture.themes:
                    page = browser.new_page(viewport=SIZE, color_scheme=theme)
                    path = folder / f"{name}{'' if theme == 'light' else '-dark'}.png"
                    path.write_bytes(small(draw(page, server.url, picture)))
                    page.close()
            browser.close()
        server.close()


def draw(page: Page, url: str, picture: Picture) -> bytes:
    """Visit a page, do what is to be done, and take the picture."""
    page.goto(f"{url}{picture.address}")
    if picture.address.startswith("graph"):
        page.evaluate("() => window.opscope.graph.ready")
    picture.act(page)
    page.wait_for_timeout(SETTLED_MS)
    # Where the logs lie is nobody's business.
    page.add_style_tag(content=".where { visibility: hidden }")
    part = page.locator(picture.part) if picture.part else page
    return part.screenshot(animations="disabled")


if __name__ == "__main__":
    main()
