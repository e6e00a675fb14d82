"""Which runs have which tags of a kind: what a page lists before it fetches any data."""

from __future__ import annotations

from typing import Any

import flask
import numpy as np
import numpy.typing as npt

from opscope.dashboard.responses import error_response, whole_number
from opscope.dashboard.store import Store
from opscope.events import Histograms, Logdir, LogdirError, Plugin, Scalars
from opscope.events.natural import natural_key

FARTHEST = 2**63 - 1
_ENDS = (("low", -FARTHEST), ("high", FARTHEST))


def tag_index(store: Store, kind: str) -> dict[str, Any]:
    """Runs with a tag of the kind, each with its colour, and the tags with their runs, sorted.

    Gives `{"runs": [{"run", "colour"}], "tags": [{"tag", "runs": [run, ...], "description"}]}`;
    the description is the first that a run gives, as it was written.
    """
    with store.reading() as logdir:
        runs = [(run, logdir.tags(run, kind)) for run in logdir.runs()]
        colours = store.colours.of(run for run, _ in runs)
        tags: dict[str, list[str]] = {}
        described: dict[str, str] = {}
        for run, names in runs:
            for name in names:
                tags.setdefault(name, []).append(run)
                if not described.get(name):
                    described[name] = logdir.plugin(run, name).description
    return {
        "runs": [{"run": run, "colour": colours[run]} for run, names in runs if names],
        "tags": [
            {"tag": tag, "runs": tags[tag], "description": described[tag]}
            for tag in sorted(tags, key=natural_key)
        ],
    }


def shown_name(plugin: Plugin, tag: str) -> str:
    """What TensorBoard calls a tag: values without a plugin, of the first format, by the tag."""
    return plugin.display_name if plugin.name else tag


def has_kind(store: Store, kind: str) -> bool:
    """Whether any run has a tag of the kind."""
    with store.reading() as logdir:
        return any(logdir.tags(run, kind) for run in logdir.runs())


def require_tag(logdir: Logdir, run: str, tag: str, kind: str) -> None:
    """End the request with a 404 where the run has no such tag of the kind."""
    if run not in logdir.runs():
        flask.abort(error_response(404, f"no run named {run!r}; /data/runs lists the runs"))
    if tag not in logdir.tags(run, kind):
        message = f"run {run!r} has no {kind} tag {tag!r}; it has {len(logdir.tags(run))} tags"
        flask.abort(error_response(404, message))


def scalars_of(store: Store, run: str, tag: str) -> Scalars:
    """The points of a scalar tag; the request ends with a 404 where there is none."""
    with store.reading() as logdir:
        try:
            return logdir.scalars(run, tag)
        except LogdirError:  # asked for after the fact: a list of all runs takes longer than a tag
            require_tag(logdir, run, tag, "scalar")
            raise


def histograms_of(store: Store, run: str, tag: str) -> Histograms:
    """The points of a histogram tag; the request ends with a 404 where there is none."""
    with store.reading() as logdir:
        require_tag(logdir, run, tag, "histogram")
        return logdir.histograms(run, tag)


def step_range(steps: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Places of the steps that the query's `low` and `high` let through, each open if not given.

    The request ends with a 400 where one is no whole number.
    """
    low, high = (whole_number(name, end, -FARTHEST, FARTHEST) for name, end in _ENDS)
    return np.flatnonzero((steps >= low) & (steps <= high))
