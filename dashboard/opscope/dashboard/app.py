"""The dashboard as one WSGI application: a Dash shell around the pages, and their routes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import dash
import flask
from dash import Dash, Input, Output, State
from dash.exceptions import DependencyException

from opscope.dashboard import (
    tensorboard_curve_routes,
    tensorboard_graph_routes,
    tensorboard_payload_routes,
    tensorboard_routes,
    tensorboard_series_routes,
)
from opscope.dashboard.answer_cache import AnswerCache
from opscope.dashboard.bundle import Bundle
from opscope.dashboard.http_api import OPERATIONS
from opscope.dashboard.http_api.document import openapi
from opscope.dashboard.own_version import own_version
from opscope.dashboard.page import Page
from opscope.dashboard.pages import PAGES, shell
from opscope.dashboard.responses import (
    error_response,
    install_conditions,
    install_errors,
    install_policy,
    install_validators,
    json_response,
)
from opscope.dashboard.store import Store, UnreadableError

ASSETS = Path(__file__).with_name("assets")
SHELL_STYLES = ("palette.css", "icons.css", "shell.css")
FIRST_SCRIPT = "theme.js"
SHELL_SCRIPTS = ("opscope.js", "live.js", "dom.js", "start.js", "tabs.js", "keys.js")
EARLY_PLACE = "<!-- early -->"
HELD_S = 0.8  # how long a page waits for the first reading


class _Application(Dash):
    """Dash, whose pages may stand and be filled before it has started."""

    def __init__(self, store: Store, pages: list[Page], base: str, **settings: Any):
        self._early = store, pages, base
        super().__init__("opscope.dashboard", **settings)

    def interpolate_index(self, *texts: Any, **parts: Any) -> str:
        """The page's HTML, with the shell of an early page in its place."""
        store, pages, base = self._early
        page = str(super().interpolate_index(*texts, **parts))  # type: ignore[no-untyped-call]
        return page.replace(EARLY_PLACE, shell.early(store, pages, base, flask.request.path), 1)


def create_app(
    store: Store,
    *,
    path_prefix: str = "",
    window_title: str = "opscope",
    pages: Sequence[Page] = PAGES,
) -> Dash:
    """The dashboard on a store; `.server` is the WSGI application (a `flask.Flask`).

    `path_prefix` ("/x" or "") is what a browser sees before every path. The application itself
    answers without it: the server strips it, so that a proxy that strips it works as well.
    """
    ordered = sorted(pages, key=lambda page: page.order)
    base = path_prefix.rstrip("/") + "/"
    server: Any = flask.Flask("opscope.dashboard", static_folder=None)
    bundles = _bundles(ordered)
    for bundle in bundles:
        bundle.install(server)
    app = _Application(
        store,
        ordered,
        base,
        server=server,
        assets_folder=str(ASSETS),
        include_assets_files=False,
        routes_pathname_prefix="/",
        requests_pathname_prefix=base,
        serve_locally=True,
        title=escape(window_title),  # Dash puts it into the page as it is
        update_title="",
        index_string=_index(base, bundles),
        suppress_callback_exceptions=True,
    )
    app.layout = lambda: shell.frame(store, base)
    _install_shell_routes(server, store, ordered, base)
    _install_navigation(app, store, ordered, base)
    install_errors(server)
    install_conditions(server)
    AnswerCache(store).install(server)
    install_validators(server)
    tensorboard_routes.install(server, store, ordered, window_title)
    tensorboard_payload_routes.install(server, store)
    tensorboard_curve_routes.install(server, store)
    tensorboard_series_routes.install(server, store)
    tensorboard_graph_routes.install(server, store)
    for page in ordered:
        page.routes(server, store)
        page.callbacks(app)
    install_policy(server, app.csp_hashes())
    return app


def _install_shell_routes(server: flask.Flask, store: Store, pages: list[Page], base: str) -> None:
    @server.get("/api/generation")
    def generation() -> flask.Response:
        return json_response(
            {
                "generation": store.generation,
                "loaded": store.loaded,
                "read": store.progress,
                "error": store.error,
                "problems": len(store.problems),
            }
        )

    @server.get("/api/openapi.json")
    def described() -> flask.Response:
        return json_response(openapi(OPERATIONS, own_version(), base))

    @server.post("/api/reload")
    def reload() -> flask.Response:
        return json_response({"changed": store.reload()})

    @server.get("/api/problems")
    def problems() -> flask.Response:
        return json_response(store.problems)

    @server.errorhandler(DependencyException)
    def no_such_part(_: DependencyException) -> Any:
        return flask.Response("Not found", 404, mimetype="text/plain")

    @server.errorhandler(UnreadableError)
    def unreadable(error: UnreadableError) -> flask.Response:
        return error_response(503, str(error))

    addresses = {"/", *(page.path for page in pages)}

    @server.before_request
    def first_page() -> Any:
        if flask.request.path in addresses:
            store.wait(HELD_S)  # what is read by then is drawn at once, without a page that says so
        page = shell.first_page(store, pages) if flask.request.path == "/" else None
        if page is None:
            return None
        query = flask.request.query_string.decode("latin-1")
        address = base.rstrip("/") + page.path + (f"?{query}" if query else "")
        return flask.redirect(address)


def _install_navigation(app: Dash, store: Store, pages: list[Page], base: str) -> None:
    @app.callback(
        Output("page", "children"),
        Output("shown", "data"),
        Output("tabs", "children"),
        Input("address", "pathname"),
        Input("generation", "data"),
        State("address", "search"),
        State("shown", "data"),
    )
    def show(pathname: str | None, _: int, search: str | None, shown: str | None) -> Any:
        path = "/" + (pathname or "/").removeprefix(base.rstrip("/")).lstrip("/")
        tabs = shell.tabs(store, pages, base, path)
        view = shell.view(store, pages, path)
        if view.key == shown:
            return dash.no_update, dash.no_update, tabs
        # The page reads the query of its own address, not the one of Dash's callback request.
        with app.server.test_request_context(path + (search or "")):
            return view.draw(), view.key, tabs


def _bundles(pages: list[Page]) -> list[Bundle]:
    """Styles and scripts of the shell and of all pages; a file that two pages name comes once."""
    names = list(dict.fromkeys(name for page in pages for name in page.assets))
    of = {ending: [name for name in names if name.endswith(ending)] for ending in (".css", ".js")}
    return [
        Bundle(ASSETS, [*SHELL_STYLES, *of[".css"]], "css"),
        Bundle(ASSETS, [*SHELL_SCRIPTS, *of[".js"]], "js"),
    ]


def _index(base: str, bundles: list[Bundle]) -> str:
    # Before the first paint, or a dark page flashes white.
    theme = hashlib.sha256((ASSETS / FIRST_SCRIPT).read_bytes()).hexdigest()[:12]
    tags = [f'<script src="{base}assets/{FIRST_SCRIPT}?v={theme}"></script>']
    for bundle in bundles:
        address = base.rstrip("/") + bundle.address
        if bundle.media_type == "text/css":
            tags.append(f'<link rel="stylesheet" href="{address}">')
        else:
            tags.append(f'<script defer src="{address}"></script>')
    return f"""<!DOCTYPE html>
<html lang="en" data-base="{base}">
<head>
{{%metas%}}
<title>{{%title%}}</title>
<link rel="icon" type="image/svg+xml" href="{base}assets/logo.svg">
{{%css%}}
{chr(10).join(tags)}
</head>
<body>
{EARLY_PLACE}
{{%app_entry%}}
<footer>{{%config%}}<template id="dash-scripts">{{%scripts%}}{{%renderer%}}</template></footer>
</body>
</html>"""
