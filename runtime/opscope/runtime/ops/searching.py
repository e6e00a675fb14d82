"""Sorting, places in sorted rows, and how often values come."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import constant, constant_value, convert_to_tensor
from opscope.runtime.group import with_dependencies
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.arrangement import transpose
from opscope.runtime.ops.assertion import Assert
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.filling import ones_like
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.sequence import range as range_of
from opscope.runtime.ops.shape import rank, reshape, shape, size, sizes_of
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.ops.tensor_scatter import tensor_scatter_nd_update
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_COUNTED = "{int32, int64, float32, float64}"


def _define_bound(name: str, side: str, doc: str) -> OpDef:
    def kernel(xp: Any, sorted_inputs: Any, values: Any, *, out_type: dtypes.DType) -> Any:
        if sorted_inputs.shape[0] != values.shape[0]:
            raise errors.InvalidArgumentError(
                None, None, "Leading dim_size of both tensors must match."
            )
        rows = [xp.searchsorted(s, v, side) for s, v in zip(sorted_inputs, values, strict=True)]
        found = xp.stack(rows) if rows else xp.zeros(values.shape)
        return found.astype(out_type.as_numpy_dtype)

    kernel.__doc__ = doc
    made = op(
        name,
        "sorted_inputs: T, values: T -> output: out_type",
        "T: type, out_type: {int32, int64} = int32",
        not_differentiable=True,
        host_only=True,
    )(kernel)

    @made.shape
    def _(node: Operation) -> list[TensorShape]:
        return [node.inputs[1].shape.with_rank(2)]

    return made


_lower = _define_bound(
    "LowerBound", "left", "For each value where it would go in a sorted row, before its equals."
)
_upper = _define_bound(
    "UpperBound", "right", "For each value where it would go in a sorted row, after its equals."
)


def searchsorted(
    sorted_sequence: Any,
    values: Any,
    side: str = "left",
    out_type: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """For each value the place in the sorted last axis where it would go.

    side: "left" before equal elements, "right" after them.
    """
    if side not in ("left", "right"):
        raise ValueError(
            f"Argument `side` must be either 'right' or 'left'. Received: `side` = '{side}'."
        )
    columns, width = sizes_of(sorted_sequence)[-1], sizes_of(values)[-1]
    rows = reshape(sorted_sequence, [-1, columns])
    wanted = reshape(values, [-1, width])
    op_type = "UpperBound" if side == "right" else "LowerBound"
    found = make_tensor(op_type, rows, wanted, out_type=out_type, name=name)
    return reshape(found, sizes_of(values))


# -- sorting -------------------------------------------------------------------------------


def sort(
    values: Any, axis: int = -1, direction: str = "ASCENDING", name: str | None = None
) -> Tensor:
    """The values in rising (or with "DESCENDING" in falling) order along `axis`."""
    with op_scope(name, "sort"):
        return _sorted(values, axis, direction, False)


def argsort(
    values: Any,
    axis: int = -1,
    direction: str = "ASCENDING",
    stable: bool = False,
    name: str | None = None,
) -> Tensor:
    """The indices along `axis` that put the values in order; equal ones keep theirs."""
    with op_scope(name, "argsort"):
        return _sorted(values, axis, direction, True)


def _sorted(values: Any, axis: Any, direction: str, wants_indices: bool) -> Tensor:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(
            "Argument `direction` should be one of ASCENDING, DESCENDING. Received: "
            f"direction={direction}"
        )
    axis_tensor = convert_to_tensor(axis, name="axis")
    position = constant_value(axis_tensor)
    if position is None or position.ndim:
        raise ValueError(f"Argument `axis` must be a constant scalar. Received: axis={axis}.")
    tensor = convert_to_tensor(values, name="values")
    if direction == "DESCENDING":
        return _descending(tensor, int(position), wants_indices)
    kind = tensor.dtype
    # The largest come first in a TopKV2: turn the order over, without overflow.
    if kind.is_unsigned:
        found = _descending(kind.max - tensor, int(position), wants_indices)
        return found if wants_indices else kind.max - found
    if kind.is_integer:
        found = _descending(-tensor - 1, int(position), wants_indices)
        return found if wants_indices else -found - 1
    found = _descending(-tensor, int(position), wants_indices)
    return found if wants_indices else -found


def _descending(values: Tensor, axis: int, wants_indices: bool) -> Tensor:
    count = shape(values)[axis]
    dynamic_rank = rank(values)
    ndims = values.shape.ndims
    order: Tensor | None = None
    rows = values
    if axis != -1 and axis + 1 != ndims:
        place: Any = axis + (dynamic_rank if ndims is None else ndims) if axis < 0 else axis
        if ndims is None:
            order = tensor_scatter_nd_update(
                range_of(dynamic_rank),
                [[place], [dynamic_rank - 1]],
                [dynamic_rank - 1, place],
                name="TensorScatterUpdate",
            )
        else:
            axes = np.arange(ndims)
            axes[[place, ndims - 1]] = axes[[ndims - 1, place]]
            order = constant(axes, name="transposition")
        rows = transpose(values, order)
    largest, columns = make_op("TopKV2", rows, count)
    found: Tensor = columns if wants_indices else largest
    return found if order is None else transpose(found, order)


# -- counting ------------------------------------------------------------------------------


@op(
    "DenseBincount",
    "input: Tidx, size: Tidx, weights: T -> output: T",
    f"Tidx: {{int32, int64}}, T: {_COUNTED}, binary_output: bool = false",
    host_only=True,
)
def _dense_bincount(xp: Any, value: Any, size: Any, weights: Any, *, binary_output: bool) -> Any:
    """How often each number from 0 to below size comes, or the sum of its weights, by row."""
    count = int(size)
    if value.size and int(value.min()) < 0:
        raise errors.InvalidArgumentError(None, None, "Input arr must be non-negative!")
    rows = np.asarray(value)[None] if value.ndim < 2 else value
    rows = rows.reshape(len(rows), rows.size // max(len(rows), 1))
    given = np.ones(rows.shape, weights.dtype) if not weights.size else weights.reshape(rows.shape)
    counts = np.zeros((rows.shape[0], count), weights.dtype)
    for total, row, amount in zip(counts, rows, given, strict=True):
        inside = row < count
        if binary_output:
            total[row[inside]] = 1
        else:
            np.add.at(total, row[inside], amount[inside])
    return counts if value.ndim == 2 else counts[0]


@_dense_bincount.shape
def _(node: Operation) -> list[TensorShape]:
    value, count = node.inputs[:2]
    if value.shape.ndims is None:
        return [unknown_shape()]
    known = static_value(count)
    columns = None if known is None else int(known)
    lead = value.shape.sizes[:1] if value.shape.sizes and value.shape.ndims == 2 else ()
    return [TensorShape([*lead, columns])]


def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
    axis: int | None = None,
    binary_output: bool = False,
) -> Tensor:
    """How often each number from 0 on comes in `arr`, or the sum of its weights.

    minlength: the result is filled up to that; maxlength: larger numbers are left out. axis=-1
    counts each row of a matrix; binary_output says 1 for what is there.
    """
    if weights is not None and binary_output:
        raise ValueError(
            "Arguments `binary_output` and `weights` are mutually exclusive. "
            "Please specify only one."
        )
    if axis not in (None, 0, -1):
        raise ValueError(
            f"Unsupported value for argument axis={axis}. Only 0 and -1 are currently supported."
        )
    with op_scope(name, "bincount"):
        numbers = convert_to_tensor(arr, name="arr")
        given = None if weights is None else convert_to_tensor(weights, name="weights")
        if not numbers.dtype.is_integer:
            numbers = cast(numbers, dtypes.int32)
        kind = numbers.dtype
        is_there = size(numbers) > 0
        largest = make_tensor("Max", numbers, _all_axes(numbers))
        length = cast(is_there, kind) * (largest + 1)
        if minlength is not None:
            least = convert_to_tensor(minlength, kind, name="minlength")
            length = make_tensor("Maximum", least, length)
        if maxlength is not None:
            most = convert_to_tensor(maxlength, kind, name="maxlength")
            length = make_tensor("Minimum", most, length)
        if axis != -1:
            given = None if given is None else reshape(given, [-1])
            numbers = reshape(numbers, [-1])
        if given is None:
            given = constant(np.zeros(0, dtypes.as_dtype(dtype).as_numpy_dtype))
        elif given.shape.ndims is not None:
            numbers.shape.assert_is_compatible_with(given.shape)
        return make_tensor("DenseBincount", numbers, length, given, binary_output=binary_output)


def _all_axes(tensor: Tensor) -> Tensor:
    if tensor.shape.ndims is None:
        return range_of(rank(tensor))
    return constant(np.arange(tensor.shape.ndims, dtype=np.int32))


@op(
    "HistogramFixedWidth",
    "values: T, value_range: T, nbins: int32 -> out: dtype",
    f"T: {_COUNTED}, dtype: {{int32, int64}} = int32",
    not_differentiable=True,
    host_only=True,
)
def _histogram(xp: Any, values: Any, value_range: Any, nbins: Any, *, dtype: dtypes.DType) -> Any:
    """How many values lie in each of bins of equal width; those beyond the range in the outer."""
    low, high = (float(v) for v in value_range)
    count = int(nbins)
    if count <= 0:
        raise errors.InvalidArgumentError(None, None, f"nbins should be a positive number, {count}")
    if not low < high:
        raise errors.InvalidArgumentError(
            None, None, f"value_range should satisfy value_range[0] < value_range[1], but got "
            f"'{[low, high]}'",
        )  # fmt: skip
    flat = np.asarray(values, np.float64).reshape(-1)
    bins = np.clip(np.floor((flat - low) / ((high - low) / count)), 0, count - 1).astype(np.int64)
    return np.bincount(bins, minlength=count).astype(dtype.as_numpy_dtype)


@_histogram.shape
def _(node: Operation) -> list[TensorShape]:
    count = static_value(node.inputs[2])
    if count is not None and count <= 0:
        raise ValueError(f"Requires nbins > 0, got {count}")
    return [TensorShape([None if count is None else int(count)])]


def histogram_fixed_width(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """How many values lie in each of `nbins` bins of equal width over `value_range`."""
    with op_scope(name, "histogram_fixed_width", values, value_range, nbins) as scope:
        return make_tensor(
            "HistogramFixedWidth", values, value_range, nbins, dtype=dtype, name=scope
        )


def histogram_fixed_width_bins(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """The bin of each value, of `nbins` bins of equal width over `value_range`; int32."""
    with op_scope(name, "histogram_fixed_width_bins", values, value_range, nbins):
        tensor = convert_to_tensor(values, name="values")
        sizes = shape(tensor)
        flat = reshape(tensor, [-1])
        ends = convert_to_tensor(value_range, name="value_range")
        count = convert_to_tensor(nbins, dtypes.int32, name="nbins")
        check = Assert(make_tensor("Greater", count, 0), [f"nbins {count} must > 0"])
        count = with_dependencies([check], count)
        as_float = cast(count, flat.dtype)
        scaled = make_tensor("RealDiv", flat - ends[0], ends[1] - ends[0], name="scaled_values")
        places = make_tensor("Floor", as_float * scaled, name="indices")
        last = as_float - 1
        with op_scope(None, "clip_by_value", places) as scope:
            inside = make_tensor("Maximum", make_tensor("Minimum", places, last), 0, name=scope)
        return reshape(cast(inside, dtypes.int32), sizes)


def count_nonzero(
    input_tensor: Any = None,
    axis: Any = None,
    keepdims: bool | None = None,
    dtype: Any = dtypes.int64,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
    input: Any = None,  # noqa: A002
) -> Tensor:
    """How many elements are not zero, along `axis`; input, reduction_indices are other names."""
    from opscope.runtime.ops.reduction import reduce_sum

    value = input_tensor if input is None else input
    axes = axis if reduction_indices is None else reduction_indices
    keeps = bool(keepdims if keep_dims is None else keep_dims)
    with op_scope(name, "count_nonzero", value):
        tensor = convert_to_tensor(value, name="input")
        if tensor.dtype.base_dtype is dtypes.bool:
            there = tensor
        else:
            empty = "" if tensor.dtype.base_dtype is dtypes.string else 0
            zero = constant(empty, tensor.dtype.base_dtype, name="zeros")
            there = make_tensor("NotEqual", tensor, zero)
        return cast(reduce_sum(cast(there, dtypes.int64), axis=axes, keepdims=keeps), dtype)


def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
    weights: Any = None,
) -> Tensor:
    """How often each class (row) was predicted as each class (column), or the sum of weights."""
    from opscope.runtime.ops.joining import stack
    from opscope.runtime.ops.nd_indexing import scatter_nd
    from opscope.runtime.ops.reduction import reduce_max
    from opscope.runtime.value_assertions import assert_less, assert_non_negative

    with op_scope(name, "confusion_matrix", predictions, labels, num_classes, weights):
        truth, guess = remove_squeezable_dimensions(
            convert_to_tensor(labels, name="labels"),
            convert_to_tensor(predictions, name="predictions"),
        )
        guess, truth = cast(guess, dtypes.int64), cast(truth, dtypes.int64)
        check = assert_non_negative(truth, message="`labels` contains negative values")
        truth = with_dependencies([check], truth)
        check = assert_non_negative(guess, message="`predictions` contains negative values")
        guess = with_dependencies([check], guess)
        if num_classes is None:
            classes: Any = make_tensor("Maximum", reduce_max(guess), reduce_max(truth)) + 1
        else:
            classes = num_classes
            limit = cast(num_classes, dtypes.int64)
            check = assert_less(truth, limit, message="`labels` out of bound")
            truth = with_dependencies([check], truth)
            check = assert_less(guess, limit, message="`predictions` out of bound")
            guess = with_dependencies([check], guess)
        amounts = None
        if weights is not None:
            amounts = convert_to_tensor(weights, name="weights")
            guess.shape.assert_is_compatible_with(amounts.shape)
            amounts = cast(amounts, dtype)
        sizes = stack([classes, classes])
        places = stack([truth, guess], axis=1)
        amounts = ones_like(guess, dtype) if amounts is None else amounts
        return scatter_nd(places, amounts, cast(sizes, dtypes.int64))


def remove_squeezable_dimensions(
    labels: Any, predictions: Any, expected_rank_diff: int = 0, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Labels and predictions, the last axis of one left out where its rank is 1 too high."""
    from opscope.runtime.cond import cond
    from opscope.runtime.ops.shape import squeeze

    with op_scope(name, "remove_squeezable_dimensions", labels, predictions):
        guess, truth = convert_to_tensor(predictions), convert_to_tensor(labels)
        ranks = guess.shape.ndims, truth.shape.ndims

        def may_be_one(tensor: Tensor) -> bool:
            sizes = tensor.shape.sizes
            return sizes is None or (bool(sizes) and sizes[-1] in (None, 1))

        if ranks[0] is not None and ranks[1] is not None:
            difference = ranks[0] - ranks[1]
            if difference == expected_rank_diff + 1 and may_be_one(guess):
                guess = squeeze(guess, [-1])
            elif difference == expected_rank_diff - 1 and may_be_one(truth):
                truth = squeeze(truth, [-1])
            return truth, guess
        found = rank(guess) - rank(truth)
        if may_be_one(guess):
            before = guess
            guess = cond(
                make_tensor("Equal", expected_rank_diff + 1, found),
                lambda: squeeze(before, [-1]),
                lambda: before,
            )
        if may_be_one(truth):
            given = truth
            truth = cond(
                make_tensor("Equal", expected_rank_diff - 1, found),
                lambda: squeeze(given, [-1]),
                lambda: given,
            )
        return truth, guess
