"""Functions of sparse tensors that give sparse tensors: sums, cuts, joins, other shapes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from opscope.runtime import dtypes
from opscope.runtime.constant import constant, constant_value, convert_to_tensor
from opscope.runtime.group import with_dependencies
from opscope.runtime.make_op import make_node, make_op, make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.arrangement import transpose
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.filling import fill, ones_like, zeros_like
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.nd_indexing import gather_nd
from opscope.runtime.ops.overloads import add
from opscope.runtime.ops.reduction import reduce_max
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.sequence import range as range_of
from opscope.runtime.ops.shape import expand_dims, reshape, shape, size
from opscope.runtime.ops.sparse import sparse_tensor_to_dense
from opscope.runtime.sparse_tensor import SparseTensor, SparseTensorValue


def as_sparse(value: Any) -> SparseTensor:
    """A sparse tensor as it is, its arrays as a new one; TypeError for anything else."""
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        raise TypeError("Input must be a SparseTensor.")
    return value


def _arrays(value: SparseTensor) -> tuple[Tensor, Tensor, Tensor]:
    return value.indices, value.values, value.dense_shape


def _where(condition: Any) -> Tensor:
    return make_tensor("Where", condition)


def sparse_add(a: Any, b: Any, threshold: Any = None, thresh: Any = None) -> Any:
    """The sum of two sparse tensors, or of a sparse and a whole one, which is whole.

    threshold: elements of a sparse sum below it are left out (`thresh` is its old name).
    """
    sparse = (SparseTensor, SparseTensorValue)
    if not isinstance(a, sparse) and not isinstance(b, sparse):
        raise TypeError("At least one input should be SparseTensor; do you mean to use tf.add()?")
    limit = thresh if threshold is None else threshold
    if not (isinstance(a, sparse) and isinstance(b, sparse)):
        mine, whole = (b, a) if isinstance(b, sparse) else (a, b)
        return make_tensor("SparseTensorDenseAdd", *_arrays(as_sparse(mine)), whole)
    first, second = as_sparse(a), as_sparse(b)
    kind = first.values.dtype.real_dtype
    least = convert_to_tensor(0 if limit is None else limit, kind, name="threshold")
    rows, values, whole_shape = make_op("SparseAdd", *_arrays(first), *_arrays(second), least)
    known = first.shape.merge_with(second.shape)
    sizes: Any = known.as_list() if known.is_fully_defined() else whole_shape
    return SparseTensor(rows, values, sizes)


def sparse_reorder(sp_input: Any, name: str | None = None) -> SparseTensor:
    """The sparse tensor with its elements in row-major order."""
    given = as_sparse(sp_input)
    rows, values = make_op("SparseReorder", *_arrays(given), name=name)
    if given.shape.is_fully_defined():
        return SparseTensor(rows, values, given.shape.as_list())
    return SparseTensor(rows, values, identity(given.dense_shape))


def sparse_concat(
    axis: Any,
    sp_inputs: Any,
    name: str | None = None,
    expand_nonconcat_dim: bool = False,
    concat_dim: Any = None,
    expand_nonconcat_dims: bool | None = None,
) -> SparseTensor:
    """Sparse tensors joined along `axis`; expand_nonconcat_dim lets the other sizes differ."""
    if not isinstance(sp_inputs, (list, tuple)):
        raise TypeError("Inputs must be a list or tuple.")
    given = [as_sparse(s) for s in sp_inputs]
    if len(given) == 1:
        return given[0]
    place = axis if concat_dim is None else concat_dim
    expands = expand_nonconcat_dim if expand_nonconcat_dims is None else expand_nonconcat_dims
    shapes = [g.dense_shape for g in given]
    if expands:
        largest = reduce_max(concat([reshape(s, [1, -1]) for s in shapes], 0), 0)
        shapes = [
            concat(
                [
                    largest[:place],
                    s[-1:] if place == -1 else s[place : place + 1],
                    [] if place == -1 else largest[place + 1 :],
                ],
                0,
            )
            for s in shapes
        ]
    rows, values, sizes = make_op(
        "SparseConcat",
        [g.indices for g in given],
        [g.values for g in given],
        shapes,
        concat_dim=place,
        name=name,
    )
    if all(g.shape.is_fully_defined() for g in given):
        lists = [g.shape.as_list() for g in given]
        known = [max(s or 0 for s in axis_sizes) for axis_sizes in zip(*lists, strict=True)]
        if not expands:
            known = [s or 0 for s in lists[0]]
        known[place] = sum(s[place] or 0 for s in lists)
        sizes = convert_to_tensor(known, dtypes.int64)
    return SparseTensor(rows, values, sizes)


def sparse_slice(sp_input: Any, start: Any, size: Any, name: str | None = None) -> SparseTensor:
    """The part of the sparse tensor from `start` on, of `size`."""
    given = as_sparse(sp_input)
    first = convert_to_tensor(start, dtypes.int64)
    count = convert_to_tensor(size, dtypes.int64)
    with op_scope(name, "SparseSlice", given.indices) as scope:
        return SparseTensor(*make_op("SparseSlice", *_arrays(given), first, count, name=scope))


def sparse_split(
    keyword_required: Any = None,
    sp_input: Any = None,
    num_split: int | None = None,
    axis: Any = None,
    name: str | None = None,
    split_dim: Any = None,
) -> list[SparseTensor]:
    """The sparse tensor in `num_split` parts along `axis`; arguments by keyword only."""
    if keyword_required is not None:
        raise ValueError("Keyword arguments are required for this function.")
    place = axis if split_dim is None else split_dim
    for value, label in ((sp_input, "sp_input"), (num_split, "num_split"), (place, "axis")):
        if value is None:
            raise ValueError(f"{label} is required")
    given = as_sparse(sp_input)
    parts = make_op("SparseSplit", place, *_arrays(given), num_split=num_split, name=name)
    return [SparseTensor(*part) for part in zip(*parts, strict=True)]


def sparse_reset_shape(sp_input: Any, new_shape: Any = None) -> SparseTensor:
    """The same elements in a larger shape, or in the smallest that holds them."""
    from opscope.runtime.value_assertions import assert_equal, assert_less_equal

    given = as_sparse(sp_input)
    rows, values = identity(given.indices), identity(given.values)
    before = identity(given.dense_shape)
    if new_shape is None:
        last = reduce_max(rows, axis=0)
        zero = constant(0, dtypes.int64)
        return SparseTensor(
            rows, values, make_tensor("Maximum", zero, add(last, ones_like(before)))
        )
    wanted = convert_to_tensor(new_shape)
    wanted.shape.assert_has_rank(1)
    wanted = cast(wanted, dtypes.int64)
    known = constant_value(wanted)
    if known is not None and given.shape.is_fully_defined():
        sizes = np.array(given.shape.as_list())
        if not np.all(sizes <= known):
            raise ValueError(
                "Requested new_shape should have dimension sizes >= sp_input.shape.  Found "
                f"new_shape ({sizes}), sp_input.shape ({known})."
            )
        return SparseTensor(rows, values, known)
    check = assert_equal(shape(before), shape(wanted))
    wanted = with_dependencies([check], wanted)
    wanted = with_dependencies([assert_less_equal(before, wanted)], wanted)
    return SparseTensor(rows, values, wanted)


def sparse_softmax(sp_input: Any, name: str | None = None) -> SparseTensor:
    """The softmax of the elements that are there, along the last axis."""
    with op_scope(name, "SparseSoftmax", sp_input.indices, sp_input.values):
        values = make_tensor("SparseSoftmax", *_arrays(sp_input))
        return SparseTensor(sp_input.indices, values, sp_input.dense_shape)


def _extreme(op_type: str, a: Any, b: Any, name: str | None) -> SparseTensor:
    with op_scope(name, op_type, a.indices, a.values, b.indices, b.values) as scope:
        rows, values = make_op(op_type, *_arrays(a), *_arrays(b), name=scope)
    return SparseTensor(rows, values, a.dense_shape)


def sparse_maximum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """The larger elements of two sparse tensors; 0 stands for one that is not there."""
    return _extreme("SparseSparseMaximum", sp_a, sp_b, name)


def sparse_minimum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """The smaller elements of two sparse tensors; 0 stands for one that is not there."""
    return _extreme("SparseSparseMinimum", sp_a, sp_b, name)


def sparse_transpose(sp_input: Any, perm: Any = None, name: str | None = None) -> SparseTensor:
    """The sparse tensor with its axes in another order, reversed by default."""
    with op_scope(name, "SparseTranspose", sp_input.indices):
        order = perm
        if order is None:
            ndims = sp_input.shape.ndims
            if ndims is not None:
                order = ndims - 1 - np.arange(ndims)
            else:
                rank = make_tensor("Size", sp_input.dense_shape, name="Rank")
                order = rank - 1 - range_of(0, rank, 1)
        rows = transpose(gather(transpose(sp_input.indices), order))
        known = constant_value(convert_to_tensor(order))
        if known is not None and sp_input.shape.is_fully_defined():
            before = sp_input.shape.as_list()
            sizes: Any = [before[int(p)] for p in known]
        else:
            sizes = gather(sp_input.dense_shape, order)
        return sparse_reorder(SparseTensor(rows, sp_input.values, sizes))


def sparse_merge(
    sp_ids: Any,
    sp_values: Any,
    vocab_size: Any,
    name: str | None = None,
    already_sorted: bool = False,
) -> SparseTensor:
    """Values at the places that ids name: a bag of features of each row.

    sp_ids: one sparse tensor of ids, or one for each of the last axes; vocab_size: how many ids.
    """
    many, sizes = sp_ids, vocab_size
    if isinstance(sp_ids, (SparseTensor, SparseTensorValue)):
        many, sizes = [sp_ids], [vocab_size]
    elif not isinstance(sp_ids, Iterable) or not isinstance(vocab_size, Iterable):
        raise TypeError(
            f"sp_ids has to be a SparseTensor or list thereof, vocab_size with it. Found "
            f"{type(sp_ids)} and {type(vocab_size)}"
        )
    if len(many) != len(sizes):
        raise ValueError("sp_ids and vocab_size have to have equal lengths.")
    with op_scope(name, "SparseMerge"):
        ids = [as_sparse(i) for i in many]
        values = as_sparse(sp_values)
        columns = []
        for one in ids:
            column = one.values
            if column.dtype.base_dtype is not dtypes.int64:
                column = cast(column, dtypes.int64)
            columns.append(expand_dims(column, axis=1))
        limits = [cast(s, dtypes.int64) for s in sizes]
        rows = concat([ids[0].indices[:, :-1], *columns], 1)
        whole = concat([ids[0].dense_shape[:-1], limits], 0)
        merged = SparseTensor(rows, values.values, whole)
        if already_sorted:
            return merged
        ordered = sparse_reorder(merged)
        return SparseTensor(ordered.indices, ordered.values, whole)


def sparse_to_indicator(sp_input: Any, vocab_size: Any, name: str | None = None) -> Tensor:
    """A whole tensor of bool: true at each id that a row has."""
    given = as_sparse(sp_input)
    with op_scope(name, "SparseToIndicator", given.indices) as scope:
        count = shape(given.indices)[0]
        there = fill(expand_dims(count, 0), True)
        flags = SparseTensor(given.indices, there, given.dense_shape)
        merged = sparse_merge(given, flags, vocab_size, scope)
        return sparse_tensor_to_dense(merged, False, False, name=scope)


def sparse_mask(a: Any, mask_indices: Any, name: str | None = None) -> Any:
    """The rows of indexed slices but for those at `mask_indices`."""
    from opscope.runtime.indexed_slices import IndexedSlices

    with op_scope(name, "sparse_mask", a.values, mask_indices) as scope:
        indices, kept = make_op("ListDiff", a.indices, mask_indices)
        return IndexedSlices(gather(a.values, kept, name=scope), indices, a.dense_shape)


def from_dense(tensor: Any, name: str | None = None) -> SparseTensor:
    """The elements of a tensor that are not zero as a sparse tensor."""
    with op_scope(name, "dense_to_sparse"):
        whole = convert_to_tensor(tensor)
        rows = _where(make_tensor("NotEqual", whole, zeros_like(whole)))
        sizes = shape(whole, out_type=dtypes.int64)
        return SparseTensor(rows, gather_nd(whole, rows), sizes)


def sparse_eye(
    num_rows: Any, num_columns: Any = None, dtype: Any = dtypes.float32, name: str | None = None
) -> SparseTensor:
    """The identity matrix as a sparse tensor."""
    from opscope.runtime.ops.filling import ones
    from opscope.runtime.ops.joining import stack

    with op_scope(name, "eye", num_rows, num_columns):
        high = _as_int64(num_rows, "num_rows")
        wide = high if num_columns is None else _as_int64(num_columns, "num_columns")
        count = make_tensor("Minimum", high, wide)
        places = range_of(count, dtype=dtypes.int64)
        rows = stack([places, places], axis=1)
        return SparseTensor(rows, ones(count, dtype), [high, wide])


def _as_int64(value: Any, name: str) -> Tensor:
    if isinstance(value, Tensor):
        return cast(value, dtypes.int64)
    return convert_to_tensor(value, dtypes.int64, name=name)


# -- reductions ----------------------------------------------------------------------------


def _reduction(op_type: str, sp_input: Any, axis: Any, keepdims: Any, rest: Any) -> Any:
    reduction_axes, keep_dims = rest
    axes = axis if reduction_axes is None else reduction_axes
    keep = bool(keepdims if keep_dims is None else keep_dims)
    if axes is None:
        ndims = sp_input.dense_shape.shape.as_list()[0]
        if ndims is None:
            axes = range_of(0, size(sp_input.dense_shape))
        else:
            axes = constant(np.arange(ndims, dtype=np.int32))
    node = make_node(op_type, *_arrays(sp_input), axes, keep_dims=keep)
    return node.outputs[0] if len(node.outputs) == 1 else SparseTensor(*node.outputs)


def _define_reduction(op_type: str, doc: str) -> Any:
    def function(
        sp_input: Any,
        axis: Any = None,
        keepdims: bool | None = None,
        reduction_axes: Any = None,
        keep_dims: bool | None = None,
    ) -> Any:
        return _reduction(op_type, sp_input, axis, keepdims, (reduction_axes, keep_dims))

    function.__doc__ = doc
    return function


sparse_reduce_sum = _define_reduction("SparseReduceSum", "Sums along axes, as a whole tensor.")
sparse_reduce_max = _define_reduction("SparseReduceMax", "The largest elements along axes.")
sparse_reduce_sum_sparse = _define_reduction("SparseReduceSumSparse", "Sums along axes, sparse.")
sparse_reduce_max_sparse = _define_reduction(
    "SparseReduceMaxSparse", "The largest elements along axes, sparse."
)
