"""Reductions over segments: rows that share an id become one row."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OPS, OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.arithmetic import truncated_quotient
from opscope.runtime.ops.filling import ones, ones_like, zeros_like
from opscope.runtime.ops.gathering import gather, segmented_shape
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import expand_dims, rank, reshape, shape, sizes_of
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.ops.type_sets import NUMBER, REAL
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_INT = "{int32, int64}"
_SORTED = "data: T, segment_ids: Tindices -> output: T"
_UNSORTED = "data: T, segment_ids: Tindices, num_segments: Tnumsegments -> output: T"


def _least(dtype: Any) -> Any:
    kind = dtypes.as_dtype(dtype)
    return dtype.type(kind.min)


def _most(dtype: Any) -> Any:
    kind = dtypes.as_dtype(dtype)
    return dtype.type(kind.max)


def _reduced(function: Any, start: Any, data: Any, ids: Any, count: int, empty: Any) -> Any:
    if data.shape[: ids.ndim] != ids.shape:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"data.shape = {list(data.shape)} does not start with segment_ids.shape = "
            f"{list(ids.shape)}",
        )
    rest = data.shape[ids.ndim :]
    if 0 in rest:
        return np.full((count, *rest), start, data.dtype)
    rows, flat = data.reshape((ids.size, *rest)), ids.reshape(-1)
    kept = flat >= 0
    if flat.size and int(flat.max()) >= count:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"segment_ids[{int(flat.argmax())}] = {flat.max()} is out of range [0, {count})",
        )
    total = np.full((count, *rest), start, data.dtype)
    function.at(total, flat[kept], rows[kept])
    missing = np.ones(count, bool)
    missing[flat[kept]] = False
    total[missing] = empty
    return total


def _check_sorted(data: Any, ids: Any) -> int:
    if data.shape[:1] != ids.shape:
        raise errors.InvalidArgumentError(
            None, None, "segment_ids should be the same size as dimension 0 of input."
        )
    if ids.size and ((ids[1:] < ids[:-1]).any() or ids[0] < 0):
        raise errors.InvalidArgumentError(None, None, "segment ids are not increasing")
    return int(ids[-1]) + 1 if ids.size else 0


def _define_sorted(name: str, function: Any, kinds: str, doc: str) -> OpDef:
    def kernel(xp: Any, data: Any, segment_ids: Any) -> Any:
        count = _check_sorted(data, segment_ids)
        zero = data.dtype.type(0)
        start = {"SegmentProd": data.dtype.type(1)}.get(name, zero)
        if name in ("SegmentMax", "SegmentMin"):
            start = (_least if name == "SegmentMax" else _most)(data.dtype)
        empty = start if name == "SegmentProd" else zero
        total = _reduced(function, start, data, segment_ids, count, empty)
        if name == "SegmentMean":
            sizes = np.maximum(np.bincount(segment_ids, minlength=count), 1).astype(data.dtype)
            sizes = sizes.reshape((-1,) + (1,) * (data.ndim - 1))
            total = truncated_quotient(np, total, sizes)
        return total.astype(data.dtype, copy=False)

    kernel.__doc__ = doc
    made = op(name, _SORTED, f"T: {{{kinds}}}, Tindices: {_INT}", host_only=True)(kernel)

    @made.shape
    def _(node: Operation) -> list[TensorShape]:
        data, ids = node.inputs
        ids.shape.with_rank(1)
        if data.shape.sizes is None:
            return [unknown_shape()]
        known = static_value(ids)
        count = None if known is None or not known.size else int(known[-1]) + 1
        return [TensorShape([count]).concatenate(data.shape[1:])]

    return made


_segment_sum = _define_sorted(
    "SegmentSum", np.add, NUMBER, "The sum of the rows of each segment; ids must not fall."
)
_segment_mean = _define_sorted(
    "SegmentMean", np.add, NUMBER, "The mean of the rows of each segment; ids must not fall."
)
_segment_prod = _define_sorted(
    "SegmentProd", np.multiply, NUMBER, "The product of the rows of each segment; 1 without rows."
)
_segment_max = _define_sorted(
    "SegmentMax", np.maximum, REAL, "The largest elements of each segment; 0 without rows."
)
_segment_min = _define_sorted(
    "SegmentMin", np.minimum, REAL, "The smallest elements of each segment; 0 without rows."
)


def _define_unsorted(name: str, function: Any, kinds: str, doc: str) -> OpDef:
    def kernel(xp: Any, data: Any, segment_ids: Any, num_segments: Any) -> Any:
        start = data.dtype.type(1)
        if name != "UnsortedSegmentProd":
            start = (_least if name == "UnsortedSegmentMax" else _most)(data.dtype)
        return _reduced(function, start, data, segment_ids, int(num_segments), start)

    kernel.__doc__ = doc
    made = op(
        name,
        _UNSORTED,
        f"T: {{{kinds}}}, Tindices: {_INT}, Tnumsegments: {_INT} = int32",
        host_only=True,
    )(kernel)

    @made.shape
    def _(node: Operation) -> list[TensorShape]:
        data, ids, count = node.inputs
        return [segmented_shape(data.shape, ids.shape, static_value(count))]

    return made


_unsorted_max = _define_unsorted(
    "UnsortedSegmentMax", np.maximum, REAL, "The largest elements of each segment."
)
_unsorted_min = _define_unsorted(
    "UnsortedSegmentMin", np.minimum, REAL, "The smallest elements of each segment."
)
_unsorted_prod = _define_unsorted(
    "UnsortedSegmentProd", np.multiply, NUMBER, "The product of each segment; 1 without rows."
)


# -- gradients -----------------------------------------------------------------------------


@_segment_sum.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [gather(grad, node.inputs[1]), None]


@_segment_mean.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    data, ids = node.inputs
    ndims = data.shape.ndims
    if ndims is None:
        rest = make_tensor("Fill", expand_dims(rank(data) - 1, 0), 1)
    else:
        rest = constant([1] * (ndims - 1), dtypes.int32)
    ones_shape = concat([shape(ids), rest], 0)
    counted = make_tensor("SegmentSum", ones(ones_shape, grad.dtype.base_dtype), ids)
    return [gather(grad / counted, ids), None]


@_segment_prod.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    ids = node.inputs[1]
    is_zero, grad, whole = _zeros_aside(node, grad, "SegmentSum")
    others = make_tensor("SegmentProd", whole, ids)
    product, other = gather(node.outputs[0], ids), gather(others, ids)
    partial = make_tensor("SelectV2", is_zero, other, product / whole)
    return [gather(grad, ids) * partial, None]


@_unsorted_prod.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    data, ids, count = node.inputs
    is_zero, grad, whole = _zeros_aside(node, grad, "UnsortedSegmentSum")
    others = make_tensor("UnsortedSegmentProd", whole, ids, count)
    places = make_tensor("Maximum", ids, zeros_like(ids))
    product, other = gather(node.outputs[0], places), gather(others, places)
    partial = make_tensor("SelectV2", is_zero, other, product / data)
    picked, _ = _picked(grad, ids, places, None)
    return [picked * partial, None, None]


def _zeros_aside(node: Operation, grad: Tensor, sum_type: str) -> tuple[Tensor, Tensor, Tensor]:
    """Where a zero is; the gradient but for segments of several zeros; the data with 1 for 0."""
    data, *where = node.inputs
    is_zero = make_tensor("Equal", data, 0)
    zeros = make_tensor(sum_type, make_tensor("Cast", is_zero, DstT=dtypes.int32), *where)
    grad = make_tensor("SelectV2", make_tensor("Greater", zeros, 1), zeros_like(grad), grad)
    return is_zero, grad, make_tensor("SelectV2", is_zero, ones_like(data), data)


def _picked(
    rows: Tensor, ids: Tensor, places: Tensor, is_kept: Tensor | None
) -> tuple[Tensor, Tensor]:
    """The row of each id and zero for negative ids, and where they are not negative."""
    picked = gather(rows, places)
    if is_kept is None:
        is_kept = make_tensor("GreaterEqual", ids, 0)
        sizes = shape(is_kept)
        rest = ones([rank(picked) - rank(is_kept)], sizes.dtype)
        is_kept = reshape(is_kept, concat([sizes, rest], 0))
        is_kept = is_kept & ones_like(picked, dtypes.bool)
    return make_tensor("SelectV2", is_kept, picked, zeros_like(picked)), is_kept


def _sorted_chosen(node: Operation, grad: Tensor) -> list[Tensor | None]:
    """The gradient in equal parts to the elements that equal the result of their segment."""
    data, ids = node.inputs
    nothing = zeros_like(data, grad.dtype.base_dtype)
    chosen = make_tensor("Equal", data, gather(node.outputs[0], ids))
    counted = make_tensor("Cast", chosen, DstT=grad.dtype.base_dtype)
    share = grad / make_tensor("SegmentSum", counted, ids)
    return [make_tensor("SelectV2", chosen, gather(share, ids), nothing), None]


def _unsorted_chosen(node: Operation, grad: Tensor) -> list[Tensor | None]:
    data, ids, count = node.inputs
    places = make_tensor("Maximum", ids, zeros_like(ids))
    reached, is_kept = _picked(node.outputs[0], ids, places, None)
    chosen = make_tensor("LogicalAnd", make_tensor("Equal", data, reached), is_kept)
    ones_there = make_tensor("Cast", chosen, DstT=grad.dtype.base_dtype)
    share = grad / make_tensor("UnsortedSegmentSum", ones_there, ids, count)
    picked, _ = _picked(share, ids, places, is_kept)
    return [make_tensor("SelectV2", chosen, picked, zeros_like(picked)), None, None]


@OPS["UnsortedSegmentSum"].gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    ids = node.inputs[1]
    picked, _ = _picked(grad, ids, make_tensor("Maximum", ids, zeros_like(ids)), None)
    return [picked, None, None]


_segment_max.gradient(_sorted_chosen)
_segment_min.gradient(_sorted_chosen)
_unsorted_max.gradient(_unsorted_chosen)
_unsorted_min.gradient(_unsorted_chosen)


# -- functions -----------------------------------------------------------------------------


def segment_sum(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """The sum of the rows of each segment; the ids must not fall."""
    return make_tensor("SegmentSum", data, segment_ids, name=name)


def segment_mean(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """The mean of the rows of each segment; the ids must not fall."""
    return make_tensor("SegmentMean", data, segment_ids, name=name)


def segment_prod(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """The product of the rows of each segment; the ids must not fall."""
    return make_tensor("SegmentProd", data, segment_ids, name=name)


def segment_max(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """The largest elements of each segment; the ids must not fall."""
    return make_tensor("SegmentMax", data, segment_ids, name=name)


def segment_min(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """The smallest elements of each segment; the ids must not fall."""
    return make_tensor("SegmentMin", data, segment_ids, name=name)


def unsorted_segment_max(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The largest elements of the rows that share a segment id."""
    return make_tensor("UnsortedSegmentMax", data, segment_ids, num_segments, name=name)


def unsorted_segment_min(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The smallest elements of the rows that share a segment id."""
    return make_tensor("UnsortedSegmentMin", data, segment_ids, num_segments, name=name)


def unsorted_segment_prod(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The product of the rows that share a segment id."""
    return make_tensor("UnsortedSegmentProd", data, segment_ids, num_segments, name=name)


def _per_segment(data: Tensor, ids: Tensor, num_segments: Any) -> Tensor:
    """How many rows each segment has, at least 1, in a form that divides the rows of a sum."""
    count = convert_to_tensor(num_segments)
    each = ones(sizes_of(ids), data.dtype)
    found = make_tensor("UnsortedSegmentSum", each, ids, count)
    rest = ones([rank(data) - rank(ids)], count.dtype)
    found = reshape(found, concat([count[None], rest], 0))
    return make_tensor("Maximum", found, 1)


def unsorted_segment_mean(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The mean of the rows that share a segment id; 0 without rows."""
    with op_scope(name, "UnsortedSegmentMean"):
        rows, ids = convert_to_tensor(data), convert_to_tensor(segment_ids)
        count = _per_segment(rows, ids, num_segments)
        return make_tensor("UnsortedSegmentSum", rows, ids, num_segments) / count


def unsorted_segment_sqrt_n(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The sum of the rows that share a segment id over the root of their number."""
    with op_scope(name, "UnsortedSegmentSqrtN"):
        rows, ids = convert_to_tensor(data), convert_to_tensor(segment_ids)
        count = _per_segment(rows, ids, num_segments)
        total = make_tensor("UnsortedSegmentSum", rows, ids, num_segments)
        return total / make_tensor("Sqrt", count)
