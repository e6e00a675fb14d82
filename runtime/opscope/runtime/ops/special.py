"""Trigonometric and hyperbolic functions and parts of complex numbers, element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.broadcasting import broadcast_shape, reduced_to_operands
from opscope.runtime.ops.elementwise import after, conjugate, same_shape
from opscope.runtime.ops.type_sets import T_FLOAT, T_FLOAT_OR_COMPLEX

_UNARY = "x: T -> y: T"


def _of_namespace(name: str, function: str, doc: str) -> OpDef:
    """An op that is one function of the array namespace."""

    def kernel(xp: Any, x: Any) -> Any:
        return getattr(xp, function)(x)

    kernel.__doc__ = doc
    made = op(name, _UNARY, T_FLOAT_OR_COMPLEX)(kernel)
    made.shape(same_shape)
    return made


_tan = _of_namespace("Tan", "tan", "Tangent of x radians.")
_asin = _of_namespace("Asin", "arcsin", "The angle in radians whose sine is x; NaN beyond 1.")
_acos = _of_namespace("Acos", "arccos", "The angle in radians whose cosine is x; NaN beyond 1.")
_atan = _of_namespace("Atan", "arctan", "The angle in radians whose tangent is x.")
_sinh = _of_namespace("Sinh", "sinh", "Hyperbolic sine.")
_cosh = _of_namespace("Cosh", "cosh", "Hyperbolic cosine.")
_asinh = _of_namespace("Asinh", "arcsinh", "The inverse of the hyperbolic sine.")
_acosh = _of_namespace("Acosh", "arccosh", "The inverse of the hyperbolic cosine; NaN below 1.")
_atanh = _of_namespace("Atanh", "arctanh", "The inverse of the hyperbolic tangent.")


@op("Rint", _UNARY, T_FLOAT, not_differentiable=True)
def _rint(xp: Any, x: Any) -> Any:
    """The nearest whole number; of two, the even one."""
    return xp.rint(x)


_rint.shape(same_shape)


@op("Atan2", "y: T, x: T -> z: T", T_FLOAT)
def _atan2(xp: Any, y: Any, x: Any) -> Any:
    """The angle of the point (x, y) in radians, from -pi to pi."""
    return xp.arctan2(y, x)


@op("Xlogy", "x: T, y: T -> z: T", T_FLOAT_OR_COMPLEX)
def _xlogy(xp: Any, x: Any, y: Any) -> Any:
    """`x * log(y)`, and 0 where x is 0 whatever y is."""
    safe = xp.where(x == 0, x.dtype.type(1), y)
    return (x * xp.log(safe)).astype(x.dtype, copy=False)


_atan2.shape(broadcast_shape)
_xlogy.shape(broadcast_shape)


# -- gradients -----------------------------------------------------------------------------

# The derivative of each function in terms of its input.
_DERIVATIVES: list[tuple[OpDef, Callable[[Any], Any]]] = [
    (_tan, lambda x: make_tensor("Square", make_tensor("Reciprocal", make_tensor("Cos", x)))),
    (_asin, lambda x: make_tensor("Reciprocal", make_tensor("Sqrt", 1 - make_tensor("Square", x)))),
    (
        _acos,
        lambda x: -make_tensor("Reciprocal", make_tensor("Sqrt", 1 - make_tensor("Square", x))),
    ),
    (_atan, lambda x: make_tensor("Reciprocal", 1 + make_tensor("Square", x))),
    (_sinh, lambda x: make_tensor("Cosh", x)),
    (_cosh, lambda x: make_tensor("Sinh", x)),
    (_atanh, lambda x: make_tensor("Reciprocal", 1 - make_tensor("Square", x))),
]


def _with_derivative(definition: OpDef, derivative: Callable[[Any], Any]) -> None:
    @definition.gradient
    def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
        with after(grad):
            return [grad * derivative(conjugate(node.inputs[0]))]


for _definition, _derivative in _DERIVATIVES:
    _with_derivative(_definition, _derivative)


@_asinh.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    with after(grad):
        return [grad / make_tensor("Cosh", conjugate(node.outputs[0]))]


@_acosh.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    with after(grad):
        return [grad / make_tensor("Sinh", conjugate(node.outputs[0]))]


@_atan2.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    y, x = node.inputs
    with after(grad):
        scaled = grad / (make_tensor("Square", x) + make_tensor("Square", y))
        return list(reduced_to_operands(y, x, scaled * x, scaled * -y))


@_xlogy.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x, y = node.inputs
    with after(grad):
        is_there = make_tensor("NotEqual", x, constant(0, x.dtype.base_dtype))
        there = make_tensor("Cast", is_there, DstT=x.dtype.base_dtype)
        wrt_x = grad * make_tensor("Xlogy", there, y)
        wrt_y = grad * make_tensor("DivNoNan", x, y)
        return list(reduced_to_operands(x, y, wrt_x, wrt_y))


# -- complex numbers -----------------------------------------------------------------------

_PARTS = "T: {complex64, complex128} = complex64, Tout: {float32, float64} = float32"


@op(
    "Complex",
    "real: T, imag: T -> out: Tout",
    "T: {float32, float64} = float32, Tout: {complex64, complex128} = complex64",
)
def _complex(xp: Any, real: Any, imag: Any, *, Tout: dtypes.DType) -> Any:  # noqa: N803
    """The complex number of two parts."""
    # Not real + 1j * imag: 1j * inf has the real part NaN.
    whole = xp.empty(np.broadcast_shapes(real.shape, imag.shape), Tout.as_numpy_dtype)
    whole.real, whole.imag = real, imag
    return whole[()]


_complex.shape(broadcast_shape)


@op("Real", "input: T -> output: Tout", _PARTS)
def _real(xp: Any, x: Any) -> Any:
    """The real part."""
    return x.real.copy() if x.ndim else x.real


@op("Imag", "input: T -> output: Tout", _PARTS)
def _imag(xp: Any, x: Any) -> Any:
    """The imaginary part."""
    return x.imag.copy() if x.ndim else x.imag


@op("ComplexAbs", "x: T -> y: Tout", _PARTS)
def _complex_abs(xp: Any, x: Any, *, Tout: dtypes.DType) -> Any:  # noqa: N803
    """The length of a complex number."""
    length = abs(x)
    if length.dtype != Tout.as_numpy_dtype:
        raise errors.InvalidArgumentError(
            None, None, f"no kernel of ComplexAbs makes {Tout.name} of {x.dtype}"
        )
    return length


for _definition in (_real, _imag, _complex_abs):
    _definition.shape(same_shape)


@_complex.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    kind = node.inputs[0].dtype.base_dtype
    parts = (make_tensor("Real", grad, Tout=kind), make_tensor("Imag", grad, Tout=kind))
    return list(reduced_to_operands(node.inputs[0], node.inputs[1], *parts))


def _as_complex(node: Operation, real: Any, imag: Any) -> Tensor:
    return make_tensor("Complex", real, imag, Tout=node.inputs[0].dtype.base_dtype)


@_real.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [_as_complex(node, grad, constant(0, grad.dtype))]


@_imag.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [_as_complex(node, constant(0, grad.dtype), grad)]


@_complex_abs.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    nothing = make_tensor("ZerosLike", grad)
    direction = make_tensor("DivNoNan", node.inputs[0], _as_complex(node, node.outputs[0], nothing))
    return [_as_complex(node, grad, nothing) * direction]


# -- functions -----------------------------------------------------------------------------


def _function(definition: OpDef) -> Callable[..., Tensor]:
    def function(x: Any, name: str | None = None) -> Tensor:
        return make_tensor(definition.name, x, name=name)

    function.__doc__ = definition.doc
    return function


tan, asin, acos, atan = map(_function, (_tan, _asin, _acos, _atan))
sinh, cosh = map(_function, (_sinh, _cosh))
asinh, acosh, atanh = map(_function, (_asinh, _acosh, _atanh))
rint = _function(_rint)


def atan2(y: Any, x: Any, name: str | None = None) -> Tensor:
    """The angle of the point (x, y) in radians."""
    return make_tensor("Atan2", y, x, name=name)


def xlogy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x * log(y)`, and 0 where x is 0."""
    return make_tensor("Xlogy", x, y, name=name)


def complex_of(real: Any, imag: Any, name: str | None = None) -> Tensor:
    """The complex numbers of two parts."""
    first = convert_to_tensor(real, name="real")
    second = convert_to_tensor(imag, name="imag")
    is_wide = first.dtype.base_dtype is dtypes.float64
    kind = dtypes.complex128 if is_wide else dtypes.complex64
    return make_tensor("Complex", first, second, Tout=kind, name=name)


def _part(op_type: str, value: Any, name: str | None) -> Tensor:
    tensor = convert_to_tensor(value, name="input")
    if not tensor.dtype.is_complex:
        return tensor if op_type == "Real" else make_tensor("ZerosLike", tensor)
    is_wide = tensor.dtype.base_dtype is dtypes.complex128
    kind = dtypes.float64 if is_wide else dtypes.float32
    return make_tensor(op_type, tensor, Tout=kind, name=name)


def real(input: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """The real part; a real tensor itself."""
    return _part("Real", input, name)


def imag(input: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """The imaginary part."""
    return _part("Imag", input, name)
