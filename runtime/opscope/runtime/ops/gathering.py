"""Picking rows by index, and putting rows back by index."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.joining import normal_axis
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.ops.type_sets import NUMBER
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_INT = "{int32, int64}"


def _checked(indices: Any, limit: int) -> Any:
    if indices.size and (int(indices.min()) < 0 or int(indices.max()) >= limit):
        flat = indices.reshape(-1)
        position = int(((flat < 0) | (flat >= limit)).argmax())
        raise errors.InvalidArgumentError(
            None, None, f"indices[{position}] = {flat[position]} is not in [0, {limit})"
        )
    return indices


@op(
    "GatherV2",
    "params: Tparams, indices: Tindices, axis: Taxis -> output: Tparams",
    f"batch_dims: int = 0, Tparams: type, Tindices: {{int16, int32, int64}}, Taxis: {_INT}",
)
def _gather(xp: Any, params: Any, indices: Any, axis: Any, *, batch_dims: int) -> Any:
    """The slices of params along an axis that the indices name."""
    batch_dims = batch_dims + indices.ndim if batch_dims < 0 else batch_dims
    position = _checked_axis(params, indices, int(axis), batch_dims)
    before, after = params.shape[:position], params.shape[position + 1 :]
    if 0 in before + after:
        # Indices of nothing may be anything.
        return xp.empty(before + indices.shape[batch_dims:] + after, params.dtype)
    _checked(indices, params.shape[position])
    if batch_dims == 0:
        return params.take(indices, axis=position)
    lead, between = params.shape[:batch_dims], params.shape[batch_dims:position]
    rest, picked = params.shape[position + 1 :], indices.shape[batch_dims:]
    sizes = [math.prod(s) for s in (lead, between, rest, picked)]
    blocks = params.reshape(sizes[0], sizes[1], params.shape[position], sizes[2])
    places = indices.reshape(sizes[0], 1, sizes[3], 1)
    return xp.take_along_axis(blocks, places, 2).reshape(lead + between + picked + rest)


def _checked_axis(params: Any, indices: Any, axis: int, batch_dims: int) -> int:
    """The axis counted from the front; InvalidArgumentError where the ranks do not fit."""
    if not -params.ndim <= axis < params.ndim:
        raise errors.InvalidArgumentError(
            None, None, f"Expected axis in the range [{-params.ndim}, {params.ndim}), got {axis}"
        )
    position: int = axis % params.ndim
    if not 0 <= batch_dims <= min(position, indices.ndim):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"batch_dims ({batch_dims}) must be less than or equal to axis ({position}) and to "
            f"the rank of indices ({indices.ndim})",
        )
    if params.shape[:batch_dims] != indices.shape[:batch_dims]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"the first {batch_dims} sizes of params and indices differ: "
            f"{list(params.shape)} and {list(indices.shape)}",
        )
    return position


@_gather.shape
def _(node: Operation) -> list[TensorShape]:
    params, indices, axis_tensor = node.inputs
    axis = static_value(axis_tensor)
    sizes, picked = params.shape.sizes, indices.shape.sizes
    if sizes is None or picked is None:
        return [unknown_shape()]
    batch_dims = node.attrs["batch_dims"]
    batch_dims = batch_dims + len(picked) if batch_dims < 0 else batch_dims
    if axis is None:
        return [unknown_shape(len(sizes) - 1 + len(picked) - batch_dims)]
    position = normal_axis(axis, len(sizes))
    return [TensorShape(sizes[:position] + picked[batch_dims:] + sizes[position + 1 :])]


def gather(
    params: Any,
    indices: Any,
    validate_indices: bool | None = None,
    name: str | None = None,
    axis: Any = None,
    batch_dims: int = 0,
) -> Tensor:
    """The slices of `params` along `axis` (default 0) that `indices` name."""
    if hasattr(params, "sparse_read") and axis in (None, 0) and not batch_dims:
        rows: Tensor = params.sparse_read(indices, name=name)
        return rows
    return make_tensor(
        "GatherV2",
        params,
        indices,
        batch_dims if axis is None else axis,
        batch_dims=batch_dims,
        name=name,
    )


@op(
    "UnsortedSegmentSum",
    "data: T, segment_ids: Tindices, num_segments: Tnumsegments -> output: T",
    f"T: {{{NUMBER}}}, Tindices: {{int16, int32, int64}}, Tnumsegments: {_INT} = int32",
)
def _unsorted_segment_sum(xp: Any, data: Any, segment_ids: Any, num_segments: Any) -> Any:
    """The sum of the rows of each segment; rows with a negative segment are left out."""
    count = int(num_segments)
    if data.shape[: segment_ids.ndim] != segment_ids.shape:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"data.shape = {list(data.shape)} does not start with segment_ids.shape = "
            f"{list(segment_ids.shape)}",
        )
    rest = data.shape[segment_ids.ndim :]
    if 0 in rest:
        return xp.zeros((count, *rest), data.dtype)
    ids = segment_ids.reshape(-1)
    rows = data.reshape((ids.size, *rest))
    if ids.size and int(ids.min()) < 0:
        rows, ids = rows[ids >= 0], ids[ids >= 0]
    _checked(ids, count)
    total = xp.zeros((count, *rest), data.dtype)
    xp.add.at(total, ids, rows)
    return total


@_unsorted_segment_sum.shape
def _(node: Operation) -> list[TensorShape]:
    data, ids, count = node.inputs
    return [segmented_shape(data.shape, ids.shape, static_value(count))]


def segmented_shape(data: TensorShape, ids: TensorShape, count: Any) -> TensorShape:
    """The shape of one row per segment; ValueError when `ids` is not how `data` begins."""
    if data.ndims is None or ids.ndims is None:
        return unknown_shape()
    data[: ids.ndims].assert_is_compatible_with(ids)
    first = None if count is None else int(count)
    return TensorShape([first]).concatenate(data[ids.ndims :])


def unsorted_segment_sum(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The sum of the rows of `data` that share a segment id."""
    return make_tensor("UnsortedSegmentSum", data, segment_ids, num_segments, name=name)


# -- index vectors -------------------------------------------------------------------------


_STITCH = ("indices: N * int32, data: N * T -> merged: T", "N: int >= 1, T: type")


@op("DynamicStitch", *_STITCH, not_differentiable=True)
def _dynamic_stitch(xp: Any, *inputs: Any) -> Any:
    """Interleave tensors: merged[indices[m][i]] = data[m][i], later ones win."""
    return _merged(xp, inputs)


@op("ParallelDynamicStitch", *_STITCH, not_differentiable=True)
def _parallel_dynamic_stitch(xp: Any, *inputs: Any) -> Any:
    """Interleave tensors as DynamicStitch, in any order where indices repeat."""
    return _merged(xp, inputs)


def _merged(xp: Any, inputs: tuple[Any, ...]) -> Any:
    half = len(inputs) // 2
    indices, data = inputs[:half], inputs[half:]
    length = max((int(i.max()) + 1 for i in indices if i.size), default=0)
    rest = data[0].shape[indices[0].ndim :]
    merged = xp.zeros((length, *rest), data[0].dtype)
    for places, values in zip(indices, data, strict=True):
        merged[places] = values
    return merged


@_dynamic_stitch.shape
@_parallel_dynamic_stitch.shape
def _(node: Operation) -> list[TensorShape]:
    half = len(node.inputs) // 2
    length = 0
    for places in node.inputs[:half]:
        known = static_value(places)
        if known is None:
            return [_stitched(node, None)]
        length = max(length, int(known.max(initial=-1)) + 1)
    return [_stitched(node, length)]


def _stitched(node: Operation, length: int | None) -> TensorShape:
    half = len(node.inputs) // 2
    first, data = node.inputs[0].shape.ndims, node.inputs[half].shape.sizes
    if first is None or data is None:
        return unknown_shape()
    return TensorShape((length, *data[first:]))


@op(
    "ListDiff",
    "x: T, y: T -> out: T, idx: out_idx",
    "T: type, out_idx: {int32, int64} = int32",
)
def _list_diff(xp: Any, x: Any, y: Any, *, out_idx: Any) -> Any:
    """The values of x that are not in y, in order, and where they stand in x."""
    kept = ~xp.isin(x, y)
    return x[kept], xp.nonzero(kept)[0].astype(out_idx.as_numpy_dtype)


@_list_diff.shape
def _(node: Operation) -> list[TensorShape]:
    return [unknown_shape(1), unknown_shape(1)]


def setdiff1d(
    x: Any, y: Any, index_dtype: Any = np.int32, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """The values of `x` that are not in `y`, and their indices in `x`."""
    values, places = make_op("ListDiff", x, y, out_idx=index_dtype, name=name)
    return values, places
