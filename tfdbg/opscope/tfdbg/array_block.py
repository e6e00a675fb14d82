"""The elements of a large array as rows that are made when they are looked at."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, overload

import numpy as np

from opscope.tfdbg.screen import Line, MadeLines, Span

LARGE = 20_000
"""From how many elements on all of them are laid out by this module, in one format for all."""

_PREFIX = "array("
_GAP = ", "
_SAMPLE = 1 << 20  # elements looked at together, so that the scratch memory stays small


class ArrayBlock(MadeLines):
    """The rows of `array(...)` for a whole array of one axis or more.

    NumPy's own text needs every element before the first row can be shown: half a minute for ten
    million. Here all cells have one width, so that each row is computed from its number. `value`
    holds numbers or bools, `tail` is what stands behind the last bracket, `highlighted` a mask.
    """

    def __init__(
        self, value: np.ndarray, columns: int, tail: str, highlighted: np.ndarray | None = None
    ) -> None:
        self._value, self._tail, self._highlighted = value, tail, highlighted
        self._flat = value.reshape(-1)
        self._format, self._cell = _cell_format(value)
        self._lay_out(columns)

    def _lay_out(self, columns: int) -> None:
        shape = self._value.shape
        self._indent = len(_PREFIX) + len(shape)
        room = columns - self._indent + len(_GAP) - len(shape) - 1  # as NumPy: room to close
        self._per_row = max(room // (self._cell + len(_GAP)), 1)
        self._parts = -(-shape[-1] // self._per_row)  # rows that one vector takes
        self._vectors = shape[-2] if len(shape) > 1 else 1
        self._matrix = self._vectors * self._parts + 1  # and a blank row behind each matrix
        self._matrices = math.prod(shape[:-2])
        last = shape[-1] - (self._parts - 1) * self._per_row
        end = self._indent + last * (self._cell + len(_GAP)) - len(_GAP) + len(shape)
        self._tail_below = end + len(self._tail) > columns and self._tail != ")"

    def at_width(self, columns: int) -> ArrayBlock:
        """The same elements in rows of other length."""
        made = ArrayBlock.__new__(ArrayBlock)
        made.__dict__.update(self.__dict__)
        made._lay_out(columns)
        return made

    def __len__(self) -> int:
        return int(self._matrices * self._matrix - 1 + self._tail_below)

    @overload
    def __getitem__(self, row: int) -> Line: ...
    @overload
    def __getitem__(self, row: slice) -> tuple[Line, ...]: ...
    def __getitem__(self, row: int | slice) -> Line | tuple[Line, ...]:
        if isinstance(row, slice):
            return tuple(self[each] for each in range(*row.indices(len(self))))
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        row %= len(self)
        if self._tail_below and row == len(self) - 1:
            return Line((Span(" " * len(_PREFIX) + self._tail.removeprefix(_GAP)),))
        matrix, below = divmod(row, self._matrix)
        if below == self._matrix - 1:
            return Line((Span(""),))
        vector, part = divmod(below, self._parts)
        return self._row(matrix * self._vectors + vector, part)

    def _row(self, vector: int, part: int) -> Line:
        shape = self._value.shape
        size = shape[-1]
        start = part * self._per_row
        end = min(start + self._per_row, size)
        leading = [int(each) for each in np.unravel_index(vector, shape[:-1])] if shape[1:] else []
        opened = _trailing(leading, [0] * len(leading)) + 1 if part == 0 else 0
        closed = _trailing(leading, [each - 1 for each in shape[:-1]]) + 1 if end == size else 0
        first = vector == 0 and part == 0
        head = (_PREFIX if first else "").ljust(self._indent - opened) + "[" * opened
        spans = [Span(head)]
        for place in range(start, end):
            at = vector * size + place
            element = self._flat[at]
            text = self._format(element)
            pad = " " * (self._cell - len(text))
            style = self._style(at, element)
            if style:
                spans += [Span(pad), Span(text, style)]
            else:
                spans.append(Span(pad + text))
            if place + 1 < end:
                spans.append(Span(_GAP))
        last = closed == len(shape)
        tail = self._tail if last and not self._tail_below else ","
        spans.append(Span("]" * closed + tail))
        return Line(_joined(spans), index=(*leading, start))

    def _style(self, at: int, element: Any) -> str:
        if self._highlighted is not None and self._highlighted.reshape(-1)[at]:
            return "highlight"
        return "" if self._value.dtype.kind in "biu" or np.isfinite(element) else "bad"

    def line_of(self, index: tuple[int, ...]) -> int:
        """The row that shows an element."""
        shape = self._value.shape
        vector = int(np.ravel_multi_index(index[:-1], shape[:-1])) if len(shape) > 1 else 0
        matrix, vector = divmod(vector, self._vectors)
        return int(matrix * self._matrix + vector * self._parts + index[-1] // self._per_row)


def is_block(value: np.ndarray) -> bool:
    """True where the whole of a value is laid out as an ArrayBlock."""
    numbers = value.dtype.kind in "biufc" or value.dtype.name == "bfloat16"
    return value.size > LARGE and value.ndim > 0 and numbers


def _trailing(index: list[int], ends: list[int]) -> int:
    """How many of the last places of an index are at their ends."""
    count = 0
    for place, end in zip(reversed(index), reversed(ends), strict=True):
        if place != end:
            break
        count += 1
    return count


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    """The spans with neighbours of no style made one."""
    found: list[Span] = []
    for span in spans:
        if found and not span.style and not found[-1].style:
            found[-1] = Span(found[-1].text + span.text)
        elif span.text:
            found.append(span)
    return tuple(found)


def _cell_format(value: np.ndarray) -> tuple[Callable[[Any], str], int]:
    """How an element is written, and the width of the widest."""
    kind = value.dtype.kind
    if kind == "b":
        return str, 5
    if kind in "iu":
        return str, max(len(str(value.min())), len(str(value.max())))
    if kind == "c":
        return lambda element: f"{complex(element):.8e}", len("-1.00000000e+00") * 2 + (
            1 if value.dtype.itemsize <= 8 else 3
        )
    whole, largest, smallest = _extent(value)
    if whole and largest < 1e8:
        return _whole_number, max(len(str(int(largest))) + 2, 4)
    if largest < 1e4 and smallest >= 1e-4:
        return lambda element: f"{float(element):.8f}", max(len(str(int(largest))) + 10, 4)
    wide = value.dtype.itemsize > 4 and (largest >= 1e100 or smallest < 1e-99)
    return lambda element: f"{float(element):.8e}", 16 if wide else 15


def _whole_number(element: Any) -> str:
    return f"{float(element):.0f}." if np.isfinite(element) else str(float(element))


def _extent(value: np.ndarray) -> tuple[bool, float, float]:
    """Of the finite elements: whether all are whole, the largest and the smallest size but 0."""
    whole, largest, smallest = True, 0.0, np.inf
    flat = value.reshape(-1)
    for start in range(0, flat.size, _SAMPLE):
        part = np.abs(flat[start : start + _SAMPLE].astype(np.float64))
        part = part[np.isfinite(part)]
        if part.size:
            whole = whole and bool((part == np.floor(part)).all())
            largest = max(largest, float(part.max()))
            smallest = min(smallest, float(part[part > 0].min(initial=np.inf)))
    return whole, largest, smallest
