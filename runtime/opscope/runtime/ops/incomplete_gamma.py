"""Functions of several numbers that SciPy computes: incomplete gamma and beta, zeta, polygamma."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.broadcasting import broadcast_shape
from opscope.runtime.ops.elementwise import after
from opscope.runtime.ops.guarded_arithmetic import xlog1py
from opscope.runtime.ops.reduction import reduce_sum
from opscope.runtime.ops.scipy_functions import special
from opscope.runtime.ops.shape import reshape, shape
from opscope.runtime.ops.type_sets import T_FLOAT
from opscope.runtime.tensor_shape import TensorShape

_WIDE = "T: {float32, float64}"


def _define(op_type: str, signature: str, attrs: str, function: str, doc: str) -> OpDef:
    def kernel(xp: Any, first: Any, second: Any) -> Any:
        found = special(function, first, second)
        if op_type == "Zeta":
            return found
        # SciPy has a limit for the order 0, TensorFlow none.
        return np.where(first == 0, found.dtype.type(np.nan), found).astype(found.dtype)[()]

    kernel.__doc__ = doc
    made = op(op_type, signature, attrs, host_only=True)(kernel)
    made.shape(broadcast_shape)
    return made


_igamma = _define(
    "Igamma", "a: T, x: T -> z: T", T_FLOAT, "gammainc",
    "The lower regularized incomplete gamma function.",
)  # fmt: skip
_igammac = _define(
    "Igammac", "a: T, x: T -> z: T", T_FLOAT, "gammaincc",
    "The upper regularized incomplete gamma function.",
)  # fmt: skip
_zeta = _define("Zeta", "x: T, q: T -> z: T", _WIDE, "zeta", "The zeta function of Hurwitz.")


@op("Polygamma", "a: T, x: T -> z: T", _WIDE, host_only=True)
def _polygamma(xp: Any, a: Any, x: Any) -> Any:
    """The derivative of order `a` of digamma; NaN unless a is a whole number from 0 on."""
    from scipy import special as functions

    order, at = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
    with np.errstate(all="ignore"):
        sign = np.where(order % 2 == 0, -1.0, 1.0)
        found = sign * functions.gamma(order + 1) * functions.zeta(order + 1, at)
        found = np.where(order == 0, functions.psi(at), found)
    found = np.where((order < 0) | (order != np.floor(order)), np.nan, found)
    return found.astype(x.dtype)[()]


_polygamma.shape(broadcast_shape)


@op("IgammaGradA", "a: T, x: T -> z: T", _WIDE, host_only=True)
def _igamma_grad_a(xp: Any, a: Any, x: Any) -> Any:
    """The derivative of Igamma with respect to `a`.

    By a complex step through the series where x < a + 1, else through the continued fraction of
    the complement (Abramowitz and Stegun 6.5.29 and 6.5.31), which loses no digits.
    """
    return igamma_slope(a, x).astype(a.dtype)[()]


_igamma_grad_a.shape(broadcast_shape)

# How far the complex step goes: its square is nothing beside 1.
_STEP = 1e-20


def igamma_slope(a: Any, x: Any) -> Any:
    """The derivative of the lower regularized incomplete gamma function by `a`, float64."""
    from scipy import special as functions

    order, at = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
    found = np.zeros(order.shape)
    found[np.isnan(order) | np.isnan(at) | (order <= 0) | (at < 0)] = np.nan
    inside = (order > 0) & (at > 0) & np.isfinite(at)
    is_low = inside & (at < order + 1)
    is_high = inside & ~is_low
    for where, function, sign in ((is_low, _series, 1), (is_high, _fraction, -1)):
        p, q = order[where] + 1j * _STEP, at[where]
        if p.size:
            factor = np.exp(p * np.log(q) - q - functions.loggamma(p))
            found[where] = sign * (factor * function(p, q)).imag / _STEP
    return found


def _series(order: Any, x: Any) -> Any:
    """The series of the lower incomplete gamma function, without its factor."""
    term = total = 1 / order
    count = order
    for _ in range(10_000):
        count = count + 1
        term = term * (x / count)
        total = total + term
        if (abs(term) < 1e-17 * abs(total)).all():
            break
    return total


def _fraction(order: Any, x: Any) -> Any:
    """The continued fraction of the upper one, by Lentz's method, without its factor."""
    b = x + 1 - order
    c = np.full(order.shape, 1e300 + 0j)
    d = 1 / b
    value = d
    for i in range(1, 10_000):
        numerator = -i * (i - order)
        b = b + 2
        d = 1 / (numerator * d + b)
        c = b + numerator / c
        change = c * d
        value = value * change
        if (abs(change - 1) < 1e-16).all():
            break
    return value


@op("Betainc", "a: T, b: T, x: T -> z: T", _WIDE, host_only=True)
def _betainc(xp: Any, a: Any, b: Any, x: Any) -> Any:
    """The regularized incomplete beta function; NaN beyond 0 <= x <= 1."""
    shapes = {t.shape for t in (a, b, x) if t.ndim}
    if len(shapes) > 1:
        raise errors.InvalidArgumentError(
            None, None, f"Shapes of a, b and x are inconsistent: {sorted(shapes)}"
        )
    return special("betainc", a, b, x)


@_betainc.shape
def _(node: Operation) -> list[TensorShape]:
    found = TensorShape(())
    for tensor in node.inputs:
        # A scalar goes with any shape; other shapes have to be the same.
        if tensor.shape.ndims == 0:
            continue
        found = tensor.shape if found.ndims == 0 else found.merge_with(tensor.shape)
    return [found]


# -- gradients -----------------------------------------------------------------------------


def _stretched(first: Tensor, second: Tensor) -> Any:
    """For each operand its shape and the axes along which broadcasting stretched it."""
    shapes = shape(first), shape(second)
    return list(zip(shapes, make_op("BroadcastGradientArgs", *shapes), strict=True))


def _summed(grad: Tensor, of: tuple[Tensor, Any]) -> Tensor:
    sizes, axes = of
    return reshape(reduce_sum(grad, axes), sizes)


def _igamma_partials(node: Operation, grad: Tensor) -> list[Tensor]:
    a, x = node.inputs
    of = _stretched(a, x)
    with after(grad):
        by_a = make_tensor("IgammaGradA", a, x)
        log = -x + (a - 1) * make_tensor("Log", x) - make_tensor("Lgamma", a)
        by_x = make_tensor("Exp", log)
        return [_summed(by_a * grad, of[0]), _summed(by_x * grad, of[1])]


@_igamma.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return list(_igamma_partials(node, grad))


@_igammac.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [-g for g in _igamma_partials(node, grad)]


@_zeta.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x, q = node.inputs
    of = _stretched(x, q)
    with after(grad):
        by_q = -x * make_tensor("Zeta", x + 1, q)
        return [None, _summed(by_q * grad, of[1])]


@_polygamma.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    order, x = node.inputs
    of = _stretched(order, x)
    with after(grad):
        by_x = make_tensor("Polygamma", order + 1, x)
        return [None, _summed(by_x * grad, of[1])]


@_betainc.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    a, b, x = node.inputs
    of = _stretched(a, x)
    gammas = [make_tensor("Lgamma", t) for t in (a, b)]
    log_beta = gammas[0] + gammas[1] - make_tensor("Lgamma", a + b)
    log = xlog1py(b - 1, -x) + make_tensor("Xlogy", a - 1, x) - log_beta
    by_x = make_tensor("Exp", log)
    return [None, None, _summed(by_x * grad, of[1])]


# -- functions -----------------------------------------------------------------------------


def _function(definition: OpDef, first: str) -> Callable[..., Tensor]:
    if first == "x":

        def of_x(x: Any, q: Any, name: str | None = None) -> Tensor:
            return make_tensor(definition.name, x, q, name=name)

        of_x.__doc__ = definition.doc
        return of_x

    def of_a(a: Any, x: Any, name: str | None = None) -> Tensor:
        return make_tensor(definition.name, a, x, name=name)

    of_a.__doc__ = definition.doc
    return of_a


igamma, igammac, polygamma = (_function(d, "a") for d in (_igamma, _igammac, _polygamma))
zeta = _function(_zeta, "x")


def betainc(a: Any, b: Any, x: Any, name: str | None = None) -> Tensor:
    """The regularized incomplete beta function of x."""
    return make_tensor("Betainc", a, b, x, name=name)
