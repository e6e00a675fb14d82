"""Functions of one or two tensors, element by element, and sums of several."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.overloads import truediv
from opscope.runtime.ops.scope import op_scope

# -- one tensor ----------------------------------------------------------------------------


def abs(x: Any, name: str | None = None) -> Tensor:  # noqa: A001
    """The absolute value; the length of a complex number."""
    value = convert_to_tensor(x, name="x")
    if value.dtype.is_complex:
        wide = value.dtype.base_dtype is dtypes.complex128
        kind = dtypes.float64 if wide else dtypes.float32
        return make_tensor("ComplexAbs", value, Tout=kind, name=name)
    return make_tensor("Abs", value, name=name)


def negative(x: Any, name: str | None = None) -> Tensor:
    """-x."""
    return make_tensor("Neg", x, name=name)


def sign(x: Any, name: str | None = None) -> Tensor:
    """-1, 0 or 1 as x is negative, zero or positive."""
    return make_tensor("Sign", x, name=name)


def square(x: Any, name: str | None = None) -> Tensor:
    """`x * x`."""
    return make_tensor("Square", x, name=name)


def sqrt(x: Any, name: str | None = None) -> Tensor:
    """The square root; NaN below 0."""
    return make_tensor("Sqrt", x, name=name)


def rsqrt(x: Any, name: str | None = None) -> Tensor:
    """1 / sqrt(x)."""
    return make_tensor("Rsqrt", x, name=name)


def reciprocal(x: Any, name: str | None = None) -> Tensor:
    """1 / x."""
    return make_tensor("Reciprocal", x, name=name)


def exp(x: Any, name: str | None = None) -> Tensor:
    """The number e to the power of x."""
    return make_tensor("Exp", x, name=name)


def expm1(x: Any, name: str | None = None) -> Tensor:
    """exp(x) - 1, exact for small x."""
    return make_tensor("Expm1", x, name=name)


def log(x: Any, name: str | None = None) -> Tensor:
    """The natural logarithm; -inf at 0, NaN below."""
    return make_tensor("Log", x, name=name)


def log1p(x: Any, name: str | None = None) -> Tensor:
    """log(1 + x), exact for small x."""
    return make_tensor("Log1p", x, name=name)


def sin(x: Any, name: str | None = None) -> Tensor:
    """The sine of x radians."""
    return make_tensor("Sin", x, name=name)


def cos(x: Any, name: str | None = None) -> Tensor:
    """The cosine of x radians."""
    return make_tensor("Cos", x, name=name)


def tanh(x: Any, name: str | None = None) -> Tensor:
    """The hyperbolic tangent."""
    return make_tensor("Tanh", x, name=name)


def sigmoid(x: Any, name: str | None = None) -> Tensor:
    """1 / (1 + exp(-x))."""
    return make_tensor("Sigmoid", x, name=name)


def softplus(features: Any, name: str | None = None) -> Tensor:
    """log(1 + exp(x))."""
    return make_tensor("Softplus", features, name=name)


def softsign(features: Any, name: str | None = None) -> Tensor:
    """`x / (|x| + 1)`."""
    return make_tensor("Softsign", features, name=name)


def floor(x: Any, name: str | None = None) -> Tensor:
    """The largest integer not above x."""
    return make_tensor("Floor", x, name=name)


def ceil(x: Any, name: str | None = None) -> Tensor:
    """The smallest integer not below x."""
    return make_tensor("Ceil", x, name=name)


def round(x: Any, name: str | None = None) -> Tensor:  # noqa: A001
    """The nearest integer, halves to the even one; integers are returned as they are."""
    tensor = convert_to_tensor(x, name="x")
    return tensor if tensor.dtype.is_integer else make_tensor("Round", tensor, name=name)


def conj(x: Any, name: str | None = None) -> Tensor:
    """The complex conjugate; a real tensor itself."""
    tensor = convert_to_tensor(x, name="x")
    return make_tensor("Conj", tensor, name=name) if tensor.dtype.is_complex else tensor


def is_finite(x: Any, name: str | None = None) -> Tensor:
    """True where x is neither infinite nor NaN."""
    return make_tensor("IsFinite", x, name=name)


def is_inf(x: Any, name: str | None = None) -> Tensor:
    """True where x is infinite."""
    return make_tensor("IsInf", x, name=name)


def is_nan(x: Any, name: str | None = None) -> Tensor:
    """True where x is NaN."""
    return make_tensor("IsNan", x, name=name)


def logical_not(x: Any, name: str | None = None) -> Tensor:
    """True where x is false."""
    return make_tensor("LogicalNot", x, name=name)


def invert_permutation(x: Any, name: str | None = None) -> Tensor:
    """The permutation that undoes x."""
    return make_tensor("InvertPermutation", x, name=name)


# -- two tensors ---------------------------------------------------------------------------


def subtract(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x - y`."""
    return make_tensor("Sub", x, y, name=name)


def multiply(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x * y`."""
    return make_tensor("Mul", x, y, name=name)


def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Tensor:
    """The product of a tensor and one number."""
    tensor = convert_to_tensor(x)
    factor = convert_to_tensor(scalar, tensor.dtype.base_dtype, name="scalar")
    if factor.shape.ndims not in (0, None):
        raise ValueError(f"The input scalar must be a 0-D value. Received shape {factor.shape}.")
    return make_tensor("Mul", factor, tensor, name=name)


def divide(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y` as Python 3 divides."""
    if name is not None:
        return truediv(x, y, name)
    result: Tensor = convert_to_tensor(x) / y
    return result


def div(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y`; integers are rounded down, as Python 2 divides."""
    with op_scope(name, "div", x, y) as scope:
        left = convert_to_tensor(x, name="x")
        right = convert_to_tensor(y, left.dtype.base_dtype, name="y")
        kind = left.dtype
        op_type = "RealDiv" if kind.is_floating or kind.is_complex else "FloorDiv"
        return make_tensor(op_type, left, right, name=scope)


def div_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y`, and 0 where y is 0."""
    with op_scope(name, "div_no_nan", x, y) as scope:
        left = convert_to_tensor(x, name="x")
        right = convert_to_tensor(y, left.dtype.base_dtype, name="y")
        return make_tensor("DivNoNan", left, right, name=scope)


def floordiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y` rounded down."""
    with op_scope(name, "floordiv", x, y) as scope:
        return make_tensor("FloorDiv", x, y, name=scope)


def floormod(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The remainder of x / y rounded down."""
    with op_scope(name, "FloorMod", x, y) as scope:
        return make_tensor("FloorMod", x, y, name=scope)


mod = floormod


def pow(x: Any, y: Any, name: str | None = None) -> Tensor:  # noqa: A001
    """The power of x to y."""
    with op_scope(name, "Pow", x) as scope:
        return make_tensor("Pow", x, y, name=scope)


def maximum(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The larger of x and y."""
    return make_tensor("Maximum", x, y, name=name)


def minimum(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The smaller of x and y."""
    return make_tensor("Minimum", x, y, name=name)


def squared_difference(x: Any, y: Any, name: str | None = None) -> Tensor:
    """(x - y) squared."""
    return make_tensor("SquaredDifference", x, y, name=name)


def greater(x: Any, y: Any, name: str | None = None) -> Tensor:
    """True where x > y."""
    return make_tensor("Greater", x, y, name=name)


def greater_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """True where x >= y."""
    return make_tensor("GreaterEqual", x, y, name=name)


def less(x: Any, y: Any, name: str | None = None) -> Tensor:
    """True where x < y."""
    return make_tensor("Less", x, y, name=name)


def less_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """True where x <= y."""
    return make_tensor("LessEqual", x, y, name=name)


def equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """True where x == y."""
    return make_tensor("Equal", x, y, name=name)


def not_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """True where x != y."""
    return make_tensor("NotEqual", x, y, name=name)


def logical_and(x: Any, y: Any, name: str | None = None) -> Tensor:
    """True where both are."""
    return make_tensor("LogicalAnd", x, y, name=name)


def logical_or(x: Any, y: Any, name: str | None = None) -> Tensor:
    """True where one is."""
    return make_tensor("LogicalOr", x, y, name=name)


# -- many tensors and whole tensors --------------------------------------------------------


def add_n(inputs: Any, name: str | None = None) -> Tensor:
    """The sum of tensors of one shape."""
    parts = [convert_to_tensor(i) for i in inputs]
    if not parts:
        raise ValueError("add_n needs at least one tensor")
    if len(parts) > 1:
        return make_tensor("AddN", parts, name=name)
    return make_tensor("Identity", parts[0], name=name) if name else parts[0]


def accumulate_n(
    inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: str | None = None
) -> Tensor:
    """The sum of tensors of one shape; `shape`, where given, is set on the result.

    TypeError when they are not of tensor_dtype, where that is given.
    """
    if tensor_dtype is not None:
        found = convert_to_tensor(inputs[0]).dtype.base_dtype
        if dtypes.as_dtype(tensor_dtype) is not found:
            raise TypeError(f"tensor_dtype is {tensor_dtype}, but input is of type {found}")
    total = add_n(inputs, name=name)
    if shape is not None:
        total.set_shape(shape)
    return total


def clip_by_value(
    t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None
) -> Tensor:
    """The values of t, those below the minimum or above the maximum replaced by these."""
    with op_scope(name, "clip_by_value", t) as scope:
        values = convert_to_tensor(t, name="t")
        below = make_tensor("Minimum", values, clip_value_max)
        values.shape.assert_is_compatible_with(below.shape)
        clipped = make_tensor("Maximum", below, clip_value_min, name=scope)
        values.shape.assert_is_compatible_with(clipped.shape)
        return clipped
