"""Samples of distributions beside the uniform and the normal, and random parts of a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.binding import Binding
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.group import with_dependencies
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.assertion import Assert
from opscope.runtime.ops.broadcasting import broadcast_to
from opscope.runtime.ops.incomplete_gamma import igamma_slope
from opscope.runtime.ops.random import generator_of, get_seed, no_session, random_uniform
from opscope.runtime.ops.reduction import reduce_all, reduce_sum
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.sequence import range as range_of
from opscope.runtime.ops.shape import reshape, shape
from opscope.runtime.ops.slicing import slice_block
from opscope.runtime.ops.static_value import static_shape, static_value
from opscope.runtime.ops.type_sets import REAL
from opscope.runtime.tensor_shape import TensorShape

_SEEDS = "seed: int = 0, seed2: int = 0"
_INT = "{int32, int64}"


@op(
    "Multinomial",
    "logits: T, num_samples: int32 -> output: output_dtype",
    f"{_SEEDS}, T: {{{REAL}}}, output_dtype: {_INT} = int64",
    stateful=True,
    host_only=True,
    not_differentiable=True,
)
def _multinomial(xp: Any, logits: Any, num_samples: Any) -> Any:
    """Classes drawn for each row of unnormalized log-probabilities."""
    return no_session(xp, logits)


@_multinomial.bind
def _(binding: Binding) -> Any:
    generator = generator_of(binding)
    kind = binding.attrs["output_dtype"].as_numpy_dtype

    def kernel(logits: Any, num_samples: Any) -> Any:
        if logits.ndim != 2:
            raise errors.InvalidArgumentError(
                None, None, f"logits should be a matrix, got shape {list(logits.shape)}"
            )
        wide = logits.astype(np.float64)
        with np.errstate(invalid="ignore"):
            weights = np.exp(wide - wide.max(axis=1, keepdims=True, initial=-np.inf))
        weights[~np.isfinite(weights)] = 0
        ends = weights.cumsum(axis=1)
        drawn = generator.random((logits.shape[0], int(num_samples)))
        rows = [
            np.searchsorted(end, row * (end[-1] if end.size else 0), "right")
            for end, row in zip(ends, drawn, strict=True)
        ]
        last = max(logits.shape[1] - 1, 0)
        return np.minimum(np.array(rows).reshape(drawn.shape), last).astype(kind)

    return kernel


@_multinomial.shape
def _(node: Operation) -> list[TensorShape]:
    rows = node.inputs[0].shape.with_rank(2).known_rank()[0]
    count = static_value(node.inputs[1])
    return [TensorShape([rows, None if count is None else int(count)])]


@op(
    "RandomGamma",
    "shape: S, alpha: T -> output: T",
    f"{_SEEDS}, S: {_INT}, T: {{float16, float32, float64}}",
    stateful=True,
    host_only=True,
)
def _random_gamma(xp: Any, shape: Any, alpha: Any) -> Any:
    """Values of gamma distributions with the given shape parameters and rate 1."""
    return no_session(xp, shape)


@_random_gamma.bind
def _(binding: Binding) -> Any:
    generator = generator_of(binding)

    def kernel(shape: Any, alpha: Any) -> Any:
        sizes = (*shape.tolist(), *alpha.shape)
        drawn = generator.standard_gamma(np.asarray(alpha, np.float64), sizes)
        return np.asarray(drawn).astype(alpha.dtype)[()]

    return kernel


@op(
    "RandomPoissonV2",
    "shape: S, rate: R -> output: dtype",
    f"{_SEEDS}, S: {_INT}, R: {{float16, float32, float64, int32, int64}} = float64, "
    "dtype: {float16, float32, float64, int32, int64} = int64",
    stateful=True,
    host_only=True,
    not_differentiable=True,
)
def _random_poisson(xp: Any, shape: Any, rate: Any) -> Any:
    """Values of Poisson distributions with the given rates."""
    return no_session(xp, shape)


@_random_poisson.bind
def _(binding: Binding) -> Any:
    generator = generator_of(binding)
    kind = binding.attrs["dtype"].as_numpy_dtype

    def kernel(shape: Any, rate: Any) -> Any:
        sizes = (*shape.tolist(), *rate.shape)
        drawn = generator.poisson(np.asarray(rate, np.float64), sizes)
        return np.asarray(drawn).astype(kind)[()]

    return kernel


def _before_parameter(node: Operation) -> list[TensorShape]:
    return [static_shape(node.inputs[0]).concatenate(node.inputs[1].shape)]


_random_gamma.shape(_before_parameter)
_random_poisson.shape(_before_parameter)


@op(
    "RandomGammaGrad",
    "alpha: T, sample: T -> output: T",
    "T: {float32, float64}",
    host_only=True,
)
def _random_gamma_grad(xp: Any, alpha: Any, sample: Any) -> Any:
    """The derivative of a gamma sample with respect to alpha (implicit reparameterization).

    -(dP/da) / p of Figurnov et al. 2018, P the regularized incomplete gamma function, p the
    density.
    """
    from scipy import special

    a, x = np.asarray(alpha, np.float64), np.asarray(sample, np.float64)
    with np.errstate(all="ignore"):
        density = np.exp((a - 1) * np.log(x) - x - special.gammaln(a))
        found = -igamma_slope(a, x) / density
    found = np.where(np.isfinite(found), found, 0)
    return np.where((a > 0) & (x >= 0), found, np.nan).astype(alpha.dtype)[()]


@_random_gamma_grad.shape
def _(node: Operation) -> list[TensorShape]:
    from opscope.runtime.ops.broadcasting import broadcast_shape

    return broadcast_shape(node)


@_random_gamma.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    from opscope.runtime.ops.elementwise import after
    from opscope.runtime.ops.filling import ones
    from opscope.runtime.ops.joining import concat

    sizes, alpha = node.inputs
    with after(grad):
        count = shape(sizes)[0]
        wide = concat([ones([count], dtypes.int32), shape(alpha)], 0)
        partial = make_tensor("RandomGammaGrad", reshape(alpha, wide), node.outputs[0])
        return [None, reduce_sum(grad * partial, axis=range_of(count))]


# -- functions -----------------------------------------------------------------------------


def multinomial(
    logits: Any,
    num_samples: Any,
    seed: int | None = None,
    name: str | None = None,
    output_dtype: Any = None,
) -> Tensor:
    """`num_samples` classes for each row of unnormalized log-probabilities; int64."""
    return _classes("multinomial", logits, num_samples, output_dtype, seed, name)


def categorical(
    logits: Any,
    num_samples: Any,
    dtype: Any = None,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """`num_samples` classes for each row of unnormalized log-probabilities; int64."""
    return _classes("categorical", logits, num_samples, dtype, seed, name)


def _classes(
    default: str, logits: Any, num_samples: Any, dtype: Any, seed: int | None, name: str | None
) -> Tensor:
    with op_scope(name, default, logits):
        rows = convert_to_tensor(logits, name="logits")
        kind = dtypes.as_dtype(dtype or dtypes.int64)
        allowed = (dtypes.int32, dtypes.int64)
        if kind not in allowed:
            raise ValueError(
                f"Argument `dtype` got invalid value {kind!r}. Accepted dtypes are {allowed}."
            )
        first, second = get_seed(seed)
        return make_tensor(
            "Multinomial", rows, num_samples, seed=first, seed2=second, output_dtype=kind
        )


def random_gamma(
    shape: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """`shape` samples of each gamma distribution of shapes alpha and rates beta (1 by default)."""
    from opscope.runtime.ops.shape import shape as shape_of

    with op_scope(name, "random_gamma", shape, alpha, beta):
        sizes = convert_to_tensor(shape, dtypes.int32, name="shape")
        form = convert_to_tensor(alpha, dtype, name="alpha")
        rate = convert_to_tensor(1 if beta is None else beta, dtype, name="beta")
        both = make_tensor("BroadcastArgs", shape_of(form), shape_of(rate))
        wide = broadcast_to(form, both)
        first, second = get_seed(seed)
        drawn = make_tensor("RandomGamma", sizes, wide, seed=first, seed2=second)
        least = np.finfo(form.dtype.as_numpy_dtype).tiny
        return make_tensor("Maximum", least, drawn / rate)


def random_poisson(
    lam: Any,
    shape: Any,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """`shape` samples of each Poisson distribution of the rates `lam`."""
    with op_scope(name, "random_poisson", lam, shape):
        sizes = convert_to_tensor(shape, dtypes.int32, name="shape")
        first, second = get_seed(seed)
        return make_tensor("RandomPoissonV2", sizes, lam, dtype=dtype, seed=first, seed2=second)


def random_crop(value: Any, size: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """A part of `value` of shape `size`, at a random place."""
    with op_scope(name, "random_crop", value, size) as scope:
        tensor = convert_to_tensor(value, name="value")
        wanted = convert_to_tensor(size, dtypes.int32, name="size")
        sizes = shape(tensor)
        fits = reduce_all(make_tensor("GreaterEqual", sizes, wanted))
        check = Assert(fits, ["Need value.shape >= size, got ", sizes, wanted], summarize=1000)
        sizes = with_dependencies([check], sizes)
        limit = sizes - wanted + 1
        offset = random_uniform(
            shape(sizes), dtype=wanted.dtype, maxval=wanted.dtype.max, seed=seed
        )
        return slice_block(tensor, offset % limit, wanted, name=scope)
