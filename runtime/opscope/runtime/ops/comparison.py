"""Comparisons, logic, and choosing elements by a condition."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.broadcasting import broadcast_shape, reduced_to_operands
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.filling import zeros, zeros_like
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.type_sets import NUMBER, T_REAL
from opscope.runtime.tensor_shape import TensorShape, broadcast

_COMPARE = "x: T, y: T -> z: bool"
_LOGIC = "x: bool, y: bool -> z: bool"
_ANY_TYPE = "T: type, incompatible_shape_error: bool = true"


@op("Greater", _COMPARE, T_REAL, not_differentiable=True, template="{0} > {1}")
def _greater(xp: Any, x: Any, y: Any) -> Any:
    """True where x > y."""
    return x > y


@op("GreaterEqual", _COMPARE, T_REAL, not_differentiable=True, template="{0} >= {1}")
def _greater_equal(xp: Any, x: Any, y: Any) -> Any:
    """True where x >= y."""
    return x >= y


@op("Less", _COMPARE, T_REAL, not_differentiable=True, template="{0} < {1}")
def _less(xp: Any, x: Any, y: Any) -> Any:
    """True where x < y."""
    return x < y


@op("LessEqual", _COMPARE, T_REAL, not_differentiable=True, template="{0} <= {1}")
def _less_equal(xp: Any, x: Any, y: Any) -> Any:
    """True where x <= y."""
    return x <= y


@op("Equal", _COMPARE, _ANY_TYPE, not_differentiable=True)
def _equal(xp: Any, x: Any, y: Any) -> Any:
    """True where x == y; a NaN equals nothing."""
    return xp.equal(x, y) if x.dtype != object else np.equal(x, y, dtype=bool)


@op("NotEqual", _COMPARE, _ANY_TYPE, not_differentiable=True)
def _not_equal(xp: Any, x: Any, y: Any) -> Any:
    """True where x != y."""
    return xp.not_equal(x, y) if x.dtype != object else np.not_equal(x, y, dtype=bool)


@op("LogicalAnd", _LOGIC, not_differentiable=True, template="{0} & {1}")
def _logical_and(xp: Any, x: Any, y: Any) -> Any:
    """True where both are."""
    return x & y


@op("LogicalOr", _LOGIC, not_differentiable=True, template="{0} | {1}")
def _logical_or(xp: Any, x: Any, y: Any) -> Any:
    """True where one is."""
    return x | y


@op("LogicalNot", "x: bool -> y: bool", not_differentiable=True, template="~{0}")
def _logical_not(xp: Any, x: Any) -> Any:
    """True where x is false."""
    return ~x


_logical_not.shape(same_shape)
for _definition in (
    _greater,
    _greater_equal,
    _less,
    _less_equal,
    _equal,
    _not_equal,
    _logical_and,
    _logical_or,
):
    _definition.shape(broadcast_shape)


@op("Select", "condition: bool, t: T, e: T -> output: T", "T: type")
def _select(xp: Any, condition: Any, t: Any, e: Any) -> Any:
    """Elements of `t` where the condition holds, else of `e`.

    `t` and `e` have one shape; the condition has it too, or is a scalar, or has one entry per row.
    """
    if t.shape != e.shape:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"'then' and 'else' must have the same size. but received: {t.shape} vs. {e.shape}",
        )
    expected = t.shape[:1] if condition.ndim == 1 and t.ndim else t.shape
    if condition.ndim and condition.shape != expected:
        raise errors.InvalidArgumentError(
            None,
            None,
            "'condition' must be a scalar, a vector with one entry per row, or of the shape of "
            f"'then'. but received: {condition.shape} vs. {t.shape}",
        )
    if condition.ndim == 1 and t.ndim > 1:
        condition = condition.reshape((-1,) + (1,) * (t.ndim - 1))
    return xp.where(condition, t, e)[()]


@_select.shape
def _(node: Operation) -> list[TensorShape]:
    condition, t, e = (i.shape for i in node.inputs)
    merged = t.merge_with(e)
    if condition.ndims is None or merged.ndims is None or condition.ndims == 0:
        return [merged]
    if condition.ndims == 1 and merged.ndims > 0:
        return [merged[:1].merge_with(condition).concatenate(merged[1:])]
    return [merged.merge_with(condition)]


@_select.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    condition, t, _ = node.inputs
    zero = zeros_like(t)
    return [
        None,
        make_tensor("Select", condition, grad, zero),
        make_tensor("Select", condition, zero, grad),
    ]


@op("SelectV2", "condition: bool, t: T, e: T -> output: T", "T: type")
def _select_v2(xp: Any, condition: Any, t: Any, e: Any) -> Any:
    """Elements of `t` where the condition holds, else of `e`, all broadcast together."""
    return xp.where(condition, t, e)[()]


@_select_v2.shape
def _(node: Operation) -> list[TensorShape]:
    condition, t, e = (i.shape.sizes for i in node.inputs)
    return [TensorShape(broadcast(condition, broadcast(t, e)))]


@_select_v2.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    condition, t, e = node.inputs
    zero = zeros([], grad.dtype.base_dtype)
    grad_t = make_tensor("SelectV2", condition, grad, zero)
    grad_e = make_tensor("SelectV2", condition, zero, grad)
    output = node.outputs[0]
    return [
        None,
        reduced_to_operands(t, output, grad_t, None)[0],
        reduced_to_operands(e, output, grad_e, None)[0],
    ]


@op("Where", "input: T -> index: int64", f"T: {{{NUMBER}, bool}} = bool", not_differentiable=True)
def _where(xp: Any, value: Any) -> Any:
    """The coordinates of the true (or non-zero) elements, one row each, in row-major order."""
    return xp.argwhere(value).astype(np.int64)


@_where.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape([None, node.inputs[0].shape.ndims])]


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """Elements of `x` where `condition` holds, else of `y`; without them the true coordinates."""
    if x is None and y is None:
        with op_scope(name, "Where", condition) as scope:
            chosen = convert_to_tensor(condition, name="condition", preferred_dtype=dtypes.bool)
            return make_tensor("Where", chosen, name=scope)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    return make_tensor("Select", condition, x, y, name=name)


def where_v2(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """As `where`, with condition, x and y broadcast against each other."""
    if x is None and y is None:
        return where(condition, name=name)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    return make_tensor("SelectV2", condition, x, y, name=name)
