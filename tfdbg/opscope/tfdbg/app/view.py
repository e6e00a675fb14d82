"""What is looked at: one screen, the rows in sight, the search and the chosen link."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from opscope.tfdbg.app.element import range_text
from opscope.tfdbg.app.rows import Row, Rows, printable
from opscope.tfdbg.screen import Line, MadeLines, Screen


@dataclass(frozen=True)
class LinkPlace:
    """A link on a screen: its line and the place of its span in the line."""

    line: int
    span: int


class View:
    """A screen seen through a window of `height` rows and `width` columns."""

    def __init__(self, screen: Screen, command: str) -> None:
        self.screen = screen
        self.lines: Sequence[Line] = screen.lines  # laid out for the width of the last `fit`
        self.command = command
        self.top = 0
        self.height = 1
        self.pattern: re.Pattern[str] | None = None
        self.match: tuple[int, int] | None = None  # line and place of the match last gone to
        self.link: LinkPlace | None = None
        self._rows: Rows | None = None

    @property
    def rows(self) -> Rows:
        """The rows at the width of the last `fit`."""
        if self._rows is None:
            raise RuntimeError("a view has no rows before fit()")
        return self._rows

    @property
    def last_top(self) -> int:
        """The largest row that can be at the top: the last page is always full."""
        return max(len(self.rows) - self.height, 0)

    def fit(self, width: int, height: int) -> None:
        """Lay out for a window; the line at the top stays at the top."""
        if self._rows is None:
            if isinstance(self.lines, MadeLines):
                self.lines = self.lines.at_width(max(width, 1))
            self._rows = Rows(self.lines, width)
            start = self.screen.start_line
            if 0 < start < len(self.lines):
                self.top = self._rows.first_row(start)
        elif self._rows.width != max(width, 1):
            line = self._rows.line_of(self.top) if len(self._rows) else 0
            if isinstance(self.lines, MadeLines):
                line = self._lay_out_anew(line, max(width, 1))
            self._rows = Rows(self.lines, width)
            self.top = self._rows.first_row(line) if self.lines else 0
        self.height = max(height, 1)
        self.scroll_to(self.top)

    def _lay_out_anew(self, line: int, width: int) -> int:
        """Make the lines for another width; the line that shows what `line` showed before."""
        index = self.lines[line].index
        assert isinstance(self.lines, MadeLines)
        self.lines = self.lines.at_width(width)
        self.match = self.link = None
        found = self.lines.line_of(index) if index is not None else None
        return min(line, len(self.lines) - 1) if found is None else found

    def scroll_to(self, row: int) -> None:
        """Put a row at the top, as far as there are rows."""
        self.top = min(max(row, 0), self.last_top)

    def scroll_by(self, rows: int) -> None:
        """Move down by some rows, up by negative ones."""
        self.scroll_to(self.top + rows)

    def page(self, pages: int) -> None:
        """Move by whole pages; one row of the old page stays in sight."""
        self.scroll_by(pages * max(self.height - 1, 1))

    def visible(self) -> list[Row]:
        """The rows in sight."""
        end = min(self.top + self.height, len(self.rows))
        return [self.rows.row(row) for row in range(self.top, end)]

    @property
    def scroll_text(self) -> str:
        """Which way there is more and how far down the view is; empty where everything fits."""
        if not self.last_top:
            return ""
        keys = "PgDn/PgUp"
        if self.top == 0:
            keys = "PgDn"
        elif self.top == self.last_top:
            keys = "PgUp"
        part = 100 * self.top / self.last_top
        part = part if self.top == self.last_top else min(part, 99.99)
        return f"Scroll ({keys}): {part:.2f}%"

    @property
    def element_text(self) -> str:
        """Which elements of a tensor are in sight; empty where everything fits."""
        if not self.last_top:
            return ""
        shown = [self.lines[row.line] for row in self.visible()]
        elements = [line for line in shown if line.index is not None]
        return range_text(elements[0], elements[-1]) if elements else ""

    # search

    def search(self, pattern: re.Pattern[str] | None) -> bool:
        """Go to the first match at or below the top; False where there is none."""
        self.pattern = pattern
        self.match = None
        if pattern is None:
            return True
        first = self.rows.line_of(self.top) if len(self.rows) else 0
        return self._go_to_match(self._matches(first, 0))

    def search_again(self, back: bool = False) -> bool:
        """Go to the next match, or back to the one before; False where there is none that way."""
        if self.match is None:
            return False
        line, place = self.match
        if back:
            return self._go_to_match(self._matches_before(line, place))
        return self._go_to_match(self._matches(line, place + 1))

    def _matches_before(self, line: int, place: int) -> Iterator[tuple[int, int]]:
        for number in range(line, -1, -1):
            for start, end in reversed(self.match_ranges(number)):
                if end > start and (number, start) < (line, place):
                    yield number, start

    def _matches(self, line: int, place: int) -> Iterator[tuple[int, int]]:
        pattern = self.pattern
        if pattern is None:
            return
        for number in range(line, len(self.lines)):
            text = Rows.text(self.lines[number])
            for found in pattern.finditer(text, place if number == line else 0):
                if found.end() > found.start():
                    yield number, found.start()

    def _go_to_match(self, matches: Iterator[tuple[int, int]]) -> bool:
        found = next(matches, None)
        if found is None:
            return False
        self.match = found
        self.scroll_to(self.rows.row_of(*found))
        return True

    def match_ranges(self, line: int) -> list[tuple[int, int]]:
        """The places in a line that the search matches, as (start, end)."""
        if self.pattern is None:
            return []
        text = Rows.text(self.lines[line])
        return [
            found.span() for found in self.pattern.finditer(text) if found.end() > found.start()
        ]

    # links

    def _links(self, line: int) -> list[LinkPlace]:
        spans = self.lines[line].spans
        return [LinkPlace(line, n) for n, span in enumerate(spans) if span.link is not None]

    def _link_row(self, link: LinkPlace) -> int:
        spans = self.lines[link.line].spans
        place = sum(len(printable(span.text)) for span in spans[: link.span])
        return self.rows.row_of(link.line, place)

    def move_link(self, step: int) -> bool:
        """Choose the next (1) or previous (-1) link, starting from those in sight.

        The view follows the link. False where the screen has no link further that way.
        """
        lines = len(self.lines)
        if self.link is None:
            visible = self.visible()
            if not visible:
                return False
            line = visible[0].line if step > 0 else visible[-1].line
            candidates = self._links(line)
        else:
            line = self.link.line
            here, links = self.link.span, self._links(line)
            candidates = [place for place in links if (place.span - here) * step > 0]
        while not candidates and 0 <= line + step < lines:
            line += step
            candidates = self._links(line)
        if not candidates:
            return False
        self.link = candidates[0] if step > 0 else candidates[-1]
        row = self._link_row(self.link)
        if row < self.top:
            self.scroll_to(row)
        elif row >= self.top + self.height:
            self.scroll_to(row - self.height + 1)
        return True

    @property
    def link_command(self) -> str | None:
        """The command of the chosen link."""
        if self.link is None:
            return None
        return self.lines[self.link.line].spans[self.link.span].link
