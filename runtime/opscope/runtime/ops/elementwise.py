"""Functions of one tensor, element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opscope.runtime import errors
from opscope.runtime.binding import Binding
from opscope.runtime.constant import constant
from opscope.runtime.graph import get_default_graph
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.type_sets import (
    FLOAT,
    FLOAT_OR_COMPLEX,
    SIGNED,
    T_FLOAT,
    T_FLOAT_OR_COMPLEX,
    T_NUMBER,
    type_attr,
)
from opscope.runtime.tensor_shape import TensorShape

_UNARY = "x: T -> y: T"
_GRAD = "y: T, dy: T -> z: T"


def same_shape(node: Operation) -> list[TensorShape]:
    """The shape rule of ops whose output looks like their first input."""
    return [node.inputs[0].shape]


def merged_shape(node: Operation) -> list[TensorShape]:
    """The shape rule of ops whose inputs and output all have one shape."""
    shape = node.inputs[0].shape
    for tensor in node.inputs[1:]:
        shape = shape.merge_with(tensor.shape)
    return [shape]


def alike(x: Any, y: Any) -> None:
    """Refuse arrays of different shapes, which NumPy would broadcast: InvalidArgumentError."""
    if x.shape != y.shape:
        raise errors.InvalidArgumentError(
            None,
            None,
            "Inputs to operation must have the same size and shape. "
            f"Input 0: {list(x.shape)} != Input 1: {list(y.shape)}",
        )


def where_alike(text: str) -> Callable[[Operation], str | None]:
    """A template for real tensors whose shapes are known to be equal."""

    def template(node: Operation) -> str | None:
        x, y = (t.shape for t in node.inputs)
        is_plain = x.is_fully_defined() and x == y and not node.outputs[0].dtype.is_complex
        return text if is_plain else None

    return template


def ufunc(name: str) -> Callable[[Binding], Callable[..., Any]]:
    """A bind rule that calls the array namespace's function `name` itself."""
    return lambda binding: getattr(binding.xp, name)


def after(grad: Tensor) -> Any:
    """A block whose ops run after `grad`, so that they do not hold memory earlier than needed."""
    return get_default_graph().control_dependencies([grad])


def conjugate(x: Tensor) -> Tensor:
    """The complex conjugate; a real tensor itself."""
    return make_tensor("Conj", x) if x.dtype.is_complex else x


@op("Conj", "input: T -> output: T", "T: {complex64, complex128} = complex64")
def _conj(xp: Any, x: Any) -> Any:
    """Complex conjugate."""
    return xp.conj(x)


@op("Neg", _UNARY, type_attr(f"{FLOAT_OR_COMPLEX}, {SIGNED}"), carries=("x",), template="-{0}")
def _neg(xp: Any, x: Any) -> Any:
    """Negate."""
    return -x


@op("Abs", _UNARY, type_attr(f"{FLOAT}, {SIGNED}"), carries=("x",), template="abs({0})")
def _abs(xp: Any, x: Any) -> Any:
    """Absolute value."""
    return abs(x)


@op("Sign", _UNARY, type_attr(f"{FLOAT_OR_COMPLEX}, {SIGNED}"))
def _sign(xp: Any, x: Any) -> Any:
    """-1, 0 or 1 as the value is negative, zero or positive."""
    return xp.sign(x)


@op("Exp", _UNARY, T_FLOAT_OR_COMPLEX)
def _exp(xp: Any, x: Any) -> Any:
    """The number e to the power of x."""
    return xp.exp(x)


@op("Expm1", _UNARY, T_FLOAT_OR_COMPLEX)
def _expm1(xp: Any, x: Any) -> Any:
    """exp(x) - 1, exact for small x."""
    return xp.expm1(x)


@op("Log", _UNARY, T_FLOAT_OR_COMPLEX)
def _log(xp: Any, x: Any) -> Any:
    """Natural logarithm; -inf at 0, NaN below."""
    return xp.log(x)


@op("Log1p", _UNARY, T_FLOAT_OR_COMPLEX)
def _log1p(xp: Any, x: Any) -> Any:
    """log(1 + x), exact for small x."""
    return xp.log1p(x)


@op("Sqrt", _UNARY, T_FLOAT_OR_COMPLEX)
def _sqrt(xp: Any, x: Any) -> Any:
    """Square root; NaN below 0."""
    return xp.sqrt(x)


@op("Rsqrt", _UNARY, T_FLOAT_OR_COMPLEX)
def _rsqrt(xp: Any, x: Any) -> Any:
    """1 / sqrt(x)."""
    return xp.reciprocal(xp.sqrt(x))


@op("Square", _UNARY, T_NUMBER, carries=("x",), template="{0} * {0}")
def _square(xp: Any, x: Any) -> Any:
    """`x * x`."""
    return x * x


@op("Reciprocal", _UNARY, type_attr(f"{FLOAT_OR_COMPLEX}, {SIGNED}"))
def _reciprocal(xp: Any, x: Any) -> Any:
    """1 / x."""
    return xp.reciprocal(x)


@op("Sin", _UNARY, T_FLOAT_OR_COMPLEX)
def _sin(xp: Any, x: Any) -> Any:
    """Sine of x radians."""
    return xp.sin(x)


@op("Cos", _UNARY, T_FLOAT_OR_COMPLEX)
def _cos(xp: Any, x: Any) -> Any:
    """Cosine of x radians."""
    return xp.cos(x)


@op("Tanh", _UNARY, T_FLOAT_OR_COMPLEX)
def _tanh(xp: Any, x: Any) -> Any:
    """Hyperbolic tangent."""
    return xp.tanh(x)


@op("Sigmoid", _UNARY, T_FLOAT_OR_COMPLEX)
def _sigmoid(xp: Any, x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return xp.reciprocal(1 + xp.exp(-x))


@op("Floor", _UNARY, T_FLOAT)
def _floor(xp: Any, x: Any) -> Any:
    """The largest integer not above x."""
    return xp.floor(x)


@op("Ceil", _UNARY, T_FLOAT)
def _ceil(xp: Any, x: Any) -> Any:
    """The smallest integer not below x."""
    return xp.ceil(x)


@op("Round", _UNARY, type_attr(f"{FLOAT_OR_COMPLEX}, {SIGNED}"))
def _round(xp: Any, x: Any) -> Any:
    """The nearest integer, halves to the even one."""
    return x if x.dtype.kind == "i" else xp.rint(x)


@op("IsFinite", "x: T -> y: bool", T_FLOAT, not_differentiable=True)
def _is_finite(xp: Any, x: Any) -> Any:
    """True where x is neither infinite nor NaN."""
    return xp.isfinite(x)


@op("IsInf", "x: T -> y: bool", T_FLOAT, not_differentiable=True)
def _is_inf(xp: Any, x: Any) -> Any:
    """True where x is infinite."""
    return xp.isinf(x)


@op("IsNan", "x: T -> y: bool", T_FLOAT, not_differentiable=True)
def _is_nan(xp: Any, x: Any) -> Any:
    """True where x is NaN."""
    return xp.isnan(x)


def _conjugated(xp: Any, x: Any) -> Any:
    return xp.conj(x) if x.dtype.kind == "c" else x


def _without_nan(xp: Any, dy: Any, result: Any) -> Any:
    """The result, but 0 where no gradient arrives, as in TensorFlow."""
    return xp.where(dy == 0, result.dtype.type(0), result)[()]


@op("TanhGrad", _GRAD, T_FLOAT_OR_COMPLEX, template=where_alike("{1} * (1 - {0} * {0})"))
def _tanh_grad(xp: Any, y: Any, dy: Any) -> Any:
    """The gradient of y = tanh(x): dy * (1 - y * y)."""
    alike(y, dy)
    return dy * (1 - y * y)


@op("SigmoidGrad", _GRAD, T_FLOAT_OR_COMPLEX, template=where_alike("{1} * ({0} * (1 - {0}))"))
def _sigmoid_grad(xp: Any, y: Any, dy: Any) -> Any:
    """The gradient of y = sigmoid(x): dy * y * (1 - y)."""
    alike(y, dy)
    return dy * (y * (1 - y))


@op("SqrtGrad", _GRAD, T_FLOAT_OR_COMPLEX)
def _sqrt_grad(xp: Any, y: Any, dy: Any) -> Any:
    """The gradient of y = sqrt(x): dy / (2 y)."""
    alike(y, dy)
    return _without_nan(xp, dy, dy * y.dtype.type(0.5) / _conjugated(xp, y))


@op("RsqrtGrad", _GRAD, T_FLOAT_OR_COMPLEX)
def _rsqrt_grad(xp: Any, y: Any, dy: Any) -> Any:
    """The gradient of y = 1/sqrt(x): -dy y**3 / 2."""
    alike(y, dy)
    y = _conjugated(xp, y)
    return _without_nan(xp, dy, dy * y.dtype.type(-0.5) * (y * y * y))


@op("ReciprocalGrad", _GRAD, T_FLOAT_OR_COMPLEX)
def _reciprocal_grad(xp: Any, y: Any, dy: Any) -> Any:
    """The gradient of y = 1/x: -dy * y * y."""
    alike(y, dy)
    y = _conjugated(xp, y)
    return _without_nan(xp, dy, -dy * (y * y))


def _define_rules() -> None:
    """Shape rules of the block above, and the kernels that are one function of the namespace."""
    plain: list[tuple[OpDef, str]] = [
        (_conj, "conj"),
        (_sign, "sign"),
        (_exp, "exp"),
        (_expm1, "expm1"),
        (_log, "log"),
        (_log1p, "log1p"),
        (_sqrt, "sqrt"),
        (_sin, "sin"),
        (_cos, "cos"),
        (_tanh, "tanh"),
        (_floor, "floor"),
        (_ceil, "ceil"),
        (_is_finite, "isfinite"),
        (_is_inf, "isinf"),
        (_is_nan, "isnan"),
    ]
    for definition, name in plain:
        definition.bind(ufunc(name))
        definition.shape(same_shape)
    for definition in (_neg, _abs, _rsqrt, _square, _reciprocal, _sigmoid, _round):
        definition.shape(same_shape)
    for definition in (_tanh_grad, _sigmoid_grad, _sqrt_grad, _rsqrt_grad, _reciprocal_grad):
        definition.shape(same_shape)


_define_rules()


@_conj.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("Conj", grad)]


@_neg.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [-grad]


@_abs.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [grad * make_tensor("Sign", node.inputs[0])]


@_sign.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("ZerosLike", node.inputs[0], name="zeros_like")]


@_exp.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    with after(grad):
        return [grad * conjugate(node.outputs[0])]


@_expm1.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    with after(grad):
        return [grad * make_tensor("Exp", conjugate(node.inputs[0]))]


@_log.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    with after(grad):
        return [grad * make_tensor("Reciprocal", conjugate(node.inputs[0]))]


@_log1p.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    with after(grad):
        return [grad * make_tensor("Reciprocal", 1 + conjugate(node.inputs[0]))]


@_sqrt.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("SqrtGrad", node.outputs[0], grad)]


@_rsqrt.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("RsqrtGrad", node.outputs[0], grad)]


@_reciprocal.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("ReciprocalGrad", node.outputs[0], grad)]


@_square.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x = node.inputs[0]
    with after(grad):
        x = conjugate(x)
        two = constant(2.0, x.dtype.base_dtype)
        return [make_tensor("Mul", grad, make_tensor("Mul", x, two))]


@_sin.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    with after(grad):
        return [grad * make_tensor("Cos", conjugate(node.inputs[0]))]


@_cos.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    with after(grad):
        return [-grad * make_tensor("Sin", conjugate(node.inputs[0]))]


@_tanh.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    with after(grad):
        return [make_tensor("TanhGrad", conjugate(node.outputs[0]), grad)]


@_sigmoid.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    with after(grad):
        return [make_tensor("SigmoidGrad", conjugate(node.outputs[0]), grad)]


@_tanh_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    y, dy = node.inputs
    with after(grad):
        y, dy = conjugate(y), conjugate(dy)
        return [grad * -2.0 * dy * y, make_tensor("TanhGrad", y, grad)]


@_sigmoid_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    y, dy = node.inputs
    with after(grad):
        y, dy = conjugate(y), conjugate(dy)
        scaled = grad * dy
        return [scaled - 2.0 * scaled * y, make_tensor("SigmoidGrad", y, grad)]


@_sqrt_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    with after(grad):
        ratio = grad / node.inputs[0]
        return [-conjugate(ratio) * node.outputs[0], 0.5 * ratio]


@_rsqrt_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    y, dy = node.inputs
    with after(grad):
        y, conjugated = conjugate(y), conjugate(grad)
        wrt_y = -1.5 * conjugated * dy * make_tensor("Square", y)
        return [wrt_y, make_tensor("RsqrtGrad", y, grad)]


@_reciprocal_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    y, dy = node.inputs
    with after(grad):
        y, conjugated = conjugate(y), conjugate(grad)
        return [conjugated * -2.0 * dy * y, make_tensor("ReciprocalGrad", y, grad)]


@_floor.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [None]


@_ceil.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [None]


@_round.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [None]
