"""Euclidean norms, and running sums of exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.overloads import truediv
from opscope.runtime.ops.reduction import axes_of, reduced_output_shape, reduction_axes
from opscope.runtime.ops.reduction_gradient import reduced_shape
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import reshape, shape
from opscope.runtime.ops.type_sets import FLOAT, NUMBER


@op(
    "EuclideanNorm",
    "input: T, reduction_indices: Tidx -> output: T",
    f"keep_dims: bool = false, T: {{{NUMBER}}}, Tidx: {{int32, int64}} = int32",
)
def _euclidean_norm(xp: Any, x: Any, axes: Any, *, keep_dims: bool) -> Any:
    """The root of the sum of the squares along axes."""
    over = axes_of(axes, x.ndim)
    wide = x.astype("float32") if x.dtype.itemsize == 2 and x.dtype.kind in "fV" else x
    if wide.dtype.kind == "c":
        wide = abs(wide)
    total = (wide * wide).sum(axis=over, keepdims=keep_dims)
    return xp.sqrt(total).astype(x.dtype)


_euclidean_norm.shape(reduced_output_shape)


@_euclidean_norm.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    value, axes = node.inputs
    length = node.outputs[0]
    if not node.attrs["keep_dims"]:
        kept = reduced_shape(shape(value), axes)
        length, grad = reshape(length, kept), reshape(grad, kept)
    return [truediv(value, length / grad), None]


def reduce_euclidean_norm(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The root of the sum of the squares along `axis`."""
    value = convert_to_tensor(input_tensor)
    axes = reduction_axes(value, axis)
    return make_tensor("EuclideanNorm", value, axes, keep_dims=bool(keepdims), name=name)


@op(
    "CumulativeLogsumexp",
    "x: T, axis: Tidx -> out: T",
    f"exclusive: bool = false, reverse: bool = false, T: {{{FLOAT}}}, "
    "Tidx: {int32, int64} = int32",
    host_only=True,
)
def _cumulative_logsumexp(xp: Any, x: Any, axis: Any, *, exclusive: bool, reverse: bool) -> Any:
    """The logarithm of the running sum of the exponentials along an axis, without overflow."""
    place = int(axis) % x.ndim
    values = xp.flip(x, place) if reverse else x
    wide = values.astype("float32") if x.dtype.itemsize == 2 else values
    found = xp.logaddexp.accumulate(wide, axis=place)
    if exclusive:
        lead = (slice(None),) * place
        moved = xp.empty_like(found)
        moved[(*lead, slice(None, 1))] = -np.inf
        moved[(*lead, slice(1, None))] = found[(*lead, slice(None, -1))]
        found = moved
    return (xp.flip(found, place) if reverse else found).astype(x.dtype)


_cumulative_logsumexp.shape(same_shape)


@_cumulative_logsumexp.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x, axis = node.inputs
    exclusive, reverse = node.attrs["exclusive"], node.attrs["reverse"]
    lowest = grad.dtype.min

    def part(is_there: Tensor, amount: Tensor) -> Tensor:
        log = make_tensor("SelectV2", is_there, make_tensor("Log", amount), lowest)
        total = cumulative_logsumexp(
            log - node.outputs[0], axis, exclusive=exclusive, reverse=not reverse
        )
        return make_tensor("Exp", total + x)

    positive = part(make_tensor("Greater", grad, 0), grad)
    negative = part(make_tensor("Less", grad, 0), -grad)
    return [positive - negative, None]


def cumulative_logsumexp(
    x: Any,
    axis: Any = 0,
    exclusive: bool = False,
    reverse: bool = False,
    name: str | None = None,
) -> Tensor:
    """The logarithm of the running sum of the exponentials along `axis`."""
    with op_scope(name, "CumulativeLogsumexp", x) as scope:
        value = convert_to_tensor(x, name="x")
        return make_tensor(
            "CumulativeLogsumexp", value, axis, exclusive=exclusive, reverse=reverse, name=scope
        )
