"""Arithmetic on two tensors, element by element with broadcasting, and the sum of many."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.constant import constant
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.broadcasting import (
    broadcast_shape,
    reduced_to_operands,
    shapes_known_and_equal,
)
from opscope.runtime.ops.elementwise import after, conjugate, merged_shape, ufunc
from opscope.runtime.ops.filling import ones_like, zeros_like
from opscope.runtime.ops.type_sets import (
    COMPLEX,
    FLOAT,
    FLOAT_OR_COMPLEX,
    NUMBER,
    SIGNED,
    T_NUMBER,
    T_REAL,
    type_attr,
)

_BINARY = "x: T, y: T -> z: T"


def _only_floating(text: str) -> Any:
    """A template for floating and complex operands only: integers have rules of their own."""

    def template(node: Operation) -> str | None:
        dtype = node.outputs[0].dtype
        return text if dtype.is_floating or dtype.is_complex else None

    return template


def _refuse_zero(x: Any, y: Any) -> None:
    if x.size and not y.all():
        raise errors.InvalidArgumentError(None, None, "Integer division by zero")


def _is_integer(x: Any) -> bool:
    return x.dtype.kind in "iu"


@op("AddV2", _BINARY, T_NUMBER, carries=("x", "y"), template="{0} + {1}")
def _add_v2(xp: Any, x: Any, y: Any) -> Any:
    """`x + y`."""
    return x + y


@op(
    "Add",
    _BINARY,
    type_attr(f"{FLOAT}, uint8, {SIGNED}, {COMPLEX}, string"),
    carries=("x", "y"),
    template="{0} + {1}",
)
def _add(xp: Any, x: Any, y: Any) -> Any:
    """`x + y`; strings are joined."""
    return x + y


@op("Sub", _BINARY, T_NUMBER, carries=("x", "y"), template="{0} - {1}")
def _sub(xp: Any, x: Any, y: Any) -> Any:
    """`x - y`."""
    return x - y


@op("Mul", _BINARY, T_NUMBER, carries=("x", "y"), template="{0} * {1}")
def _mul(xp: Any, x: Any, y: Any) -> Any:
    """`x * y`."""
    return x * y


def truncated_quotient(xp: Any, x: Any, y: Any) -> Any:
    """`x / y`, of integers cut off towards zero; InvalidArgumentError when one divides by 0."""
    if not _is_integer(x):
        return x / y
    _refuse_zero(x, y)
    quotient = x // y
    # Python rounds down, C towards zero: they differ where the quotient is negative and inexact.
    return quotient + ((quotient < 0) & (quotient * y != x)).astype(quotient.dtype)


@op("RealDiv", _BINARY, T_NUMBER, carries=("x",), template=_only_floating("{0} / {1}"))
def _real_div(xp: Any, x: Any, y: Any) -> Any:
    """`x / y`; integers are divided towards zero."""
    return truncated_quotient(xp, x, y)


@op("Div", _BINARY, T_NUMBER, carries=("x",), template=_only_floating("{0} / {1}"))
def _div(xp: Any, x: Any, y: Any) -> Any:
    """`x / y` as C divides."""
    return truncated_quotient(xp, x, y)


@op("TruncateDiv", _BINARY, T_NUMBER)
def _truncate_div(xp: Any, x: Any, y: Any) -> Any:
    """`x / y` rounded towards zero."""
    if _is_integer(x) and x.size and not y.all():
        # TensorFlow's error is an internal one for this division alone.
        raise errors.InternalError(None, None, "Integer division by zero")
    quotient = truncated_quotient(xp, x, y)
    return quotient if _is_integer(x) else xp.trunc(quotient)


@op("FloorDiv", _BINARY, T_NUMBER)
def _floor_div(xp: Any, x: Any, y: Any) -> Any:
    """`x / y` rounded down."""
    if _is_integer(x):
        _refuse_zero(x, y)
        return x // y
    # Not `//`: that corrects for the remainder and gives 1.0 // 0.1 == 9.
    return xp.floor(x / y)


@op("FloorMod", _BINARY, T_REAL)
def _floor_mod(xp: Any, x: Any, y: Any) -> Any:
    """The remainder of x / y rounded down; it has the sign of y."""
    if _is_integer(x):
        _refuse_zero(x, y)
    return x % y


@op(
    "Pow",
    _BINARY,
    type_attr(f"{FLOAT_OR_COMPLEX}, {SIGNED}"),
    template=_only_floating("{0} ** {1}"),
)
def _pow(xp: Any, x: Any, y: Any) -> Any:
    """The power of x to y."""
    if x.dtype.kind == "i" and (y < 0).any():
        raise errors.InvalidArgumentError(
            None, None, "Integers to negative integer powers are not allowed"
        )
    return x**y


@op("Maximum", _BINARY, T_REAL)
def _maximum(xp: Any, x: Any, y: Any) -> Any:
    """The larger of x and y; NaN where one is NaN."""
    return xp.maximum(x, y)


@op("Minimum", _BINARY, T_REAL)
def _minimum(xp: Any, x: Any, y: Any) -> Any:
    """The smaller of x and y; NaN where one is NaN."""
    return xp.minimum(x, y)


@op(
    "SquaredDifference", _BINARY, type_attr(f"{FLOAT}, int32, int64, {COMPLEX}"), carries=("x", "y")
)
def _squared_difference(xp: Any, x: Any, y: Any) -> Any:
    """(x - y) squared; for complex numbers the squared magnitude."""
    difference = x - y
    if difference.dtype.kind == "c":
        return difference * xp.conj(difference)
    return difference * difference


def _divide_or_zero(xp: Any, x: Any, y: Any) -> Any:
    quotient = x / y
    return xp.where(y == 0, quotient.dtype.type(0), quotient)[()]


@op("DivNoNan", _BINARY, type_attr(FLOAT_OR_COMPLEX))
def _div_no_nan(xp: Any, x: Any, y: Any) -> Any:
    """`x / y`, and 0 where y is 0."""
    return _divide_or_zero(xp, x, y)


@op(
    "AddN",
    "inputs: N * T -> sum: T",
    f"N: int >= 1, T: {{{NUMBER}}}",
    view_of=0,
    carries=("inputs",),
)
def _add_n(xp: Any, *inputs: Any) -> Any:
    """The sum of tensors of one shape."""
    first = inputs[0]
    for other in inputs[1:]:
        if other.shape != first.shape:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Inputs to operation of type AddN must have the same size and shape. "
                f"Input 0: {list(first.shape)} != {list(other.shape)}",
            )
    if len(inputs) == 1:
        return first
    total = first + inputs[1]
    for other in inputs[2:]:
        total += other
    return total


@_add_n.bind
def _(binding: Any) -> Any:
    xp = binding.xp
    if len(binding.node.inputs) == 1:
        return lambda x: x
    return lambda *inputs: _add_n.kernels["ANY"](xp, *inputs)


_add_n.shape(merged_shape)
_maximum.bind(ufunc("maximum"))
_minimum.bind(ufunc("minimum"))
for _definition in (
    _add_v2,
    _add,
    _sub,
    _mul,
    _real_div,
    _div,
    _truncate_div,
    _floor_div,
    _floor_mod,
    _pow,
    _maximum,
    _minimum,
    _squared_difference,
    _div_no_nan,
):
    _definition.shape(broadcast_shape)


# -- gradients -----------------------------------------------------------------------------


def _add_gradient(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x, y = node.inputs
    if shapes_known_and_equal(x, y, grad):
        return [grad, grad]
    return list(reduced_to_operands(x, y, grad, grad))


_add.gradient(_add_gradient)
_add_v2.gradient(_add_gradient)


@_sub.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x, y = node.inputs
    if shapes_known_and_equal(x, y, grad):
        return [grad, -grad]
    return list(reduced_to_operands(x, y, grad, -grad))


@_mul.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x, y = node.inputs
    if shapes_known_and_equal(x, y, grad) and grad.dtype.base_dtype.name in ("int32", "float32"):
        return [make_tensor("Mul", grad, y), make_tensor("Mul", grad, x)]
    grad_x = make_tensor("Mul", grad, conjugate(y))
    grad_y = make_tensor("Mul", conjugate(x), grad)
    return list(reduced_to_operands(x, y, grad_x, grad_y))


def _quotient_gradient(node: Operation, grad: Tensor, op_type: str) -> list[Tensor | None]:
    x, y = node.inputs
    top, bottom = conjugate(x), conjugate(y)
    name = "div_no_nan" if op_type == "DivNoNan" else None
    grad_x = make_tensor(op_type, grad, bottom, name=name)
    ratio = make_tensor(op_type, -top, bottom, name=name)
    grad_y = grad * make_tensor(op_type, ratio, bottom, name=name)
    return list(reduced_to_operands(x, y, grad_x, grad_y))


@_real_div.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return _quotient_gradient(node, grad, "RealDiv")


@_div.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return _quotient_gradient(node, grad, "Div")


@_div_no_nan.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return _quotient_gradient(node, grad, "DivNoNan")


@_floor_div.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [None, None]


@_truncate_div.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [None, None]


@_floor_mod.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x, y = node.inputs
    quotient = make_tensor("FloorDiv", x, y)
    return list(reduced_to_operands(x, y, grad, grad * make_tensor("Neg", quotient)))


@_pow.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x, y = node.inputs
    base, exponent = conjugate(x), conjugate(y)
    grad_x = grad * exponent * make_tensor("Pow", base, exponent - 1)
    # A negative base has no real logarithm: no gradient flows to its exponent.
    zero = np.zeros((), x.dtype.as_numpy_dtype)
    mask = make_tensor("NotEqual", base, zero) if x.dtype.is_complex else base > zero
    safe = make_tensor("Select", mask, base, ones_like(x))
    logarithm = make_tensor("Select", mask, make_tensor("Log", safe), zeros_like(x))
    grad_y = grad * conjugate(node.outputs[0]) * logarithm
    return list(reduced_to_operands(x, y, grad_x, grad_y))


def _extremum_gradient(node: Operation, grad: Tensor, comparison: str) -> list[Tensor | None]:
    x, y = node.inputs
    zeros = zeros_like(grad)
    mask = make_tensor(comparison, x, y)
    grad_x = make_tensor("SelectV2", mask, grad, zeros)
    grad_y = make_tensor("SelectV2", mask, zeros, grad)
    return list(reduced_to_operands(x, y, grad_x, grad_y))


@_maximum.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return _extremum_gradient(node, grad, "GreaterEqual")


@_minimum.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return _extremum_gradient(node, grad, "LessEqual")


@_squared_difference.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x, y = node.inputs
    with after(grad):
        two = constant(2.0, grad.dtype.base_dtype, name="scalar")
        grad_x = make_tensor("Mul", two, grad) * (x - y)
    if shapes_known_and_equal(x, y, grad):
        return [grad_x, -grad_x]
    return list(reduced_to_operands(x, y, grad_x, -grad_x))


@_add_n.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [grad] * len(node.inputs)
