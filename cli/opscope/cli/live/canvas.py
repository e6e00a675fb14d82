"""A picture of dots, two by four in each cell of the terminal, as braille letters have them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from opscope.cli.live.row import Fragment, Glyphs, Row

Bools = npt.NDArray[np.bool_]

ACROSS, DOWN = 2, 4
"""Dots of a cell."""

# The bit of each dot of a braille letter, which follows U+2800; Unicode, chapter 21.1.
_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], np.uint8)
_UPPER = int(_BITS[:2].sum())
_EMPTY = -1


class Canvas:
    """Dots over `columns` by `rows` cells; a cell has one colour, that of who drew there first."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.width, self.height = columns * ACROSS, rows * DOWN
        self._bits = np.zeros((rows, columns), np.uint8)
        self._owner = np.full((rows, columns), _EMPTY, np.int16)
        self._marks: dict[tuple[int, int], Fragment] = {}

    def plane(self) -> Bools:
        """An empty sheet bool[height, width] to draw on, for `add`."""
        return np.zeros((self.height, self.width), np.bool_)

    def add(self, plane: Bools, owner: int, *, behind: bool = False) -> None:
        """Lay a sheet of dots on the picture; `behind` leaves out the cells that have dots."""
        cells = plane.reshape(self.rows, DOWN, self.columns, ACROSS).transpose(0, 2, 1, 3)
        bits = (cells * _BITS).sum(axis=(2, 3)).astype(np.uint8)
        free = self._owner == _EMPTY
        if behind:
            bits[~free] = 0
        self._bits |= bits
        self._owner[free & (bits > 0)] = owner

    def mark(self, column: int, row: int, char: str, style: str) -> None:
        """Put a character over the dots of a cell; outside of the picture it is left out."""
        if 0 <= column < self.columns and 0 <= row < self.rows:
            self._marks[row, column] = (style, char)

    def drawn(self, styles: Sequence[str], glyphs: Glyphs) -> list[Row]:
        """The rows of characters, each owner in its style."""
        return [
            [self._cell(row, column, styles, glyphs) for column in range(self.columns)]
            for row in range(self.rows)
        ]

    def _cell(self, row: int, column: int, styles: Sequence[str], glyphs: Glyphs) -> Fragment:
        marked = self._marks.get((row, column))
        if marked is not None:
            return marked
        bits = int(self._bits[row, column])
        if not bits:
            return ("", " ")
        style = styles[int(self._owner[row, column])]
        if glyphs.braille:
            return (style, chr(0x2800 + bits))
        upper, lower = bits & _UPPER, bits & ~_UPPER
        return (style, ":" if upper and lower else "'" if upper else ".")
