"""The points of tags that hold more than numbers: when they were written, and one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import flask

from opscope.dashboard.responses import error_response, required, whole_number
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import require_tag
from opscope.events import LogdirError, TagPoints, TensorProtoError
from opscope.events.proto.summary_pb2 import Summary

T = TypeVar("T")
MOST_INDEX = 1 << 31


def points_of(store: Store, kind: str) -> TagPoints:
    """The points of the query's `run` and `tag`; the request ends with a 404 without any."""
    run, tag = required("run"), required("tag")
    with store.reading() as logdir:
        require_tag(logdir, run, tag, kind)
        return logdir.points(run, tag, kind)


def described_points(store: Store, kind: str) -> dict[str, Any]:
    """The same as JSON: columns `index`, `step` and `wall`, and the start of the run's tag."""
    points = points_of(store, kind)
    start = points.wall_time[0] if len(points.wall_time) else 0.0
    return {
        "index": points.index,
        "step": points.step,
        "wall": points.wall_time,
        "start": start,
    }


def point_of(store: Store, kind: str, decode: Callable[[Summary.Value], T]) -> T:
    """The point that the query's `run`, `tag` and `index` name, decoded.

    The request ends with a 404 where there is none, with a 422 where it is damaged.
    """
    run, tag = required("run"), required("tag")
    return decoded(store, run, tag, kind, whole_number("index", None, 0, MOST_INDEX), decode)


def decoded(
    store: Store,
    run: str,
    tag: str,
    kind: str,
    index: int,
    decode: Callable[[Summary.Value], T],
) -> T:
    """One point of a tag; see `point_of`."""
    with store.reading() as logdir:
        require_tag(logdir, run, tag, kind)
        try:
            value = logdir.point(run, tag, kind, index)
        except LogdirError as error:
            flask.abort(error_response(404, str(error)))
    try:
        return decode(value)
    except TensorProtoError as error:
        flask.abort(error_response(422, f"{tag!r} of {run!r}, point {index}: {error}"))
