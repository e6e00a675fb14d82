"""The scalars page: curves of every run, side by side, smoothed as TensorBoard smooths them."""

from __future__ import annotations

from typing import Any

import flask
import numpy as np

from opscope.dashboard.page import Page
from opscope.dashboard.pages.card_frame import CARD_ASSETS, card_page
from opscope.dashboard.responses import error_response, json_response, required
from opscope.dashboard.run_bands import SPREADS, bands
from opscope.dashboard.scalar_series import AXES, Curve, view
from opscope.dashboard.scalar_summaries import ScalarSummaries, columns_of_each, long_table
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import has_kind, scalars_of, tag_index

MOST_POINTS = 20_000


def layout(_: Store) -> Any:
    """An empty split page; assets/scalars.js fills it from the routes below."""
    return card_page("scalars", "Curves")


def routes(server: flask.Flask, store: Store) -> None:
    """The tag index, points as a chart needs them, what alerts look at, and all as one table."""
    summaries = ScalarSummaries(store)

    @server.get("/api/scalars/tags")
    def scalar_index() -> flask.Response:
        return json_response(tag_index(store, "scalar"))

    @server.get("/api/scalars/curves")
    def scalar_curves() -> flask.Response:
        query = flask.request.args
        tags, runs, groups = (
            [required("tag"), *query.getlist("tag")[1:]],
            *map(query.getlist, ("run", "group")),
        )
        axis, spread = query.get("axis", "step"), query.get("spread", "std")
        if axis not in AXES:
            return error_response(400, f"axis={axis} is not one of {', '.join(AXES)}")
        if spread not in SPREADS:
            return error_response(400, f"spread={spread} is not one of {', '.join(SPREADS)}")
        if groups and len(groups) != len(runs):
            return error_response(400, "there is one group=... for each run=..., or none")
        numbers = {name: query.get(name, default) for name, default in _NUMBERS.items()}
        try:
            low, high, at = (
                None if numbers[n] is None else float(numbers[n]) for n in ("low", "high", "at")
            )
            smoothing, points = float(numbers["smoothing"]), int(numbers["points"])
        except ValueError as error:
            return error_response(400, f"low, high, at, smoothing, points are numbers: {error}")
        if not 0 <= smoothing < 1 or not 4 <= points <= MOST_POINTS:
            return error_response(400, f"0 <= smoothing < 1 and 4 <= points <= {MOST_POINTS}")
        pairs = _pairs(store, runs, tags)
        orphaned = query.get("orphaned") == "1"
        curves = [_curve(store, run, tag, orphaned) for run, tag in pairs]
        drawn = view(
            curves, axis=axis, low=low, high=high, smoothing=smoothing, points=points, at=at
        )
        if groups:
            group_of = dict(zip(runs, groups, strict=True))
            drawn["bands"] = bands(
                curves,
                [group_of[run] for run, _ in pairs],
                axis=axis,
                low=low,
                high=high,
                smoothing=smoothing,
                points=points,
                spread=spread,
            )
        return json_response({"tag": tags[0], "tags": tags, **drawn})

    @server.get("/api/scalars/summary")
    def scalar_summary() -> flask.Response:
        return json_response(summaries.rows())

    @server.post("/api/scalars/table")
    def scalar_table() -> flask.Response:
        asked = flask.request.get_json(silent=True)
        if not isinstance(asked, dict) or not all(
            isinstance(asked.get(name), list) for name in ("runs", "tags")
        ):
            return error_response(400, 'the body is {"runs": [...], "tags": [...]} as JSON')
        runs, tags = ([str(name) for name in asked[word]] for word in ("runs", "tags"))
        pairs = _pairs(store, runs, tags)
        if asked.get("format") == "json":
            return flask.Response(columns_of_each(store, pairs), mimetype="application/json")
        return flask.Response(long_table(store, pairs), mimetype="text/csv")


_NUMBERS: dict[str, Any] = {
    "low": None,
    "high": None,
    "at": None,
    "smoothing": 0,
    "points": 600,
}


def _pairs(store: Store, runs: list[str], tags: list[str]) -> list[tuple[str, str]]:
    """Runs and tags to read: of several tags, a run need not have each."""
    if len(tags) == 1:
        return [(run, tags[0]) for run in runs]
    with store.reading() as logdir:
        known = set(logdir.runs())
        having = {run: set(logdir.tags(run, "scalar")) for run in runs if run in known}
    return [(run, tag) for tag in tags for run in runs if tag in having.get(run, ())]


def _curve(store: Store, run: str, tag: str, orphaned: bool) -> Curve:
    kept = scalars_of(store, run, tag)
    orphans = None
    if orphaned:
        with store.reading() as logdir:
            every = logdir.scalars(run, tag, orphaned=True)
        if len(every.step) > len(kept.step):
            left = ~np.isin(every.step + 1j * every.wall_time, kept.step + 1j * kept.wall_time)
            orphans = Curve(run, every.step[left], every.wall_time[left], every.value[left], tag)
    return Curve(run, kept.step, kept.wall_time, kept.value, tag, orphans)


PAGE = Page(
    path="/scalars",
    title="Scalars",
    icon="scalars",
    order=20,
    has_data=lambda store: has_kind(store, "scalar"),
    layout=layout,
    routes=routes,
    assets=(
        *CARD_ASSETS,
        "scalars.css",
        "axis_scale.js",
        "scalar_plot.js",
        "scalar_pointer.js",
        "scalar_tip.js",
        "scalar_table.js",
        "scalar_export.js",
        "scalar_card.js",
        "alerts.js",
        "scalars.js",
    ),
    early=True,
    asks="/api/scalars/tags",
)
