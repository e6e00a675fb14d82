"""The gradient of a gather: rows of a sparse gradient, or sums along another axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime.constant import constant_value
from opscope.runtime.graph import get_default_graph
from opscope.runtime.indexed_slices import IndexedSlices
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OPS
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.arrangement import tile, transpose
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.filling import ones, zeros
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.sequence import range as range_of
from opscope.runtime.ops.shape import expand_dims, rank, reshape, shape, size


@OPS["GatherV2"].gradient
def _(node: Operation, grad: Tensor) -> list[Any]:
    params, indices, axis = node.inputs
    with get_default_graph().colocate_with(params):
        params_shape = shape(params)
    count = expand_dims(size(indices), 0)
    known_axis = constant_value(axis)
    batch_dims: int = node.attrs["batch_dims"]
    if batch_dims < 0:
        if indices.shape.ndims is None:
            raise ValueError(
                f"the gradient of {node.name!r} with batch_dims {batch_dims} needs indices of "
                f"known rank, got {indices}; use tf.ensure_shape or a positive batch_dims"
            )
        batch_dims += indices.shape.ndims
    if known_axis is not None and int(known_axis) == 0:
        values = reshape(grad, concat([count, params_shape[1:]], 0))
        return [IndexedSlices(values, reshape(indices, count), params_shape), None, None]
    back = _summed(grad, params_shape, indices, axis, batch_dims)
    return [reshape(back, shape(params)), None, None]


def _summed(
    grad: Tensor, params_shape: Tensor, indices: Tensor, axis: Tensor, batch: int
) -> Tensor:
    """The rows summed into their places; the axis goes behind the batch for that, and back."""
    outer, inner = params_shape[:axis], params_shape[axis:][1:]
    values_shape = concat([outer, [-1], inner], 0)
    ndims, before = size(values_shape), size(outer)
    batch_axes = range_of(batch)
    middle = range_of(batch, before)
    after = range_of(before + 1, ndims)
    values = reshape(grad, values_shape)
    order = concat([batch_axes, [before], middle, after], 0)
    moved = transpose(values, order)
    sizes = gather(params_shape, order)
    back = _over_batch(moved, sizes, indices, batch, params_shape[axis])
    return transpose(back, concat([batch_axes, middle + 1, [batch], after], 0))


def _over_batch(
    values: Tensor, sizes: Tensor, indices: Tensor, batch: int, limit: Tensor
) -> Tensor:
    count = expand_dims(size(indices), 0)
    if not batch:
        return make_tensor("UnsortedSegmentSum", values, reshape(indices, count), limit)
    full = shape(values)
    outer, inner = full[:batch], full[batch:][1:]
    entries = make_tensor("Prod", outer, [0])
    flat = concat([[-1], inner], 0)
    total = limit * entries
    rows = _counted(sizes, indices, batch)
    values = reshape(values, flat)
    back = make_tensor("UnsortedSegmentSum", values, reshape(rows, count), total)
    return reshape(back, concat([outer, flat], 0))


def _counted(sizes: Tensor, indices: Tensor, batch: int) -> Tensor:
    """Indices into the entries of a batch as indices into all of them one below the other."""
    kind = indices.dtype.base_dtype
    result = indices
    sizes = cast(sizes, kind)
    one = np.ones(1, kind.as_numpy_dtype)
    stride: Any = ones((), kind)
    for axis in range(batch, 0, -1):
        length = sizes[axis - 1]
        stride = stride * sizes[axis]
        start, step = zeros((), kind), ones((), kind)
        places = range_of(start, length, step) * stride
        form = concat([tile(one, [axis - 1]), [length], tile(one, [rank(indices) - axis])], axis=0)
        result = result + reshape(places, form)
    return result
