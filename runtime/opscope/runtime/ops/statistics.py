"""Sums of exponentials, spread and length: reductions made of several ops."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.elementwise import conjugate
from opscope.runtime.ops.overloads import add
from opscope.runtime.ops.pointwise import abs as make_abs
from opscope.runtime.ops.reduction import either_argument, reduce_max, reduce_mean, reduce_sum
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import expand_dims, reshape, shape, squeeze


def reduce_logsumexp(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """log(sum(exp(x))) over `axis`, without overflow.

    reduction_indices and keep_dims are older names of axis and keepdims.
    """
    axis = either_argument("axis", axis, "reduction_indices", reduction_indices)
    keepdims = bool(either_argument("keepdims", keepdims, "keep_dims", keep_dims))
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


def norm(
    tensor: Any,
    ord: Any = "euclidean",  # noqa: A002 - TensorFlow's name
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The norm of vectors along one axis, of matrices along two, or of all elements together.

    ord: "euclidean", a positive number or inf; of matrices "euclidean", "fro", 1, 2 or inf.
    keep_dims is an older name of keepdims. ValueError for another order or axis.
    """
    keepdims = bool(either_argument("keepdims", keepdims, "keep_dims", keep_dims))
    of_matrices = isinstance(axis, (tuple, list)) and len(axis) == 2
    axes = _checked_axes(ord, axis, of_matrices)
    with op_scope(name, "norm", tensor):
        values = convert_to_tensor(tensor)
        if of_matrices and ord == 2:
            length = _spectral_norm(values, axes)
        elif ord in ("fro", "euclidean", 2):
            squares = reduce_sum(values * conjugate(values), axes, keepdims=True)
            length = make_tensor("Sqrt", squares)
        else:
            length = _length(make_abs(values), ord, axes, of_matrices)
        return length if keepdims else squeeze(length, axes)


def _checked_axes(ord: Any, axis: Any, of_matrices: bool) -> Any:  # noqa: A002
    if of_matrices:
        axes = tuple(axis)
        if not all(isinstance(a, int) for a in axes) or axes[0] == axes[1]:
            raise ValueError(
                f"'axis' must be None, an integer, or a tuple of 2 unique integers, got {axes}"
            )
        known = ["euclidean", "fro", 1, 2, np.inf]
        if ord not in known:
            raise ValueError(f"'ord' must be a supported matrix norm in {known}, got {ord}")
        return axes
    if axis is not None and not isinstance(axis, int):
        raise ValueError(
            f"'axis' must be None, an integer, or a tuple of 2 unique integers, got {axis}"
        )
    if ord != "euclidean" and not (np.isreal(ord) and not isinstance(ord, str) and ord > 0):
        raise ValueError(f"'ord' must be a supported vector norm, got {ord}")
    return None if axis is None else (axis,)


def _length(sizes: Tensor, ord: Any, axes: Any, of_matrices: bool) -> Tensor:  # noqa: A002
    first = None if axes is None else axes[0]
    if ord == 1:
        length = reduce_sum(sizes, first, keepdims=True)
        return reduce_max(length, axes[-1], keepdims=True) if of_matrices else length
    if ord == np.inf:
        if of_matrices:
            sizes = reduce_sum(sizes, axes[1], keepdims=True)
        return reduce_max(sizes, first, keepdims=True)
    powers = reduce_sum(make_tensor("Pow", sizes, ord), axes, keepdims=True)
    return make_tensor("Pow", powers, 1.0 / ord)


def _spectral_norm(values: Tensor, axes: tuple[int, int]) -> Tensor:
    """The largest singular values of matrices along two axes, which stay, of size 1."""
    from opscope.runtime.ops.arrangement import transpose
    from opscope.runtime.ops.factorizations import svd

    count = values.shape.ndims
    if count is None:
        raise ValueError("the 2-norm of matrices needs a tensor of known rank")
    own = [a % count for a in axes]
    order = [a for a in range(count) if a not in own] + own
    singular = svd(transpose(values, order), compute_uv=False)
    largest = expand_dims(reduce_max(make_abs(singular), axis=-1, keepdims=True), axis=-1)
    return transpose(largest, [order.index(a) for a in range(count)])
