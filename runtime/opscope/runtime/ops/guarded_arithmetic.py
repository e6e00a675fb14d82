"""Arithmetic with cases of its own: products without NaN, x/y and x*log1p(y) at 0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.broadcasting import broadcast_shape, reduced_to_operands
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.elementwise import after, same_shape
from opscope.runtime.ops.filling import ones, ones_like, zeros, zeros_like
from opscope.runtime.ops.reduction import reduce_sum
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import reshape, shape
from opscope.runtime.ops.type_sets import FLOAT, T_FLOAT_OR_COMPLEX

_BINARY = "x: T, y: T -> z: T"


@op("MulNoNan", _BINARY, T_FLOAT_OR_COMPLEX)
def _mul_no_nan(xp: Any, x: Any, y: Any) -> Any:
    """`x * y`, and 0 where y is 0 whatever x is."""
    zero = x.dtype.type(0)
    return xp.where(y == 0, zero, x * y).astype(x.dtype, copy=False)[()]


@op("Xdivy", _BINARY, T_FLOAT_OR_COMPLEX)
def _xdivy(xp: Any, x: Any, y: Any) -> Any:
    """`x / y`, and 0 where x is 0 whatever y is."""
    safe = xp.where(x == 0, x.dtype.type(1), y)
    return xp.where(x == 0, x.dtype.type(0), x / safe).astype(x.dtype, copy=False)[()]


@op("Xlog1py", _BINARY, T_FLOAT_OR_COMPLEX)
def _xlog1py(xp: Any, x: Any, y: Any) -> Any:
    """`x * log(1 + y)`, and 0 where x is 0 whatever y is."""
    safe = xp.where(x == 0, x.dtype.type(0), y)
    return (x * xp.log1p(safe)).astype(x.dtype, copy=False)[()]


@op("TruncateMod", _BINARY, f"T: {{int32, int64, {FLOAT}}}")
def _truncate_mod(xp: Any, x: Any, y: Any) -> Any:
    """The remainder of x / y rounded towards zero; it has the sign of x."""
    if x.dtype.kind == "i" and x.size and not y.all():
        # TensorFlow's error is an internal one for this division alone.
        raise errors.InternalError(None, None, "Integer division by zero")
    return xp.fmod(x, y)


@op("NextAfter", "x1: T, x2: T -> output: T", "T: {float64, float32} = float32", host_only=True)
def _next_after(xp: Any, x1: Any, x2: Any) -> Any:
    """The number beside x1 in the direction of x2."""
    return np.nextafter(x1, x2)


for _definition in (_mul_no_nan, _xdivy, _xlog1py, _truncate_mod, _next_after):
    _definition.shape(broadcast_shape)


@op(
    "Angle",
    "input: T -> output: Tout",
    "T: {complex64, complex128} = complex64, Tout: {float32, float64} = float32",
)
def _angle(xp: Any, x: Any) -> Any:
    """The angle of a complex number in radians."""
    return xp.arctan2(x.imag, x.real)


_angle.shape(same_shape)


# -- gradients -----------------------------------------------------------------------------


@_mul_no_nan.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x, y = node.inputs
    wrt_x, wrt_y = make_tensor("MulNoNan", grad, y), make_tensor("MulNoNan", x, grad)
    if x.shape.is_fully_defined() and x.shape == y.shape == grad.shape:
        return [wrt_x, wrt_y]
    return list(reduced_to_operands(x, y, wrt_x, wrt_y))


def _stretched(x: Tensor, y: Tensor) -> Any:
    """For each operand its shape and the axes along which broadcasting stretched it."""
    sizes = shape(x), shape(y)
    return list(zip(sizes, make_op("BroadcastGradientArgs", *sizes), strict=True))


def _summed(of: Any, grad: Tensor, *partials: Tensor) -> list[Tensor | None]:
    pairs = zip(partials, of, strict=True)
    return [reshape(reduce_sum(p * grad, axes), sizes) for p, (sizes, axes) in pairs]


def _where_there(x: Tensor) -> Tensor:
    kind = x.dtype.base_dtype
    return cast(make_tensor("NotEqual", x, cast(0.0, kind)), kind)


@_xdivy.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x, y = node.inputs
    of = _stretched(x, y)
    with after(grad):
        by_x = make_tensor("Xdivy", _where_there(x), y)
        by_y = make_tensor("Xdivy", -x, y**2)
        return _summed(of, grad, by_x, by_y)


@_xlog1py.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x, y = node.inputs
    of = _stretched(x, y)
    with after(grad):
        by_x = make_tensor("Xlog1py", _where_there(x), y)
        by_y = make_tensor("Xdivy", x, y + 1.0)
        return _summed(of, grad, by_x, by_y)


@_next_after.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x, y = node.inputs
    of = _stretched(x, y)
    with after(grad):
        by_x, by_y = ones(of[0][0], x.dtype), zeros(of[1][0], y.dtype)
        return _summed(of, grad, by_x, by_y)


@_angle.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x = node.inputs[0]
    kind, whole = grad.dtype.base_dtype, x.dtype.base_dtype
    with after(grad):
        real, imag = make_tensor("Real", x, Tout=kind), make_tensor("Imag", x, Tout=kind)
        turned = make_tensor("Reciprocal", make_tensor("Complex", imag, real, Tout=whole))
        wide = make_tensor("Complex", grad, constant(0, grad.dtype), Tout=whole)
        return [-wide * turned]


# -- functions -----------------------------------------------------------------------------


def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x * y`, and 0 where y is 0 whatever x is."""
    with op_scope(name, "multiply_no_nan", x, y) as scope:
        left = convert_to_tensor(x, name="x")
        right = convert_to_tensor(y, left.dtype.base_dtype, name="y")
        return make_tensor("MulNoNan", left, right, name=scope)


def reciprocal_no_nan(x: Any, name: str | None = None) -> Tensor:
    """`1 / x`, and 0 where x is 0."""
    with op_scope(name, "reciprocal_no_nan", x) as scope:
        value = convert_to_tensor(x, name="x")
        one = constant(1, value.dtype.base_dtype, name="one")
        return make_tensor("DivNoNan", one, value, name=scope)


def xdivy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y`, and 0 where x is 0."""
    with op_scope(name, "xdivy", x):
        return make_tensor("Xdivy", x, y)


def xlog1py(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x * log(1 + y)`, and 0 where x is 0."""
    with op_scope(name, "xlog1py", x):
        return make_tensor("Xlog1py", x, y)


def truncatemod(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The remainder of x / y rounded towards zero."""
    return make_tensor("TruncateMod", x, y, name=name)


def truncatediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y` rounded towards zero."""
    return make_tensor("TruncateDiv", x, y, name=name)


def realdiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y`."""
    return make_tensor("RealDiv", x, y, name=name)


def floor_div(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y` rounded down."""
    return make_tensor("FloorDiv", x, y, name=name)


def nextafter(x1: Any, x2: Any, name: str | None = None) -> Tensor:
    """The number beside x1 in the direction of x2."""
    return make_tensor("NextAfter", x1, x2, name=name)


def log_sigmoid(x: Any, name: str | None = None) -> Tensor:
    """The logarithm of the sigmoid, without overflow."""
    with op_scope(name, "LogSigmoid", x) as scope:
        value = convert_to_tensor(x, name="x")
        return make_tensor("Neg", make_tensor("Softplus", -value), name=scope)


def angle(input: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """The angle of complex numbers in radians; of real ones 0 or pi."""
    with op_scope(name, "Angle", input) as scope:
        value = convert_to_tensor(input, name="input")
        if value.dtype.is_complex:
            return make_tensor("Angle", value, Tout=value.dtype.real_dtype, name=scope)
        turned = math.pi * ones_like(value)
        return make_tensor("Select", value < 0, turned, zeros_like(value), name="Select")


def polyval(coeffs: Any, x: Any, name: str | None = None) -> Tensor:
    """The polynomial of the coefficients, that of the highest power first, at x."""
    if not isinstance(coeffs, list):
        raise ValueError(f"Argument coeffs must be list type. Received type {type(coeffs)}.")
    with op_scope(name, "polyval", *coeffs, x) as scope:
        value = convert_to_tensor(x, name="x")
        if not coeffs:
            return zeros_like(value, name=scope)
        factors = [convert_to_tensor(c, name=f"coeff_{i}") for i, c in enumerate(coeffs)]
        result = factors[0]
        for factor in factors[1:]:
            result = factor + result * value
        return result
