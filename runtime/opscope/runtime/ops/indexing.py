"""`tensor[...]`: Python's indices as a strided slice."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from opscope.runtime import dtypes
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.joining import stack
from opscope.runtime.ops.masking import boolean_mask
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.tensor_shape import Dimension

newaxis = None


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) or hasattr(value, "_as_tensor")


def _slice_dtype(item: slice) -> dtypes.DType | None:
    found = None
    for part in (item.start, item.stop, item.step):
        if isinstance(part, Tensor):
            if part.dtype.base_dtype is dtypes.int64:
                return dtypes.int64
            found = part.dtype.base_dtype
    return found


def _index(item: Any) -> Any:
    if isinstance(item, Dimension):
        item = int(item)
    if _is_tensor(item):
        dtype = convert_to_tensor(item).dtype
        if dtype.is_integer:
            return item
    elif isinstance(item, (int, np.integer)) and not isinstance(item, bool):
        return item
    raise TypeError(
        "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar "
        f"integer tensors are valid indices, got {item!r}"
    )


def get_item(tensor: Tensor, spec: Any) -> Tensor:
    """`tensor[spec]`: integers, slices, `...`, newaxis, and scalar integer tensors.

    A boolean tensor picks the elements where it is true. A slice of a variable has a function
    `assign(value, name=None)`, which puts a value in its place.
    """
    given = tensor
    tensor = convert_to_tensor(given)  # a variable is read beside the scope of the slice
    if isinstance(spec, Tensor) and spec.dtype.is_bool:
        return boolean_mask(tensor, spec)
    items = spec if isinstance(spec, (list, tuple)) else (spec,)
    begin: list[Any] = []
    end: list[Any] = []
    strides: list[Any] = []
    masks: dict[str, Any] = dict.fromkeys(
        ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"), 0
    )
    for i, item in enumerate(items):
        bit = 1 << i
        if isinstance(item, slice):
            _add_slice(item, bit, masks, begin, end, strides)
        elif item is Ellipsis or item is None:
            masks["ellipsis_mask" if item is Ellipsis else "new_axis_mask"] |= bit
            begin.append(0)
            end.append(0)
            strides.append(1)
        else:
            index = _index(item)
            begin.append(index)
            end.append(index + 1)
            is_long = isinstance(index, Tensor) and index.dtype.base_dtype is dtypes.int64
            strides.append(constant(1, dtypes.int64) if is_long else 1)
            masks["shrink_axis_mask"] |= bit
    with op_scope(None, "strided_slice", tensor, *begin, *end, *strides) as scope:
        vectors = [_vector(part) for part in (begin, end, strides)]
        if any(v.dtype is dtypes.int64 for v in vectors):
            vectors = [
                v if v.dtype is dtypes.int64 else make_tensor("Cast", v, DstT=dtypes.int64)
                for v in vectors
            ]
        made = make_tensor("StridedSlice", tensor, *vectors, **masks, name=scope)
    if hasattr(given, "_strided_slice_assign"):
        made.assign = partial(given._strided_slice_assign, vectors, masks, f"{scope}_assign")
    return made


def _vector(items: list[Any]) -> Tensor:
    if not items:
        return constant(np.zeros(0, np.int32), name="stack")
    return stack(items)


def _add_slice(
    item: slice,
    bit: int,
    masks: dict[str, int],
    begin: list[Any],
    end: list[Any],
    strides: list[Any],
) -> None:
    dtype = _slice_dtype(item)

    def given(part: Any, default: int) -> Any:
        if isinstance(part, Dimension):
            part = part.value
        if part is not None:
            return _index(part)
        return default if dtype is None else constant(default, dtype)

    begin.append(given(item.start, 0))
    end.append(given(item.stop, 0))
    strides.append(given(item.step, 1))
    if item.start is None:
        masks["begin_mask"] |= bit
    if item.stop is None:
        masks["end_mask"] |= bit
