"""The gradients of reductions over segments."""

from __future__ import annotations

from opscope.runtime import dtypes
from opscope.runtime.constant import constant
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import find_op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.filling import ones, ones_like, zeros_like
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.shape import expand_dims, rank, reshape, shape


def _ones_behind(ids: Tensor, data: Tensor) -> Tensor:
    """The shape of the ids with an axis of size 1 for each further axis of the data."""
    further = expand_dims(rank(data) - rank(ids), 0)
    return concat([shape(ids), ones(further, dtypes.int32)], 0)


def _is_counted(ids: Tensor, data: Tensor) -> Tensor:
    """Whether the row of each element of the data has a segment: its id is not negative."""
    counted = reshape(ids >= constant(0, ids.dtype.base_dtype), _ones_behind(ids, data))
    return make_tensor("LogicalAnd", counted, ones_like(data, dtypes.bool))


def _rows(values: Tensor, ids: Tensor, data: Tensor) -> Tensor:
    """The value of its segment for each row of the data, 0 for a row without a segment."""
    found = gather(values, make_tensor("Maximum", ids, zeros_like(ids)))
    return make_tensor("SelectV2", _is_counted(ids, data), found, zeros_like(found))


def _sum(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [gather(grad, node.inputs[1]), None]


def _mean(node: Operation, grad: Tensor) -> list[Tensor | None]:
    data, ids = node.inputs
    counted = make_tensor("SegmentSum", ones(_ones_behind(ids, data), grad.dtype.base_dtype), ids)
    return [gather(grad / counted, ids), None]


def _unsorted_sum(node: Operation, grad: Tensor) -> list[Tensor | None]:
    data, ids, _ = node.inputs
    return [_rows(grad, ids, data), None, None]


def _extremum(node: Operation, grad: Tensor) -> list[Tensor | None]:
    """In equal parts to the elements that are the extremum of their segment."""
    data, ids = node.inputs[:2]
    is_sorted = len(node.inputs) == 2
    chosen = make_tensor("Equal", data, _values(node.outputs[0], node))
    if not is_sorted:
        chosen = make_tensor("LogicalAnd", chosen, _is_counted(ids, data))
    counts = make_tensor("Cast", chosen, DstT=grad.dtype.base_dtype)
    total = make_tensor(
        "SegmentSum" if is_sorted else "UnsortedSegmentSum", counts, *node.inputs[1:]
    )
    share = _values(grad / total, node)
    return [
        make_tensor("SelectV2", chosen, share, zeros_like(share)),
        *[None] * len(node.inputs[1:]),
    ]


def _values(values: Tensor, node: Operation) -> Tensor:
    if len(node.inputs) == 2:
        return gather(values, node.inputs[1])
    return _rows(values, node.inputs[1], node.inputs[0])


def _product(node: Operation, grad: Tensor) -> list[Tensor | None]:
    """The product of the others: the whole divided by the element, unless that is 0.

    A single 0 in a segment gets the product of the rest; with two of them every gradient is 0.
    """
    data = node.inputs[0]
    segments = node.inputs[1:]
    prefix = "" if len(segments) == 1 else "Unsorted"
    is_zero = make_tensor("Equal", data, constant(0, data.dtype.base_dtype))
    zeros = make_tensor(
        f"{prefix}SegmentSum", make_tensor("Cast", is_zero, DstT=dtypes.int32), *segments
    )
    alive = make_tensor("SelectV2", zeros > 1, zeros_like(grad), grad)
    filled = make_tensor("SelectV2", is_zero, ones_like(data), data)
    rest = make_tensor(f"{prefix}SegmentProd", filled, *segments)
    others = _values(node.outputs[0], node) / filled
    partial = make_tensor("SelectV2", is_zero, _values(rest, node), others)
    return [_values(alive, node) * partial, *[None] * len(segments)]


find_op("SegmentSum").gradient(_sum)
find_op("SegmentMean").gradient(_mean)
find_op("UnsortedSegmentSum").gradient(_unsorted_sum)
for _name in ("SegmentMax", "SegmentMin", "UnsortedSegmentMax", "UnsortedSegmentMin"):
    find_op(_name).gradient(_extremum)
for _name in ("SegmentProd", "UnsortedSegmentProd"):
    find_op(_name).gradient(_product)
