"""Sparse tensors put together of places and values, and their elements in rising order."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import expand_dims
from opscope.runtime.sparse_tensor import SparseTensor
from opscope.runtime.tensor_shape import TensorShape


@op(
    "SparseReorder",
    "input_indices: int64, input_values: T, input_shape: int64 -> output_indices: int64, "
    "output_values: T",
    "T: type",
    host_only=True,
)
def _reorder(xp: Any, indices: Any, values: Any, sizes: Any) -> Any:
    """The elements of a sparse tensor in the rising order of their places."""
    if indices.shape != (len(values), len(sizes)):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input indices of shape {list(indices.shape)} do not fit {len(values)} values of "
            f"rank {len(sizes)}",
        )
    order = np.lexsort(indices.T[::-1]) if indices.size else np.arange(len(values))
    return indices[order], values[order]


@_reorder.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape.with_rank(2), node.inputs[1].shape.with_rank(1)]


@_reorder.gradient
def _(node: Operation, *grads: Tensor) -> list[Tensor | None]:
    # The numbers of the elements, put into order with them, say where each came from.
    from opscope.runtime.ops.sequence import range as range_of
    from opscope.runtime.ops.shape import size

    numbers = range_of(size(node.inputs[1]))
    _, places = make_op("SparseReorder", node.inputs[0], numbers, node.inputs[2])
    return [None, gather(grads[1], make_tensor("InvertPermutation", places)), None]


def sparse_reorder(sp_input: SparseTensor, name: str | None = None) -> SparseTensor:
    """The sparse tensor with its elements in the rising order of their places."""
    indices, values = make_op(
        "SparseReorder", sp_input.indices, sp_input.values, sp_input.dense_shape, name=name
    )
    if sp_input.shape.is_fully_defined():
        return SparseTensor(indices, values, sp_input.shape.as_list())
    return SparseTensor(indices, values, identity(sp_input.dense_shape))


def sparse_merge(
    sp_ids: Any,
    sp_values: SparseTensor,
    vocab_size: Any,
    name: str | None = None,
    already_sorted: bool = False,
) -> SparseTensor:
    """Values at the places that one sparse tensor of numbers, or a list of them, says.

    The numbers take the place of the last axis; vocab_size: the size of each axis they make.
    """
    ids = list(sp_ids) if isinstance(sp_ids, (list, tuple)) else [sp_ids]
    sizes = list(vocab_size) if isinstance(vocab_size, (list, tuple)) else [vocab_size]
    if len(ids) != len(sizes):
        raise ValueError("sp_ids and vocab_size have to have equal lengths.")
    with op_scope(name, "SparseMerge", *[i.values for i in ids], sp_values.values):
        columns = []
        for numbers in ids:
            wide = numbers.values
            if wide.dtype.base_dtype is dtypes.int32:
                wide = cast(wide, dtypes.int64)
            columns.append(expand_dims(wide, axis=1))
        new = [cast(size, dtypes.int64) for size in sizes]
        places = concat([ids[0].indices[:, :-1], *columns], axis=1)
        shape = concat([ids[0].dense_shape[:-1], new], axis=0)
        made = SparseTensor(places, sp_values.values, shape)
        return made if already_sorted else sparse_reorder(made)
