"""The histograms page: how the values of a tensor spread, step by step."""

from __future__ import annotations

from typing import Any

import flask
from dash import ClientsideFunction, Input, Output, dcc, html

from opscope.dashboard.histogram_bins import evenly, rebinned
from opscope.dashboard.page import Page
from opscope.dashboard.pages.controls import run_list, segmented, tag_filter, wide_switch
from opscope.dashboard.pages.shell import aria
from opscope.dashboard.responses import error_response, json_response, required
from opscope.dashboard.scalar_series import AXES
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import has_kind, tag_index
from opscope.dashboard.tensorboard_routes import histograms_of

MODES = ("offset", "overlay")
STEPS = 51  # as many histograms of a tag as TensorBoard draws
MOST_STEPS = 1000


def layout(store: Store) -> Any:
    """Side bar and an empty grid; assets/histograms.js fills both from the routes below."""
    query = flask.request.args
    return html.Div(
        className="split",
        children=[
            dcc.Store(id="histograms-state"),
            html.Aside(
                className="side",
                **aria(label="Runs and settings"),
                children=[
                    segmented("histograms-mode", "Mode", MODES, query.get("mode")),
                    segmented("histograms-axis", "Time axis", AXES, query.get("axis")),
                    run_list("histograms", query.get("runs", "")),
                ],
            ),
            html.Section(
                className="body",
                **aria(label="Histograms"),
                children=[
                    html.Div(
                        className="toolbar",
                        children=[
                            tag_filter("histograms", query.get("tags", "")),
                            html.Span(id="histograms-summary", className="summary", role="status"),
                            wide_switch("histograms", query.get("wide") == "1"),
                        ],
                    ),
                    html.Div(id="histograms-cards", className="groups"),
                ],
            ),
        ],
    )


def routes(server: flask.Flask, store: Store) -> None:
    """The tag index, and the histograms of one run and tag over common bins."""

    @server.get("/api/histograms/tags")
    def histogram_index() -> flask.Response:
        return json_response(tag_index(store, "histogram"))

    @server.get("/api/histograms/bins")
    def histogram_bins() -> flask.Response:
        run, tag = required("run"), required("tag")
        try:
            most = int(flask.request.args.get("steps", STEPS))
        except ValueError as error:
            return error_response(400, f"steps is a whole number: {error}")
        if not 1 <= most <= MOST_STEPS:
            return error_response(400, f"1 <= steps <= {MOST_STEPS}")
        found = histograms_of(store, run, tag)
        chosen = evenly(len(found.step), most)
        edges, counts = rebinned([found.buckets[i] for i in chosen])
        return json_response(
            {
                "run": run,
                "tag": tag,
                "total": len(found.step),
                "step": found.step[chosen],
                "wall": found.wall_time[chosen],
                "start": found.wall_time[0] if len(found.step) else 0.0,
                "edges": edges,
                "counts": counts,
            }
        )


def callbacks(app: Any) -> None:
    """Hand every change of a control to assets/histograms.js."""
    app.clientside_callback(
        ClientsideFunction("histograms", "set"),
        Output("histograms-state", "data"),
        Input("histograms-mode", "value"),
        Input("histograms-axis", "value"),
        Input("histograms-runs-filter", "value"),
        Input("histograms-tags", "value"),
        Input("histograms-wide", "checked"),
    )


PAGE = Page(
    path="/histograms",
    title="Histograms",
    icon="histograms",
    order=30,
    has_data=lambda store: has_kind(store, "histogram"),
    layout=layout,
    routes=routes,
    callbacks=callbacks,
    assets=(
        "cards.css",
        "histograms.css",
        "run_list.js",
        "card_grid.js",
        "histogram_plot.js",
        "histogram_card.js",
        "histograms.js",
    ),
)
