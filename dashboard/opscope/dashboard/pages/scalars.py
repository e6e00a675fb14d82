"""The scalars page: curves of every run, side by side, smoothed as TensorBoard smooths them."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import flask
from dash import ClientsideFunction, Input, Output, dcc, html

from opscope.dashboard.page import Page
from opscope.dashboard.pages.controls import run_list, segmented, tag_filter, wide_switch
from opscope.dashboard.pages.shell import aria
from opscope.dashboard.responses import error_response, json_response, required
from opscope.dashboard.scalar_series import AXES, Curve, view
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import has_kind, tag_index
from opscope.dashboard.tensorboard_routes import scalars_of

SMOOTHING = 0.6  # TensorBoard's default
MOST_POINTS = 20_000


def layout(store: Store) -> Any:
    """Side bar and an empty grid; assets/scalars.js fills both from the routes below."""
    query = flask.request.args
    return html.Div(
        className="split",
        children=[
            dcc.Store(id="scalars-state"),
            html.Aside(
                className="side",
                **aria(label="Runs and settings"),
                children=[
                    _smoothing(query.get("smoothing", SMOOTHING, float)),
                    segmented("scalars-axis", "Horizontal axis", AXES, query.get("axis")),
                    dmc.Switch(
                        id="scalars-outliers",
                        label="Ignore outliers",
                        description="A few extreme points do not stretch the axis",
                        checked=query.get("outliers") != "0",
                        size="sm",
                    ),
                    run_list("scalars", query.get("runs", "")),
                ],
            ),
            html.Section(
                className="body",
                **aria(label="Curves"),
                children=[
                    html.Div(
                        className="toolbar",
                        children=[
                            tag_filter("scalars", query.get("tags", "")),
                            html.Span(id="scalars-summary", className="summary", role="status"),
                            wide_switch("scalars", query.get("wide") == "1"),
                        ],
                    ),
                    html.Div(id="scalars-cards", className="groups"),
                ],
            ),
        ],
    )


def _smoothing(value: float) -> Any:
    return html.Div(
        [
            html.P(
                ["Smoothing", html.Output(id="scalars-smoothing-value", className="label-value")],
                className="label",
            ),
            dmc.Slider(
                id="scalars-smoothing",
                min=0,
                max=0.99,
                step=0.01,
                value=min(max(value, 0), 0.99),
                size="sm",
                updatemode="drag",
                labelAlwaysOn=False,
                marks=[{"value": at, "label": f"{at:g}"} for at in (0, 0.3, 0.6, 0.9)],
                mb="md",
                thumbLabel="Smoothing",
            ),
        ]
    )


def routes(server: flask.Flask, store: Store) -> None:
    """The tag index, and the points of one tag as a chart needs them."""

    @server.get("/api/scalars/tags")
    def scalar_index() -> flask.Response:
        return json_response(tag_index(store, "scalar"))

    @server.get("/api/scalars/curves")
    def scalar_curves() -> flask.Response:
        query = flask.request.args
        tag = required("tag")
        axis = query.get("axis", "step")
        if axis not in AXES:
            return error_response(400, f"axis={axis} is not one of {', '.join(AXES)}")
        numbers = {name: query.get(name, default) for name, default in _NUMBERS.items()}
        try:
            low, high = (None if numbers[n] is None else float(numbers[n]) for n in ("low", "high"))
            smoothing, points = float(numbers["smoothing"]), int(numbers["points"])
        except ValueError as error:
            return error_response(400, f"low, high, smoothing and points are numbers: {error}")
        if not 0 <= smoothing < 1 or not 4 <= points <= MOST_POINTS:
            return error_response(400, f"0 <= smoothing < 1 and 4 <= points <= {MOST_POINTS}")
        curves = []
        for run in query.getlist("run"):
            found = scalars_of(store, run, tag)
            curves.append(Curve(run, found.step, found.wall_time, found.value))
        drawn = view(curves, axis=axis, low=low, high=high, smoothing=smoothing, points=points)
        return json_response({"tag": tag, **drawn})


_NUMBERS: dict[str, Any] = {"low": None, "high": None, "smoothing": 0, "points": 600}


def callbacks(app: Any) -> None:
    """Hand every change of a control to assets/scalars.js."""
    app.clientside_callback(
        ClientsideFunction("scalars", "set"),
        # Without an output, Dash does not call it when the page appears.
        Output("scalars-state", "data"),
        Input("scalars-smoothing", "value"),
        Input("scalars-axis", "value"),
        Input("scalars-outliers", "checked"),
        Input("scalars-runs-filter", "value"),
        Input("scalars-tags", "value"),
        Input("scalars-wide", "checked"),
    )


PAGE = Page(
    path="/scalars",
    title="Scalars",
    icon="scalars",
    order=20,
    has_data=lambda store: has_kind(store, "scalar"),
    layout=layout,
    routes=routes,
    callbacks=callbacks,
    assets=(
        "cards.css",
        "run_list.js",
        "card_grid.js",
        "scalar_plot.js",
        "scalar_tip.js",
        "scalar_card.js",
        "scalars.js",
    ),
)
