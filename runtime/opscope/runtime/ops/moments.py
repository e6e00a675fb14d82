"""Means and variances: of weighted values, and by sums that can be added up over batches."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.filling import zeros_like
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.normalization import batch_normalization
from opscope.runtime.ops.overloads import add
from opscope.runtime.ops.reduction import reduce_prod, reduce_sum
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import rank, shape, squeeze
from opscope.runtime.ops.window_nodes import same_argument


def sufficient_statistics(
    x: Any,
    axes: Any,
    shift: Any = None,
    keep_dims: bool | None = None,
    name: str | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """The count, the sum and the sum of squares of `x` less `shift`, over `axes`; and the shift."""
    listed = list(set(axes))
    keep = bool(same_argument("keepdims", keepdims, "keep_dims", keep_dims))
    with op_scope(name, "sufficient_statistics", x, shift):
        values = convert_to_tensor(x, name="x")
        sizes = values.shape.as_list() if values.shape.ndims is not None else None
        if sizes is not None and all(sizes[axis] is not None for axis in listed):
            count = 1
            for axis in listed:
                count *= sizes[axis] or 0
            counts = constant(count, values.dtype)
        else:
            ndims = rank(values)
            places = [axis + ndims if axis < 0 else axis for axis in listed]
            counts = reduce_prod(gather(cast(shape(values), values.dtype), places), name="count")
        level = None if shift is None else convert_to_tensor(shift, name="shift")
        first: Any = values
        if level is None:
            second = make_tensor("Square", values)
        else:
            first = make_tensor("Sub", values, level)
            second = make_tensor("SquaredDifference", values, level)
        total = reduce_sum(first, listed, keepdims=keep, name="mean_ss")
        squares = reduce_sum(second, listed, keepdims=keep, name="var_ss")
        return counts, total, squares, level


def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """The mean and the variance from what `sufficient_statistics` returned."""
    with op_scope(name, "normalize", counts, mean_ss, variance_ss, shift):
        divisor = make_tensor("Reciprocal", counts, name="divisor")
        shifted = make_tensor(
            "Mul", mean_ss, divisor, name="mean" if shift is None else "shifted_mean"
        )
        mean = shifted if shift is None else add(shifted, shift, name="mean")
        variance = make_tensor(
            "Sub",
            make_tensor("Mul", variance_ss, divisor),
            make_tensor("Square", shifted),
            name="variance",
        )
        return mean, variance


def weighted_moments(
    x: Any,
    axes: Any,
    frequency_weights: Any,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """The mean and the variance over `axes` of values that each count as often as their weight."""
    keep = bool(same_argument("keepdims", keepdims, "keep_dims", keep_dims))
    with op_scope(name, "weighted_moments", x, frequency_weights, axes):
        values = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(frequency_weights, name="frequency_weights")
        narrow = values.dtype.base_dtype is dtypes.float16
        if narrow:
            values = cast(values, dtypes.float32)
        if weights.dtype.base_dtype is not values.dtype.base_dtype:
            weights = cast(weights, values.dtype)
        total = reduce_sum(weights * values, axes, name="weighted_input_sum", keepdims=True)
        spread = weights + zeros_like(values)
        divisor = reduce_sum(spread, axes, name="sum_of_weights", keepdims=True)
        mean = make_tensor("DivNoNan", total, divisor, name="div_no_nan")
        distance = make_tensor("SquaredDifference", values, mean)
        squares = reduce_sum(weights * distance, axes, name="weighted_distsq", keepdims=True)
        variance = make_tensor("DivNoNan", squares, divisor, name="div_no_nan")
        if not keep:
            mean, variance = squeeze(mean, axis=axes), squeeze(variance, axis=axes)
        if narrow:
            mean, variance = cast(mean, dtypes.float16), cast(variance, dtypes.float16)
        return mean, variance


def batch_norm_with_global_normalization(
    t: Any = None,
    m: Any = None,
    v: Any = None,
    beta: Any = None,
    gamma: Any = None,
    variance_epsilon: Any = None,
    scale_after_normalization: bool | None = None,
    name: str | None = None,
    input: Any = None,  # noqa: A002
    mean: Any = None,
    variance: Any = None,
) -> Tensor:
    """`batch_normalization` of images under its old name; gamma only where asked to scale."""
    return batch_normalization(
        same_argument("input", input, "t", t),
        same_argument("mean", mean, "m", m),
        same_argument("variance", variance, "v", v),
        beta,
        gamma if scale_after_normalization else None,
        variance_epsilon,
        name,
    )
