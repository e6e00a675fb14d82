"""tf.nn's embeddings: rows of one table or of several that share the ids."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.clip_ops import clip_by_norm
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.comparison import where
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.grouping import dynamic_partition
from opscope.runtime.ops.joining import concat, stack
from opscope.runtime.ops.reduction import reduce_sum
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.sequence import range as range_of
from opscope.runtime.ops.shape import rank, reshape, shape
from opscope.runtime.ops.shape import size as size_of


def tables_of(params: Any) -> list[Any]:
    """The tables that an argument `params` names; ValueError for none."""
    if params is None:
        raise ValueError("params must be specified")
    # A partitioned variable is the list of its parts.
    several = isinstance(params, (list, tuple)) or hasattr(params, "partitions")
    tables = list(params) if several else [params]
    if not tables:
        raise ValueError("Length of params is currently 0. Need at least one param.")
    return tables


def embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    validate_indices: bool = True,
    max_norm: float | None = None,
) -> Tensor:
    """The rows that `ids` name.

    params: one table, or a list of tables over which the ids are dealt out ("mod") or divided into
    contiguous runs ("div"). max_norm: rows are scaled down to this Euclidean length.
    """
    tables = tables_of(params)
    with op_scope(name, "embedding_lookup", *tables, ids) as scope:
        if not any(hasattr(table, "sparse_read") for table in tables):
            label = "params" if len(tables) == 1 else "params_{}"
            tables = [convert_to_tensor(t, name=label.format(i)) for i, t in enumerate(tables)]
        places = convert_to_tensor(ids, name="ids")
        if len(tables) > 1:
            return _from_several(tables, places, partition_strategy, max_norm, scope)
        table = tables[0]
        with table.graph.colocate_with(table.op):
            rows = _clipped(gather(table, places, name=scope), places, max_norm)
        return identity(rows)


def _clipped(rows: Tensor, ids: Tensor, max_norm: float | None) -> Tensor:
    """Rows scaled down to a length of `max_norm`."""
    if max_norm is None:
        return rows
    first, last = ids.shape.ndims, rows.shape.ndims
    axes: Any = (
        list(range(first, last))
        if first and last
        else range_of(first or rank(ids), last or rank(rows))
    )
    return clip_by_norm(rows, max_norm, axes=axes)


def _from_several(
    tables: list[Any], ids: Tensor, strategy: str, max_norm: float | None, scope: str
) -> Tensor:
    count = len(tables)
    flat = reshape(ids, [-1])
    order = range_of(size_of(flat))
    if strategy == "mod":
        owners, local = flat % count, flat // count
    elif strategy == "div":
        owners, local = _in_runs(tables, flat)
    else:
        raise ValueError(
            f"Unrecognized partition strategy: {strategy}.Must be one of either `mod` or `div`."
        )
    owners = cast(owners, dtypes.int32)
    wanted = dynamic_partition(local, owners, count)
    positions = dynamic_partition(order, owners, count)
    found = []
    for table, part in zip(tables, wanted, strict=True):
        with table.graph.device(None), table.graph.colocate_with(table.op):
            found.append(gather(table, part))
    rows = make_tensor("ParallelDynamicStitch", positions, found, name=scope)
    inner = tables[0].shape[1:]
    for table in tables[1:]:
        inner = inner.merge_with(table.shape[1:])
    inner_sizes: Any = inner.as_list() if inner.is_fully_defined() else None
    if not inner.is_fully_defined():
        with tables[0].graph.colocate_with(tables[0].op):
            whole = shape(tables[0])
        inner_sizes = whole[1:]
    rows = reshape(rows, concat([shape(ids), inner_sizes], 0))
    rows.set_shape(ids.shape.concatenate(inner))
    return _clipped(rows, ids, max_norm)


def _in_runs(tables: list[Any], flat: Tensor) -> tuple[Tensor, Tensor]:
    """For each id the table that has it and its row there; the first tables have one row more."""
    count = len(tables)
    sizes = [table.shape.as_list()[0] if table.shape.ndims else None for table in tables]
    total: Any
    if None not in sizes:
        total = constant(sum(sizes), flat.dtype)
    else:
        listed: list[Any] = []
        for table, size in zip(tables, sizes, strict=True):
            if size is not None:
                listed.append(size)
                continue
            with table.graph.colocate_with(table.op):
                listed.append(shape(table)[0])
        total = reduce_sum(cast(stack(listed), flat.dtype))
    share, extras = total // count, total % count
    owners = make_tensor("Maximum", flat // (share + 1), (flat - extras) // share)
    local = where(owners < extras, flat % (share + 1), (flat - extras) % share)
    return owners, local
