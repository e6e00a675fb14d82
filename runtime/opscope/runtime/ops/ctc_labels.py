"""Batches of labels prepared for connectionist temporal classification."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.filling import ones_like
from opscope.runtime.ops.grouping import unique
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.masking import boolean_mask, sequence_mask
from opscope.runtime.ops.reduction import reduce_max, reduce_sum
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.sequence import range as range_of
from opscope.runtime.ops.shape import expand_dims, reshape, shape


def _size(tensor: Tensor, axis: int) -> Any:
    """The size of an axis: a number where it is known."""
    sizes = tensor.shape.sizes
    known = None if sizes is None else sizes[axis]
    return shape(tensor)[axis] if known is None else known


def collapse_repeated(
    labels: Any, seq_length: Any, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """`labels` [batch, time] with runs of one label made one, and the new lengths.

    What is behind the end of a sequence is 0.
    """
    with op_scope(name, "collapse_repeated_labels", labels, seq_length):
        given = convert_to_tensor(labels, name="labels")
        lengths = convert_to_tensor(seq_length, name="seq_length")
        first = ones_like(given[:, :1], dtypes.bool)
        changes = make_tensor("NotEqual", given[:, 1:], given[:, :-1])
        starts = concat([first, changes], axis=1)
        inside = sequence_mask(lengths, maxlen=_size(given, 1))
        starts = make_tensor("LogicalAnd", starts, inside)
        counts = reduce_sum(cast(starts, dtypes.int32), axis=1)
        longest = reduce_max(counts)
        places = sequence_mask(counts, maxlen=longest)
        flat = reshape(given, [-1])
        chosen, wanted = reshape(starts, [-1]), reshape(places, [-1])
        numbers = range_of(_size(wanted, 0))
        collapsed = make_tensor(
            "ScatterNd",
            expand_dims(boolean_mask(numbers, wanted), axis=1),
            boolean_mask(flat, chosen),
            shape(wanted),
        )
        rows = reshape(collapsed, [_size(given, 0), longest])
        return rows, cast(counts, lengths.dtype)


def ctc_unique_labels(labels: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """The distinct labels of each row, zeros behind them, and which of them each label is."""
    from opscope.runtime.functional_ops import map_fn

    with op_scope(name, "ctc_unique_labels", labels):
        given = convert_to_tensor(labels, name="labels")

        def distinct(row: Tensor) -> list[Tensor]:
            values, places = unique(row)
            padding = [[0, _size(places, 0) - _size(values, 0)]]
            padded = make_tensor("Pad", values, padding, name="Pad")
            return [cast(padded, dtypes.int64), places]

        found: Any = map_fn(distinct, given, dtype=[dtypes.int64, dtypes.int32])
        return found[0], found[1]
