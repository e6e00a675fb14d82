"""Elements in windows, in groups, or folded into one value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.data.elements import Element, Elements


def of_elements(elements: list[Element]) -> Elements:
    """A dataset of elements that are there already."""
    return Elements(lambda t: iter(elements), len(elements))


def columns_of(elements: list[Element], width: int) -> Element:
    """Elements of several components as one dataset for each component."""
    return tuple(of_elements([(element[i],) for element in elements]) for i in range(width))


class Windowed:
    """Datasets of `size` elements each, `stride` apart, the next beginning `shift` later."""

    def __init__(
        self,
        source: Iterator[Element],
        size: int,
        shift: int,
        stride: int,
        drop_remainder: bool,
        width: int,
    ) -> None:
        for value, name in ((size, "size"), (shift, "shift"), (stride, "stride")):
            if value <= 0:
                raise errors.InvalidArgumentError(
                    None, None, f"Window {name} must be greater than zero."
                )
        self._source = source
        self._shift = shift
        self._stride = stride
        self._target = (size - 1) * stride + 1
        self._drop = drop_remainder
        self._width = width
        self._buffer: list[Element] = []
        self._ended = False

    def __iter__(self) -> Iterator[Element]:
        return self

    def __next__(self) -> Element:
        buffer = self._buffer
        while not self._ended and len(buffer) < self._target:
            try:
                buffer.append(next(self._source))
            except StopIteration:
                self._ended = True
        if not buffer or (self._drop and len(buffer) < self._target):
            raise StopIteration
        window = columns_of(buffer[: self._target : self._stride], self._width)
        missing = self._shift - len(buffer)
        del buffer[: self._shift]
        for _ in range(missing):
            if next(self._source, None) is None:
                self._ended = True
                break
        return window


class GroupedByWindow:
    """What a function makes of the elements of one key, as soon as there are enough of them."""

    def __init__(
        self,
        source: Iterator[Element],
        key_of: Callable[..., Element],
        size_of: Callable[..., Element],
        reduced: Callable[[Any, Elements], Iterator[Element]],
    ) -> None:
        self._source = source
        self._key_of = key_of
        self._size_of = size_of
        self._reduced = reduced
        self._groups: dict[int, list[Element]] = {}
        self._sizes: dict[int, int] = {}
        self._current: Iterator[Element] = iter(())

    def __iter__(self) -> Iterator[Element]:
        return self

    def __next__(self) -> Element:
        while True:
            for element in self._current:
                return element
            try:
                self._current = self._filled()
            except StopIteration:
                if not self._groups:
                    raise
                key = min(self._groups)
                self._current = self._taken(key)

    def _filled(self) -> Iterator[Element]:
        """The result of the next group that is full."""
        while True:
            element = next(self._source)
            key = int(self._key_of(*element)[0])
            if key not in self._sizes:
                size = int(self._size_of(np.int64(key))[0])
                if size <= 0:
                    raise errors.InvalidArgumentError(
                        None, None, f"Window size must be greater than zero, but got {size}."
                    )
                self._sizes[key] = size
            group = self._groups.setdefault(key, [])
            group.append(element)
            if len(group) == self._sizes[key]:
                return self._taken(key)

    def _taken(self, key: int) -> Iterator[Element]:
        del self._sizes[key]
        return self._reduced(np.int64(key), of_elements(self._groups.pop(key)))


def scanned(
    source: Iterator[Element], step: Callable[..., Element], state: Element
) -> Iterator[Element]:
    """What a function of a state and an element gives besides the next state."""
    for element in source:
        found = step(*state, *element)
        state = found[: len(state)]
        yield found[len(state) :]


def taken_while(source: Iterator[Element], test: Callable[..., Element]) -> Iterator[Element]:
    """The elements before the first for which a function is false."""
    for element in source:
        if not test(*element)[0]:
            return
        yield element


def distinct(source: Iterator[Element]) -> Iterator[Element]:
    """The elements that were not there before."""
    seen = set()
    for element in source:
        value = element[0]
        mark = value.tobytes() if isinstance(value, np.ndarray) else value
        if mark not in seen:
            seen.add(mark)
            yield element


def directed(
    choices: Iterator[Element], sources: list[Iterator[Element]], stop_on_empty: bool
) -> Iterator[Element]:
    """Elements of the sources that the choices name, in their order."""
    done = [False] * len(sources)
    for choice in choices:
        number = int(choice[0])
        if not 0 <= number < len(sources):
            raise errors.InvalidArgumentError(
                None, None, f"Selector index out of range: {number} >= {len(sources)}"
            )
        if not done[number]:
            element = next(sources[number], None)
            if element is not None:
                yield element
                continue
            done[number] = True
        if stop_on_empty or all(done):
            return
