"""The pictures of docs/graph.md: where each is taken and what is done there before."""

from collections.abc import Callable
from typing import NamedTuple

from playwright.sync_api import Page

SETTLED_MS = 700  # boxes have glided
DRAWING = "#graph-body"
LIGHT, DARK = "", "-dark"


class GraphPicture(NamedTuple):
    """A logdir, what is asked of its graph page, what is done there, the part that is shown."""

    logdir: str
    query: str
    act: Callable[[Page], object] = bool
    part: str = ""
    looks: tuple[str, ...] = (LIGHT,)


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


GRAPH_PICTURES = {
    "graph-first": GraphPicture("net", "", looks=(LIGHT, DARK)),
    "graph-signs": GraphPicture(
        "demo", "run=train&e=hidden1/weights", signs, DRAWING, (LIGHT, DARK)
    ),
    "graph-open": GraphPicture("net", "e=block_3_*&s=block_3_*&d=lr", looks=(DARK,)),
    "graph-search": GraphPicture("demo", "run=train&c=device&health=0", search),
    "graph-trace": GraphPicture(
        "demo", "run=train&t=inputs&of=logits&e=hidden2&health=0", part=DRAWING
    ),
    "graph-time": GraphPicture("demo", "run=train&c=time&e=hidden1&health=0&s=hidden1"),
    "graph-menu": GraphPicture("demo", "run=train&health=0", menu, DRAWING),
}


def draw(page: Page, bases: dict[str, str], picture: GraphPicture) -> bytes:
    """Visit the page, do what is to be done, and take the picture."""
    page.goto(f"{bases[picture.logdir]}/graph?{picture.query}")
    page.evaluate("() => window.opscope.graph.ready")
    page.locator("#early").wait_for(state="detached")
    picture.act(page)
    page.wait_for_timeout(SETTLED_MS)
    page.locator(".where").evaluate("(place) => { place.textContent = 'logs'; }")
    shown = page.locator(picture.part) if picture.part else page
    return shown.screenshot(animations="disabled")
