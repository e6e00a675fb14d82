"""Sums of exponentials, spread and length: reductions made of several ops."""

from __future__ import annotations

from typing import Any

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.elementwise import conjugate
from opscope.runtime.ops.overloads import add
from opscope.runtime.ops.reduction import reduce_max, reduce_mean, reduce_sum
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import reshape, shape, squeeze


def reduce_logsumexp(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool = False,
    name: str | None = None,
) -> Tensor:
    """log(sum(exp(x))) over `axis`, without overflow."""
    with op_scope(name, "ReduceLogSumExp", input_tensor) as scope:
        values = convert_to_tensor(input_tensor)
        largest = reduce_max(values, axis, keepdims=True)
        # An infinite largest element would make inf - inf.
        finite = make_tensor("SelectV2", make_tensor("IsFinite", largest), largest, 0)
        level = make_tensor("StopGradient", finite)
        total = make_tensor(
            "Log",
            reduce_sum(
                make_tensor("Exp", make_tensor("Sub", values, level)), axis, keepdims=keepdims
            ),
        )
        if not keepdims:
            level = reshape(level, shape(total))
        return add(total, level, name=scope)


def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The mean of the squared distance to the mean, over `axis`."""
    with op_scope(name or "reduce_variance", "reduce_variance", input_tensor):
        values = convert_to_tensor(input_tensor)
        means = reduce_mean(values, axis, keepdims=True)
        return reduce_mean(make_tensor("Square", values - means), axis, keepdims=keepdims)


def reduce_std(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The square root of `reduce_variance`."""
    with op_scope(name or "reduce_std", "reduce_std", input_tensor):
        return make_tensor("Sqrt", reduce_variance(input_tensor, axis, keepdims))


def norm(tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """The Euclidean norm over `axis`."""
    with op_scope(name, "norm", tensor):
        values = convert_to_tensor(tensor)
        squares = reduce_sum(values * conjugate(values), axis, keepdims=True)
        length = make_tensor("Sqrt", squares)
        return length if keepdims else squeeze(length, axis)
