"""Reductions over segments of rows that indices pick: embeddings summed for each example."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.shape import shape
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.ops.type_sets import FLOAT, REAL
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_INT = "{int32, int64} = int32"
_INDICES = f"Tidx: {_INT}, Tsegmentids: {_INT}"
_PICKED = "data: T, indices: Tidx, segment_ids: Tsegmentids"


def _scales(ids: Any, count: int, how: str, dtype: Any) -> Any:
    """What each segment is divided by: nothing, its number of rows, or the root of that."""
    sizes = np.maximum(np.bincount(ids, minlength=count), 1)
    return {"Sum": np.ones(count), "Mean": sizes, "SqrtN": np.sqrt(sizes)}[how].astype(dtype)


def _reduced(data: Any, indices: Any, ids: Any, count: int, how: str) -> Any:
    if ids.size and ((ids[1:] < ids[:-1]).any() or ids[0] < 0):
        raise errors.InvalidArgumentError(None, None, "segment ids are not increasing")
    if indices.shape != ids.shape:
        raise errors.InvalidArgumentError(
            None, None, "segment_ids and indices should have same size."
        )
    bad = (indices < 0) | (indices >= data.shape[0])
    if bad.any():
        place = int(bad.argmax())
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Bad: indices[{place}] == {indices[place]} out of range [0, {data.shape[0]})",
        )
    if ids.size and int(ids[-1]) >= count:
        raise errors.InvalidArgumentError(None, None, "segment ids must be < num_segments")
    wide = np.float32 if data.dtype.itemsize == 2 and data.dtype.kind in "fV" else data.dtype
    total = np.zeros((count, *data.shape[1:]), wide)
    np.add.at(total, ids, data[indices].astype(wide))
    scales = _scales(ids, count, how, wide).reshape((-1,) + (1,) * (data.ndim - 1))
    return (total / scales if how != "Sum" else total).astype(data.dtype)


def _define(how: str, kinds: str, doc: str) -> tuple[OpDef, OpDef]:
    def kernel(xp: Any, data: Any, indices: Any, segment_ids: Any) -> Any:
        count = int(segment_ids[-1]) + 1 if segment_ids.size else 0
        return _reduced(data, indices, segment_ids, count, how)

    def counted(xp: Any, data: Any, indices: Any, segment_ids: Any, num_segments: Any) -> Any:
        return _reduced(data, indices, segment_ids, int(num_segments), how)

    kernel.__doc__ = f"{doc}."
    counted.__doc__ = f"{doc}, of a given number of segments."
    name = f"SparseSegment{how}"
    attrs = f"T: {{{kinds}}}, Tidx: {_INT}"
    ids = f"Tsegmentids: {_INT}, sparse_gradient: bool = false"
    plain = op(name, f"{_PICKED} -> output: T", f"{attrs}, {ids}", host_only=True)(kernel)
    full = op(
        f"{name}WithNumSegments",
        f"{_PICKED}, num_segments: Tnumsegments -> output: T",
        f"{attrs}, Tnumsegments: {_INT}, {ids}",
        host_only=True,
    )(counted)
    for made in (plain, full):
        made.shape(_segment_shape)
        made.gradient(_gradient_by(f"{name}Grad"))
    return plain, full


def _segment_shape(node: Operation) -> list[TensorShape]:
    data = node.inputs[0].shape
    if data.sizes is None:
        return [unknown_shape()]
    count: int | None = None
    if len(node.inputs) > 3:
        known = static_value(node.inputs[3])
        count = None if known is None else int(known)
    return [TensorShape([count]).concatenate(data[1:])]


def _gradient_by(op_type: str) -> Any:
    def rule(node: Operation, grad: Tensor) -> list[Tensor | None]:
        data, indices, ids = node.inputs[:3]
        rows = shape(data)[0]
        back = make_tensor(op_type, grad, indices, ids, rows)
        return [back, *[None] * (len(node.inputs) - 1)]

    return rule


def _define_gradient(how: str) -> None:
    def kernel(xp: Any, grad: Any, indices: Any, segment_ids: Any, output_dim0: Any) -> Any:
        scales = _scales(segment_ids, grad.shape[0], how, np.float64)[segment_ids]
        rows = grad[segment_ids] / scales.reshape((-1,) + (1,) * (grad.ndim - 1))
        total = np.zeros((int(output_dim0), *grad.shape[1:]), rows.dtype)
        np.add.at(total, indices, rows)
        return total.astype(grad.dtype)

    kernel.__doc__ = f"The gradient of SparseSegment{how} with respect to its data."
    made = op(
        f"SparseSegment{how}Grad",
        "grad: T, indices: Tidx, segment_ids: Tsegmentids, output_dim0: int32 -> output: T",
        f"T: {{{FLOAT}}}, {_INDICES}",
        host_only=True,
        not_differentiable=True,
    )(kernel)

    @made.shape
    def _(node: Operation) -> list[TensorShape]:
        rows = static_value(node.inputs[3])
        rest = node.inputs[0].shape
        if rest.sizes is None:
            return [unknown_shape()]
        return [TensorShape([None if rows is None else int(rows)]).concatenate(rest[1:])]


_define("Sum", REAL, "The sum of the picked rows of each segment")
_define("Mean", FLOAT, "The mean of the picked rows of each segment")
_define("SqrtN", FLOAT, "The sum of the picked rows of each segment over the root of their number")
for _how in ("Sum", "Mean", "SqrtN"):
    _define_gradient(_how)


# -- functions -----------------------------------------------------------------------------


def _of_segments(how: str, doc: str) -> Any:
    def function(
        data: Any,
        indices: Any,
        segment_ids: Any,
        name: str | None = None,
        num_segments: Any = None,
        sparse_gradient: bool = False,
    ) -> Tensor:
        inputs = [data, indices, segment_ids]
        op_type = f"SparseSegment{how}"
        if num_segments is not None:
            inputs.append(num_segments)
            op_type += "WithNumSegments"
        return make_tensor(op_type, *inputs, sparse_gradient=sparse_gradient, name=name)

    function.__doc__ = doc
    return function


sparse_segment_sum = _of_segments("Sum", "The sum of the rows that indices pick, by segment.")
sparse_segment_mean = _of_segments("Mean", "The mean of the rows that indices pick, by segment.")
sparse_segment_sqrt_n = _of_segments(
    "SqrtN", "The sum of the rows that indices pick over the root of their number, by segment."
)
