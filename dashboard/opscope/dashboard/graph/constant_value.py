"""The value of a constant for people to read: small ones whole, large ones by head and range."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.dashboard.graph.attribute_text import dtype_text
from opscope.dashboard.graph.lettering import shape_text
from opscope.events import EventsError, make_ndarray
from opscope.events.proto import attr_value_pb2

WHOLE = 256
HEAD = 24
MOST_ELEMENTS = 1 << 24
"""A file may claim any shape for one repeated value; more than this is not unfolded."""

LONGEST = 2000


def constant_value(attrs: dict[str, attr_value_pb2.AttrValue]) -> dict[str, Any] | None:
    """Value in the attribute `value`; None where there is none.

    Keys: `dtype`, `shape`, `elements`, `text` (all of it up to 256 elements, else the first 24)
    with `whole`, and of numbers `range`: min, max, mean of what is finite, counts of NaN and inf.
    """
    held = attrs.get("value")
    if held is None or held.WhichOneof("value") != "tensor":
        return None
    proto = held.tensor
    dims = [max(0, dim.size) for dim in proto.tensor_shape.dim]
    elements = int(np.prod(dims, dtype=object))
    value: dict[str, Any] = {
        "dtype": dtype_text(proto.dtype),
        "shape": shape_text(tuple(dims)),
        "elements": elements,
        "whole": elements <= WHOLE,
        "text": "",
    }
    if elements > MOST_ELEMENTS:
        return value | {"text": f"{elements:,} elements are too many to be read here"}
    try:
        array = make_ndarray(proto)
    except (EventsError, ValueError) as error:
        return value | {"text": f"cannot be read: {error}"}
    shown = array if value["whole"] else array.reshape(-1)[:HEAD]
    if shown.dtype == object:
        text = repr(shown.tolist())
    else:
        text = np.array2string(
            shown, precision=6, separator=", ", threshold=WHOLE, max_line_width=48
        )
    value["text"] = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    value["range"] = _range(array) if elements > 1 else None
    return value


def _range(array: np.ndarray[Any, np.dtype[Any]]) -> dict[str, float | int] | None:
    if array.dtype == object or array.dtype.kind in "bcV":
        return None
    numbers = array.astype(np.float64, copy=False)
    finite = numbers[np.isfinite(numbers)]
    nans = int(np.isnan(numbers).sum())
    counts: dict[str, float | int] = {"nan": nans, "inf": numbers.size - finite.size - nans}
    if not finite.size:
        return counts
    return {
        "min": float(finite.min()),
        "max": float(finite.max()),
        "mean": float(finite.mean()),
        **counts,
    }
