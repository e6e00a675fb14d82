"""What one page of the dashboard is: one module, one `PAGE` value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import flask

    from opscope.dashboard.store import Store


def nothing(*_: Any) -> None:
    """Register nothing: the default of a page without routes or callbacks of its own."""


@dataclass(frozen=True)
class Page:
    """One page: where it lives, when it is shown, what it draws and what it serves.

    `layout` is called for each visit and gives a Dash component; `flask.request.args` holds the
    query of the page's own address while it runs. `routes` adds plain routes below `/api/` to the
    server, for data too heavy for a Dash callback; they are written without the path prefix, which
    the server strips (in the browser, `opscope.url("/api/...")` adds it). `callbacks` gets the
    `Dash` application, because Dash's global registry would share callbacks between applications.
    `assets` are files in `assets/`, loaded in this order after the shell's. An `early` page has a
    layout of `dash.html` elements alone, which its script fills before Dash has started and takes
    along when Dash draws them (`opscope.early` in the browser). `asks` is the route that its
    script asks first: the browser does so while it loads the scripts. A page that `tells_empty`
    says itself that there is no data yet, and is drawn without any at its own address.
    """

    path: str
    title: str
    icon: str
    order: int
    has_data: Callable[[Store], bool]
    layout: Callable[[Store], Any]
    routes: Callable[[flask.Flask, Store], None] = nothing
    callbacks: Callable[[Any], None] = nothing
    assets: tuple[str, ...] = ()
    early: bool = False
    tells_empty: bool = False
    asks: str = ""
