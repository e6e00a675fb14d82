"""Diagonals of whole tensors: rank k to rank 2k and back. Those of matrices are in `matrices`."""

from __future__ import annotations

import math
from typing import Any

from opscope.runtime import errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.type_sets import COMPLEX, FLOAT
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_TYPES = f"T: {{{FLOAT}, int32, int64, {COMPLEX}}}"


@op("Diag", "diagonal: T -> output: T", _TYPES)
def _diag(xp: Any, diagonal: Any) -> Any:
    """A tensor with the input on its diagonal, and zeros: y[i, j, i, j] = x[i, j]."""
    flat = xp.asarray(diagonal).reshape(-1)
    return xp.diag(flat).reshape(diagonal.shape * 2)


@op("DiagPart", "input: T -> diagonal: T", _TYPES)
def _diag_part(xp: Any, value: Any) -> Any:
    """The diagonal of a tensor of even rank: y[i, j] = x[i, j, i, j]."""
    half = value.ndim // 2
    sizes = value.shape[:half]
    if value.ndim % 2 or not value.ndim or sizes != value.shape[half:]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"The rank of the tensor should be even and its halves equal, got shape "
            f"{list(value.shape)}",
        )
    count = math.prod(sizes)
    return xp.ascontiguousarray(value.reshape(count, count).diagonal()).reshape(sizes)


@_diag.shape
def _(node: Operation) -> list[TensorShape]:
    shape = node.inputs[0].shape
    return [shape.concatenate(shape)]


@_diag_part.shape
def _(node: Operation) -> list[TensorShape]:
    shape = node.inputs[0].shape
    if shape.ndims is None:
        return [unknown_shape()]
    if shape.ndims % 2 or not shape.ndims:
        raise ValueError(f"Input must have even and non-zero rank, input rank is {shape.ndims}")
    half = shape.ndims // 2
    return [shape[:half].merge_with(shape[half:])]


@_diag.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("DiagPart", grad)]


@_diag_part.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("Diag", grad)]


def diag(diagonal: Any, name: str | None = None) -> Tensor:
    """A tensor of twice the rank with `diagonal` on its diagonal, and zeros."""
    return make_tensor("Diag", diagonal, name=name)


def diag_part(input: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """The diagonal of a tensor of even rank."""
    return make_tensor("DiagPart", input, name=name)
