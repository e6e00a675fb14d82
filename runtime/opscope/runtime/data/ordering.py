"""Elements repeated, left out, shuffled or interleaved."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.data.elements import Element


class Repeated:
    """The elements of one iterator after another; `count` < 0 means forever."""

    def __init__(self, make: Callable[[], Iterator[Element]], count: int) -> None:
        self._make = make
        self._left = count
        self._current: Iterator[Element] | None = None

    def __iter__(self) -> Iterator[Element]:
        return self

    def __next__(self) -> Element:
        while self._left:
            fresh = self._current is None
            if self._current is None:
                self._current = self._make()
            for element in self._current:
                return element
            self._current = None
            if self._left > 0:
                self._left -= 1
            elif fresh:  # an empty dataset, repeated forever, has an end
                self._left = 0
        raise StopIteration


class Taken:
    """The first `count` elements; all when negative."""

    def __init__(self, source: Iterator[Element], count: int) -> None:
        self._source = source
        self._left = count

    def __iter__(self) -> Iterator[Element]:
        return self

    def __next__(self) -> Element:
        if not self._left:
            raise StopIteration
        element = next(self._source)
        self._left -= 1
        return element


class Skipped:
    """What follows the first `count` elements; nothing when negative."""

    def __init__(self, source: Iterator[Element], count: int) -> None:
        self._source = source
        self._left = count

    def __iter__(self) -> Iterator[Element]:
        return self

    def __next__(self) -> Element:
        if self._left < 0:
            raise StopIteration
        while self._left:
            self._left -= 1
            next(self._source)
        return next(self._source)


class Shuffled:
    """Elements drawn at random from a buffer that the source keeps full."""

    def __init__(
        self, source: Iterator[Element], buffer_size: int, generator: np.random.Generator
    ) -> None:
        if buffer_size < 1:
            raise errors.InvalidArgumentError(None, None, "buffer_size must be greater than zero.")
        self._source = source
        self._size = buffer_size
        self._generator = generator
        self._buffer: list[Element] = []
        self._ended = False

    def __iter__(self) -> Iterator[Element]:
        return self

    def __next__(self) -> Element:
        buffer = self._buffer
        while not self._ended and len(buffer) < self._size:
            try:
                buffer.append(next(self._source))
            except StopIteration:
                self._ended = True
        if not buffer:
            raise StopIteration
        chosen = int(self._generator.integers(len(buffer)))
        buffer[chosen], buffer[-1] = buffer[-1], buffer[chosen]
        return buffer.pop()


class ShuffleSeeds:
    """The random generators of the passes over one shuffled dataset."""

    def __init__(self, seed: int, seed2: int, reshuffle_each_iteration: bool) -> None:
        entropy = None if seed == 0 and seed2 == 0 else [seed, seed2]
        self._sequence = np.random.SeedSequence(entropy)
        self._reshuffles = reshuffle_each_iteration

    def generator(self) -> np.random.Generator:
        """The generator of the next pass: another order each time, or the same one."""
        sequence = self._sequence.spawn(1)[0] if self._reshuffles else self._sequence
        return np.random.Generator(np.random.Philox(sequence))


class Interleaved:
    """`block_length` elements in turn from each of `cycle_length` open iterators."""

    def __init__(
        self, sources: Iterator[Iterator[Element]], cycle_length: int, block_length: int
    ) -> None:
        if cycle_length == -1:  # as many as can be worked on at once
            cycle_length = os.cpu_count() or 1
        if cycle_length < 1 or block_length < 1:
            raise errors.InvalidArgumentError(
                None, None, "`cycle_length` and `block_length` must be > 0"
            )
        self._sources = sources
        self._open: list[Iterator[Element] | None] = [None] * cycle_length
        self._block = block_length
        self._at = 0
        self._given = 0
        self._ended = False

    def __iter__(self) -> Iterator[Element]:
        return self

    def __next__(self) -> Element:
        while not self._ended or any(s is not None for s in self._open):
            current = self._open[self._at]
            if current is None and not self._ended:
                try:
                    current = self._open[self._at] = next(self._sources)
                except StopIteration:
                    self._ended = True
            if current is not None and self._given < self._block:
                for element in current:
                    self._given += 1
                    return element
                self._open[self._at] = None
            self._at = (self._at + 1) % len(self._open)
            self._given = 0
        raise StopIteration


class ErrorsIgnored:
    """The elements that could be had; those that raised an OpError are left out."""

    def __init__(self, source: Iterator[Element]) -> None:
        self._source = source

    def __iter__(self) -> Iterator[Element]:
        return self

    def __next__(self) -> Element:
        while True:
            try:
                return next(self._source)
            except errors.OpError:
                continue


class Flattened:
    """The elements of each iterator that `sources` gives, one after the other."""

    def __init__(self, sources: Iterator[Iterator[Element]]) -> None:
        self._sources = sources
        self._current: Iterator[Element] = iter(())

    def __iter__(self) -> Iterator[Element]:
        return self

    def __next__(self) -> Element:
        while True:
            for element in self._current:
                return element
            self._current = next(self._sources)


def slices_of(components: Sequence[Any]) -> Iterator[Element]:
    """The rows of arrays of equal length."""
    return zip(*components, strict=True)
