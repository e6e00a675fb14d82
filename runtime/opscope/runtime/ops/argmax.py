"""The index of the largest or smallest element along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.ops.type_sets import REAL
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_ARG = "input: T, dimension: Tidx -> output: output_type"
_ARG_ATTRS = f"T: {{{REAL}, bool}}, Tidx: {{int32, int64}} = int32"


def _position(dimension: Any, ndim: int) -> int:
    axis = int(dimension)
    if not -ndim <= axis < ndim:
        raise errors.InvalidArgumentError(
            None, None, f"Expected dimension in the range [{-ndim}, {ndim}), but got {axis}"
        )
    return axis


def _arg(xp: Any, x: Any, dimension: Any, worst: float, function: str) -> Any:
    axis = _position(dimension, x.ndim)
    if x.dtype.kind not in "iub" and x.size and xp.isnan(x.max()):
        # TensorFlow compares with `>`, so a NaN never wins; NumPy's always does.
        x = xp.where(xp.isnan(x), x.dtype.type(worst), x)
    return getattr(x, function)(axis=axis)


@op("ArgMax", _ARG, f"{_ARG_ATTRS}, output_type: {{int16, uint16, int32, int64}} = int64")
def _arg_max(xp: Any, x: Any, dimension: Any, *, output_type: dtypes.DType) -> Any:
    """The index of the largest element along one axis; the first of several."""
    return _arg(xp, x, dimension, -np.inf, "argmax").astype(output_type.as_numpy_dtype)


@op("ArgMin", _ARG, f"{_ARG_ATTRS}, output_type: {{int32, int64}} = int64")
def _arg_min(xp: Any, x: Any, dimension: Any, *, output_type: dtypes.DType) -> Any:
    """The index of the smallest element along one axis; the first of several."""
    return _arg(xp, x, dimension, np.inf, "argmin").astype(output_type.as_numpy_dtype)


def _arg_shape(node: Operation) -> list[TensorShape]:
    sizes = node.inputs[0].shape.sizes
    axis = static_value(node.inputs[1])
    if sizes is None:
        return [unknown_shape()]
    if axis is None:
        return [unknown_shape(len(sizes) - 1)]
    position = int(axis)
    if not -len(sizes) <= position < len(sizes):
        raise ValueError(
            f"Dimension ({position}) must be in the range [{-len(sizes)}, {len(sizes)}), "
            f"where {len(sizes)} is the number of dimensions in the input."
        )
    position %= len(sizes)
    return [TensorShape(sizes[:position] + sizes[position + 1 :])]


def _no_gradient(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [None, None]


_arg_max.shape(_arg_shape)
_arg_min.shape(_arg_shape)
_arg_max.gradient(_no_gradient)
_arg_min.gradient(_no_gradient)


def argmax(
    input: Any,  # noqa: A002
    axis: Any = None,
    name: str | None = None,
    dimension: Any = None,
    output_type: Any = dtypes.int64,
) -> Tensor:
    """The index of the largest element along `axis` (default 0; `dimension` is its old name)."""
    where = dimension if axis is None else axis
    return make_tensor(
        "ArgMax", input, 0 if where is None else where, output_type=output_type, name=name
    )


def argmin(
    input: Any,  # noqa: A002
    axis: Any = None,
    name: str | None = None,
    dimension: Any = None,
    output_type: Any = dtypes.int64,
) -> Tensor:
    """The index of the smallest element along `axis` (default 0)."""
    where = dimension if axis is None else axis
    return make_tensor(
        "ArgMin", input, 0 if where is None else where, output_type=output_type, name=name
    )


def arg_max(
    input: Any,  # noqa: A002
    dimension: Any,
    output_type: Any = dtypes.int64,
    name: str | None = None,
) -> Tensor:
    """The index of the largest element along one axis; the old form of `argmax`."""
    return make_tensor("ArgMax", input, dimension, output_type=output_type, name=name)


def arg_min(
    input: Any,  # noqa: A002
    dimension: Any,
    output_type: Any = dtypes.int64,
    name: str | None = None,
) -> Tensor:
    """The index of the smallest element along one axis; the old form of `argmin`."""
    return make_tensor("ArgMin", input, dimension, output_type=output_type, name=name)
