"""Cutting parts out of a tensor: Slice and StridedSlice."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.constant import (
    constant_value,
)
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.arrangement import pad
from opscope.runtime.ops.joining import concat, stack
from opscope.runtime.ops.shape import rank, reshape, shape
from opscope.runtime.ops.static_value import static_shape, static_value
from opscope.runtime.tensor_shape import TensorShape, unknown_shape


def _slice_template(node: Operation) -> str | None:
    """The index, where it is constant and within a known shape; nothing to do where that is all."""
    value, begin, size = node.inputs
    starts, counts = constant_value(begin), constant_value(size)
    sizes = value.shape.sizes
    if starts is None or counts is None or not sizes or None in sizes:
        return None
    if not len(starts) == len(counts) == len(sizes):
        return None
    index = []
    for start, count, limit in zip(starts.tolist(), counts.tolist(), sizes, strict=True):
        assert limit is not None
        stop = limit if count == -1 else start + count
        if not 0 <= start <= stop <= limit:
            return None
        index.append(":" if (start, stop) == (0, limit) else f"{start}:{stop}")
    return "{0}" if set(index) == {":"} else f"{{0}}[{', '.join(index)}]"


@op(
    "Slice",
    "input: T, begin: Index, size: Index -> output: T",
    "T: type, Index: {int32, int64}",
    view_of=0,
    template=_slice_template,
)
def _slice(xp: Any, value: Any, begin: Any, size: Any) -> Any:
    """The block of `size` elements per axis from `begin` on; a size of -1 goes to the end."""
    if not begin.shape == size.shape == (value.ndim,):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Expected begin and size arguments to be 1-D tensors of size {value.ndim}, "
            f"but got shapes {list(begin.shape)} and {list(size.shape)} instead.",
        )
    key = []
    for axis, (start, count) in enumerate(zip(begin.tolist(), size.tolist(), strict=True)):
        limit = value.shape[axis]
        stop = limit if count == -1 else start + count
        if not 0 <= start <= stop <= limit:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Expected begin[{axis}] in [0, {limit}] and size[{axis}] in "
                f"[0, {limit - start}], but got {start} and {count}",
            )
        key.append(slice(start, stop))
    return value[tuple(key)]


@_slice.shape
def _(node: Operation) -> list[TensorShape]:
    value, begin, size = node.inputs
    starts, counts = static_value(begin), static_value(size)
    index = begin.shape.merge_with(size.shape).with_rank(1)
    count_of_axes = index.known_rank()[0]
    sizes = value.shape.sizes
    if count_of_axes is not None:
        sizes = value.shape.with_rank(count_of_axes).sizes
    if counts is None:
        length = size.shape.sizes or begin.shape.sizes
        if size.op.type == "Pack":
            return [static_shape(size)]
        return [unknown_shape(len(sizes) if sizes is not None else length[0] if length else None)]
    result: list[int | None] = []
    for axis, count in enumerate(counts.tolist()):
        if count != -1:
            result.append(count)
        elif sizes is None or starts is None or sizes[axis] is None:
            result.append(None)
        else:
            result.append((sizes[axis] or 0) - int(starts[axis]))
    return [TensorShape(result)]


@_slice.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    value, begin, _ = node.inputs
    index_type = begin.dtype.base_dtype
    value_rank = rank(value)
    kept = shape(node.outputs[0], out_type=index_type)
    column = stack([value_rank, 1])
    before = reshape(begin, column)
    after = reshape(shape(value, out_type=index_type) - kept - begin, column)
    return [pad(grad, concat([before, after], 1)), None, None]


def slice_block(input_: Any, begin: Any, size: Any, name: str | None = None) -> Tensor:
    """The block of `size` elements per axis of `input_` from `begin` on (tf.slice)."""
    return make_tensor("Slice", input_, begin, size, name=name)


# -- strided slice -------------------------------------------------------------------------

MASKS = (
    "begin_mask: int = 0, end_mask: int = 0, ellipsis_mask: int = 0, "
    "new_axis_mask: int = 0, shrink_axis_mask: int = 0"
)


def index_key(begin: Any, end: Any, strides: Any, masks: dict[str, int]) -> tuple[Any, ...]:
    """The NumPy index that a strided slice stands for.

    begin, end and strides have one entry per item of the index; bit i of a mask is about item i.
    """
    key: list[Any] = []
    items = zip(begin.tolist(), end.tolist(), strides.tolist(), strict=True)
    for i, (start, stop, step) in enumerate(items):
        bit = 1 << i
        if masks["ellipsis_mask"] & bit:
            key.append(Ellipsis)
        elif masks["new_axis_mask"] & bit:
            key.append(None)
        elif step == 0:
            raise errors.InvalidArgumentError(None, None, f"strides[{i}] must be non-zero")
        elif masks["shrink_axis_mask"] & bit:
            if step < 0:
                raise errors.InvalidArgumentError(
                    None, None, "only stride 1 allowed on non-range indexing."
                )
            key.append(start)
        else:
            key.append(
                slice(
                    None if masks["begin_mask"] & bit else start,
                    None if masks["end_mask"] & bit else stop,
                    step,
                )
            )
    return tuple(key)


def _masks_of(attrs: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in attrs.items() if key.endswith("_mask")}


def _taken(value: Any, key: tuple[Any, ...]) -> Any:
    try:
        taken = value[key]
    except IndexError as error:
        raise errors.InvalidArgumentError(None, None, f"slice {key}: {error}") from None
    return taken if isinstance(taken, bytes) else taken[()]


@op(
    "StridedSlice",
    "input: T, begin: Index, end: Index, strides: Index -> output: T",
    f"T: type, Index: {{int16, int32, int64}}, {MASKS}",
    view_of=0,
)
def _strided_slice(
    xp: Any,
    value: Any,
    begin: Any,
    end: Any,
    strides: Any,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
) -> Any:
    """What value[begin:end:strides] is in NumPy, with masks for the other kinds of items."""
    masks = {
        "begin_mask": begin_mask,
        "end_mask": end_mask,
        "ellipsis_mask": ellipsis_mask,
        "new_axis_mask": new_axis_mask,
        "shrink_axis_mask": shrink_axis_mask,
    }
    return _taken(value, index_key(begin, end, strides, masks))


@_strided_slice.bind
def _(binding: Any) -> Any:
    masks = _masks_of(binding.attrs)
    known = [constant_value(t) for t in binding.node.inputs[1:]]
    if any(k is None for k in known):
        return lambda value, begin, end, strides: _taken(
            value, index_key(begin, end, strides, masks)
        )
    key = index_key(known[0], known[1], known[2], masks)
    return lambda value, *_: _taken(value, key)


@_strided_slice.shape
def _(node: Operation) -> list[TensorShape]:
    sizes = node.inputs[0].shape.sizes
    masks = _masks_of(node.attrs)
    index = node.inputs[1].shape.with_rank(1)
    for tensor in node.inputs[2:]:
        index = index.merge_with(tensor.shape)
    begin, end, strides = (static_value(t) for t in node.inputs[1:])
    if sizes is None:
        return [unknown_shape()]
    if begin is None or end is None or strides is None:
        return [_shape_of_unknown_slice(node, sizes, masks)]
    key = index_key(begin, end, strides, masks)
    return [TensorShape(_sliced_sizes(sizes, key))]


def _shape_of_unknown_slice(
    node: Operation, sizes: tuple[int | None, ...], masks: dict[str, int]
) -> TensorShape:
    length = node.inputs[1].shape.sizes
    if not length or length[0] is None or masks["ellipsis_mask"]:
        return unknown_shape()
    nothing = np.zeros(length[0], np.int64)
    key = index_key(nothing, nothing, np.ones(length[0], np.int64), masks)
    result = list(_sliced_sizes(sizes, key))
    taken = sum(1 for k in key if k is not None)
    touched = len(result) - (len(sizes) - taken)
    for i in range(touched):
        result[i] = None
    return TensorShape(result)


def _sliced_sizes(sizes: tuple[int | None, ...], key: tuple[Any, ...]) -> list[int | None]:
    """The sizes that an index gives; ValueError when it does not fit."""
    items = list(key)
    taken = sum(1 for k in items if k is not None and k is not Ellipsis)
    if taken > len(sizes):
        raise ValueError(
            f"Index out of range using input dim {len(sizes)}; input has only {len(sizes)} dims"
        )
    if Ellipsis not in items:
        items.append(Ellipsis)
    result: list[int | None] = []
    axis = 0
    for item in items:
        if item is None:
            result.append(1)
        elif item is Ellipsis:
            rest = len(sizes) - taken
            result.extend(sizes[axis : axis + rest])
            axis += rest
        else:
            size = sizes[axis]
            axis += 1
            if isinstance(item, slice):
                result.append(_sliced_size(size, item))
            elif size is not None and not -size <= item < size:
                raise ValueError(f"slice index {item} of dimension {axis - 1} out of bounds.")
    return result


def _sliced_size(size: int | None, item: slice) -> int | None:
    if item.step == 0:
        raise ValueError("strides must be non-zero")
    if size is not None:
        return len(range(*item.indices(size)))
    starts_at_front = item.start in (None, 0)
    if starts_at_front and item.stop == 0:
        return 0
    return None


@_strided_slice.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    value, *index = node.inputs
    target = shape(value, out_type=index[0].dtype.base_dtype)
    # Known index vectors become constants of the gradient, as TensorFlow has them.
    target_and_index = [
        t if constant_value(t) is None else constant_value(t) for t in (target, *index)
    ]
    made = make_tensor("StridedSliceGrad", *target_and_index, grad, **_masks_of(node.attrs))
    return [made, None, None, None]


@op(
    "StridedSliceGrad",
    "shape: Index, begin: Index, end: Index, strides: Index, dy: T -> output: T",
    f"T: type, Index: {{int32, int64}}, {MASKS}",
)
def _strided_slice_grad(
    xp: Any,
    shape: Any,
    begin: Any,
    end: Any,
    strides: Any,
    dy: Any,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
) -> Any:
    """Zeros of `shape` with `dy` where the strided slice took its elements from."""
    masks = {
        "begin_mask": begin_mask,
        "end_mask": end_mask,
        "ellipsis_mask": ellipsis_mask,
        "new_axis_mask": new_axis_mask,
        "shrink_axis_mask": shrink_axis_mask,
    }
    if dy.dtype.kind == "O":
        result = np.full(tuple(shape.tolist()), b"", object)
    else:
        result = xp.zeros(tuple(shape.tolist()), dy.dtype)
    key = index_key(begin, end, strides, masks)
    taken = _taken(result, key)
    if taken.shape != dy.shape:
        raise errors.InvalidArgumentError(
            None, None, f"shape of dy was {list(dy.shape)} instead of {list(taken.shape)}"
        )
    result[key] = dy
    return result


@_strided_slice_grad.shape
def _(node: Operation) -> list[TensorShape]:
    return [static_shape(node.inputs[0])]


@_strided_slice_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    _, begin, end, strides, _ = node.inputs
    made = make_tensor("StridedSlice", grad, begin, end, strides, **_masks_of(node.attrs))
    return [None, None, None, None, made]


def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    name: str | None = None,
) -> Tensor:
    """input_[begin:end:strides], with masks for ends left out, new axes and single indices."""
    if strides is None:
        from opscope.runtime.ops.filling import ones_like

        strides = ones_like(begin)
    return make_tensor(
        "StridedSlice",
        input_,
        begin,
        end,
        strides,
        begin_mask=begin_mask,
        end_mask=end_mask,
        ellipsis_mask=ellipsis_mask,
        new_axis_mask=new_axis_mask,
        shrink_axis_mask=shrink_axis_mask,
        name=name,
    )
