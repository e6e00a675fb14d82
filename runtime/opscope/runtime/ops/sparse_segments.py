"""Sums and means of chosen rows over segments: what a bag of embeddings is made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.indexed_slices import IndexedSlices
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.shape import shape
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.ops.type_sets import FLOAT, REAL
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_INT = "{int32, int64} = int32"
_IDS = f"Tidx: {_INT}, Tsegmentids: {_INT}"
_BACK = f"T: {{{FLOAT}}}, {_IDS}"
_INPUTS = "data: T, indices: Tidx, segment_ids: Tsegmentids"


def _refused(text: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, text)


def _check_sizes(indices: Any, segment_ids: Any) -> None:
    if indices.shape != segment_ids.shape or indices.ndim != 1:
        raise _refused("segment_ids and indices should have same size.")


def _weights(kind: str, segment_ids: Any, dtype: Any) -> Any:
    """What each row counts in its segment: 1, or one by the (root of the) number of its rows."""
    if kind == "Sum" or not len(segment_ids):
        return np.ones(len(segment_ids), dtype)
    counts = np.bincount(segment_ids)[segment_ids].astype(np.float64)
    return (1 / (counts if kind == "Mean" else np.sqrt(counts))).astype(dtype)


def _scattered(count: int, places: Any, rows: Any, weights: Any) -> Any:
    """Weighted rows summed up in `count` places; 16-bit floats are summed in float32."""
    kind = np.float32 if rows.dtype.itemsize == 2 and rows.dtype.kind not in "iu" else rows.dtype
    total = np.zeros((count, *rows.shape[1:]), kind)
    spread = weights.astype(kind).reshape(-1, *[1] * (rows.ndim - 1))
    np.add.at(total, places, rows.astype(kind, copy=False) * spread)
    return total.astype(rows.dtype, copy=False)


def _reduced(kind: str, data: Any, indices: Any, segment_ids: Any, count: int | None) -> Any:
    _check_sizes(indices, segment_ids)
    if len(segment_ids) and (segment_ids[0] < 0 or (np.diff(segment_ids) < 0).any()):
        raise _refused("segment ids are not increasing by 1 or negative")
    wrong = (indices < 0) | (indices >= data.shape[0])
    if wrong.any():
        at = int(wrong.argmax())
        raise _refused(f"Bad: indices[{at}] == {indices[at]} out of range [0, {data.shape[0]})")
    needed = int(segment_ids[-1]) + 1 if len(segment_ids) else 0
    if count is not None and needed > count:
        raise _refused("segment ids must be < num_segments")
    rows = data[indices]
    weights = _weights(kind, segment_ids, np.float64 if kind != "Sum" else data.dtype)
    return _scattered(needed if count is None else count, segment_ids, rows, weights)


def _define(kind: str, doc: str) -> None:
    """Define one reduction: by the last segment, for a given number, and both gradients."""
    name = f"SparseSegment{kind}"
    types = REAL if kind == "Sum" else FLOAT
    attrs = f"T: {{{types}}}, {_IDS}, sparse_gradient: bool = false"
    gradient = "grad: T, indices: Tidx, segment_ids: Tsegmentids, {}: int32 -> {}"

    def plain(xp: Any, data: Any, indices: Any, segment_ids: Any) -> Any:
        return _reduced(kind, data, indices, segment_ids, None)

    def counted(xp: Any, data: Any, indices: Any, segment_ids: Any, num_segments: Any) -> Any:
        return _reduced(kind, data, indices, segment_ids, int(num_segments))

    def back(xp: Any, grad: Any, indices: Any, segment_ids: Any, count: Any) -> Any:
        _check_sizes(indices, segment_ids)
        if not int(count):
            return np.zeros((0, *grad.shape[1:]), grad.dtype)
        weights = _weights(kind, segment_ids, np.float64)
        return _scattered(int(count), indices, grad[segment_ids], weights)

    def back_in_rows(xp: Any, grad: Any, indices: Any, segment_ids: Any, count: Any) -> Any:
        _check_sizes(indices, segment_ids)
        if not int(count):
            return np.zeros((0, *grad.shape[1:]), grad.dtype), indices[:0]
        rows, places = np.unique(indices, return_inverse=True)
        weights = _weights(kind, segment_ids, np.float64)
        return _scattered(len(rows), places, grad[segment_ids], weights), rows

    plain.__doc__ = f"{doc} of the rows that indices name, for each segment."
    counted.__doc__ = f"{doc} of the rows that indices name, for each of num_segments segments."
    back.__doc__ = f"The gradient of {name} for its data."
    back_in_rows.__doc__ = f"The gradient of {name} for the rows that were named, and which."
    made = op(name, f"{_INPUTS} -> output: T", attrs, host_only=True)(plain)
    made_counted = op(
        f"{name}WithNumSegments",
        f"{_INPUTS}, num_segments: Tnumsegments -> output: T",
        f"{attrs}, Tnumsegments: {_INT}",
        host_only=True,
    )(counted)
    dense = op(
        f"{name}Grad",
        gradient.format("output_dim0", "output: T"),
        _BACK,
        host_only=True,
    )(back)
    in_rows = op(
        f"{name}GradV2",
        gradient.format("dense_output_dim0", "output: T, sorted_unique_indices: Tidx"),
        _BACK,
        host_only=True,
    )(back_in_rows)
    for definition in (made, made_counted):
        definition.shape(_shapes)
        definition.gradient(lambda node, grad: _gradient(node, grad, name))
    dense.shape(_gradient_shapes)
    in_rows.shape(_row_gradient_shapes)


def _shapes(node: Operation) -> list[TensorShape]:
    data = node.inputs[0].shape
    if data.sizes is None:
        return [unknown_shape()]
    count = None
    if len(node.inputs) == 4:
        known = static_value(node.inputs[3])
        count = None if known is None else int(known)
    return [TensorShape([count, *data.sizes[1:]])]


def _gradient_shapes(node: Operation) -> list[TensorShape]:
    known = static_value(node.inputs[3])
    sizes = node.inputs[0].shape.sizes
    if sizes is None:
        return [unknown_shape()]
    return [TensorShape([None if known is None else int(known), *sizes[1:]])]


def _row_gradient_shapes(node: Operation) -> list[TensorShape]:
    sizes = node.inputs[0].shape.sizes
    whole = unknown_shape() if sizes is None else TensorShape([None, *sizes[1:]])
    return [whole, TensorShape([None])]


def _gradient(node: Operation, grad: Tensor, name: str) -> list[Any]:
    data, indices, segment_ids = node.inputs[:3]
    rest = [None] * (len(node.inputs) - 1)
    if node.attrs["sparse_gradient"]:
        sizes = shape(data)
        rows, places = make_op(f"{name}GradV2", grad, indices, segment_ids, sizes[0])
        return [IndexedSlices(rows, places, sizes), *rest]
    return [make_tensor(f"{name}Grad", grad, indices, segment_ids, shape(data)[0]), *rest]


_define("Sum", "The sum")
_define("Mean", "The mean")
_define("SqrtN", "The sum, divided by the root of the number,")


def _called(
    name: str, data: Any, indices: Any, segment_ids: Any, label: Any, count: Any, sparse: bool
) -> Tensor:
    if count is None:
        return make_tensor(name, data, indices, segment_ids, sparse_gradient=sparse, name=label)
    return make_tensor(
        f"{name}WithNumSegments", data, indices, segment_ids, count, sparse_gradient=sparse,
        name=label,
    )  # fmt: skip


def sparse_segment_sum(
    data: Any,
    indices: Any,
    segment_ids: Any,
    name: str | None = None,
    num_segments: Any = None,
    sparse_gradient: bool = False,
) -> Tensor:
    """The sum of the rows that `indices` name, for each of the ascending `segment_ids`."""
    return _called("SparseSegmentSum", data, indices, segment_ids, name, num_segments,
                   sparse_gradient)  # fmt: skip


def sparse_segment_mean(
    data: Any,
    indices: Any,
    segment_ids: Any,
    name: str | None = None,
    num_segments: Any = None,
    sparse_gradient: bool = False,
) -> Tensor:
    """The mean of the rows that `indices` name, for each of the ascending `segment_ids`."""
    return _called("SparseSegmentMean", data, indices, segment_ids, name, num_segments,
                   sparse_gradient)  # fmt: skip


def sparse_segment_sqrt_n(
    data: Any,
    indices: Any,
    segment_ids: Any,
    name: str | None = None,
    num_segments: Any = None,
    sparse_gradient: bool = False,
) -> Tensor:
    """The sum of the rows that `indices` name, divided by the root of their number."""
    return _called("SparseSegmentSqrtN", data, indices, segment_ids, name, num_segments,
                   sparse_gradient)  # fmt: skip
