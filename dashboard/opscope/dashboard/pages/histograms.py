"""The histograms page: how the values of a tensor spread, step by step."""

from __future__ import annotations

from typing import Any

import flask

from opscope.dashboard.histogram_bins import (
    Floats,
    astray,
    bounded,
    common_edges,
    evenly,
    rebin,
)
from opscope.dashboard.page import Page
from opscope.dashboard.pages.card_frame import RUN_CARD_ASSETS, card_page
from opscope.dashboard.responses import error_response, json_response, required, whole_number
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import has_kind, histograms_of, step_range, tag_index

STEPS = 51  # as many histograms of a tag as TensorBoard draws
MOST_STEPS = 1000
BINS_MODES = ("common", "written")


def layout(_: Store) -> Any:
    """An empty split page; assets/histograms.js fills it from the routes below."""
    return card_page("histograms", "Histograms")


def routes(server: flask.Flask, store: Store) -> None:
    """The tag index, and the histograms of one tag in some runs, over common bins or as written."""

    @server.get("/api/histograms/tags")
    def histogram_index() -> flask.Response:
        return json_response(tag_index(store, "histogram"))

    @server.get("/api/histograms/bins")
    def histogram_bins() -> flask.Response:
        tag, bins = required("tag"), flask.request.args.get("bins", "common")
        if bins not in BINS_MODES:
            return error_response(400, f"bins={bins} is not one of {', '.join(BINS_MODES)}")
        most = whole_number("steps", STEPS, 1, MOST_STEPS)
        found = [_series(store, run, tag, most) for run in flask.request.args.getlist("run")]
        edges = None
        if bins == "common":
            edges = common_edges([own for _, buckets in found for own in buckets])
        for series, buckets in found:
            if edges is None:
                series["buckets"] = [bounded(own).T.copy() for own in buckets]
            else:
                series["counts"] = [rebin(own, edges) for own in buckets]
            series["astray"] += [astray(own) for own in buckets]
        return json_response({"tag": tag, "edges": edges, "series": [one for one, _ in found]})


def _series(store: Store, run: str, tag: str, most: int) -> tuple[dict[str, Any], list[Floats]]:
    """What a run's histograms of the query's steps were, at most so many, and their buckets."""
    found = histograms_of(store, run, tag)
    chosen = step_range(found.step)
    drawn = chosen[evenly(len(chosen), most)]
    series = {
        "run": run,
        "total": len(chosen),
        "step": found.step[drawn],
        "wall": found.wall_time[drawn],
        "start": found.wall_time[0] if len(found.step) else 0.0,
        "astray": found.uncounted[drawn],
    }
    return series, [found.buckets[i].reshape(-1, 3) for i in drawn]


PAGE = Page(
    path="/histograms",
    title="Histograms",
    icon="histograms",
    order=30,
    has_data=lambda store: has_kind(store, "histogram"),
    layout=layout,
    routes=routes,
    assets=(
        *RUN_CARD_ASSETS,
        "histograms.css",
        "step_range.js",
        "histogram_plot.js",
        "histogram_card.js",
        "histograms.js",
    ),
    early=True,
    asks="/api/histograms/tags",
)
