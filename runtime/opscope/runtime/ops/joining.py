"""Joining tensors to one and taking one apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.binding import Binding
from opscope.runtime.constant import constant, constant_value, convert_to_tensor
from opscope.runtime.control_flow_context import output_context
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import rank, shape, squeeze
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

# Beyond this many parts a gradient is taken apart by one op.
_MANY = 16

_INT = "{int32, int64} = int32"


def normal_axis(axis: Any, ndims: int, what: str = "axis") -> int:
    """An axis counted from the front; ValueError outside of [-ndims, ndims)."""
    position = int(axis)
    if not -ndims <= position < ndims:
        raise ValueError(f"{what} = {position} not in [{-ndims}, {ndims})")
    return position % ndims


@op(
    "ConcatV2",
    "values: N * T, axis: Tidx -> output: T",
    f"N: int >= 2, T: type, Tidx: {_INT}",
    carries=("values",),
)
def _concat(xp: Any, *values: Any) -> Any:
    """Put tensors one behind the other along an axis."""
    *parts, axis = values
    try:
        return xp.concatenate(parts, axis=int(axis))
    except ValueError as error:
        raise errors.InvalidArgumentError(
            None, None, f"ConcatOp : Dimensions of inputs should match: {error}"
        ) from None


@_concat.bind
def _(binding: Binding) -> Callable[..., Any]:
    xp, join = binding.xp, binding.xp.concatenate
    known = constant_value(binding.node.inputs[-1])
    if known is None:
        return partial(_concat.kernels["ANY"], xp)
    axis = int(known)

    def along_axis(*values: Any) -> Any:
        try:
            return join(values[:-1], axis)
        except ValueError:
            return _concat.kernels["ANY"](xp, *values)

    return along_axis


@_concat.shape
def _(node: Operation) -> list[TensorShape]:
    *values, axis_tensor = node.inputs
    axis = static_value(axis_tensor)
    merged: TensorShape = unknown_shape()
    if axis is None:
        for value in values:
            merged = merged.merge_with(unknown_shape(value.shape.ndims))
        return [merged]
    known = next((v.shape.ndims for v in values if v.shape.ndims is not None), None)
    if known is None:
        return [merged]
    position = normal_axis(axis, known)
    total: int | None = 0
    for value in values:
        if value.shape.sizes is None:
            total = None
            continue
        sizes = list(value.shape.with_rank(known).known_rank())
        part = sizes[position]
        total = None if total is None or part is None else total + part
        sizes[position] = None
        merged = merged.merge_with(sizes)
    sizes = list(merged.known_rank())
    sizes[position] = total
    return [TensorShape(sizes)]


@_concat.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    *values, axis = node.inputs
    if axis.op.type == "Const" and output_context(axis.op) is not output_context(grad.op):
        axis = constant(axis.op.attrs["value"], axis.dtype)  # rather than through an Enter
    from_front = axis % rank(values[0])
    sizes: Any = []
    for value in values:  # TensorFlow stops, too, behind the first that only the run knows
        sizes.append(shape(value))
        if sizes[-1].op.type != "Const":
            sizes = make_op("ShapeN", values)
            break
    if len(sizes) > _MANY:
        table = stack(sizes, axis=1)
        lengths = make_tensor("Slice", table, [from_front, 0], [1, -1])
        return [*split(grad, squeeze(lengths), from_front, num=len(values)), None]
    offsets = make_op("ConcatOffset", from_front, sizes)
    parts = [
        make_tensor("Slice", grad, begin, length)
        for begin, length in zip(offsets, sizes, strict=True)
    ]
    return [*parts, None]


def concat(values: Any, axis: Any, name: str = "concat") -> Tensor:
    """The tensors of `values` one behind the other along `axis`."""
    parts = values if isinstance(values, (list, tuple)) else [values]
    if len(parts) == 1:
        with op_scope(name, "concat", *parts):
            convert_to_tensor(axis, "int32", name="concat_dim")
            return make_tensor("Identity", parts[0], name=name)
    return make_tensor("ConcatV2", list(parts), axis, name=name)


@op(
    "ConcatOffset",
    "concat_dim: int32, shape: N * shape_type -> offset: N * shape_type",
    f"N: int >= 2, shape_type: {_INT}",
    not_differentiable=True,
)
def _concat_offset(xp: Any, concat_dim: Any, *shapes: Any) -> Any:
    """Where each part begins in the concatenation, as one index vector per part."""
    axis = int(concat_dim)
    offsets = []
    total = 0
    for part in shapes:
        begin = xp.zeros_like(part)
        begin[axis] = total
        total += int(part[axis])
        offsets.append(begin)
    return tuple(offsets)


@_concat_offset.shape
def _(node: Operation) -> list[TensorShape]:
    return [t.shape for t in node.inputs[1:]]


# -- stack and unstack ---------------------------------------------------------------------


@op(
    "Pack", "values: N * T -> output: T", "N: int >= 1, T: type, axis: int = 0", carries=("values",)
)
def _pack(xp: Any, *values: Any, axis: int) -> Any:
    """Join tensors of one shape along a new axis."""
    if values[0].ndim == 0 and xp is np and values[0].dtype != object:
        return np.array(values, values[0].dtype)
    return xp.stack(values, axis)


@_pack.shape
def _(node: Operation) -> list[TensorShape]:
    merged = unknown_shape()
    for value in node.inputs:
        merged = merged.merge_with(value.shape)
    if merged.sizes is None:
        return [merged]
    axis = normal_axis(node.attrs["axis"], len(merged.sizes) + 1)
    count = len(node.inputs)
    return [TensorShape((*merged.sizes[:axis], count, *merged.sizes[axis:]))]


@_pack.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return list(unstack(grad, num=node.attrs["N"], axis=node.attrs["axis"]))


def stack(values: Any, axis: int = 0, name: str = "stack") -> Tensor:
    """Tensors of one shape joined along a new axis."""
    if axis == 0:
        return convert_to_tensor(values, name=name)
    return make_tensor("Pack", list(values), axis=axis, name=name)


@op("Unpack", "value: T -> output: num * T", "num: int >= 0, T: type, axis: int = 0", view_of=0)
def _unpack(xp: Any, value: Any, *, num: int, axis: int) -> Any:
    """Take a tensor apart along an axis, which the parts do not have."""
    if value.shape[axis] != num:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input shape axis {axis} must equal {num}, got shape {list(value.shape)}",
        )
    parts = tuple(xp.moveaxis(value, axis, 0) if axis else value)
    return parts[0] if num == 1 else parts


@_unpack.shape
def _(node: Operation) -> list[TensorShape]:
    sizes = node.inputs[0].shape.sizes
    count = node.attrs["num"]
    if sizes is None:
        return [unknown_shape()] * count
    axis = normal_axis(node.attrs["axis"], len(sizes))
    if sizes[axis] not in (None, count):
        raise ValueError(f"Dimension must be {count} but is {sizes[axis]}")
    return [TensorShape(sizes[:axis] + sizes[axis + 1 :])] * count


@_unpack.gradient
def _(node: Operation, *grads: Tensor) -> list[Tensor | None]:
    return [stack(list(grads), axis=node.attrs["axis"])]


def unstack(
    value: Any, num: int | None = None, axis: int = 0, name: str = "unstack"
) -> list[Tensor]:
    """The parts of `value` along `axis`; ValueError when their number is not known."""
    tensor = convert_to_tensor(value)
    if num is None:
        sizes = tensor.shape.sizes
        num = None if sizes is None else sizes[normal_axis(axis, len(sizes))]
        if num is None:
            raise ValueError(f"Cannot infer argument `num` from shape {tensor.shape}")
    parts: list[Tensor] = make_op("Unpack", tensor, num=num, axis=axis, name=name)
    return parts


# -- split ---------------------------------------------------------------------------------


@op(
    "Split",
    "split_dim: int32, value: T -> output: num_split * T",
    "num_split: int >= 1, T: type",
    view_of=1,
)
def _split(xp: Any, split_dim: Any, value: Any, *, num_split: int) -> Any:
    """Cut a tensor into equal parts along an axis."""
    axis = int(split_dim)
    if value.shape[axis] % num_split:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Number of ways to split should evenly divide the split dimension, but got "
            f"split_dim {axis} (size = {value.shape[axis]}) and num_split {num_split}",
        )
    return value if num_split == 1 else tuple(xp.split(value, num_split, axis))


@_split.shape
def _(node: Operation) -> list[TensorShape]:
    sizes = node.inputs[1].shape.sizes
    axis = static_value(node.inputs[0])
    count = node.attrs["num_split"]
    if sizes is None or axis is None:
        return [unknown_shape(None if sizes is None else len(sizes))] * count
    position = normal_axis(axis, len(sizes), "split_dim")
    size = sizes[position]
    if size is not None and size % count:
        raise ValueError(f"Dimension size must be evenly divisible by {count} but is {size}")
    part = None if size is None else size // count
    return [TensorShape((*sizes[:position], part, *sizes[position + 1 :]))] * count


@_split.gradient
def _(node: Operation, *grads: Tensor) -> list[Tensor | None]:
    return [None, concat(list(grads), node.inputs[0])]


@op(
    "SplitV",
    "value: T, size_splits: Tlen, split_dim: int32 -> output: num_split * T",
    "num_split: int >= 1, T: type, Tlen: {int8, int32, int64} = int64",
    view_of=0,
)
def _split_v(xp: Any, value: Any, size_splits: Any, split_dim: Any) -> Any:
    """Cut a tensor into parts of given sizes; one size may be -1, meaning the rest."""
    axis = int(split_dim)
    lengths = size_splits.tolist()
    if -1 in lengths:
        lengths[lengths.index(-1)] = value.shape[axis] - sum(lengths) - 1
    if sum(lengths) != value.shape[axis] or min(lengths) < 0:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"can't split axis of size {value.shape[axis]} into pieces of size {lengths}",
        )
    if len(lengths) == 1:
        return value
    return tuple(xp.split(value, np.cumsum(lengths)[:-1].tolist(), axis))


@_split_v.shape
def _(node: Operation) -> list[TensorShape]:
    sizes = node.inputs[0].shape.sizes
    lengths, axis = static_value(node.inputs[1]), static_value(node.inputs[2])
    count = node.attrs["num_split"]
    if sizes is None or axis is None:
        return [unknown_shape(None if sizes is None else len(sizes))] * count
    position = normal_axis(axis, len(sizes), "split_dim")
    parts: list[int | None] = [None] * count
    if lengths is not None:
        parts = [int(n) if n >= 0 else None for n in lengths]
        whole = sizes[position]
        if None in parts and whole is not None:
            rest = whole - sum(n for n in parts if n is not None)
            parts = [rest if n is None else n for n in parts]
        known = [n for n in parts if n is not None]
        if whole is not None and (sum(known) != whole or min(known) < 0):
            raise ValueError(f"can't split axis of size {whole} into pieces of size {parts}")
    return [TensorShape((*sizes[:position], n, *sizes[position + 1 :])) for n in parts]


@_split_v.gradient
def _(node: Operation, *grads: Tensor) -> list[Tensor | None]:
    return [concat(list(grads), node.inputs[2]), None, None]


def split(
    value: Any,
    num_or_size_splits: Any,
    axis: Any = 0,
    num: int | None = None,
    name: str = "split",
) -> list[Tensor]:
    """`value` cut along `axis` into equal parts, or into parts of the sizes listed."""
    parts: list[Tensor]
    if isinstance(num_or_size_splits, int):
        parts = make_op("Split", axis, value, num_split=num_or_size_splits, name=name)
        return parts
    lengths = convert_to_tensor(num_or_size_splits)
    if num is None:
        count = lengths.shape.sizes
        if not count or count[0] is None:
            raise ValueError(f"Cannot infer argument `num` from shape {lengths.shape}")
        num = count[0]
    parts = make_op("SplitV", value, lengths, axis, num_split=num, name=name)
    return parts
