"""Elements shifted around along axes, and flat positions as coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.tensor_shape import TensorShape

_INT = "{int32, int64}"


@op("Roll", "input: T, shift: Tshift, axis: Taxis -> output: T", f"T: type, Tshift: {_INT}, "
    f"Taxis: {_INT}")  # fmt: skip
def _roll(xp: Any, value: Any, shift: Any, axis: Any) -> Any:
    """Move the elements along axes; those that leave at one end come in at the other."""
    axes, shifts = np.atleast_1d(np.asarray(axis)), np.atleast_1d(np.asarray(shift))
    if axes.size != shifts.size:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"shift and axis must have the same size, got {shifts.size} and {axes.size}",
        )
    if ((axes < -value.ndim) | (axes >= value.ndim)).any():
        raise errors.InvalidArgumentError(
            None, None, f"axis {axes.tolist()} is out of range of a tensor of rank {value.ndim}"
        )
    return xp.roll(value, tuple(shifts.tolist()), tuple(axes.tolist()))


@_roll.shape
def _(node: Operation) -> list[TensorShape]:
    value, shift, axis = (t.shape for t in node.inputs)
    for index in (shift, axis):
        if index.ndims not in (None, 0, 1):
            raise ValueError(f"Shape must be at most rank 1 but is rank {index.ndims}")
    if value.ndims == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    shift.assert_is_compatible_with(axis)
    return [value]


@_roll.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    _, shift, axis = node.inputs
    return [roll(grad, -shift, axis), None, None]


@op("UnravelIndex", "indices: Tidx, dims: Tidx -> output: Tidx", f"Tidx: {_INT} = int32",
    not_differentiable=True)  # fmt: skip
def _unravel_index(xp: Any, indices: Any, dims: Any) -> Any:
    """The coordinates, one row per axis, of places counted in row-major order."""
    sizes = tuple(dims.tolist())
    count = int(np.prod(sizes, dtype=np.int64))
    if 0 in sizes:
        raise errors.InvalidArgumentError(
            None, None, f"Input dims cannot contain a dim of zero, but dims contains {list(sizes)}"
        )
    if indices.size and (int(indices.min()) < 0 or int(indices.max()) >= count):
        raise errors.InvalidArgumentError(
            None, None, f"index is out of bound as with dims: {list(sizes)}"
        )
    return xp.stack(xp.unravel_index(xp.asarray(indices), sizes)).astype(indices.dtype)


@_unravel_index.shape
def _(node: Operation) -> list[TensorShape]:
    indices, dims = (t.shape for t in node.inputs)
    if indices.ndims is None:
        return [TensorShape(None)]
    if indices.ndims == 0:
        return [dims.with_rank(1)]
    return [TensorShape([dims.sizes[0] if dims.sizes else None, indices.num_elements()])]


def roll(
    input: Any,  # noqa: A002
    shift: Any,
    axis: Any,
    name: str | None = None,
) -> Tensor:
    """`input` shifted by `shift` places along `axis`, around the end."""
    return make_tensor("Roll", input, shift, axis, name=name)


def unravel_index(indices: Any, dims: Any, name: str | None = None) -> Tensor:
    """The coordinates in a tensor of shape `dims` of places counted in row-major order."""
    return make_tensor("UnravelIndex", indices, dims, name=name)
