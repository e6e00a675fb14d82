"""The PR curves page: precision over recall, a curve for each run, step by step."""

from __future__ import annotations

from typing import Any

import flask
import numpy as np

from opscope.dashboard.page import Page
from opscope.dashboard.pages.card_frame import RUN_CARD_ASSETS, card_page
from opscope.dashboard.pr_curve import columns, pr_rows
from opscope.dashboard.responses import json_response, required
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import has_kind, require_tag, tag_index
from opscope.dashboard.tag_points import point_of
from opscope.events import LogdirError, TensorProtoError
from opscope.events import kind as kinds


def layout(_: Store) -> Any:
    """An empty split page; assets/pr_curves.js fills it from the routes below."""
    return card_page("pr_curves", "PR curves")


def routes(server: flask.Flask, store: Store) -> None:
    """The tag index; the points of a tag in some runs; the curve of one point."""

    @server.get("/api/pr_curves/tags")
    def pr_index() -> flask.Response:
        return json_response(tag_index(store, kinds.PR_CURVE))

    @server.get("/api/pr_curves/points")
    def pr_points() -> flask.Response:
        tag, step = required("tag"), flask.request.args.get("step", type=float)
        whole = flask.request.args.get("curves") == "1"
        runs = flask.request.args.getlist("run")
        series = [_series(store, run, tag, step, whole) for run in runs]
        return json_response({"tag": tag, "series": series})

    @server.get("/api/pr_curves/curve")
    def pr_curve() -> flask.Response:
        return json_response(columns(point_of(store, kinds.PR_CURVE, pr_rows)))


def _series(store: Store, run: str, tag: str, step: float | None, whole: bool) -> dict[str, Any]:
    """When the points of a run were written; `whole`, with the curve nearest to a step."""
    with store.reading() as logdir:
        require_tag(logdir, run, tag, kinds.PR_CURVE)
        points = logdir.points(run, tag, kinds.PR_CURVE)
        found: dict[str, Any] = {
            "run": run,
            "index": points.index,
            "step": points.step,
            "wall": points.wall_time,
            "start": points.wall_time[0] if len(points.wall_time) else 0.0,
        }
        if not whole or not len(points.index):
            return found
        # Of several as near, the last.
        away = np.zeros(len(points.step)) if step is None else np.abs(points.step - step)
        index = int(points.index[len(away) - 1 - int(np.argmin(away[::-1]))])
        try:
            value = logdir.point(run, tag, kinds.PR_CURVE, index)
            return {**found, "shown": index, "curve": columns(pr_rows(value))}
        except (LogdirError, TensorProtoError) as error:
            return {**found, "shown": index, "wrong": f"{tag!r} of {run!r}, point {index}: {error}"}


PAGE = Page(
    path="/pr_curves",
    title="PR curves",
    icon="pr-curves",
    order=65,
    has_data=lambda store: has_kind(store, kinds.PR_CURVE),
    layout=layout,
    routes=routes,
    assets=(
        *RUN_CARD_ASSETS,
        "axis_scale.js",
        "payloads.css",
        "pr_curves.css",
        "step_slider.js",
        "step_card.js",
        "pr_plot.js",
        "pr_card.js",
        "pr_curves.js",
    ),
    early=True,
    asks="/api/pr_curves/tags",
)
