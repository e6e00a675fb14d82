"""Functions made of several ops: moments, batch and L2 normalization, dropout."""

from __future__ import annotations

import numbers
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.comparison import where_v2
from opscope.runtime.ops.random import random_uniform
from opscope.runtime.ops.reduction import reduce_mean, reduce_sum
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import shape, squeeze


def dropout(
    x: Any,
    keep_prob: Any = None,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
    rate: Any = None,
) -> Tensor:
    """`x` with each element set to 0 with probability `rate`, the others divided by 1 - rate.

    keep_prob is 1 - rate under its old name. noise_shape: sizes of 1 drop along whole axes.
    """
    if keep_prob is not None:
        if rate is not None:
            raise ValueError("only one of keep_prob and rate can be given")
        rate = 1 - keep_prob
    if rate is None:
        raise ValueError("`rate` must be provided")
    with op_scope(name, "dropout", x):
        is_number = isinstance(rate, numbers.Real)
        if is_number and not 0 <= rate < 1:
            raise ValueError(
                f"`rate` must be a scalar tensor or a float in the range [0, 1). Received: {rate}"
            )
        values = convert_to_tensor(x, name="x")
        dtype = values.dtype.base_dtype
        if not dtype.is_floating:
            raise ValueError(f"`x` must be floating as it is scaled, got {dtype.name}")
        if is_number and rate == 0:
            return values
        if is_number:
            scaled = make_tensor("Mul", values, constant(1 / (1 - rate), dtype))
        else:
            rate = convert_to_tensor(rate, dtype)
            rate.shape.assert_has_rank(0)
            kept = make_tensor("Sub", constant(1, dtype), rate)
            scaled = make_tensor("RealDiv", values, kept)
        noise = shape(values) if noise_shape is None else noise_shape
        keep = random_uniform(noise, dtype=dtype, seed=seed) >= rate
        result = where_v2(keep, scaled, constant(0, dtype))
        result.set_shape(values.shape)
        return result


def moments(
    x: Any,
    axes: Any,
    shift: Any = None,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """The mean and the variance of `x` over `axes`; `shift` is not used."""
    keep = bool(keep_dims if keepdims is None else keepdims)
    with op_scope(name, "moments", x):
        values = convert_to_tensor(x)
        narrow = values.dtype.base_dtype is dtypes.float16
        wide = cast(values, dtypes.float32) if narrow else values
        mean = reduce_mean(wide, axes, keepdims=True, name="mean")
        # The gradient that would flow through this mean is zero.
        distance = make_tensor("SquaredDifference", wide, make_tensor("StopGradient", mean))
        variance = reduce_mean(distance, axes, keepdims=True, name="variance")
        if not keep:
            mean, variance = squeeze(mean, axes), squeeze(variance, axes)
        if narrow:
            return cast(mean, dtypes.float16), cast(variance, dtypes.float16)
        return mean, variance


def l2_normalize(
    x: Any,
    axis: Any = None,
    epsilon: float = 1e-12,
    name: str | None = None,
    dim: Any = None,
) -> Tensor:
    """`x` divided by its Euclidean length over `axis`; lengths below sqrt(epsilon) are that."""
    with op_scope(name, "l2_normalize", x) as scope:
        values = convert_to_tensor(x, name="x")
        total = reduce_sum(
            make_tensor("Square", values), dim if axis is None else axis, keepdims=True
        )
        scale = make_tensor("Rsqrt", make_tensor("Maximum", total, epsilon))
        return make_tensor("Mul", values, scale, name=scope)


def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any,
    scale: Any,
    variance_epsilon: float,
    name: str | None = None,
) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon), times `scale` and plus `offset` where given."""
    with op_scope(name, "batchnorm", x, mean, variance, scale, offset):
        values = convert_to_tensor(x)
        inverse = make_tensor("Rsqrt", convert_to_tensor(variance) + variance_epsilon)
        if scale is not None:
            inverse = inverse * scale
        scaled: Tensor = values * cast(inverse, values.dtype)
        means = convert_to_tensor(mean)
        shift = -means * inverse if offset is None else offset - means * inverse
        return scaled + cast(shift, values.dtype)
