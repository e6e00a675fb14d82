"""Elements repeated a number of times each, and gathers along a batch, made of several ops."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.arrangement import tile
from opscope.runtime.ops.broadcasting import broadcast_to
from opscope.runtime.ops.filling import ones, ones_like, zeros
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.joining import concat, stack
from opscope.runtime.ops.masking import boolean_mask, sequence_mask
from opscope.runtime.ops.scattering import scatter_nd_update
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import expand_dims, rank, reshape, shape


def repeat(
    input: Any,  # noqa: A002
    repeats: Any,
    axis: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Each slice along `axis` (each element of the flat tensor without) `repeats` times.

    repeats: one number, or one for each slice.
    """
    if axis is None:
        input, axis = reshape(input, [-1]), 0  # noqa: A001
    if not isinstance(axis, int):
        raise TypeError(
            f"Argument `axis` must be an int. Received `axis` = {axis} of type "
            f"{type(axis).__name__}"
        )
    with op_scope(name, "Repeat", input, repeats):
        data = convert_to_tensor(input, name="data")
        counts = convert_to_tensor(repeats, name="repeats", preferred_dtype=dtypes.int32)
        if not counts.dtype.is_integer:
            raise TypeError(
                "Argument `tensor` (name: repeats) must be of type integer. Received `tensor` = "
                f"{counts} of dtype: {counts.dtype!r}"
            )
        counts = make_tensor("Cast", counts, DstT=dtypes.int32)
        if counts.shape.ndims is not None and counts.shape.ndims > 1:
            raise ValueError(f"Shape {counts.shape} must have rank at most 1")
        data = _of_rank_one_or_more(data)
        sizes = shape(data)
        place = _positive_axis(axis, data.shape.ndims)
        if counts.shape.num_elements() == 1:
            counts = reshape(counts, [])
            tiled = _tiled(expand_dims(data, place + 1), place + 1, counts)
            wanted = concat([sizes[:place], [counts * sizes[place]], sizes[place + 1 :]], axis=0)
            return reshape(tiled, wanted)
        return _repeated_each(data, counts, sizes, place)


def _repeated_each(data: Tensor, counts: Tensor, sizes: Tensor, place: int) -> Tensor:
    if counts.shape.ndims == 1 and data.shape.dims is not None:
        data.shape[place : place + 1].assert_is_compatible_with(counts.shape)
    counts = broadcast_to(counts, [sizes[place]])
    by_slice = counts
    if counts.shape.ndims != place + 1:
        own = shape(counts)
        ndims = rank(counts)
        counts = broadcast_to(counts, concat([sizes[: place + 1 - ndims], own], axis=0))
        counts.set_shape([None] * (place + 1))
    every = convert_to_tensor(list(range(counts.shape.ndims or 0)), dtypes.int32)
    most = make_tensor("Max", counts, every)
    most = make_tensor("Maximum", convert_to_tensor(0, most.dtype, name="zero"), most)
    mask = sequence_mask(counts, most)
    tiled = _tiled(expand_dims(data, place + 1), place + 1, most)
    result = boolean_mask(tiled, mask)
    if place:
        axes = make_tensor("Range", 0, rank(by_slice), 1)
        total = make_tensor("Sum", by_slice, axes)
        result = reshape(result, concat([sizes[:place], [total], sizes[place + 1 :]], axis=0))
    if data.shape.sizes is not None:
        known = data.shape.sizes
        length = 0 if counts.shape.as_list()[0] == 0 else None
        result.set_shape([*known[:place], length, *known[place + 1 :]])
    return result


def _positive_axis(axis: int, ndims: int | None) -> int:
    if ndims is None:
        if axis < 0:
            raise ValueError(f"axis={axis} may only be negative if rank(data) is statically known.")
        return axis
    if not -ndims <= axis < ndims:
        raise ValueError(f"axis={axis} out of bounds: expected {-ndims}<=axis<{ndims}")
    return axis % ndims


def _of_rank_one_or_more(data: Tensor) -> Tensor:
    if data.shape.ndims is None:
        sizes = shape(data)
        ndims = rank(data)
        return reshape(data, concat([[1], sizes], axis=0)[-ndims:])
    return data if data.shape.ndims else stack([data])


def _tiled(data: Tensor, axis: int, count: Tensor) -> Tensor:
    if data.shape.ndims is None:
        ones_each = ones(rank(data), dtypes.int32)
        return tile(data, concat([ones_each[:axis], [count], ones_each[axis + 1 :]], axis=0))
    multiples: list[Any] = [1] * data.shape.ndims
    multiples[axis] = count
    return tile(data, multiples)


def batch_gather(params: Any, indices: Any, name: str | None = None) -> Tensor:
    """For each entry of a batch the slices of `params` that the last axis of `indices` names."""
    with op_scope(name, "BatchGather", params, indices):
        picked = convert_to_tensor(indices, name="indices")
        source = convert_to_tensor(params, name="params")
        ndims = picked.shape.ndims
        if ndims is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        batch = ndims - 1
        if source.shape.ndims is not None and batch >= source.shape.ndims:
            raise ValueError(
                f"Argument `batch_dims` = {batch} must be less than rank(`params`) = "
                f"{source.shape.ndims}"
            )
        picked_sizes = shape(picked)
        sizes = shape(source)
        flat = _counted_over_batch(picked, sizes, batch)
        flat = reshape(flat, [-1])
        rest = sizes[batch + 1 :]
        count = make_tensor("Prod", sizes[: batch + 1], [0])
        rows = reshape(source, concat([[count], rest], axis=0))
        result = reshape(gather(rows, flat), concat([picked_sizes, rest], axis=0))
        lead = picked.shape[:batch].merge_with(source.shape[:batch])
        known = lead.concatenate(picked.shape[batch:]).concatenate(source.shape[batch + 1 :])
        result.set_shape(known)
        return result


def batch_scatter_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """For each entry of a batch, `updates` put where the last axis of `indices` says.

    Returns the variable after that. ValueError when the rank of `indices` is unknown.
    """
    with op_scope(name, "") if name else nullcontext():
        places = convert_to_tensor(indices, name="indices")
        sizes = shape(places)
        ndims = places.shape.ndims
        if ndims is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        columns: Any = expand_dims(places, axis=-1)
        parts = []
        for axis in range(ndims - 1):
            count = sizes[axis]
            form: list[Any] = [1] * (ndims + 1)
            form[axis] = count
            counted = reshape(make_tensor("Range", 0, count, 1), form)
            if counted.dtype.base_dtype is not columns.dtype:
                counted = make_tensor("Cast", counted, DstT=columns.dtype)
            parts.append(counted * ones_like(columns))
        where = concat([*parts, columns], axis=-1)
        return scatter_nd_update(ref, where, updates, use_locking=use_locking)


def _counted_over_batch(indices: Tensor, sizes: Tensor, batch_dims: int) -> Tensor:
    """Indices into the rows of a batch as indices into all rows one below the other."""
    kind = indices.dtype.base_dtype
    ndims = indices.shape.ndims or 0
    result = indices
    stride: Any = ones((), kind)
    sizes = make_tensor("Cast", sizes, DstT=kind)
    for axis in range(batch_dims, 0, -1):
        count = sizes[axis - 1]
        stride = stride * sizes[axis]
        start, step = zeros((), kind), ones((), kind)
        places = make_tensor("Range", start, count, step) * stride
        form = stack([1] * (axis - 1) + [count] + [1] * (ndims - axis), axis=0)
        result = result + reshape(places, form)
    return result
