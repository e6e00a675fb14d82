"""Functions of one number that SciPy computes: error, gamma, Bessel and Fresnel functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.elementwise import after, same_shape
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.type_sets import T_FLOAT


def special(name: str, *arrays: Any) -> Any:
    """SciPy's special function `name` in the dtype of the first array; float64 inside.

    16-bit floats have no loops in SciPy, and TensorFlow's float32 is more exact than some of them.
    """
    from scipy import special as functions

    wide = [np.asarray(a, np.float64) for a in arrays]
    with np.errstate(all="ignore"):
        found = getattr(functions, name)(*wide)
    return np.asarray(found).astype(arrays[0].dtype)[()]


def _define(
    op_type: str, function: str, doc: str, elsewhere: tuple[Callable[..., Any], float] | None = None
) -> OpDef:
    """elsewhere: where TensorFlow has a value of its own, and which."""

    def kernel(xp: Any, x: Any) -> Any:
        found = special(function, x)
        if elsewhere is None:
            return found
        is_there, value = elsewhere
        return np.where(is_there(x), x.dtype.type(value), found).astype(x.dtype, copy=False)[()]

    kernel.__doc__ = doc
    made = op(op_type, "x: T -> y: T", T_FLOAT, host_only=True)(kernel)
    made.shape(same_shape)
    return made


def _is_negative(x: Any) -> Any:
    return x < 0


def _is_pole(x: Any) -> Any:
    return (x <= 0) & (x == np.floor(x))


_erf = _define("Erf", "erf", "The error function of Gauss.")
_erfc = _define("Erfc", "erfc", "1 - erf(x), exact for large x.")
_erfinv = _define("Erfinv", "erfinv", "The inverse of erf.")
_ndtri = _define("Ndtri", "ndtri", "The quantile of the standard normal distribution.")
_lgamma = _define("Lgamma", "gammaln", "Logarithm of |gamma(x)|.", (lambda x: x == -np.inf, np.inf))
_digamma = _define("Digamma", "psi", "The derivative of lgamma.", (_is_pole, np.nan))
_i0 = _define("BesselI0", "i0", "The modified Bessel function of order 0.")
_i0e = _define("BesselI0e", "i0e", "The modified Bessel function of order 0 times exp(-|x|).")
_i1 = _define("BesselI1", "i1", "The modified Bessel function of order 1.")
_i1e = _define("BesselI1e", "i1e", "The modified Bessel function of order 1 times exp(-|x|).")
_k0 = _define(
    "BesselK0",
    "k0",
    "The modified Bessel function of the second kind of order 0.",
    (_is_negative, np.inf),
)
_k0e = _define(
    "BesselK0e",
    "k0e",
    "As BesselK0, times exp(x).",
    (_is_negative, np.inf),
)
_k1 = _define(
    "BesselK1",
    "k1",
    "The modified Bessel function of the second kind of order 1.",
    (_is_negative, np.inf),
)
_k1e = _define(
    "BesselK1e",
    "k1e",
    "As BesselK1, times exp(x).",
    (_is_negative, np.inf),
)
_j0 = _define("BesselJ0", "j0", "The Bessel function of order 0.")
_j1 = _define("BesselJ1", "j1", "The Bessel function of order 1.")
_y0 = _define(
    "BesselY0",
    "y0",
    "The Bessel function of the second kind of order 0.",
    (_is_negative, -np.inf),
)
_y1 = _define(
    "BesselY1",
    "y1",
    "The Bessel function of the second kind of order 1.",
    (_is_negative, -np.inf),
)
_dawsn = _define("Dawsn", "dawsn", "Dawson's integral.")
_expint = _define("Expint", "expi", "The exponential integral.", (_is_negative, np.nan))
_spence = _define("Spence", "spence", "The dilogarithm of 1 - x.")


def _define_fresnel(op_type: str, place: int, doc: str) -> OpDef:
    def kernel(xp: Any, x: Any) -> Any:
        from scipy import special as functions

        found = functions.fresnel(np.asarray(x, np.float64))[place]
        return np.asarray(found).astype(x.dtype)[()]

    kernel.__doc__ = doc
    made = op(op_type, "x: T -> y: T", T_FLOAT, host_only=True)(kernel)
    made.shape(same_shape)
    return made


_fresnel_cos = _define_fresnel("FresnelCos", 1, "The cosine integral of Fresnel.")
_fresnel_sin = _define_fresnel("FresnelSin", 0, "The sine integral of Fresnel.")


# -- gradients -----------------------------------------------------------------------------


def _square(x: Tensor) -> Tensor:
    return make_tensor("Square", x)


def _scaled_bell(factor: float) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda x, y: constant(factor, x.dtype) * make_tensor("Exp", -_square(x))


def _at_zero(x: Tensor, value: float, elsewhere: Tensor) -> Tensor:
    is_zero = make_tensor("Equal", x, 0)
    return make_tensor("SelectV2", is_zero, constant(value, x.dtype.base_dtype), elsewhere)


def _of_i1e(x: Tensor, y: Tensor) -> Tensor:
    slope = make_tensor("Sign", x) + make_tensor("Reciprocal", x)
    return _at_zero(x, 0.5, make_tensor("BesselI0e", x) - y * slope)


def _of_spence(x: Tensor, y: Tensor) -> Tensor:
    plain = make_tensor("Log", x) / (1 - x)
    limit = -make_tensor("OnesLike", x)
    return make_tensor("Select", make_tensor("Equal", x, 1), limit, plain)


# The derivative of each function in terms of its input and its output.
_DERIVATIVES: list[tuple[OpDef, Callable[[Tensor, Tensor], Tensor]]] = [
    (_erf, _scaled_bell(2 / math.sqrt(math.pi))),
    (_erfc, _scaled_bell(-2 / math.sqrt(math.pi))),
    (_lgamma, lambda x, y: make_tensor("Digamma", x)),
    (_digamma, lambda x, y: make_tensor("Polygamma", constant(1, x.dtype.base_dtype), x)),
    (_i0, lambda x, y: make_tensor("BesselI1", x)),
    (_i0e, lambda x, y: make_tensor("BesselI1e", x) - make_tensor("Sign", x) * y),
    (_i1, lambda x, y: _at_zero(x, 1.0, make_tensor("BesselI0", x) - y / x)),
    (_i1e, _of_i1e),
    (_k0, lambda x, y: -make_tensor("BesselK1", x)),
    (_k0e, lambda x, y: y - make_tensor("BesselK1e", x)),
    (_k1, lambda x, y: -make_tensor("BesselK0", x) - y / x),
    (
        _k1e,
        lambda x, y: y * (1 - make_tensor("Reciprocal", x)) - make_tensor("BesselK0e", x),
    ),
    (_j0, lambda x, y: -make_tensor("BesselJ1", x)),
    (_j1, lambda x, y: _at_zero(x, 0.5, make_tensor("BesselJ0", x) - y / x)),
    (_y0, lambda x, y: -make_tensor("BesselY1", x)),
    (_y1, lambda x, y: make_tensor("BesselY0", x) - y / x),
    (_dawsn, lambda x, y: 1 - 2 * x * y),
    (_expint, lambda x, y: make_tensor("Exp", x) / x),
    (_spence, _of_spence),
    (_fresnel_cos, lambda x, y: make_tensor("Cos", math.pi / 2 * _square(x))),
    (_fresnel_sin, lambda x, y: make_tensor("Sin", math.pi / 2 * _square(x))),
]


def _with_derivative(definition: OpDef, derivative: Callable[[Tensor, Tensor], Tensor]) -> None:
    @definition.gradient
    def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
        with after(grad):
            return [grad * derivative(node.inputs[0], node.outputs[0])]


for _definition, _derivative in _DERIVATIVES:
    _with_derivative(_definition, _derivative)


@_erfinv.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    factor = constant(math.sqrt(math.pi) / 2, grad.dtype)
    with after(grad):
        return [grad * factor * make_tensor("Exp", _square(node.outputs[0]))]


@_ndtri.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    factor = constant(math.sqrt(2 * math.pi), grad.dtype)
    with after(grad):
        return [grad * factor * make_tensor("Exp", _square(node.outputs[0]) / 2)]


# -- functions -----------------------------------------------------------------------------


def _plain(definition: OpDef) -> Callable[..., Tensor]:
    def function(x: Any, name: str | None = None) -> Tensor:
        return make_tensor(definition.name, x, name=name)

    function.__doc__ = definition.doc
    return function


def _in_scope(definition: OpDef, scope: str) -> Callable[..., Tensor]:
    """A function whose op is named in a scope of its own, as TensorFlow does for later ones."""

    def function(x: Any, name: str | None = None) -> Tensor:
        with op_scope(name, scope, x):
            return make_tensor(definition.name, x)

    function.__doc__ = definition.doc
    return function


erf, erfc, lgamma, digamma = map(_plain, (_erf, _erfc, _lgamma, _digamma))
erfinv, ndtri = _in_scope(_erfinv, "erfinv"), _in_scope(_ndtri, "ndtri")
bessel_i0, bessel_i0e = _in_scope(_i0, "bessel_i0"), _in_scope(_i0e, "bessel_i0e")
bessel_i1, bessel_i1e = _in_scope(_i1, "bessel_i1"), _in_scope(_i1e, "bessel_i1e")
bessel_k0, bessel_k0e = _in_scope(_k0, "bessel_k0"), _in_scope(_k0e, "bessel_k0e")
bessel_k1, bessel_k1e = _in_scope(_k1, "bessel_k1"), _in_scope(_k1e, "bessel_k1e")
bessel_j0, bessel_j1 = _in_scope(_j0, "bessel_j0"), _in_scope(_j1, "bessel_j1")
bessel_y0, bessel_y1 = _in_scope(_y0, "bessel_y0"), _in_scope(_y1, "bessel_y1")
dawsn, expint = _in_scope(_dawsn, "dawsn"), _in_scope(_expint, "expint")
spence = _in_scope(_spence, "spence")
fresnel_cos = _in_scope(_fresnel_cos, "fresnel_cos")
fresnel_sin = _in_scope(_fresnel_sin, "fresnel_sin")


def erfcinv(x: Any, name: str | None = None) -> Tensor:
    """The inverse of erfc."""
    with op_scope(name, "erfcinv", x):
        value = convert_to_tensor(x, name="start")
        return -ndtri(0.5 * value) * math.sqrt(0.5)


def lbeta(x: Any, name: str | None = None) -> Tensor:
    """The logarithm of |beta| of the elements along the last axis."""
    from opscope.runtime.ops.reduction import reduce_sum

    with op_scope(name, "lbeta", x):
        value = convert_to_tensor(x, name="x")
        of_each = reduce_sum(lgamma(value), axis=[-1])
        of_all = lgamma(reduce_sum(value, axis=[-1]))
        return of_each - of_all
