"""Where labels of edges go: clear of boxes and of each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from opscope.dashboard.graph.lettering import text_width

LABEL_TEXT = 9.5
Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom."""


class LabelRoom:
    """Keeps labels of edges clear of boxes and of each other, with a grid of what is taken."""

    _cell = 64.0
    _limit = 3000

    def __init__(self, boxes: Iterable[Rectangle], lr: bool) -> None:
        self._taken: dict[tuple[int, int], list[Rectangle]] = defaultdict(list)
        self._left = self._limit
        self._lr = lr
        for box in boxes:
            self._take(box)

    def place(self, text: str, points: list[tuple[float, float]]) -> tuple[float, float] | None:
        """Where the label goes: in the middle of a stretch that has room, or None."""
        self._left -= 1
        if self._left < 0:
            return None
        half = text_width(text, LABEL_TEXT) / 2 + 3
        along = 0 if self._lr else 1
        stretches = sorted(
            range(len(points) - 1),
            key=lambda at: (at > 0, -abs(points[at][along] - points[at + 1][along])),
        )
        for at in stretches[:6]:
            (x0, y0), (x1, y1) = points[at], points[at + 1]
            for share in (0.5, 0.35, 0.65):
                # The curve between two points leaves and arrives in the direction of the flow.
                bow = share * share * (3 - 2 * share)
                right, down = (share, bow) if self._lr else (bow, share)
                x, y = x0 + (x1 - x0) * right, y0 + (y1 - y0) * down
                # Text stands on a level line, so that the line is seen.
                y -= 8 if self._lr and abs(y1 - y0) < 1 else 0
                rectangle = (x - half, y - 7, x + half, y + 7)
                if self._free(rectangle):
                    self._take(rectangle)
                    return (x, y)
        return None

    def _cells(self, box: Rectangle) -> list[tuple[int, int]]:
        left, top, right, bottom = (int(value // self._cell) for value in box)
        return [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]

    def _take(self, box: Rectangle) -> None:
        for cell in self._cells(box):
            self._taken[cell].append(box)

    def _free(self, box: Rectangle) -> bool:
        left, top, right, bottom = box
        return not any(
            left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
            for cell in self._cells(box)
            for other in self._taken.get(cell, ())
        )
