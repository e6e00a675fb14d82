"""What a command shows: lines of styled text with links, free of any terminal."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import overload

STYLES = (
    "bold",  # names that matter on this screen
    "heading",  # titles and column heads
    "tensor",  # names of tensors and nodes that can be clicked
    "yellow",  # the debug op and the slice behind a tensor's name, line numbers
    "highlight",  # elements inside the ranges of `pt -r`
    "dim",  # what is there for completeness
    "error",  # one line that says what went wrong
    "bad",  # elements that are nan or infinite, and their counts
    *(
        f"label.{state}"  # the states of nodes in the stepper
        for state in ("placeholder", "unfeedable", "handle", "intermediate", "override", "dirty")
    ),
    "warning",  # something the reader should know before trusting the rest
)
"""Every style a Span may name; the terminal app maps each to colours."""


@dataclass(frozen=True)
class Span:
    """A run of text in one style; `link` is the command that a click runs."""

    text: str
    style: str = ""
    link: str | None = None


@dataclass(frozen=True)
class Line:
    """One row; `index` is the index of the first tensor element on it, where it shows elements."""

    spans: tuple[Span, ...]
    index: tuple[int, ...] | None = None

    @property
    def text(self) -> str:
        """The row without style or links; what could steer a terminal is written as escapes."""
        text = "".join(span.text for span in self.spans)
        if text.isprintable():
            return text
        return "".join(char if char.isprintable() else _escaped(char) for char in text)


class MadeLines(Sequence[Line]):
    """Lines that are made when they are looked at, none wider than they were laid out for."""

    @abstractmethod
    def at_width(self, columns: int) -> MadeLines:
        """The same content laid out for another width."""

    @abstractmethod
    def line_of(self, index: tuple[int, ...]) -> int | None:
        """The line that shows an element of a tensor; None where no line shows elements."""


class JoinedLines(MadeLines):
    """Some lines and lines that are made, one below the other."""

    def __init__(self, parts: Iterable[Sequence[Line]]) -> None:
        self.parts = tuple(parts)
        self._starts = (0, *accumulate(len(part) for part in self.parts))

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, number: int) -> Line: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[Line, ...]: ...
    def __getitem__(self, number: int | slice) -> Line | tuple[Line, ...]:
        if isinstance(number, slice):
            return tuple(self[each] for each in range(*number.indices(len(self))))
        if not -len(self) <= number < len(self):
            raise IndexError(number)
        number %= len(self)
        part = bisect_right(self._starts, number) - 1
        return self.parts[part][number - self._starts[part]]

    def __iter__(self) -> Iterator[Line]:
        for part in self.parts:
            yield from part

    def at_width(self, columns: int) -> JoinedLines:
        """The parts that are made laid out anew, the others as they are."""
        return JoinedLines(
            part.at_width(columns) if isinstance(part, MadeLines) else part for part in self.parts
        )

    def line_of(self, index: tuple[int, ...]) -> int | None:
        """The line that shows an element of the first part that shows any."""
        for start, part in zip(self._starts, self.parts, strict=False):
            found = part.line_of(index) if isinstance(part, MadeLines) else None
            if found is not None:
                return start + found
        return None


def joined(*parts: Sequence[Line]) -> Sequence[Line]:
    """The lines of all parts, those that are made not before they are looked at."""
    if not any(isinstance(part, MadeLines) for part in parts):
        return tuple(line for part in parts for line in part)
    flat = (part.parts if isinstance(part, JoinedLines) else (part,) for part in parts)
    return JoinedLines(part for group in flat for part in group if len(part))


@dataclass(frozen=True)
class Screen:
    """The whole answer of a command.

    `data` is the same answer for programs and holds only what JSON can hold, and the array itself
    in place of a list of very many elements. `menu` are the
    clickable words above the text; one without a link is shown but cannot be chosen.
    `start_line` is the row to show first. A screen with an `action` ends the loop that reads
    commands: the action is what the caller does next.
    """

    lines: Sequence[Line] = ()
    data: object = None
    ok: bool = True
    menu: tuple[Span, ...] = ()
    start_line: int = 0
    action: object = None

    def __add__(self, other: Screen) -> Screen:
        return Screen(
            joined(self.lines, other.lines),
            data=self.data if self.data is not None else other.data,
            ok=self.ok and other.ok,
            menu=self.menu or other.menu,
            start_line=self.start_line,
            action=self.action if self.action is not None else other.action,
        )

    def __str__(self) -> str:
        return "\n".join(line.text for line in self.lines)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode()


def line(*parts: str | Span, index: tuple[int, ...] | None = None) -> Line:
    """A row of plain strings and spans."""
    spans = (Span(part) if isinstance(part, str) else part for part in parts)
    return Line(tuple(spans), index)


def text_screen(lines: Iterable[str], style: str = "") -> Screen:
    """A screen of plain rows, all in one style."""
    return Screen(tuple(Line((Span(text, style),)) for text in lines))


def error_screen(message: str) -> Screen:
    """One red line `ERROR: message`; `ok` is False."""
    text = f"ERROR: {message}"
    return Screen((line(Span(text, "error")),), data={"error": message}, ok=False)
