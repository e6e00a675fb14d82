"""A screen's lines cut to the terminal's width, one row made at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from prompt_toolkit.utils import get_cwidth

from opscope.tfdbg.screen import JoinedLines, Line, MadeLines, Span

TAB = "    "
_UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Piece:
    """Part of a span on one row; `span` is the span's place in its line."""

    text: str
    style: str
    link: str | None
    span: int
    start: int  # place of the first character in the line's text


@dataclass(frozen=True)
class Row:
    """One row of the terminal, part of a line; `indent` blanks stand before it."""

    line: int
    pieces: tuple[Piece, ...]
    indent: int = 0

    def piece_at(self, column: int) -> Piece | None:
        """What stands in a terminal column, counted from 0."""
        end = self.indent
        if column < end:
            return None
        for piece in self.pieces:
            end += text_width(piece.text)
            if column < end:
                return piece
        return None


def text_width(text: str) -> int:
    """Terminal columns that a text takes."""
    return len(text) if text.isascii() else get_cwidth(text)


def printable(text: str) -> str:
    """The text with tabs spread and what cannot be printed replaced: it cannot steer the terminal.

    Controls that turn the direction of writing or have no width are replaced as well.

    Names and source come from files that anyone may have written.
    """
    if text.isprintable():
        return text
    text = text.replace("\t", TAB)
    return "".join(char if char.isprintable() else _UNPRINTABLE for char in text)


def hang(width: int) -> int:
    """How far the second row of a line and those below it are set in."""
    return 4 if width >= 24 else 0


def cut_points(text: str, width: int) -> list[int]:
    """Where each row of a text begins, when cut at `width` columns; [0] for an empty one.

    A row ends behind the last space of its last third, so that prose is cut between words, and
    hard where there is none, as in names and numbers.
    """
    wide = not text.isascii()
    starts, start = [0], 0
    while True:
        end = _end_of_row(text, start, width) if wide else start + width
        if end >= len(text):
            return starts
        space = text.rfind(" ", start + (end - start) * 2 // 3, end)
        start = end if space < 0 or text[end] == " " else space + 1
        if len(starts) == 1:
            width -= hang(width)
        starts.append(start)


def _end_of_row(text: str, start: int, width: int) -> int:
    column = 0
    for place in range(start, len(text)):
        column += get_cwidth(text[place])
        if column > width and place > start:
            return place
    return len(text)


class Rows:
    """The rows of some lines at one width.

    Only the number of rows of each line is kept, so that a million lines cost a million
    additions and no text is laid out before it is looked at.
    """

    def __init__(self, lines: Sequence[Line], width: int) -> None:
        self.width = max(width, 1)
        self.lines = lines
        self._ends = np.cumsum(self._counts(lines))

    def _counts(self, lines: Sequence[Line]) -> np.ndarray:
        """How many rows each line takes; one for lines that are made for this width."""
        if isinstance(lines, JoinedLines):
            return np.concatenate([self._counts(part) for part in lines.parts])
        if isinstance(lines, MadeLines):
            return np.ones(len(lines), np.int64)
        return np.fromiter((self._row_count(line) for line in lines), np.int64, len(lines))

    def _row_count(self, line: Line) -> int:
        text = "".join(span.text for span in line.spans)
        if len(text) <= self.width and text.isascii() and text.isprintable():
            return 1
        return len(cut_points(printable(text), self.width))

    @staticmethod
    def text(line: Line) -> str:
        """A line's text as it is shown."""
        return "".join(printable(span.text) for span in line.spans)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def row(self, row: int) -> Row:
        """One row; raises IndexError outside of the rows there are."""
        if not 0 <= row < len(self):
            raise IndexError(row)
        number = self.line_of(row)
        part = row - self.first_row(number)
        pieces = tuple(self._pieces(self.lines[number], part))
        return Row(number, pieces, hang(self.width) if part else 0)

    def first_row(self, line: int) -> int:
        """The row on which a line begins."""
        return int(self._ends[line - 1]) if line else 0

    def row_of(self, line: int, place: int) -> int:
        """The row that shows the character at `place` of a line."""
        starts = cut_points(self.text(self.lines[line]), self.width)
        return self.first_row(line) + int(np.searchsorted(starts, place, side="right")) - 1

    def line_of(self, row: int) -> int:
        """The line that a row belongs to."""
        return int(np.searchsorted(self._ends, row, side="right"))

    def _pieces(self, line: Line, part: int) -> list[Piece]:
        starts = cut_points(self.text(line), self.width)
        begin = starts[part]
        end = starts[part + 1] if part + 1 < len(starts) else None
        pieces, place = [], 0
        for number, span in enumerate(line.spans):
            text = printable(span.text)
            low = max(begin - place, 0)
            high = len(text) if end is None else min(end - place, len(text))
            if low < high:
                pieces.append(_piece(span, text[low:high], number, place + low))
            place += len(text)
        return pieces


def _piece(span: Span, text: str, number: int, start: int) -> Piece:
    return Piece(text, span.style, span.link, number, start)
