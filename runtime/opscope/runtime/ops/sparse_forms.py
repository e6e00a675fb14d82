"""Sparse tensors put into order, cut and joined.

A sparse tensor is three arrays: indices int64 [count, rank], values [count], shape int64 [rank].
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.type_sets import NUMBER
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_SPARSE = "output_indices: int64, output_values: T, output_shape: int64"


def refused(text: str) -> errors.InvalidArgumentError:
    """The error of a kernel whose arrays do not fit."""
    return errors.InvalidArgumentError(None, None, text)


def check_parts(indices: Any, values: Any, sizes: Any) -> None:
    """InvalidArgumentError unless each index has a number per axis, and each value an index."""
    if indices.ndim != 2 or indices.shape[1] != len(sizes):
        raise refused(
            f"Index rank ({indices.shape[-1]}) and shape rank ({len(sizes)}) do not match"
        )
    if len(values) != len(indices):
        raise refused(
            f"Number of elements in indices ({len(indices)}) and values ({len(values)}) "
            "do not match"
        )


def check_inside(indices: Any, sizes: Any) -> None:
    """InvalidArgumentError unless every index lies in the shape."""
    outside = ((indices < 0) | (indices >= sizes)).any(axis=1)
    if outside.any():
        place = int(outside.argmax())
        raise refused(
            f"Sparse index tuple indices[{place}, :] = {indices[place].tolist()} is out of bounds "
            f"of {sizes.tolist()}"
        )


def axis_of(dim: int, rank: int, called: str) -> int:
    """The axis that a number from -rank to rank - 1 names; InvalidArgumentError for others."""
    if not -rank <= dim < rank:
        raise refused(f"{called} must be in range [{-rank}, {rank}), got {dim}")
    return dim % rank


def check_ordered(indices: Any) -> None:
    """InvalidArgumentError unless each index comes after the one before it."""
    rows = indices.tolist()
    for place, (before, row) in enumerate(pairwise(rows), 1):
        if row <= before:
            fault = "is repeated" if row == before else "is out of order; tf.sparse.reorder orders"
            raise refused(f"indices[{place}] = {row} {fault}")


def row_order(indices: Any) -> Any:
    """The order of rows of indices that puts them into row-major order; equal ones keep theirs."""
    if not indices.shape[1]:
        return np.arange(len(indices))
    return np.lexsort(indices.T[::-1])


def _rank_of(tensor: Tensor) -> int | None:
    sizes = tensor.shape.sizes
    return sizes[-1] if sizes else None


@op(
    "SparseReorder",
    "input_indices: int64, input_values: T, input_shape: int64 -> output_indices: int64, "
    "output_values: T",
    "T: type",
    host_only=True,
)
def _reorder(xp: Any, indices: Any, values: Any, shape: Any) -> Any:
    """The elements in row-major order."""
    check_parts(indices, values, shape)
    order = row_order(indices)
    return indices[order], values[order]


@_reorder.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape.with_rank(2), node.inputs[1].shape.with_rank(1)]


@_reorder.gradient
def _(node: Operation, _: Any, grad: Tensor) -> list[Tensor | None]:
    from opscope.runtime.ops.sequence import range as range_of
    from opscope.runtime.ops.shape import shape
    from opscope.runtime.sparse_functions import sparse_reorder
    from opscope.runtime.sparse_tensor import SparseTensor

    indices, _values, sizes = node.inputs
    numbers = range_of(shape(indices)[0])
    ordered = sparse_reorder(SparseTensor(indices, numbers, sizes))
    back = make_tensor("InvertPermutation", ordered.values)
    return [None, gather(grad, back), None]


@op(
    "SparseSlice",
    f"indices: int64, values: T, shape: int64, start: int64, size: int64 -> {_SPARSE}",
    "T: type",
    host_only=True,
)
def _slice(xp: Any, indices: Any, values: Any, shape: Any, start: Any, size: Any) -> Any:
    """The part of a tensor from `start` on, of `size` where it goes that far."""
    check_parts(indices, values, shape)
    for name, given in (("start", start), ("size", size)):
        if len(given) != len(shape):
            raise refused(
                f"Expected {name} to be a vector of length {len(shape)} but got length {len(given)}"
            )
    inside = ((indices >= start) & (indices < start + size)).all(axis=1)
    sizes = np.maximum(np.minimum(size, shape - start), 0)
    return indices[inside] - start, values[inside], sizes


@_slice.shape
def _(node: Operation) -> list[TensorShape]:
    sizes = node.inputs[2].shape.with_rank(1)
    return [TensorShape([None, sizes[0]]), unknown_shape(1), sizes]


@op(
    "SparseSliceGrad",
    "backprop_val_grad: T, input_indices: int64, input_start: int64, output_indices: int64 -> "
    "val_grad: T",
    f"T: {{{NUMBER}}}",
    host_only=True,
)
def _slice_grad(xp: Any, grad: Any, indices: Any, start: Any, kept: Any) -> Any:
    """The gradient of the values of a slice, zero for those that were cut off.

    Both lists of indices are walked once, side by side: they have to be in the same order.
    """
    if not indices.shape[1] == kept.shape[1] == len(start):
        raise refused(
            f"The input, the output and its start must have as many axes: got {indices.shape[1]}, "
            f"{kept.shape[1]} and {len(start)}"
        )
    if len(kept) > len(indices):
        raise refused(f"{len(kept)} elements are more than the {len(indices)} they were cut from")
    if len(grad) != len(kept):
        raise refused(f"There are {len(grad)} gradients of {len(kept)} elements")
    back = np.zeros(len(indices), grad.dtype)
    wanted, place = (kept + start).tolist(), 0
    for i, row in enumerate(indices.tolist()):
        if place < len(wanted) and row == wanted[place]:
            back[i] = grad[place]
            place += 1
    return back


@_slice_grad.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[1].shape.with_rank(2)[:1]]


@_slice.gradient
def _(node: Operation, _: Any, grad: Tensor, __: Any) -> list[Tensor | None]:
    indices, values, _shape, start, _size = node.inputs
    back = make_tensor("SparseSliceGrad", grad, indices, start, node.outputs[0])
    back.set_shape(values.shape)
    return [None, back, None, None, None]


@op(
    "SparseSplit",
    "split_dim: int64, indices: int64, values: T, shape: int64 -> output_indices: num_split * "
    "int64, output_values: num_split * T, output_shape: num_split * int64",
    "num_split: int >= 1, T: type",
    host_only=True,
)
def _split(xp: Any, dim: Any, indices: Any, values: Any, shape: Any, *, num_split: int) -> Any:
    """A tensor in parts along an axis; the first ones are one longer where it does not divide."""
    check_parts(indices, values, shape)
    check_inside(indices, shape)
    axis = axis_of(int(dim), len(shape), "Input axis")
    size = int(shape[axis])
    if not 1 <= num_split <= size:
        raise refused(
            f"Input num_split should be between 1 and the splitting dimension size {size}"
        )
    lengths = np.full(num_split, size // num_split)
    lengths[: size % num_split] += 1
    ends = np.cumsum(lengths)
    parts: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
    for length, end in zip(lengths, ends, strict=True):
        start = end - length
        inside = (indices[:, axis] >= start) & (indices[:, axis] < end)
        moved, sizes = indices[inside].copy(), shape.copy()
        moved[:, axis] -= start
        sizes[axis] = length
        for group, array in zip(parts, (moved, values[inside], sizes), strict=True):
            group.append(array)
    return tuple(a for group in parts for a in group)


@_split.shape
def _(node: Operation) -> list[TensorShape]:
    count, sizes = node.attrs["num_split"], node.inputs[3].shape.with_rank(1)
    forms = [TensorShape([None, sizes[0]]), unknown_shape(1), sizes]
    return [form for form in forms for _ in range(count)]


@op(
    "SparseConcat",
    f"indices: N * int64, values: N * T, shapes: N * int64 -> {_SPARSE}",
    "concat_dim: int, N: int >= 2, T: type",
    host_only=True,
    not_differentiable=True,
)
def _concat(xp: Any, *inputs: Any, concat_dim: int) -> Any:
    """Tensors joined along an axis, their elements in row-major order."""
    count = len(inputs) // 3
    indices, values, shapes = inputs[:count], inputs[count : 2 * count], inputs[2 * count :]
    for parts in zip(indices, values, shapes, strict=True):
        check_parts(*parts)
    rank = len(shapes[0])
    axis = axis_of(concat_dim, rank, "Concat dimension")
    first = shapes[0]
    moved, offset = [], 0
    for rows, sizes in zip(indices, shapes, strict=True):
        others = [i for i in range(rank) if i != axis]
        if len(sizes) != rank or (sizes[others] != first[others]).any():
            raise refused(
                f"Input shapes must match: expected {first.tolist()} but got {sizes.tolist()}"
            )
        shifted = rows.copy()
        shifted[:, axis] += offset
        moved.append(shifted)
        offset += int(sizes[axis])
    whole = first.copy()
    whole[axis] = offset
    rows = np.concatenate(moved)
    order = row_order(rows)
    return rows[order], np.concatenate(values)[order], whole


@_concat.shape
def _(node: Operation) -> list[TensorShape]:
    count = node.attrs["N"]
    rows: int | None = 0
    for tensor in node.inputs[count : 2 * count]:
        size = tensor.shape.sizes[0] if tensor.shape.sizes else None
        rows = None if rows is None or size is None else rows + size
    rank = _rank_of(node.inputs[0])
    return [TensorShape([rows, rank]), TensorShape([rows]), TensorShape([rank])]
