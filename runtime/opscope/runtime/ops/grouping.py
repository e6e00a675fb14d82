"""Putting rows into groups: partitions, distinct values, and putting parts together again."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes, errors
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import OPS, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.reduction import reduce_prod
from opscope.runtime.ops.sequence import range as range_of
from opscope.runtime.ops.shape import reshape, shape
from opscope.runtime.tensor_shape import TensorShape, unknown_shape


@op(
    "DynamicPartition",
    "data: T, partitions: int32 -> outputs: num_partitions * T",
    "num_partitions: int >= 1, T: type",
    host_only=True,
)
def _dynamic_partition(xp: Any, data: Any, partitions: Any, *, num_partitions: int) -> Any:
    """The rows of data as one tensor per partition, in order."""
    if data.shape[: partitions.ndim] != partitions.shape:
        raise errors.InvalidArgumentError(
            None,
            None,
            "data.shape must start with partitions.shape, got data.shape = "
            f"{list(data.shape)}, partitions.shape = {list(partitions.shape)}",
        )
    ids = partitions.reshape(-1)
    bad = (ids < 0) | (ids >= num_partitions)
    if bad.any():
        first = int(bad.argmax())
        raise errors.InvalidArgumentError(
            None, None, f"partitions[{first}] = {ids[first]} is not in [0, {num_partitions})"
        )
    rows = data.reshape((ids.size, *data.shape[partitions.ndim :]))
    found = tuple(rows[ids == i] for i in range(num_partitions))
    return found if num_partitions > 1 else found[0]


@_dynamic_partition.shape
def _(node: Operation) -> list[TensorShape]:
    data, partitions = (t.shape for t in node.inputs)
    count = node.attrs["num_partitions"]
    if data.ndims is None or partitions.ndims is None:
        return [unknown_shape()] * count
    data[: partitions.ndims].assert_is_compatible_with(partitions)
    return [TensorShape([None]).concatenate(data[partitions.ndims :])] * count


@_dynamic_partition.gradient
def _(node: Operation, *grads: Tensor) -> list[Tensor | None]:
    data, partitions = node.inputs
    prefix = shape(partitions)
    places = reshape(range_of(reduce_prod(prefix)), prefix)
    parted = make_op(
        "DynamicPartition", places, partitions, num_partitions=node.attrs["num_partitions"]
    )
    joined = make_tensor("DynamicStitch", parted, list(grads))
    return [reshape(joined, shape(data)), None]


def _stitch_gradient(node: Operation, grad: Tensor) -> list[Tensor | None]:
    half = len(node.inputs) // 2
    none: list[Tensor | None] = [None] * half
    return none + [gather(grad, places) for places in node.inputs[:half]]


OPS["DynamicStitch"].gradient(_stitch_gradient)
OPS["ParallelDynamicStitch"].gradient(_stitch_gradient)


def _distinct(xp: Any, x: Any, index: dtypes.DType) -> tuple[Any, Any, Any]:
    _, first, inverse, counts = xp.unique(
        x, return_index=True, return_inverse=True, return_counts=True
    )
    order = first.argsort()
    rank = order.argsort()
    kind = index.as_numpy_dtype
    return x[first[order]], rank[inverse.reshape(-1)].astype(kind), counts[order].astype(kind)


_UNIQUE_ATTRS = "T: type, out_idx: {int32, int64} = int32"


@op("Unique", "x: T -> y: T, idx: out_idx", _UNIQUE_ATTRS, host_only=True)
def _unique(xp: Any, x: Any, *, out_idx: dtypes.DType) -> Any:
    """The distinct values in the order in which they come, and for each element which it is."""
    return _distinct(xp, x, out_idx)[:2]


@op(
    "UniqueWithCounts",
    "x: T -> y: T, idx: out_idx, count: out_idx",
    _UNIQUE_ATTRS,
    host_only=True,
)
def _unique_with_counts(xp: Any, x: Any, *, out_idx: dtypes.DType) -> Any:
    """As Unique, and how often each value comes."""
    return _distinct(xp, x, out_idx)


@_unique.shape
def _(node: Operation) -> list[TensorShape]:
    return [unknown_shape(1), node.inputs[0].shape.with_rank(1)]


@_unique_with_counts.shape
def _(node: Operation) -> list[TensorShape]:
    return [unknown_shape(1), node.inputs[0].shape.with_rank(1), unknown_shape(1)]


@op(
    "ReverseSequence",
    "input: T, seq_lengths: Tlen -> output: T",
    "seq_dim: int, batch_dim: int = 0, T: type, Tlen: {int32, int64} = int64",
    host_only=True,
)
def _reverse_sequence(
    xp: Any, value: Any, seq_lengths: Any, *, seq_dim: int, batch_dim: int
) -> Any:
    """Each member of the batch with the start of its sequence, of its own length, reversed."""
    if seq_lengths.shape != value.shape[batch_dim : batch_dim + 1]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Length of seq_lens != input.dims({batch_dim}), "
            f"({seq_lengths.size} vs. {value.shape[batch_dim]})",
        )
    result = value.copy()
    rows = xp.moveaxis(result, (batch_dim, seq_dim), (0, 1))
    if int(seq_lengths.max(initial=0)) > rows.shape[1]:
        raise errors.InvalidArgumentError(
            None, None, f"seq_lens({int(seq_lengths.argmax())}) > input.dims({seq_dim})"
        )
    for row, length in zip(rows, seq_lengths.tolist(), strict=True):
        row[:length] = row[:length][::-1].copy()
    return result


@_reverse_sequence.shape
def _(node: Operation) -> list[TensorShape]:
    value, lengths = (t.shape for t in node.inputs)
    count = lengths.with_rank(1)
    if value.sizes is None:
        return [value]
    batch, sequence = node.attrs["batch_dim"], node.attrs["seq_dim"]
    if batch >= len(value.sizes) or sequence >= len(value.sizes):
        raise ValueError(f"batch_dim and seq_dim must be < input rank: {batch}, {sequence}")
    merged = value[batch : batch + 1].merge_with(count)
    return [value[:batch].concatenate(merged).concatenate(value[batch + 1 :])]


@_reverse_sequence.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    attrs = {key: node.attrs[key] for key in ("seq_dim", "batch_dim")}
    return [make_tensor("ReverseSequence", grad, node.inputs[1], **attrs), None]


# -- functions -----------------------------------------------------------------------------


def dynamic_partition(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> list[Tensor]:
    """The rows of `data` as one tensor per partition."""
    made: list[Tensor] = make_op(
        "DynamicPartition", data, partitions, num_partitions=num_partitions, name=name
    )
    return made


def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Tensor:
    """One tensor of parts: row `indices[m][i]` is `data[m][i]`, of several the last."""
    return make_tensor("DynamicStitch", indices, data, name=name)


def unique(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> tuple[Tensor, Tensor]:
    """The distinct values of a vector in order, and for each element which it is."""
    values, places = make_op("Unique", x, out_idx=out_idx, name=name)
    return values, places


def unique_with_counts(
    x: Any, out_idx: Any = dtypes.int32, name: str | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """As `unique`, and how often each value comes."""
    values, places, counts = make_op("UniqueWithCounts", x, out_idx=out_idx, name=name)
    return values, places, counts


def reverse_sequence(
    input: Any,  # noqa: A002
    seq_lengths: Any,
    seq_axis: int | None = None,
    batch_axis: int | None = None,
    name: str | None = None,
    seq_dim: int | None = None,
    batch_dim: int | None = None,
) -> Tensor:
    """Each member of the batch with the start of its sequence reversed."""
    sequence = seq_dim if seq_axis is None else seq_axis
    batch = batch_dim if batch_axis is None else batch_axis
    return make_tensor(
        "ReverseSequence", input, seq_lengths, seq_dim=sequence, batch_dim=batch or 0, name=name
    )
