"""Elements put together into batches, and taken apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.data.elements import Element


def stacked(parts: Sequence[Any], index: int) -> Any:
    """The values of one component as one array; InvalidArgumentError when shapes differ."""
    first = parts[0]
    if not isinstance(first, np.ndarray):
        if isinstance(first, bytes):
            column = np.empty(len(parts), object)
            column[:] = parts
            return column
        return np.array(parts, first.dtype)
    out = np.empty((len(parts), *first.shape), first.dtype)
    for row, part in enumerate(parts):
        if part.shape != first.shape:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Cannot batch tensors with different shapes in component {index}. First element "
                f"had shape {list(first.shape)} and element {row} had shape {list(part.shape)}.",
            )
        out[row] = part
    return out


class _Grouped:
    """Takes `size` elements at a time."""

    def __init__(self, source: Iterator[Element], size: int, drop_remainder: bool) -> None:
        if size <= 0:
            raise errors.InvalidArgumentError(None, None, "Batch size must be greater than zero.")
        self._source = source
        self._size = size
        self._drop = drop_remainder

    def __iter__(self) -> Iterator[Element]:
        return self

    def __next__(self) -> Element:
        source = self._source
        rows = []
        for _ in range(self._size):
            try:
                rows.append(next(source))
            except StopIteration:
                break
        if not rows or (self._drop and len(rows) < self._size):
            raise StopIteration
        return self._joined(rows)

    def _joined(self, rows: Sequence[Element]) -> Element:
        raise NotImplementedError


class Batched(_Grouped):
    """Stacks elements of equal shapes."""

    def _joined(self, rows: Sequence[Element]) -> Element:
        return tuple([stacked(column, i) for i, column in enumerate(zip(*rows, strict=True))])


class PaddedBatched(_Grouped):
    """Fills elements up to a common shape, then stacks them.

    padded_shapes: per component; -1 stands for the largest size of the batch.
    """

    def __init__(
        self,
        source: Iterator[Element],
        size: int,
        drop_remainder: bool,
        padded_shapes: Sequence[Any],
        padding_values: Sequence[Any],
    ) -> None:
        super().__init__(source, size, drop_remainder)
        self._shapes = [tuple(s.tolist()) for s in padded_shapes]
        self._values = padding_values

    def _joined(self, rows: Sequence[Element]) -> Element:
        columns = zip(zip(*rows, strict=True), self._shapes, self._values, strict=True)
        return tuple([padded(*column, i) for i, column in enumerate(columns)])


def padded(parts: Sequence[Any], shape: tuple[int, ...], value: Any, index: int) -> Any:
    """The values of one component, each filled up with `value` to `shape` (-1: the largest)."""
    given: list[tuple[int, ...]] = [np.shape(part) for part in parts]
    for sizes in given:
        if len(sizes) != len(shape):
            raise errors.InvalidArgumentError(
                None,
                None,
                "All elements in a batch must have the same rank as the padded shape for component"
                f"{index}: expected rank {len(shape)} but got element with rank {len(sizes)}",
            )
    wanted = []
    for axis, size in enumerate(shape):
        largest = max(sizes[axis] for sizes in given)
        if 0 <= size < largest:
            raise errors.DataLossError(
                None,
                None,
                "Attempted to pad to a smaller size than the input element.",
            )
        wanted.append(largest if size < 0 else size)
    dtype = object if isinstance(value, bytes) else value.dtype
    out = np.empty((len(parts), *wanted), dtype)
    out.fill(value)
    for row, part in enumerate(parts):
        place: Any = (row, *[slice(n) for n in given[row]])
        out[place] = part
    return out


class Unbatched:
    """The rows of each element as elements."""

    def __init__(self, source: Iterator[Element]) -> None:
        self._source = source
        self._rows: Iterator[Element] = iter(())

    def __iter__(self) -> Iterator[Element]:
        return self

    def __next__(self) -> Element:
        while True:
            for row in self._rows:
                return row
            self._rows = zip(*next(self._source), strict=True)
