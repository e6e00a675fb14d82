"""tf.nn's embeddings of bags of ids: their rows added up or their mean, weighted or not."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.comparison import where
from opscope.runtime.ops.embedding import embedding_lookup, tables_of
from opscope.runtime.ops.filling import ones, ones_like, zeros_like
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.grouping import unique
from opscope.runtime.ops.joining import concat, stack
from opscope.runtime.ops.reduction import reduce_prod
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.segments import segment_sum
from opscope.runtime.ops.shape import expand_dims, rank, reshape, shape
from opscope.runtime.ops.shape import size as size_of
from opscope.runtime.ops.sparse_rows import sparse_fill_empty_rows, sparse_reshape, sparse_retain
from opscope.runtime.ops.sparse_segments import (
    sparse_segment_mean,
    sparse_segment_sqrt_n,
    sparse_segment_sum,
)
from opscope.runtime.sparse_tensor import SparseTensor
from opscope.runtime.tensor_shape import unknown_shape

_BY_SEGMENT = {
    "sum": sparse_segment_sum,
    "mean": sparse_segment_mean,
    "sqrtn": sparse_segment_sqrt_n,
}


def embedding_lookup_sparse(
    params: Any,
    sp_ids: Any,
    sp_weights: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    combiner: str | None = None,
    max_norm: float | None = None,
    allow_fast_lookup: bool = False,
) -> Tensor:
    """For each row of `sp_ids` its embeddings combined: their "sum", "mean" or "sqrtn".

    sp_weights: a SparseTensor that says what each id counts, or None.
    """
    kind = combiner or "mean"
    if kind not in _BY_SEGMENT:
        raise ValueError(f"combiner must be one of 'mean', 'sqrtn' or 'sum', got {kind}")
    tables = tables_of(params)
    if not isinstance(sp_ids, SparseTensor):
        raise TypeError(f"sp_ids must be SparseTensor, got {type(sp_ids)}")
    if sp_weights is not None and not isinstance(sp_weights, SparseTensor):
        raise TypeError(f"sp_weights must be either None or SparseTensor,got {type(sp_weights)}")
    with op_scope(name, "embedding_lookup_sparse", *tables, sp_ids.values) as scope:
        segments = sp_ids.indices[:, 0]
        weights = None if sp_weights is None else sp_weights.values
        if len(tables) == 1 and not isinstance(tables[0], Tensor):
            tables = [convert_to_tensor(tables[0], name="params")]
        is_fast = (
            len(tables) == 1
            and tables[0].device == segments.device
            and max_norm is None
            and (allow_fast_lookup or weights is None)
        )
        if is_fast:
            rows, places = tables[0], sp_ids.values
        else:
            distinct, places = unique(sp_ids.values)
            rows = embedding_lookup(
                tables, distinct, partition_strategy=partition_strategy, max_norm=max_norm
            )
        if weights is None:
            return _BY_SEGMENT[kind](
                rows, places, segments, name=scope,
                sparse_gradient=is_fast and not allow_fast_lookup,
            )  # fmt: skip
        segments = cast(segments, dtypes.int32)
        return _weighted(gather(rows, places), segments, weights, kind, scope)


def _weighted(rows: Tensor, segments: Tensor, weights: Tensor, kind: str, scope: str) -> Tensor:
    original = rows.dtype.base_dtype
    if original in (dtypes.float16, dtypes.bfloat16):
        rows = cast(rows, dtypes.float32)
    if weights.dtype.base_dtype is not rows.dtype.base_dtype:
        weights = cast(weights, rows.dtype)
    count = expand_dims(rank(rows) - 1, 0)
    sizes = shape(weights)
    spread = concat([sizes, ones(count, sizes.dtype)], 0)
    known = weights.shape
    weights = reshape(weights, spread)
    if rows.shape.ndims is not None:
        weights.set_shape(known.concatenate([1] * (rows.shape.ndims - 1)))
    rows = rows * weights
    if kind == "sum":
        result = segment_sum(rows, segments, name=scope)
    else:
        total = segment_sum(rows, segments)
        if kind == "mean":
            divisor = segment_sum(weights, segments)
        else:
            squares = make_tensor("Pow", weights, 2, name="Pow")
            divisor = make_tensor("Sqrt", segment_sum(squares, segments))
        result = make_tensor("DivNoNan", total, divisor, name=scope)
    return result if result.dtype.base_dtype is original else cast(result, original)


def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: SparseTensor,
    sparse_weights: SparseTensor | None = None,
    combiner: str = "mean",
    default_id: int | None = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: float | None = None,
    allow_fast_lookup: bool = False,
) -> Tensor:
    """`embedding_lookup_sparse` for ids that may be negative, and rows that may be empty.

    Negative ids and, but for a sum, weights that are not positive do not count. A row without ids
    gets the embedding of `default_id`, or zeros. sparse_ids may have more than two axes.
    """
    if embedding_weights is None:
        raise ValueError(f"Missing embedding_weights {embedding_weights}.")
    dtype = None if sparse_weights is None else sparse_weights.dtype
    tables = [
        table
        if hasattr(table, "sparse_read") and dtype in (None, table.dtype)
        else convert_to_tensor(table, dtype)
        for table in tables_of(embedding_weights)
    ]
    with op_scope(name, "embedding_lookup", *tables, sparse_ids.values) as scope:
        whole = sparse_ids.dense_shape
        known_rank = whole.shape.as_list()[0] if whole.shape.ndims else None
        ndims: Any = size_of(whole) if known_rank is None else known_rank
        outer = reduce_prod(make_tensor("Slice", whole, [0], [ndims - 1]))
        ids = sparse_reshape(sparse_ids, [outer, gather(whole, ndims - 1)])
        weights = sparse_weights
        if weights is not None:
            weights = SparseTensor(ids.indices, weights.values, ids.dense_shape)
        ids, weights = _valid(ids, weights, combiner)
        ids, is_empty = sparse_fill_empty_rows(ids, default_id or 0)
        if weights is not None:
            weights, _ = sparse_fill_empty_rows(weights, 1.0)
        result = embedding_lookup_sparse(
            tables,
            ids,
            weights,
            combiner=combiner,
            partition_strategy=partition_strategy,
            name=None if default_id is None else scope,
            max_norm=max_norm,
            allow_fast_lookup=allow_fast_lookup,
        )
        if default_id is None:
            flags = reshape(is_empty, [-1, 1])
            flags = make_tensor("Tile", flags, stack([1, shape(result)[1]]))
            result = where(flags, zeros_like(result), result, name=scope)
        rows = make_tensor("Slice", cast(whole, dtypes.int32), [0], [ndims - 1])
        width = make_tensor("Slice", shape(result), [1], [-1])
        final = reshape(result, concat([rows, width], 0))
        outer_shape = unknown_shape(None if known_rank is None else known_rank - 1)
        final.set_shape(outer_shape.concatenate(result.shape[1:]))
        return final


def _valid(
    ids: SparseTensor, weights: SparseTensor | None, combiner: str
) -> tuple[SparseTensor, SparseTensor | None]:
    """The ids that are not negative, and unless they are summed those of a positive weight."""
    is_valid = make_tensor("GreaterEqual", ids.values, 0)
    if weights is not None:
        every = ones_like(weights.values, dtype=dtypes.bool)
        is_valid = make_tensor("LogicalAnd", is_valid, every)
    ids = sparse_retain(ids, is_valid)
    if weights is None:
        return ids, None
    weights = sparse_retain(weights, is_valid)
    if combiner != "sum":
        is_positive = make_tensor("Greater", weights.values, 0)
        ids, weights = sparse_retain(ids, is_positive), sparse_retain(weights, is_positive)
    return ids, weights
