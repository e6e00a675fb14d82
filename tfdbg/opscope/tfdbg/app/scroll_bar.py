"""The scroll bar: which cells it has, and what a click on one means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Cell(Enum):
    """What one row of the bar shows."""

    UP = "up"
    DOWN = "down"
    BLOCK = "block"
    TRACK = "track"


@dataclass(frozen=True)
class ScrollBar:
    """A bar beside `height` rows of a text of `rows` rows whose first row in sight is `top`."""

    height: int
    rows: int
    top: int

    def block(self) -> tuple[int, int]:
        """First row of the block and the row after its last, between the two arrows."""
        room = self.height - 2
        size = min(max(room * self.height // max(self.rows, 1), 1), room)
        last_top = max(self.rows - self.height, 1)
        start = 1 + (room - size) * min(self.top, last_top) // last_top
        return start, start + size

    def cells(self) -> list[Cell]:
        """The bar from top to bottom; only blanks where everything fits or there is no room."""
        if self.rows <= self.height or self.height < 3:
            return []
        start, end = self.block()
        track = [Cell.TRACK] * self.height
        track[start:end] = [Cell.BLOCK] * (end - start)
        return [Cell.UP, *track[1:-1], Cell.DOWN]

    def click(self, row: int) -> int:
        """How many rows a click on a row of the bar moves the text; negative moves up."""
        cells = self.cells()
        if not 0 <= row < len(cells):
            return 0
        if cells[row] is Cell.UP:
            return -1
        if cells[row] is Cell.DOWN:
            return 1
        start, end = self.block()
        third = max(self.height // 3, 1)
        if row < start:
            return -third
        return third if row >= end else 0
