"""The graph page: scopes that open and close, devices, shapes, search, details of a node."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

import flask
from dash import html

from opscope.dashboard.graph.choices import Choices
from opscope.dashboard.graph.exporting import (
    FORMATS,
    ExportError,
    file_name,
    outline_of_nodes,
    outline_of_view,
)
from opscope.dashboard.graph.graph_shelf import GraphShelf, Shelved
from opscope.dashboard.graph.grouping import Grouping
from opscope.dashboard.graph.health_shelf import HealthShelf
from opscope.dashboard.graph.info_card import InfoCards
from opscope.dashboard.graph.search import search
from opscope.dashboard.graph.step_stats import StepStatsError
from opscope.dashboard.graph.tracing import KINDS, Tracers
from opscope.dashboard.graph.uploads import MOST_BYTES
from opscope.dashboard.page import Page
from opscope.dashboard.pages.shell import aria
from opscope.dashboard.responses import error_response, json_response, required
from opscope.dashboard.store import Store
from opscope.events import LogdirError
from opscope.events.graph_columns import GraphDefError

MOST_TOLD = 3
"""Problems of the logdir that are told where there is no run to look at."""
UNSEEN = {"run", "tag", "v", "health", "source", "step", "t", "of", "ctl"}
"""Words of the page's address that do not change the view it asks for first."""

Answer = Callable[[Shelved], flask.Response]


def layout(_: Store) -> Any:
    """An empty split page; assets/graph.js fills it from the routes below."""
    return html.Div(
        id="graph-page",
        className="split graph-page",
        children=[
            html.Aside(id="graph-side", className="side", **aria(label="Graph settings")),
            html.Section(id="graph-body", className="graph-body", **aria(label="Graph")),
        ],
    )


def has_data(store: Store) -> bool:
    """Whether any run has a graph."""
    with store.reading() as logdir:
        return any(logdir.graph_tags(run) for run in logdir.graph_runs())


def routes(server: flask.Flask, store: Store) -> None:
    """Plain routes: /api/graph/list, upload, view, colours, node, search, trace, export, ..."""
    shelf = GraphShelf(store)
    health_shelf = HealthShelf(store)
    cards = InfoCards(store, shelf)
    tracers = Tracers()

    def on_graph(answer: Answer) -> Callable[[], flask.Response]:
        """Find the graph of ?run=&tag= before answering; say what is wrong where it cannot be."""

        @wraps(answer)
        def answered() -> flask.Response:
            query = flask.request.args
            try:
                shelved = shelf.get(required("run"), query.get("tag") or None, grouping())
                return answer(shelved)
            except LogdirError as error:
                return error_response(404, str(error))
            except (GraphDefError, StepStatsError) as error:
                return error_response(422, f"the graph of run {query['run']!r}: {error}")

        return answered

    @server.after_request
    def prepare(response: flask.Response) -> flask.Response:
        """Let the browser ask for what the page shows first while it loads the page's scripts."""
        query = flask.request.args
        if flask.request.path != PAGE.path or response.status_code != 200 or not store.loaded:
            return response
        _preload(response, "api/graph/list")
        shown = None if store.error else shelf.first(query.get("run"), query.get("tag"))
        if shown is None:
            return response
        if UNSEEN.issuperset(query):
            _preload(response, f"api/graph/view?{_words(run=shown[0], tag=shown[1])}")
        else:
            # The page goes out first: a thread that computes would hold it up.
            response.call_on_close(lambda: shelf.prepare(*shown, query.getlist("e")))
        return response

    @server.get("/api/graph/list")
    def graph_list() -> flask.Response:
        problems = [f"{each.file}: {each.message}" for each in store.problems[:MOST_TOLD]]
        told = {"generation": store.generation, "problems": problems}
        return json_response({"runs": shelf.listing(), **told})

    @server.post("/api/graph/upload")
    def graph_upload() -> flask.Response:
        request = flask.request
        name = required("name")
        if request.mimetype != "application/octet-stream":
            # A form of a foreign page cannot send this type without asking first.
            return error_response(
                415, "the body is the file: Content-Type application/octet-stream"
            )
        size = request.content_length or 0
        if size > MOST_BYTES:
            told = f"{name} has {size >> 20} MB; {MOST_BYTES >> 20} MB can be opened here"
            return error_response(413, told)
        try:
            return json_response({"run": shelf.upload(name, request.get_data(cache=False))})
        except (LogdirError, GraphDefError) as error:
            return error_response(422, str(error))

    @server.get("/api/graph/view")
    @on_graph
    def graph_view(shelved: Shelved) -> flask.Response:
        query = flask.request.args
        view = shelved.view.view(query.getlist("e"), query.get("s"), chosen(shelved))
        colours = painted(shelved, view["expanded"])
        return json_response({"graph": shelved.digest, **view, "colours": colours})

    @server.get("/api/graph/colours")
    @on_graph
    def graph_colours(shelved: Shelved) -> flask.Response:
        return json_response(painted(shelved, flask.request.args.getlist("e")))

    @server.get("/api/graph/within")
    @on_graph
    def graph_within(shelved: Shelved) -> flask.Response:
        query = flask.request.args
        depth = query.get("depth", 1, int)
        found = shelved.view.within(query.get("name", ""), depth, chosen(shelved))
        return json_response({"expanded": found})

    @server.get("/api/graph/health")
    @on_graph
    def graph_health(shelved: Shelved) -> flask.Response:
        query = flask.request.args
        run = required("run")
        if run in shelf.uploads:
            return json_response({"sources": []})
        meant = health_shelf.choose(run, query.get("source"), query.get("step", None, int))
        described = {"sources": health_shelf.described(run)}
        if meant is None:
            return json_response(described)
        source, step = meant
        health = health_shelf.health(shelved, run, source, step)
        name = query.get("name")
        if name is not None:
            outputs = health.of_node(name)
            for each in outputs:
                tensor = each.pop("tensor")
                each["command"] = health_shelf.command(run, source, step, tensor)
            return json_response({"source": source, "step": step, "outputs": outputs})
        painted = health.paint(query.getlist("e"), chosen(shelved))
        return json_response({**described, "source": source, "step": step, **painted})

    def grouping() -> Grouping:
        """What the query takes apart (u) and puts together (g)."""
        apart, together = (frozenset(flask.request.args.getlist(word)) for word in "ug")
        return Grouping(apart, together)

    def chosen(shelved: Shelved) -> Choices:
        """What the query hides (x), isolates (i), puts aside (a) or into the flow (m), and d=lr."""
        query = flask.request.args
        hidden, isolated, aside, main = (query.getlist(word) for word in "xiam")
        lr = query.get("d") == "lr"
        return Choices.named(shelved.view.hierarchy, hidden, isolated, aside, main, lr)

    def painted(shelved: Shelved, expanded: list[str]) -> dict[str, Any]:
        """Colours of the mode ?c= and what else there is to choose from."""
        query = flask.request.args
        run, mode = required("run"), query.get("c") or "structure"
        steps = shelf.steps(run)
        stats = None
        if mode in ("time", "memory"):
            stats = shelf.stats(run, query.get("tag"), query.get("meta"))
        colours = shelved.colouring.paint(mode, expanded, stats, chosen(shelved))
        return {**colours, "modes": shelved.colouring.modes(bool(steps)), "steps": steps}

    @server.get("/api/graph/node")
    @on_graph
    def graph_node(shelved: Shelved) -> flask.Response:
        name = required("name")
        query = flask.request.args
        card = cards.card(shelved, required("run"), query.get("tag"), name, query.get("meta"))
        if card is None:
            return error_response(404, f"the graph has no node or scope {name!r}")
        return json_response(card)

    @server.get("/api/graph/search")
    @on_graph
    def graph_search(shelved: Shelved) -> flask.Response:
        return json_response(search(shelved.view, required("q")))

    @server.get("/api/graph/trace")
    @on_graph
    def graph_trace(shelved: Shelved) -> flask.Response:
        query = flask.request.args
        kind, names = required("t"), query.getlist("of")
        if kind not in KINDS:
            return error_response(400, f"t={kind!r} is none of {', '.join(KINDS)}")
        control = query.get("ctl") == "1"
        tracer = tracers.of(shelved.view)
        return json_response(tracer.trace(kind, names, control, query.getlist("e")))

    @server.get("/api/graph/export")
    @on_graph
    def graph_export(shelved: Shelved) -> flask.Response:
        query = flask.request.args
        ending, what = required("format"), query.get("what", "graph")
        if ending not in FORMATS:
            return error_response(400, f"format={ending!r} is none of {', '.join(FORMATS)}")
        view, name = shelved.view, query.get("name", "")
        if what == "drawn":
            name = ""
            outline = outline_of_view(view.view(query.getlist("e"), choices=chosen(shelved)))
        else:
            scope = view.hierarchy.scope_index.get(name) if name else 0
            if scope is None:
                return error_response(404, f"the graph has no scope {name!r}")
            outline = outline_of_nodes(view.hierarchy, scope)
        write, media_type = FORMATS[ending]
        try:
            text = write(outline)
        except ExportError as error:
            return error_response(413, str(error))
        answer = flask.Response(text, mimetype=media_type)
        named = file_name(required("run"), name, ending)
        answer.headers["Content-Disposition"] = f'attachment; filename="{named}"'
        return answer


def _preload(response: flask.Response, address: str) -> None:
    """Have the browser ask for it at once, to be taken by the fetch of the same address."""
    response.headers.add("Link", f"<{address}>; rel=preload; as=fetch; crossorigin=anonymous")


def _words(**words: str) -> str:
    """A query as the browser's URLSearchParams writes it."""
    return urlencode(words, safe="*").replace("~", "%7E")


PAGE = Page(
    path="/graph",
    title="Graph",
    icon="graph",
    order=10,
    has_data=has_data,
    layout=layout,
    routes=routes,
    assets=(
        "graph.css",
        "graph_map.js",
        "graph_camera.js",
        "graph_shapes.js",
        "graph_marks.js",
        "graph_motion.js",
        "graph_drawing.js",
        "graph_menu.js",
        "graph_node_menu.js",
        "graph_state.js",
        "graph_legend.js",
        "graph_facts.js",
        "graph_card.js",
        "graph_colours.js",
        "graph_health.js",
        "graph_search.js",
        "graph_upload.js",
        "graph_trace.js",
        "graph_picture.js",
        "graph_export.js",
        "graph_keys.js",
        "graph_frame.js",
        "graph_actions.js",
        "graph.js",
    ),
    early=True,
    tells_empty=True,
)
