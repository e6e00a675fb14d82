"""Draw the pictures of docs/img anew: every page, light, dark and on a phone.

python tools/screenshots.py DEMO [FOLDER] [--only PAGE]      (make screenshots)

DEMO is the sample demo, whose graph is shown; the other pages show a made-up sweep. The pictures of
docs/graph.md (graph_pictures.py) are drawn with those of the graph page.
"""

import argparse
import gzip
import io
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from graph_pictures import GRAPH_PICTURES, draw
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from sample_sweep import write_sweep

from opscope.dashboard.pages import PAGES
from opscope.dashboard.server import open_server

LOOKS: dict[str, dict] = {
    "": {"viewport": {"width": 1280, "height": 760}, "color_scheme": "light"},
    "-dark": {"viewport": {"width": 1280, "height": 760}, "color_scheme": "dark"},
    "-narrow": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}
COLOURS, RARE = 256, 96  # of a picture: the files stay small
NET = Path(__file__).resolve().parents[1] / "tests/data/graphs/MobileNetV2.pb.gz"
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]

# Fonts, answers and pictures are there, and what they made is drawn.
SETTLED = """async () => {
    await document.fonts.ready;
    await opscope.settled();
    await Promise.all([...document.images].map((image) => image.decode().catch(() => 0)));
    await new Promise(requestAnimationFrame);
}"""
# What is asked of a page, and what is there when it is drawn.
ASKED = {
    "graph": ("run=train&s=cross_entropy/Log", ".health-card"),
    "scalars": ("group=folder&colours=group", ".curve"),
    "histograms": ("run=lr%3D0.01/seed0&run=lr%3D0.3/seed1", ".ridge"),
    "distributions": ("run=lr%3D0.01/seed0&run=lr%3D0.3/seed1", ".band"),
    "images": ("tags=first", ".picture"),
    "text": ("", ".words table"),
    "hparams": ("view=parallel", "svg path"),
    "files": ("run=lr%3D0.01/seed0", ".holding audio"),
}


def visit(page: Page, name: str, base: str) -> None:
    """Open a page and wait until it has drawn itself and Dash has taken over."""
    query, drawn = ASKED.get(name, ("", ".card, svg"))
    page.goto(f"{base}/{name}?{query}")
    page.locator(drawn).first.wait_for(state="attached")
    page.locator("#early").wait_for(state="detached")
    page.locator("#live[data-state=on]").wait_for()
    page.evaluate(SETTLED)
    page.locator(".where").evaluate("(place) => { place.textContent = 'logs'; }")


def small(picture: bytes, path: Path) -> None:
    """Save a picture with few colours: its usual ones as they are, the others as the nearest."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    found = sorted(image.getcolors(1 << 24) or [], reverse=True)
    usual = [part for _, colour in found[: COLOURS - RARE] for part in colour]
    # Of all the most different ones, so that no hue is lost.
    rare = image.quantize(RARE, Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*usual, *rare[: 3 * RARE]])
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    """Serve both logdirs, visit each page in each look, and save what it looks like."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("docs/img"))
    parser.add_argument("--only", help="one page, by its name in the address")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        sweep, net = Path(made) / "sweep", Path(made) / "net"
        write_sweep(sweep)
        net.mkdir()
        (net / "MobileNetV2.pb").write_bytes(gzip.decompress(NET.read_bytes()))
        bases, close = _serve({"demo": args.demo, "sweep": sweep, "net": net})
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        for look, settings in LOOKS.items():
            context = browser.new_context(**settings, timezone_id="UTC", locale="en-GB")
            for name in (page.path.strip("/") for page in PAGES):
                if args.only in (None, name):
                    page = context.new_page()
                    visit(page, name, bases["demo" if name == "graph" else "sweep"])
                    picture = page.screenshot(animations="disabled")
                    small(picture, args.folder / f"{name}{look}.png")
                    page.close()
            for name, picture in GRAPH_PICTURES.items():
                if args.only in (None, "graph") and look in picture.looks:
                    page = context.new_page()
                    small(draw(page, bases, picture), args.folder / f"{name}{look}.png")
                    page.close()
            context.close()
        browser.close()
        close()


def _serve(logdirs: dict[str, Path]) -> tuple[dict[str, str], Callable[[], None]]:
    servers = {name: open_server(path, port=0) for name, path in logdirs.items()}
    for server in servers.values():
        threading.Thread(target=server.run, daemon=True).start()

    def close() -> None:
        for server in servers.values():
            server.close()

    return {name: server.url.rstrip("/") for name, server in servers.items()}, close


if __name__ == "__main__":
    main()
