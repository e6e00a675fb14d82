"""The scalars page: curves of every run, side by side, smoothed as TensorBoard smooths them."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import flask
from dash import html

from opscope.dashboard.page import Page
from opscope.dashboard.pages.controls import CARD_ASSETS, card_page, on_change, segmented
from opscope.dashboard.responses import error_response, json_response, required
from opscope.dashboard.scalar_series import AXES, Curve, view
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import has_kind, scalars_of, tag_index

SMOOTHING = 0.6  # TensorBoard's default
MOST_POINTS = 20_000


def layout(store: Store) -> Any:
    """Side bar and an empty grid; assets/scalars.js fills both from the routes below."""
    query = flask.request.args
    settings = [
        _smoothing(query.get("smoothing", SMOOTHING, float)),
        segmented("scalars-axis", "Horizontal axis", AXES, query.get("axis")),
        dmc.Switch(
            id="scalars-outliers",
            label="Ignore outliers",
            description="A few extreme points do not stretch the axis",
            checked=query.get("outliers") != "0",
            size="sm",
        ),
    ]
    return card_page("scalars", "Curves", settings)


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


PAGE = Page(
    path="/scalars",
    title="Scalars",
    icon="scalars",
    order=20,
    has_data=lambda store: has_kind(store, "scalar"),
    layout=layout,
    routes=routes,
    callbacks=on_change(
        "scalars",
        ("scalars-smoothing", "value"),
        ("scalars-axis", "value"),
        ("scalars-outliers", "checked"),
    ),
    assets=(
        *CARD_ASSETS,
        "scalar_plot.js",
        "scalar_tip.js",
        "scalar_card.js",
        "scalars.js",
    ),
)
