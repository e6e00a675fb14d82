"""Broadcasting: its shape rule, its ops, and the sums that undo it in gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.constant import constant, constant_value
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.shape import shape
from opscope.runtime.ops.static_value import static_shape
from opscope.runtime.tensor_shape import TensorShape, as_shape, broadcast, unknown_shape

_INDEX = "T: {int32, int64} = int32"


def broadcast_shape(node: Operation) -> list[TensorShape]:
    """The shape rule of binary ops whose inputs are broadcast against each other."""
    x, y = node.inputs[0].shape, node.inputs[1].shape
    return [x if x is y else TensorShape(broadcast(x.sizes, y.sizes))]


def sizes_of(value: Any) -> tuple[int, ...]:
    """The sizes that a 1-D integer value stands for, as Python ints."""
    return tuple(value.tolist())


@op("BroadcastGradientArgs", "s0: T, s1: T -> r0: T, r1: T", _INDEX, not_differentiable=True)
def _broadcast_gradient_args(xp: Any, s0: Any, s1: Any) -> Any:
    """The axes over which each operand of a broadcast must be summed to get its own shape back."""
    left, right = sizes_of(s0), sizes_of(s1)
    rank = max(len(left), len(right))
    left = (1,) * (rank - len(left)) + left
    right = (1,) * (rank - len(right)) + right
    reduced: tuple[list[int], list[int]] = ([], [])
    for axis, (a, b) in enumerate(zip(left, right, strict=True)):
        if a != b and a != 1 and b != 1:
            raise errors.InvalidArgumentError(
                None, None, f"Incompatible shapes: {list(left)} vs. {list(right)}"
            )
        if a == 1:
            reduced[0].append(axis)
        if b == 1:
            reduced[1].append(axis)
    return xp.asarray(reduced[0], s0.dtype), xp.asarray(reduced[1], s0.dtype)


@_broadcast_gradient_args.shape
def _(node: Operation) -> list[TensorShape]:
    return [unknown_shape(1), unknown_shape(1)]


@op("BroadcastArgs", "s0: T, s1: T -> r0: T", _INDEX, not_differentiable=True)
def _broadcast_args(xp: Any, s0: Any, s1: Any) -> Any:
    """The shape that two shapes broadcast to."""
    try:
        sizes = broadcast(sizes_of(s0), sizes_of(s1))
    except ValueError as error:
        raise errors.InvalidArgumentError(None, None, str(error)) from None
    return xp.asarray(sizes, s0.dtype)


@_broadcast_args.shape
def _(node: Operation) -> list[TensorShape]:
    ranks = [t.shape.sizes[0] if t.shape.sizes else None for t in node.inputs]
    return [TensorShape([None if None in ranks else max(r for r in ranks if r is not None)])]


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """The shape that two known shapes broadcast to; ValueError when they do not."""
    return TensorShape(broadcast(as_shape(shape_x).sizes, as_shape(shape_y).sizes))


def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Tensor:
    """The shape that two shapes, integer vectors, broadcast to."""
    return make_tensor("BroadcastArgs", shape_x, shape_y)


@op(
    "BroadcastTo",
    "input: T, shape: Tidx -> output: T",
    "T: type, Tidx: {int32, int64} = int32",
    view_of=0,
)
def _broadcast_to(xp: Any, value: Any, shape: Any) -> Any:
    """Repeat a tensor along axes of size 1, and along new leading axes, to get `shape`."""
    sizes = sizes_of(shape)
    if value.shape == sizes:
        return value
    try:
        return xp.broadcast_to(value, sizes)[()]
    except ValueError:
        raise errors.InvalidArgumentError(
            None, None, f"Incompatible shapes: {list(value.shape)} vs. {list(sizes)}"
        ) from None


@_broadcast_to.shape
def _(node: Operation) -> list[TensorShape]:
    given, wanted = node.inputs[0].shape.sizes, static_shape(node.inputs[1])
    if given is None or wanted.sizes is None:
        return [wanted]
    if len(given) > len(wanted.sizes):
        raise ValueError(f"Shape must be at most rank {len(wanted.sizes)} but is rank {len(given)}")
    front = len(wanted.sizes) - len(given)
    sizes = list(wanted.sizes[:front])
    for old, new in zip(given, wanted.sizes[front:], strict=True):
        if new is None:
            sizes.append(None if old in (0, 1) else old)
        elif old in (None, 0, 1, new):
            sizes.append(new)
        else:
            raise ValueError(f"Dimensions must be equal, but are {old} and {new}")
    return [TensorShape(sizes)]


@_broadcast_to.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    value, target = node.inputs
    value_shape = shape(value, out_type=target.dtype.base_dtype)
    known = constant_value(target)
    full_shape = target if known is None else constant(known)
    _, axes = make_op("BroadcastGradientArgs", full_shape, value_shape)
    summed = make_tensor("Sum", grad, axes, keep_dims=True)
    return [make_tensor("Reshape", summed, value_shape), None]


def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """`input` repeated to `shape` by broadcasting."""
    return make_tensor("BroadcastTo", input, shape, name=name)


def reduced_to_operands(
    x: Tensor, y: Tensor, grad_x: Tensor | None, grad_y: Tensor | None
) -> tuple[Tensor | None, Tensor | None]:
    """Sum gradients over the axes that broadcasting stretched, so that they fit x and y again."""
    shape_x, shape_y = shape(x), shape(y)
    static = _static_reduction_axes(x.shape, y.shape)
    axes: tuple[Any, Any]
    if static is None:
        axes = make_op("BroadcastGradientArgs", shape_x, shape_y)
        must_reduce = (True, True)
    else:
        rank_x, rank_y = len(x.shape), len(y.shape)
        axes = static
        must_reduce = (bool(static[0]) or rank_x < rank_y, bool(static[1]) or rank_y < rank_x)
    return (
        _reduced(grad_x, shape_x, axes[0]) if must_reduce[0] else grad_x,
        _reduced(grad_y, shape_y, axes[1]) if must_reduce[1] else grad_y,
    )


def _reduced(grad: Tensor | None, target: Tensor, axes: Any) -> Tensor | None:
    if grad is None:
        return None
    if not isinstance(axes, Tensor):
        axes = np.array(axes, np.int32)
    summed = make_tensor("Sum", grad, axes, keep_dims=True)
    return make_tensor("Reshape", summed, target)


def _static_reduction_axes(x: TensorShape, y: TensorShape) -> tuple[list[int], list[int]] | None:
    """The axes to sum for each operand; None when that depends on sizes not known yet."""
    if x.sizes is None or y.sizes is None:
        return None
    rank = max(len(x.sizes), len(y.sizes))
    left = (1,) * (rank - len(x.sizes)) + x.sizes
    right = (1,) * (rank - len(y.sizes)) + y.sizes
    axes_x: list[int] = []
    axes_y: list[int] = []
    for axis, (a, b) in enumerate(zip(left, right, strict=True)):
        if a == 1 and b != 1:
            axes_x.append(axis)
        elif b == 1 and a != 1:
            axes_y.append(axis)
        elif a is None or b is None:
            return None
    return axes_x, axes_y


def shapes_known_and_equal(*tensors: Tensor) -> bool:
    """True when all tensors have the same fully known shape."""
    first = tensors[0].shape
    return first.is_fully_defined() and all(t.shape == first for t in tensors[1:])
