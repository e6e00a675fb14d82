"""TensorBoard's read endpoints for PR curves and layouts, for programs that speak to it."""

from __future__ import annotations

from typing import Any

import flask
import numpy as np
from google.protobuf.json_format import MessageToDict

from opscope.dashboard.custom_layout import merged_layout
from opscope.dashboard.json_number import spelt
from opscope.dashboard.pr_curve import columns, pr_rows
from opscope.dashboard.responses import error_response, json_response, required
from opscope.dashboard.safe_markup import safe_html
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import require_tag, shown_name
from opscope.dashboard.tag_points import decoded
from opscope.events import kind as kinds

COUNTS = {
    "true_positives": "tp",
    "false_positives": "fp",
    "true_negatives": "tn",
    "false_negatives": "fn",
}


def install(server: flask.Flask, store: Store) -> None:
    """Add the endpoints to the server."""

    @server.get("/data/plugin/pr_curves/tags")
    def pr_curve_tags() -> flask.Response:
        found: dict[str, dict[str, object]] = {}
        with store.reading() as logdir:
            for run in logdir.runs():
                for tag in logdir.tags(run, kinds.PR_CURVE):
                    plugin = logdir.plugin(run, tag)
                    found.setdefault(run, {})[tag] = {
                        "displayName": shown_name(plugin, tag),
                        "description": safe_html(plugin.description),
                    }
        return json_response(found)

    @server.get("/data/plugin/pr_curves/pr_curves")
    def pr_curves() -> flask.Response:
        tag, runs = required("tag"), flask.request.args.getlist("run")
        if not runs:
            return error_response(400, "the query needs run=..., one or more")
        return json_response({run: _entries(store, run, tag) for run in runs})

    @server.get("/data/plugin/custom_scalars/layout")
    def custom_layout() -> flask.Response:
        with store.reading() as logdir:
            found, _ = merged_layout(logdir)
        if found is None:
            return json_response({})
        return json_response(MessageToDict(found, always_print_fields_with_no_presence=True))


def _entries(store: Store, run: str, tag: str) -> list[dict[str, Any]]:
    with store.reading() as logdir:
        require_tag(logdir, run, tag, kinds.PR_CURVE)
        points = logdir.points(run, tag, kinds.PR_CURVE)
    found = []
    for index, step, wall in zip(
        points.index.tolist(), points.step.tolist(), points.wall_time.tolist(), strict=True
    ):
        curve = columns(decoded(store, run, tag, kinds.PR_CURVE, index, pr_rows))
        counts = {name: np.nan_to_num(curve[own]).astype(int) for name, own in COUNTS.items()}
        shares = {
            name: [spelt(share) for share in curve[name].tolist()]
            for name in ("precision", "recall", "thresholds")
        }
        found.append({"wall_time": spelt(wall), "step": step, **shares, **counts})
    return found
