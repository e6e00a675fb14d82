"""Variables kept in parts: each part a variable of its own, the whole their concatenation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.graph import get_default_graph
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.joining import concat, split
from opscope.runtime.ops.overloads import install
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.variables import Variable

Partitioner = Callable[..., Sequence[int]]


@dataclass(frozen=True)
class PartitionInfo:
    """Which part of a whole an initializer is asked for."""

    full_shape: list[int]
    var_offset: list[int]


class PartitionedVariable:
    """The parts of a variable, cut along one dimension; in expressions it is the whole tensor."""

    def __init__(
        self,
        name: str,
        shape: TensorShape,
        dtype: dtypes.DType,
        variable_list: Sequence[Variable],
        partitions: Sequence[int],
    ) -> None:
        self.name = name
        self.shape = shape
        self.dtype = dtype
        self._parts = list(variable_list)
        self.partitions = list(partitions)

    def __iter__(self) -> Iterator[Variable]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    @property
    def graph(self) -> Any:
        """The graph that holds the parts."""
        return self._parts[0].graph

    @property
    def _axis(self) -> int:
        return next((i for i, count in enumerate(self.partitions) if count > 1), 0)

    def get_shape(self) -> TensorShape:
        """The static shape of the whole."""
        return self.shape

    def as_tensor(self) -> Tensor:
        """The whole, concatenated anew."""
        graph = get_default_graph()
        with graph.control_dependencies(None):
            whole: Any = self._parts[0]
            if len(self._parts) > 1:
                with graph.name_scope(f"{self.name}/ConcatPartitions/"):
                    whole = concat([part.value() for part in self._parts], self._axis)
            with graph.name_scope(None):
                return identity(whole, name=self.name)

    def _as_tensor(self, as_ref: bool = False) -> Tensor:
        return self.as_tensor()

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Give each part its part of a value (or of a list); the parts after it."""
        return [
            part.assign(piece, use_locking, name, read_value)
            for part, piece in zip(self._parts, self._pieces(value), strict=True)
        ]

    def assign_add(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Add to each part its part of a value (or of a list); the parts after it."""
        return [
            part.assign_add(piece, use_locking, name, read_value)
            for part, piece in zip(self._parts, self._pieces(value), strict=True)
        ]

    def assign_sub(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Subtract from each part its part of a value (or of a list); the parts after it."""
        return [
            part.assign_sub(piece, use_locking, name, read_value)
            for part, piece in zip(self._parts, self._pieces(value), strict=True)
        ]

    def _pieces(self, value: Any) -> list[Any]:
        if isinstance(value, (list, PartitionedVariable)):
            return list(value)
        sizes = [part.shape.as_list()[self._axis] for part in self._parts]
        pieces: list[Any] = list(split(value, sizes, axis=self._axis))
        return pieces

    def __repr__(self) -> str:
        return (
            f"<tf.PartitionedVariable '{self.name}' shape={self.shape} "
            f"dtype={self.dtype.name} in {len(self._parts)} parts>"
        )


# An operator on the variable is the operator on the whole.
install(PartitionedVariable)


def cuts(partitioner: Partitioner, shape: TensorShape, dtype: dtypes.DType) -> list[int]:
    """What a partitioner says; ValueError unless it cuts one dimension at most."""
    if not shape.is_fully_defined():
        raise ValueError(
            f"Shape of a new partitioned variable must be fully defined, but instead was {shape}."
        )
    if not shape.ndims:
        raise ValueError(f"A partitioned Variable must have rank at least 1, shape: {shape}")
    made = partitioner(shape=shape, dtype=dtype)
    if not isinstance(made, Sequence):
        raise ValueError(f"Partitioner must return a sequence, but saw: {made}")
    if len(made) != shape.ndims:
        raise ValueError(
            "Partitioner returned a partition list that does not match the Variable's rank: "
            f"{made} vs. {shape}"
        )
    if any(count < 1 for count in made):
        raise ValueError(f"Partitioner returned zero partitions for some axes: {made}")
    if sum(count > 1 for count in made) > 1:
        raise ValueError(
            f"Can only slice a variable along one dimension: shape: {shape}, partitioning: {made}"
        )
    return list(made)


def parts(shape: Sequence[int], partitions: Sequence[int]) -> Iterator[tuple[list[int], list[int]]]:
    """Where each part begins and its shape; the first parts are larger where it does not divide."""
    axis, count = next(((i, n) for i, n in enumerate(partitions) if n > 1), (0, 1))
    least, larger = divmod(shape[axis], count)
    offset = [0] * len(shape)
    for i in range(count):
        sizes = list(shape)
        sizes[axis] = least + (i < larger)
        yield list(offset), sizes
        offset[axis] += sizes[axis]


def fixed_size_partitioner(num_shards: int, axis: int = 0) -> Partitioner:
    """A partitioner that cuts a dimension into `num_shards`, or as many as it has."""

    def partitioner(shape: TensorShape, **unused: Any) -> list[int]:
        made = [1] * len(shape)
        made[axis] = min(num_shards, int(shape.as_list()[axis] or 0))
        return made

    return partitioner


def _bytes_per_element(dtype: Any, bytes_per_string_element: int) -> int:
    kind = dtypes.as_dtype(dtype).base_dtype
    return bytes_per_string_element if kind is dtypes.string else kind.size


def variable_axis_size_partitioner(
    max_shard_bytes: int,
    axis: int = 0,
    bytes_per_string_element: int = 16,
    max_shards: int | None = None,
) -> Partitioner:
    """A partitioner that keeps each part at most `max_shard_bytes`, with at most `max_shards`."""
    if max_shard_bytes < 1 or bytes_per_string_element < 1:
        raise ValueError(
            "Both max_shard_bytes and bytes_per_string_element must be positive. Currently, "
            f"max_shard_bytes is {max_shard_bytes} and bytes_per_string_element is "
            f"{bytes_per_string_element}"
        )
    if max_shards and max_shards < 1:
        raise ValueError("max_shards must be positive.")

    def partitioner(shape: TensorShape, dtype: Any) -> list[int]:
        if not isinstance(shape, TensorShape) or not shape.is_fully_defined():
            raise ValueError(f"shape is not fully defined: {shape}")
        sizes = [int(size or 0) for size in shape.as_list()]
        each = math.prod(sizes) / sizes[axis] * _bytes_per_element(dtype, bytes_per_string_element)
        count = math.ceil(sizes[axis] / max(1, math.floor(max_shard_bytes / each)))
        made = [1] * len(sizes)
        made[axis] = min(max_shards, count) if max_shards else count
        return made

    return partitioner


def min_max_variable_partitioner(
    max_partitions: int = 1,
    axis: int = 0,
    min_slice_size: int = 256 << 10,
    bytes_per_string_element: int = 16,
) -> Partitioner:
    """A partitioner that makes as many parts as are at least `min_slice_size` bytes."""

    def partitioner(shape: TensorShape, dtype: Any) -> list[int]:
        if axis >= len(shape):
            raise ValueError(
                f"Cannot partition variable along axis {axis} when shape is only {shape}"
            )
        sizes = [int(size or 0) for size in shape.as_list()]
        total = math.prod(sizes) * _bytes_per_element(dtype, bytes_per_string_element)
        made = [1] * len(sizes)
        made[axis] = max(1, min(sizes[axis], max_partitions, math.ceil(total / min_slice_size)))
        return made

    return partitioner


def create_partitioned_variables(
    shape: Sequence[int],
    slicing: Sequence[int],
    initializer: Any,
    dtype: Any = dtypes.float32,
    trainable: bool = True,
    collections: Sequence[str] | None = None,
    name: str | None = None,
    reuse: bool | None = None,
) -> list[Variable]:
    """The parts of a new variable, cut as `slicing` says: one number of parts per dimension."""
    from opscope.runtime.variable_scope import (  # it is built on this
        get_variable_scope,
        variable_scope,
    )

    if len(shape) != len(slicing):
        raise ValueError(
            "The 'shape' and 'slicing' of a partitioned Variable must have the length: "
            f"shape: {shape}, slicing: {slicing}"
        )
    if len(shape) < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1: shape: {shape}")
    with variable_scope(name, "PartitionedVariable", reuse=reuse):
        whole = get_variable_scope().get_variable(
            None,
            shape,
            dtype,
            initializer,
            trainable=trainable,
            collections=collections,
            partitioner=lambda **unused: slicing,
        )
    return list(whole)
