"""Reductions: sum, mean, max, min, product, all, any along axes, and the index of an extremum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.binding import Binding
from opscope.runtime.constant import constant, constant_value, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.sequence import range as range_of
from opscope.runtime.ops.shape import rank
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.ops.type_sets import NUMBER, REAL
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_SIGNATURE = "input: T, reduction_indices: Tidx -> output: T"
_LOGICAL = "input: bool, reduction_indices: Tidx -> output: bool"
_INDEX = "Tidx: {int32, int64} = int32"
_NUMERIC_ATTRS = f"keep_dims: bool = false, T: {{{NUMBER}}}, {_INDEX}"
_REAL_ATTRS = f"keep_dims: bool = false, T: {{{REAL}}}, {_INDEX}"
_LOGICAL_ATTRS = f"keep_dims: bool = false, {_INDEX}"

Axes = tuple[int, ...]

# From this many elements on a sum over leading axes is a product with a vector of ones in BLAS.
_BLAS_SUM_ELEMENTS = 8192
_BLOCK_ROWS = 256
_ONES: dict[str, Any] = {
    "f": np.ones(_BLOCK_ROWS, np.float32),
    "d": np.ones(_BLOCK_ROWS, np.float64),
}


def axes_of(indices: Any, ndim: int) -> Axes:
    """Reduction indices as sorted, non-negative axes; InvalidArgumentError outside of the rank."""
    listed = indices.tolist()
    axes = set()
    for axis in listed if isinstance(listed, list) else [listed]:
        if not -ndim <= axis < ndim:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Invalid reduction dimension ({axis} for input with {ndim} dimension(s)",
            )
        if axis % ndim in axes:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Invalid reduction arguments: Axes contains duplicate dimension: {axis % ndim}",
            )
        axes.add(axis % ndim)
    return tuple(sorted(axes))


def column_sums(xp: Any, rows: Any) -> Any:
    """The sum over the first axis of a matrix.

    Many rows are summed in blocks and the blocks' sums in float64, so that rounding does not grow
    with their number.
    """
    if rows.size < _BLAS_SUM_ELEMENTS or rows.dtype.char not in "fd" or xp is not np:
        return rows.sum(axis=0, dtype=rows.dtype)
    ones = _ONES[rows.dtype.char]
    count, width = rows.shape
    blocks = count // _BLOCK_ROWS
    whole = blocks * _BLOCK_ROWS
    if blocks < 2:
        return np.ones(count, rows.dtype).dot(rows)
    parts = np.matmul(ones, rows[:whole].reshape(blocks, _BLOCK_ROWS, width))
    total = parts.sum(axis=0, dtype=np.float64)
    if whole < count:
        total += ones[: count - whole].dot(rows[whole:])
    return total.astype(rows.dtype, copy=False)


def _sum_over(xp: Any, x: Any, axes: Axes, keep: bool) -> Any:
    if not axes:
        return x
    lead = len(axes)
    if axes == tuple(range(lead)) and 0 < lead < x.ndim and x.size >= _BLAS_SUM_ELEMENTS:
        rest = x.shape[lead:]
        rows = x.reshape(-1, int(np.prod(rest)))
        return column_sums(xp, rows).reshape((1,) * lead + rest if keep else rest)
    return x.sum(axis=axes, dtype=x.dtype, keepdims=keep)


def _count(x: Any, axes: Axes) -> int:
    count = 1
    for axis in axes:
        count *= x.shape[axis]
    return count


def _mean_over(xp: Any, x: Any, axes: Axes, keep: bool) -> Any:
    kind = x.dtype.kind
    count = _count(x, axes)
    if kind in "iu":
        total = x.sum(axis=axes, dtype=np.uint64 if kind == "u" else np.int64, keepdims=keep)
        if count == 0:
            return total.astype(x.dtype)
        # Integer means are cut off towards zero, where `//` rounds down.
        mean = total // total.dtype.type(count)
        mean = mean + ((mean < 0) & (mean * total.dtype.type(count) != total))
        return mean.astype(x.dtype)
    if x.dtype.itemsize == 2:
        wide = _sum_over(xp, x.astype(np.float32), axes, keep)
        return (wide / count if count else wide / np.float32(0)).astype(x.dtype)
    return _sum_over(xp, x, axes, keep) / x.dtype.type(count)


def _product_over(xp: Any, x: Any, axes: Axes, keep: bool) -> Any:
    return x.prod(axis=axes, dtype=x.dtype, keepdims=keep)


def _lowest(dtype: Any) -> Any:
    return dtypes.as_dtype(dtype).min if dtype.kind in "iu" else -np.inf


def _highest(dtype: Any) -> Any:
    return dtypes.as_dtype(dtype).max if dtype.kind in "iu" else np.inf


def _max_over(xp: Any, x: Any, axes: Axes, keep: bool) -> Any:
    if x.size:
        return x.max(axis=axes, keepdims=keep)
    return _empty_extremum(xp, x, axes, keep, _lowest(x.dtype))


def _min_over(xp: Any, x: Any, axes: Axes, keep: bool) -> Any:
    if x.size:
        return x.min(axis=axes, keepdims=keep)
    return _empty_extremum(xp, x, axes, keep, _highest(x.dtype))


def _empty_extremum(xp: Any, x: Any, axes: Axes, keep: bool, value: Any) -> Any:
    sizes = tuple(1 if i in axes else s for i, s in enumerate(x.shape) if keep or i not in axes)
    return xp.full(sizes, value, x.dtype)[()]


def _all_over(xp: Any, x: Any, axes: Axes, keep: bool) -> Any:
    return x.all(axis=axes, keepdims=keep)


def _any_over(xp: Any, x: Any, axes: Axes, keep: bool) -> Any:
    return x.any(axis=axes, keepdims=keep)


Over = Callable[[Any, Any, Axes, bool], Any]


def _reduce(over: Over, xp: Any, x: Any, axes: Axes, keep: bool) -> Any:
    if not axes:
        return x
    return over(xp, x, axes, keep)


def _no_axes_template(node: Operation) -> str | None:
    """The value itself where there are no axes to reduce."""
    axes = constant_value(node.inputs[1])
    return "{0}" if axes is not None and not np.size(axes) else None


@op(
    "Sum",
    _SIGNATURE,
    _NUMERIC_ATTRS,
    view_of=0,
    carries=("input",),
    template=_no_axes_template,
)
def _sum(xp: Any, x: Any, axes: Any, *, keep_dims: bool) -> Any:
    """The sum over axes."""
    return _reduce(_sum_over, xp, x, axes_of(axes, x.ndim), keep_dims)


@op("Mean", _SIGNATURE, _NUMERIC_ATTRS, view_of=0, carries=("input",))
def _mean(xp: Any, x: Any, axes: Any, *, keep_dims: bool) -> Any:
    """The mean over axes; NaN of nothing."""
    return _reduce(_mean_over, xp, x, axes_of(axes, x.ndim), keep_dims)


@op("Prod", _SIGNATURE, _NUMERIC_ATTRS, view_of=0)
def _prod(xp: Any, x: Any, axes: Any, *, keep_dims: bool) -> Any:
    """The product over axes."""
    return _reduce(_product_over, xp, x, axes_of(axes, x.ndim), keep_dims)


@op("Max", _SIGNATURE, _REAL_ATTRS, view_of=0)
def _max(xp: Any, x: Any, axes: Any, *, keep_dims: bool) -> Any:
    """The largest element along axes; NaN where there is one."""
    return _reduce(_max_over, xp, x, axes_of(axes, x.ndim), keep_dims)


@op("Min", _SIGNATURE, _REAL_ATTRS, view_of=0)
def _min(xp: Any, x: Any, axes: Any, *, keep_dims: bool) -> Any:
    """The smallest element along axes; NaN where there is one."""
    return _reduce(_min_over, xp, x, axes_of(axes, x.ndim), keep_dims)


@op("All", _LOGICAL, _LOGICAL_ATTRS, view_of=0, not_differentiable=True)
def _all(xp: Any, x: Any, axes: Any, *, keep_dims: bool) -> Any:
    """True where all elements along axes are."""
    return _reduce(_all_over, xp, x, axes_of(axes, x.ndim), keep_dims)


@op("Any", _LOGICAL, _LOGICAL_ATTRS, view_of=0, not_differentiable=True)
def _any(xp: Any, x: Any, axes: Any, *, keep_dims: bool) -> Any:
    """True where one element along axes is."""
    return _reduce(_any_over, xp, x, axes_of(axes, x.ndim), keep_dims)


def _bind_reduction(definition: OpDef, over: Over) -> None:
    def rule(binding: Binding) -> Callable[..., Any]:
        xp = binding.xp
        keep = binding.attrs["keep_dims"]
        value, indices = binding.node.inputs
        known = constant_value(indices)
        if known is None or value.shape.ndims is None:
            return lambda x, axes: _reduce(over, xp, x, axes_of(axes, x.ndim), keep)
        fixed = axes_of(known, value.shape.ndims)
        if over in (_sum_over, _mean_over) and _is_plain_float(binding):
            special = _known_sum(value.shape, fixed, over is _mean_over, binding)
            if special is not None:
                return special
        return lambda x, _: _reduce(over, xp, x, fixed, keep)

    definition.bind(rule)


def _is_plain_float(binding: Binding) -> bool:
    return binding.device_type == "CPU" and binding.attrs["T"].name in ("float32", "float64")


def _known_sum(
    shape: TensorShape, axes: Axes, is_mean: bool, binding: Binding
) -> Callable[..., Any] | None:
    """The sum or mean of everything, or over the rows of a matrix, of a shape that is known."""
    sizes = shape.sizes
    if not sizes or not shape.is_fully_defined() or 0 in sizes:
        return None
    scalar = binding.attrs["T"].as_numpy_dtype
    keep = binding.attrs["keep_dims"]
    if len(axes) == len(sizes) and not keep:
        add, count = np.add.reduce, scalar(shape.num_elements())
        if is_mean:
            return lambda x, _: add(x, None) / count
        return lambda x, _: add(x, None)
    if axes == (0,) and len(sizes) == 2 and not is_mean:
        ones = np.ones((1, sizes[0] or 0) if keep else sizes[0] or 0, scalar)
        return lambda x, _: ones.dot(x)
    return None


def reduced_output_shape(node: Operation) -> list[TensorShape]:
    """The shape rule of reductions: the axes are left out, or kept with size 1."""
    value, indices = node.inputs
    sizes = value.shape.sizes
    known = static_value(indices)
    keep = node.attrs["keep_dims"]
    if sizes is None:
        return [unknown_shape()]
    if known is None:
        return [unknown_shape(len(sizes) if keep else None)]
    axes = set()
    for axis in known.reshape(-1).tolist():
        if not -len(sizes) <= axis < len(sizes):
            raise ValueError(
                f"Invalid reduction dimension {axis} for input with {len(sizes)} dimensions."
            )
        axes.add(axis % len(sizes))
    if keep:
        return [TensorShape([1 if i in axes else s for i, s in enumerate(sizes)])]
    return [TensorShape([s for i, s in enumerate(sizes) if i not in axes])]


for _definition, _over in (
    (_sum, _sum_over),
    (_mean, _mean_over),
    (_prod, _product_over),
    (_max, _max_over),
    (_min, _min_over),
    (_all, _all_over),
    (_any, _any_over),
):
    _definition.shape(reduced_output_shape)
    _bind_reduction(_definition, _over)


# -- functions -----------------------------------------------------------------------------


def reduction_axes(tensor: Tensor, axes: Any) -> Any:
    """The axes to reduce as an op takes them: all of the tensor's for None."""
    if axes is None:
        ndims = tensor.shape.ndims
        return constant(np.arange(ndims, dtype=np.int32)) if ndims else range_of(0, rank(tensor))
    if isinstance(axes, (list, tuple)) and not axes:
        return np.zeros(0, np.int32)
    return axes


def either_argument(name: str, value: Any, older_name: str, older_value: Any) -> Any:
    """The value of an argument that has an older name too; ValueError when both are given."""
    if value is not None and older_value is not None:
        raise ValueError(f"Cannot specify both '{name}' and '{older_name}'.")
    return older_value if value is None else value


def _reduction(
    op_type: str,
    value: Any,
    axis: Any,
    keepdims: Any,
    name: str | None,
    reduction_indices: Any,
    keep_dims: Any,
) -> Tensor:
    axes = either_argument("axis", axis, "reduction_indices", reduction_indices)
    keep = bool(either_argument("keepdims", keepdims, "keep_dims", keep_dims))
    # A resource variable is read by the op itself, in its scope.
    tensor = value if hasattr(value, "handle") else convert_to_tensor(value, name="input_tensor")
    reduced_to_scalar = axes is None and not keep
    axes = reduction_axes(tensor, axes)
    made = make_tensor(op_type, tensor, axes, keep_dims=keep, name=name)
    if reduced_to_scalar:
        made.set_shape(())
    return made


def reduce_sum(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The sum over `axis`, or over all axes; `keepdims` keeps them with size 1."""
    return _reduction("Sum", input_tensor, axis, keepdims, name, reduction_indices, keep_dims)


def reduce_mean(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The mean over `axis`, or over all axes."""
    return _reduction("Mean", input_tensor, axis, keepdims, name, reduction_indices, keep_dims)


def reduce_prod(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The product over `axis`, or over all axes."""
    return _reduction("Prod", input_tensor, axis, keepdims, name, reduction_indices, keep_dims)


def reduce_max(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The largest element along `axis`, or of all."""
    return _reduction("Max", input_tensor, axis, keepdims, name, reduction_indices, keep_dims)


def reduce_min(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The smallest element along `axis`, or of all."""
    return _reduction("Min", input_tensor, axis, keepdims, name, reduction_indices, keep_dims)


def reduce_all(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """True where all elements along `axis` are."""
    return _reduction("All", input_tensor, axis, keepdims, name, reduction_indices, keep_dims)


def reduce_any(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """True where one element along `axis` is."""
    return _reduction("Any", input_tensor, axis, keepdims, name, reduction_indices, keep_dims)
