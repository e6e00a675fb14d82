"""The histograms page: how the values of a tensor spread, step by step."""

from __future__ import annotations

from typing import Any

import flask

from opscope.dashboard.histogram_bins import evenly, rebinned
from opscope.dashboard.page import Page
from opscope.dashboard.pages.controls import CARD_ASSETS, card_page, on_change, segmented
from opscope.dashboard.responses import json_response, required, whole_number
from opscope.dashboard.scalar_series import AXES
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import has_kind, histograms_of, tag_index

MODES = ("offset", "overlay")
STEPS = 51  # as many histograms of a tag as TensorBoard draws
MOST_STEPS = 1000


def layout(store: Store) -> Any:
    """Side bar and an empty grid; assets/histograms.js fills both from the routes below."""
    query = flask.request.args
    settings = [
        segmented("histograms-mode", "Mode", MODES, query.get("mode")),
        segmented("histograms-axis", "Time axis", AXES, query.get("axis")),
    ]
    return card_page("histograms", "Histograms", settings)


def routes(server: flask.Flask, store: Store) -> None:
    """The tag index, and the histograms of one run and tag over common bins."""

    @server.get("/api/histograms/tags")
    def histogram_index() -> flask.Response:
        return json_response(tag_index(store, "histogram"))

    @server.get("/api/histograms/bins")
    def histogram_bins() -> flask.Response:
        run, tag = required("run"), required("tag")
        most = whole_number("steps", STEPS, 1, MOST_STEPS)
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


PAGE = Page(
    path="/histograms",
    title="Histograms",
    icon="histograms",
    order=30,
    has_data=lambda store: has_kind(store, "histogram"),
    layout=layout,
    routes=routes,
    callbacks=on_change("histograms", ("histograms-mode", "value"), ("histograms-axis", "value")),
    assets=(
        *CARD_ASSETS,
        "histograms.css",
        "svg_axes.js",
        "histogram_plot.js",
        "histogram_card.js",
        "histograms.js",
    ),
)
