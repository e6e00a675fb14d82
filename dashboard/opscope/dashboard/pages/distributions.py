"""The distributions page: nine percentiles of a tensor's values as bands, step by step."""

from __future__ import annotations

from typing import Any

import flask
import numpy as np

from opscope.dashboard.histogram_bins import evenly
from opscope.dashboard.page import Page
from opscope.dashboard.pages.card_frame import RUN_CARD_ASSETS, card_page
from opscope.dashboard.percentiles import BASIS_POINTS, percentiles
from opscope.dashboard.responses import json_response, required, whole_number
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import has_kind, histograms_of, step_range, tag_index

STEPS = 501  # as many steps of a tag as TensorBoard draws
MOST_STEPS = 20_000


def layout(_: Store) -> Any:
    """An empty split page; assets/distributions.js fills it from the routes below."""
    return card_page("distributions", "Distributions")


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
        within = step_range(found.step)
        chosen = within[evenly(len(within), most)]
        values = np.array([percentiles(found.buckets[i]) for i in chosen]).reshape(-1, 9)
        return json_response(
            {
                "run": run,
                "tag": tag,
                "total": len(within),
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
    assets=(
        *RUN_CARD_ASSETS,
        "distributions.css",
        "step_range.js",
        "distribution_plot.js",
        "distribution_card.js",
        "distributions.js",
    ),
    early=True,
    asks="/api/distributions/tags",
)
