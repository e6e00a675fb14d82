"""The distributions page: nine percentiles of a tensor's values as bands, step by step."""

from __future__ import annotations

from typing import Any

import flask
import numpy as np

from opscope.dashboard.histogram_bins import evenly
from opscope.dashboard.page import Page
from opscope.dashboard.pages.controls import CARD_ASSETS, card_page, on_change, segmented
from opscope.dashboard.percentiles import BASIS_POINTS, percentiles
from opscope.dashboard.responses import json_response, required, whole_number
from opscope.dashboard.scalar_series import AXES
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import has_kind, histograms_of, tag_index

STEPS = 501  # as many steps of a tag as TensorBoard draws
MOST_STEPS = 20_000


def layout(store: Store) -> Any:
    """Side bar and an empty grid; assets/distributions.js fills both from the routes below."""
    query = flask.request.args
    settings = [segmented("distributions-axis", "Horizontal axis", AXES, query.get("axis"))]
    return card_page("distributions", "Distributions", settings)


def routes(server: flask.Flask, store: Store) -> None:
    """The tag index, and the percentiles of one run and tag."""

    @server.get("/api/distributions/tags")
    def distribution_index() -> flask.Response:
        return json_response(tag_index(store, "histogram"))

    @server.get("/api/distributions")
    def distribution() -> flask.Response:
        run, tag = required("run"), required("tag")
        most = whole_number("steps", STEPS, 1, MOST_STEPS)
        found = histograms_of(store, run, tag)
        chosen = evenly(len(found.step), most)
        values = np.array([percentiles(found.buckets[i]) for i in chosen]).reshape(-1, 9)
        return json_response(
            {
                "run": run,
                "tag": tag,
                "total": len(found.step),
                "percent": [point / 100 for point in BASIS_POINTS],
                "step": found.step[chosen],
                "wall": found.wall_time[chosen],
                "start": found.wall_time[0] if len(found.step) else 0.0,
                # JSON has no infinities either: what cannot be drawn is null.
                "values": np.where(np.isfinite(values), values, np.nan),
            }
        )


PAGE = Page(
    path="/distributions",
    title="Distributions",
    icon="distributions",
    order=40,
    has_data=lambda store: has_kind(store, "histogram"),
    layout=layout,
    routes=routes,
    callbacks=on_change("distributions", ("distributions-axis", "value")),
    assets=(
        *CARD_ASSETS,
        "distributions.css",
        "svg_axes.js",
        "distribution_plot.js",
        "distribution_card.js",
        "distributions.js",
    ),
)
