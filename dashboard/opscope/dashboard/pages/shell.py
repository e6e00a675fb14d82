"""What surrounds every page: header, tabs, and what is said when there is nothing to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from dash import dcc, html

from opscope.dashboard.markup import markup
from opscope.dashboard.page import Page
from opscope.dashboard.store import Store


@dataclass(frozen=True)
class View:
    """What belongs at an address now: `key` tells two views apart, `draw()` gives the component."""

    key: str
    draw: Callable[[], Any]


def aria(**words: str) -> dict[str, Any]:
    """ARIA attributes by their short names, to be unpacked into a component."""
    return {f"aria-{word}": value for word, value in words.items()}


def frame(store: Store, base: str, links: Any = None, page: Any = None) -> Any:
    """The shell, with an empty place for the page; the navigation callback fills it.

    `links` (of `tabs`) and a `page` stand in their places from the start where they are given.
    """
    return html.Div(
        className="frame",
        children=[
            dcc.Location(id="address", refresh="callback-nav"),
            dcc.Store(id="generation", data=store.generation),
            dcc.Store(id="shown"),
            html.A("Skip to the page", href="#page", className="skip"),
            html.Header(
                className="top",
                children=[
                    dcc.Link(
                        [html.Span(className="logo"), html.Span("opscope", className="name")],
                        href=base,
                        refresh=True,
                        className="brand",
                        title="opscope: the first page that has data",
                    ),
                    html.Nav(links, id="tabs", className="tabs", **aria(label="Pages")),
                    html.Div(
                        className="status",
                        children=[
                            html.Details(
                                id="problems",
                                className="menu problems",
                                hidden=True,
                                children=[
                                    html.Summary(id="problems-count"),
                                    html.Div(id="problems-list", className="menu-list"),
                                ],
                            ),
                            html.Details(
                                id="alerts",
                                className="menu problems",
                                hidden=True,
                                children=[html.Summary(), html.Div(className="menu-list")],
                            ),
                            html.Span(str(store.path), className="where", title="The logdir"),
                            _live(store),
                            html.Button(
                                "?",
                                id="keys",
                                className="icon-button keys-button",
                                title="Keys (?)",
                                **aria(label="Keyboard shortcuts"),
                            ),
                            html.Button(
                                html.Span(className="icon icon-theme"),
                                id="theme",
                                className="icon-button",
                                title="Light or dark",
                                **aria(label="Switch between light and dark"),
                            ),
                        ],
                    ),
                ],
            ),
            html.Main(page, id="page", className="page", tabIndex="-1"),
        ],
    )


def tabs(store: Store, pages: Sequence[Page], base: str, path: str) -> list[Any]:
    """One link per page; a page without data is there, but quiet."""
    links = []
    current = view_page(store, pages, path)
    for page in pages:
        words = ["tab"]
        if page is current:
            words.append("current")
        if not (store.loaded and _has_data(store, page)):
            words.append("quiet")
        links.append(
            dcc.Link(
                [html.Span(className=f"icon icon-{page.icon}"), html.Span(page.title)],
                href=base.rstrip("/") + page.path,
                className=" ".join(words),
                title=None if "quiet" not in words else f"{page.title}: nothing here yet",
                id=f"tab-{page.path.strip('/')}",
            )
        )
    return links


def early(store: Store, pages: Sequence[Page], base: str, path: str) -> str:
    """The whole shell with its page as HTML, where its script can fill it before Dash; else ""."""
    generation = store.generation
    shown = view(store, pages, path)
    page = view_page(store, pages, path)
    if page is None or not page.early or shown.key != page.path:
        return ""
    frame_now = frame(store, base, tabs(store, pages, base, path), shown.draw())
    address = escape(base.rstrip("/") + page.asks)
    ahead = f'<link rel="preload" as="fetch" crossorigin href="{address}">' if page.asks else ""
    shell = markup(frame_now, "early-")
    return f'{ahead}<div id="early" data-generation="{generation}">{shell}</div>'


def first_page(store: Store, pages: Sequence[Page]) -> Page | None:
    """The first page that has something to show; None while the logdir is read or empty."""
    if not store.loaded:
        return None
    return next((page for page in pages if _has_data(store, page)), None)


def view_page(store: Store, pages: Sequence[Page], path: str) -> Page | None:
    """The page at a path; at "/" the first that has data."""
    if path == "/":
        return first_page(store, pages)
    return next((page for page in pages if page.path == path.rstrip("/")), None)


def view(store: Store, pages: Sequence[Page], path: str) -> View:
    """What to draw at a path: the page, or why there is none yet."""
    if not store.loaded:
        return View("loading", lambda: notice("Reading the logdir", _loading(store), "busy"))
    if store.error:
        error = store.error
        return View(f"error {error}", lambda: notice("The logdir cannot be read", [error], "error"))
    page = view_page(store, pages, path)
    if page is None and path != "/":
        known = ", ".join(page.path for page in pages)
        return View(path, lambda: notice("No such page", [f"{path} is not a page. Pages: {known}"]))
    stands = page is not None and page.tells_empty and path != "/"
    if page is None or not (stands or _has_data(store, page)):
        title = "Nothing here yet" if page is None else f"No {page.title.lower()} here yet"
        return View(f"empty {path}", lambda: notice(title, _empty(store), "empty"))
    found = page
    heading = html.H1(found.title, className="unseen")
    return View(found.path, lambda: [heading, found.layout(store)])


def notice(title: str, lines: Sequence[Any], kind: str = "") -> Any:
    """A card in the middle of the page that says one thing."""
    return html.Section(
        className=f"notice {kind}",
        children=[
            html.Span(className="notice-mark"),
            html.H1(title),
            *[html.P(text) for text in lines],
        ],
    )


# Seconds between two looks for news that a reader can choose; 0 is never.
USUAL_PERIOD = 0.3
PERIODS = (USUAL_PERIOD, 2, 5, 10, 30, 60, 0)


def _live(store: Store) -> Any:
    """Whether the page follows the logdir, how often it looks, and a look at once."""
    reads = f"every {store.reload_interval:g} s" if store.reload_interval else "only once"
    return html.Details(
        id="live",
        className="menu live-menu",
        children=[
            html.Summary(
                [html.Span(className="live"), html.Span("…", className="live-told", role="status")],
                className="live-summary",
                title="Whether the page follows the logdir",
            ),
            html.Div(
                className="menu-list",
                children=[
                    html.P("", className="live-state"),
                    html.Label(
                        [
                            "Look for news",
                            html.Select(
                                [html.Option(_told(p), value=str(p)) for p in PERIODS],
                                id="live-period",
                            ),
                        ],
                        className="live-field",
                    ),
                    html.Button("Look now", id="live-now", className="plain-button"),
                    html.P(f"The server reads {store.path} {reads}.", className="quiet-text"),
                ],
            ),
        ],
    )


def _told(seconds: float) -> str:
    if seconds == USUAL_PERIOD:
        return "all the time"
    return f"every {seconds} s" if seconds else "never"


def _has_data(store: Store, page: Page) -> bool:
    return store.error is None and store.once(page.path, lambda: page.has_data(store))


def _loading(store: Store) -> list[Any]:
    done, of = store.progress or (0, 0)
    told = f"{done / 1e6:.1f} of {of / 1e6:.1f} MB" if of else "Looking for event files"
    # assets/opscope.js moves it on.
    bar = html.Progress(
        id="reading", value=str(done), max=str(max(of, 1)), **aria(label="Read so far")
    )
    words = html.Span(told, id="reading-told")
    return [html.Code(str(store.path)), bar, words, "The pages appear as soon as it is read."]


def _empty(store: Store) -> list[Any]:
    with store.reading() as logdir:
        runs = len(logdir.runs())
    if runs:
        none = "Its run has none." if runs == 1 else f"None of its {runs} runs has any."
    else:
        none = "It holds no event files."
    follow = " A training that writes some will show up by itself." if store.reload_interval else ""
    return [html.Code(str(store.path)), none + follow]
