"""Sequences of numbers: Range, evenly spaced values, and cumulative sums."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.ops.type_sets import FLOAT, NUMBER
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

# The dtype of a range is the last of these that one of its ends has.
_RANGE_ORDER = ("int32", "int64", "float16", "bfloat16", "float32", "float64")


@op(
    "Range",
    "start: Tidx, limit: Tidx, delta: Tidx -> output: Tidx",
    f"Tidx: {{{FLOAT}, int8, int16, int32, int64, uint16, uint32, uint64}} = int32",
    not_differentiable=True,
)
def _range(xp: Any, start: Any, limit: Any, delta: Any) -> Any:
    """start, start + delta, ... up to but without limit."""
    if not delta:
        raise errors.InvalidArgumentError(None, None, "Requires delta != 0: 0")
    if (start > limit) if delta > 0 else (start < limit):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Requires start {'<=' if delta > 0 else '>='} limit when delta "
            f"{'>' if delta > 0 else '<'} 0: {start}/{limit}",
        )
    return xp.arange(start.item(), limit.item(), delta.item(), dtype=start.dtype)


@_range.shape
def _(node: Operation) -> list[TensorShape]:
    start, limit, delta = (static_value(t) for t in node.inputs)
    if start is None or limit is None or delta is None:
        return [unknown_shape(1)]
    if delta == 0:
        raise ValueError("Requires delta != 0")
    count = max(0, int(np.ceil((float(limit) - float(start)) / float(delta))))
    return [TensorShape([count])]


def range(  # noqa: A001 - TensorFlow's name
    start: Any,
    limit: Any = None,
    delta: Any = 1,
    dtype: Any = None,
    name: str = "range",
) -> Tensor:
    """start, start + delta, ... up to but without limit; one argument counts from 0."""
    if limit is None:
        start, limit = 0, start
    with op_scope(name, "Range", start, limit, delta) as scope:
        labels = ("start", "limit", "delta")
        ends = [
            value if isinstance(value, Tensor) else convert_to_tensor(value, dtype, name=label)
            for value, label in zip((start, limit, delta), labels, strict=True)
        ]
        if dtype is None:
            order = builtins.max(_RANGE_ORDER.index(t.dtype.base_dtype.name) for t in ends)
            wanted = dtypes.as_dtype(_RANGE_ORDER[order])
        else:
            wanted = dtypes.as_dtype(dtype)
        ends = [
            t if t.dtype.base_dtype is wanted else make_tensor("Cast", t, DstT=wanted) for t in ends
        ]
        return make_tensor("Range", *ends, name=scope)


@op(
    "LinSpace",
    "start: T, stop: T, num: Tidx -> output: T",
    f"T: {{{FLOAT}}}, Tidx: {{int32, int64}} = int32",
    not_differentiable=True,
)
def _lin_space(xp: Any, start: Any, stop: Any, num: Any) -> Any:
    """`num` evenly spaced values from start to stop, both included."""
    if num <= 0:
        raise errors.InvalidArgumentError(None, None, f"Requires num > 0: {num}")
    return xp.linspace(float(start), float(stop), int(num), dtype=start.dtype)


@_lin_space.shape
def _(node: Operation) -> list[TensorShape]:
    num = static_value(node.inputs[2])
    return [TensorShape([None if num is None else int(num)])]


def lin_space(start: Any, stop: Any, num: Any, name: str | None = None) -> Tensor:
    """`num` evenly spaced values from `start` to `stop`, both included."""
    return make_tensor("LinSpace", start, stop, num, name=name)


@op(
    "Cumsum",
    "x: T, axis: Tidx -> out: T",
    f"exclusive: bool = false, reverse: bool = false, T: {{{NUMBER}}}, "
    "Tidx: {int32, int64} = int32",
)
def _cumsum(xp: Any, x: Any, axis: Any, *, exclusive: bool, reverse: bool) -> Any:
    """The running sum along an axis; exclusive leaves the element itself out."""
    return _scan(xp, xp.cumsum, 0, x, int(axis), exclusive, reverse)


@op(
    "Cumprod",
    "x: T, axis: Tidx -> out: T",
    f"exclusive: bool = false, reverse: bool = false, T: {{{NUMBER}}}, "
    "Tidx: {int32, int64} = int32",
)
def _cumprod(xp: Any, x: Any, axis: Any, *, exclusive: bool, reverse: bool) -> Any:
    """The running product along an axis; exclusive leaves the element itself out."""
    return _scan(xp, xp.cumprod, 1, x, int(axis), exclusive, reverse)


def _scan(
    xp: Any, accumulate: Any, start: int, x: Any, axis: int, exclusive: bool, reverse: bool
) -> Any:
    values = xp.flip(x, axis) if reverse else x
    result = accumulate(values, axis=axis, dtype=x.dtype)
    if exclusive:
        shifted = xp.full_like(result, start)
        source = [slice(None)] * x.ndim
        target = [slice(None)] * x.ndim
        source[axis], target[axis] = slice(None, -1), slice(1, None)
        shifted[tuple(target)] = result[tuple(source)]
        result = shifted
    return xp.flip(result, axis) if reverse else result


_cumsum.shape(same_shape)
_cumprod.shape(same_shape)


@_cumsum.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    flipped = not node.attrs["reverse"]
    exclusive = node.attrs["exclusive"]
    return [cumsum(grad, node.inputs[1], exclusive=exclusive, reverse=flipped), None]


def cumsum(
    x: Any,
    axis: Any = 0,
    exclusive: bool = False,
    reverse: bool = False,
    name: str | None = None,
) -> Tensor:
    """The running sum of `x` along `axis`."""
    with op_scope(name, "Cumsum", x) as scope:
        return make_tensor("Cumsum", x, axis, exclusive=exclusive, reverse=reverse, name=scope)


@_cumprod.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x, axis = node.inputs
    exclusive, reverse = node.attrs["exclusive"], node.attrs["reverse"]
    product = cumprod(x, axis, exclusive=exclusive, reverse=reverse)
    total = cumsum(product * grad, axis, exclusive=exclusive, reverse=not reverse)
    return [make_tensor("DivNoNan", total, x, name="div_no_nan"), None]


def cumprod(
    x: Any,
    axis: Any = 0,
    exclusive: bool = False,
    reverse: bool = False,
    name: str | None = None,
) -> Tensor:
    """The running product of `x` along `axis`."""
    with op_scope(name, "Cumprod", x) as scope:
        return make_tensor("Cumprod", x, axis, exclusive=exclusive, reverse=reverse, name=scope)
