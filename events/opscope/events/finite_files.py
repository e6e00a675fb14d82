"""Which of many small dump files hold finite tensors: read one by one, tested together."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.types_pb2 import (
    DT_BOOL,
    DT_DOUBLE,
    DT_FLOAT,
    DT_INT8,
    DT_INT16,
    DT_INT32,
    DT_INT64,
    DT_UINT8,
)

_FLOATS: dict[int, np.dtype[Any]] = {DT_FLOAT: np.dtype("<f4"), DT_DOUBLE: np.dtype("<f8")}
_ALWAYS_FINITE: dict[int, int] = {
    DT_BOOL: 1,
    DT_INT8: 1,
    DT_UINT8: 1,
    DT_INT16: 2,
    DT_INT32: 4,
    DT_INT64: 8,
}
_SMALL = 1 << 16  # bytes: what is larger is not held for the others


def surely_finite(paths: Sequence[str]) -> list[bool]:
    """For each file in tfdbg's form, whether its tensor is there and has no infinity and no NaN.

    False says nothing: such a file may be damaged, gone, or of a type that is not looked at here.
    """
    answers = [False] * len(paths)
    waiting: dict[int, list[tuple[int, bytes]]] = {number: [] for number in _FLOATS}
    for place, path in enumerate(paths):
        try:
            with open(path, "rb", buffering=0) as file:
                (value,) = Event.FromString(file.read()).summary.value
        except (OSError, ValueError, DecodeError):  # ValueError: not one value
            continue
        tensor, kind = value.tensor, value.tensor.dtype
        content = tensor.tensor_content
        dtype = _FLOATS.get(kind)
        size = _ALWAYS_FINITE.get(kind, 0) if dtype is None else dtype.itemsize
        sizes = [dim.size for dim in tensor.tensor_shape.dim]
        if not size or min(sizes, default=0) < 0 or len(content) != math.prod(sizes) * size:
            continue
        if dtype is None:
            answers[place] = True
        elif len(content) > _SMALL:
            answers[place] = _is_finite(content, dtype)
        else:
            waiting[kind].append((place, content))
    for number, contents in waiting.items():
        dtype = _FLOATS[number]
        together = b"".join(content for _, content in contents)
        all_finite = _is_finite(together, dtype)
        for place, content in contents:
            answers[place] = all_finite or _is_finite(content, dtype)
    return answers


def _is_finite(content: bytes, dtype: np.dtype[Any]) -> bool:
    values = np.frombuffer(content, dtype)
    return bool(math.isfinite(np.vdot(values, values)) or np.isfinite(values).all())
