"""Which of many small dump files hold finite tensors: read one by one, tested together."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
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
        tensor, number = value.tensor, value.tensor.dtype
        content = tensor.tensor_content
        dtype = _FLOATS.get(number)
        size = _ALWAYS_FINITE.get(number, 0) if dtype is None else dtype.itemsize
        sizes = [dim.size for dim in tensor.tensor_shape.dim]
        if not size or min(sizes, default=0) < 0 or len(content) != math.prod(sizes) * size:
            continue
        answers[place] = dtype is None
        if dtype is not None:
            waiting[number].append((place, content))
    for number, contents in waiting.items():
        together = np.frombuffer(b"".join(content for _, content in contents), _FLOATS[number])
        all_finite = _is_finite(together)
        for place, content in contents:
            answers[place] = all_finite or _is_finite(np.frombuffer(content, _FLOATS[number]))
    return answers


def _is_finite(values: npt.NDArray[Any]) -> bool:
    return bool(math.isfinite(np.vdot(values, values)) or np.isfinite(values).all())
