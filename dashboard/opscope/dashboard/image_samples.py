"""Pictures of a tag by TensorBoard's keys: which steps have a sample, and the bytes of one."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

import flask
import orjson

from opscope.dashboard.media_type import picture_type
from opscope.dashboard.responses import blob_response, error_response, required
from opscope.dashboard.store import Store
from opscope.dashboard.tag_points import decoded
from opscope.events import Logdir, LogdirError, payload


def samples_of(logdir: Logdir, run: str, tag: str) -> int:
    """How many pictures the last step of a tag has; 0 where it is damaged."""
    points = logdir.points(run, tag, "image")
    return _samples_at(logdir, run, tag, int(points.index[-1])) if len(points.index) else 0


def points_with_sample(
    logdir: Logdir, run: str, tag: str, sample: int
) -> Iterator[tuple[int, int, float]]:
    """Index, step and wall time of each step that has so many pictures.

    The first one every step has, so that none needs to be read for it.
    """
    points = logdir.points(run, tag, "image")
    columns = zip(
        points.index.tolist(), points.step.tolist(), points.wall_time.tolist(), strict=True
    )
    for index, step, wall in columns:
        if sample == 0 or sample < _samples_at(logdir, run, tag, index):
            yield index, step, wall


def image_response(store: Store, argument: str) -> flask.Response:
    """The picture that a key in the query names."""
    try:
        run, tag, index, sample = _named_by(required(argument))
    except ValueError as error:
        return error_response(400, f"not a key that this server gave: {error}")
    found = decoded(store, run, tag, "image", index, payload.image)
    if not 0 <= sample < len(found.encoded):
        return error_response(404, f"no sample {sample}: there are {len(found.encoded)}")
    data = found.encoded[sample]
    return blob_response(data, picture_type(data))


def blob_key(run: str, tag: str, index: int, sample: int) -> str:
    """The key of one picture, for `image_response`."""
    return base64.urlsafe_b64encode(orjson.dumps([run, tag, index, sample])).decode()


def _named_by(key: str) -> tuple[str, str, int, int]:
    try:
        run, tag, index, sample = orjson.loads(base64.urlsafe_b64decode(key))
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if not all(isinstance(word, str) for word in (run, tag)):
        raise ValueError("a run and a tag are text")
    if not all(isinstance(number, int) for number in (index, sample)):
        raise ValueError("an index and a sample are whole numbers")
    return run, tag, index, sample


def _samples_at(logdir: Logdir, run: str, tag: str, index: int) -> int:
    try:
        return len(payload.image(logdir.point(run, tag, "image", index)).encoded)
    except (LogdirError, ValueError):
        return 0  # damaged: it is among the problems
