"""The parts of the screen, top to bottom, as prompt_toolkit controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prompt_toolkit.application import get_app
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.controls import UIContent, UIControl
from prompt_toolkit.mouse_events import MouseEvent, MouseEventType

from opscope.tfdbg.app.rows import Piece, Row, text_width
from opscope.tfdbg.app.scroll_bar import Cell, ScrollBar
from opscope.tfdbg.app.terminal import Terminal
from opscope.tfdbg.app.view import LinkPlace, View
from opscope.tfdbg.screen import Span

WHEEL_ROWS = 3


def style_of(piece: Piece, chosen: bool) -> str:
    """prompt_toolkit's name of a piece's look."""
    names = [f"class:{name}" for name in piece.style.split()]
    if piece.link is not None:
        names.append("class:link")
    if chosen:
        names.append("class:link.chosen")
    return " ".join(names)


def row_fragments(view: View, row: Row) -> StyleAndTextTuples:
    """A row with its links and the matches of the search."""
    ranges = view.match_ranges(row.line)
    fragments: StyleAndTextTuples = [("", " " * row.indent)] if row.indent else []
    for piece in row.pieces:
        style = style_of(piece, view.link == LinkPlace(row.line, piece.span))
        place, end = piece.start, piece.start + len(piece.text)
        for low, high in ranges:
            if high <= place or low >= end:
                continue
            current = view.match == (row.line, low)
            low, high = max(low, place), min(high, end)
            fragments.append((style, piece.text[place - piece.start : low - piece.start]))
            match = "class:match.current" if current else "class:match"
            fragments.append(
                (f"{style} {match}", piece.text[low - piece.start : high - piece.start])
            )
            place = high
        fragments.append((style, piece.text[place - piece.start :]))
    return fragments


class OutputControl(UIControl):
    """The rows of the current screen; a click on a link runs it, the wheel scrolls."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._rows: list[Row] = []

    def create_content(self, width: int, height: int) -> UIContent:
        """The rows in sight, and no more."""
        view = self._terminal.view
        view.fit(width, height)
        self._rows = view.visible()
        lines = [row_fragments(view, row) for row in self._rows]
        return UIContent(lambda number: lines[number], len(lines), show_cursor=False)

    def mouse_handler(self, mouse_event: MouseEvent) -> None:
        """Run a clicked link; scroll with the wheel."""
        kind = mouse_event.event_type
        if kind is MouseEventType.SCROLL_UP:
            self._terminal.view.scroll_by(-WHEEL_ROWS)
        elif kind is MouseEventType.SCROLL_DOWN:
            self._terminal.view.scroll_by(WHEEL_ROWS)
        elif kind is MouseEventType.MOUSE_UP and mouse_event.position.y < len(self._rows):
            piece = self._rows[mouse_event.position.y].piece_at(mouse_event.position.x)
            if piece is not None and piece.link is not None:
                self._terminal.run(piece.link)


class ScrollBarControl(UIControl):
    """One column beside the output."""

    _LOOK = {
        Cell.UP: ("class:scroll.arrow", "▲"),
        Cell.DOWN: ("class:scroll.arrow", "▼"),
        Cell.BLOCK: ("class:scroll.block", " "),
        Cell.TRACK: ("class:scroll.track", "│"),
    }

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def _bar(self) -> ScrollBar:
        view = self._terminal.view
        return ScrollBar(view.height, len(view.rows), view.top)

    def create_content(self, width: int, height: int) -> UIContent:
        """The bar of the view as it was laid out last."""
        cells = [self._LOOK[cell] for cell in self._bar().cells()]
        return UIContent(lambda row: [cells[row]], len(cells), show_cursor=False)

    def mouse_handler(self, mouse_event: MouseEvent) -> None:
        """Arrows move one row, the track a third of the height."""
        if mouse_event.event_type is MouseEventType.MOUSE_UP:
            self._terminal.view.scroll_by(self._bar().click(mouse_event.position.y))


Handler = Callable[[MouseEvent], None]


def on_click(action: Callable[[], None]) -> Handler:
    """A mouse handler that answers the release of the button."""

    def handle(event: MouseEvent) -> None:
        if event.event_type is MouseEventType.MOUSE_UP:
            action()

    return handle


def title_bar(title: str, kind: str) -> StyleAndTextTuples:
    """The title over the whole width, the product's name at its end."""
    width = get_app().output.get_size().columns
    product = " opscope tfdbg "
    room = width - len(product)
    text = f" {title} "
    if text_width(text) > room:
        product, room = "", width
    style = f"class:title class:title.{kind}"
    padding = max(room - text_width(text), 0)
    return [(style, text), (style, " " * padding), (f"{style} class:product", product)]


def navigation_bar(terminal: Terminal) -> StyleAndTextTuples:
    """`| <-- --> | (-N) command`: the arrows go back and forward."""
    navigation = terminal.navigation
    arrow = {True: "class:bar.arrow", False: "class:bar.off"}
    back, forward = on_click(terminal.back), on_click(terminal.forward)
    fragments: StyleAndTextTuples = [
        ("", "| "),
        (arrow[navigation.has_previous], "<--", back),
        ("", " "),
        (arrow[bool(navigation.behind)], "-->", forward),
        ("", " | "),
    ]
    if navigation.behind:
        fragments.append(("class:bar.behind", f"(-{navigation.behind}) "))
    fragments.append(("class:bar.command", terminal.view.command))
    return fragments


def menu_rows(items: Sequence[Span], width: int) -> list[list[Span]]:
    """The items of a menu in as many rows as they need, each item whole."""
    bar = len(menu_bars(items, width)[1])
    rows: list[list[Span]] = [[]]
    used = bar
    for item in items:
        needed = len(item.text) + bar
        if rows[-1] and used + needed > width:
            rows.append([])
            used = bar
        rows[-1].append(item)
        used += needed
    return rows


def menu_bars(items: Sequence[Span], width: int) -> tuple[str, str]:
    """What stands before the first item of a menu and behind each: without blanks where it helps.

    The menu above a node fits 80 columns without them.
    """
    bare = sum(len(item.text) + 1 for item in items) + 1
    return ("|", "|") if bare <= width < bare + 2 * len(items) else ("| ", " | ")


def menu_bar(terminal: Terminal) -> StyleAndTextTuples:
    """`| item | item |`; items with a command are underlined and can be clicked."""
    width = get_app().output.get_size().columns
    fragments: StyleAndTextTuples = []
    for row in menu_rows(terminal.view.screen.menu, width):
        fragments += [("", "\n")] if fragments else []
        fragments += _menu_row(terminal, row, menu_bars(terminal.view.screen.menu, width))
    return fragments


def _menu_row(
    terminal: Terminal, items: Sequence[Span], bars: tuple[str, str]
) -> StyleAndTextTuples:
    fragments: StyleAndTextTuples = [("class:choice.off", bars[0])]
    for item in items:
        command = item.link
        if command is None:
            fragments.append(("class:choice.off", item.text))
        else:
            run = on_click(lambda command=command: terminal.run(command))  # type: ignore[misc]
            fragments.append(("class:choice.link", item.text, run))
        fragments.append(("class:choice.off", bars[1]))
    return fragments


_CHOOSING = ("Tab/Shift-Tab choose · Enter open · Esc back",)


def _hints(leave: str) -> tuple[str, ...]:
    return (
        f"Shift-Tab links · /regex search · keys for all keys · Ctrl-D {leave}",
        f"Shift-Tab links · Ctrl-D {leave}",
    )


def status_bar(terminal: Terminal, leave: str) -> StyleAndTextTuples:
    """Scroll position, what the keys do now, and whether the mouse is on."""
    width = get_app().output.get_size().columns
    left = f" {terminal.view.scroll_text} {terminal.view.element_text}".rstrip()
    right = f"Mouse: {'ON' if terminal.mouse else 'OFF'} "
    room = width - len(left) - len(right)
    if room < 1:
        left, right = left[:width].ljust(width), ""
    hints = _CHOOSING if terminal.view.link is not None else _hints(leave)
    hint = next((text for text in hints if len(text) + 2 <= room), "")
    on = "class:bar.on" if terminal.mouse else "class:bar.off"
    middle = hint.center(max(room, 0))
    return [("class:bar.command", left), ("class:bar.hint", middle), (on, right)]


def toast_lines(terminal: Terminal, width: int) -> StyleAndTextTuples:
    """The toast; candidates stand in columns."""
    toast = terminal.toast
    if toast is None:
        return []
    if toast.kind != "candidates":
        return [(f"class:toast.{toast.kind}", f" {' '.join(toast.words)} ".ljust(width))]
    look = "class:candidates"
    flat = f" Candidates: {' '.join(toast.words)}"
    if len(flat) <= width:
        rest = flat.removeprefix(" Candidates:").ljust(width - len(" Candidates:"))
        return [(f"{look} class:candidates.head", " Candidates:"), (look, rest)]
    column = max(len(word) for word in toast.words) + 2
    per_row = max((width - 2) // column, 1)
    fragments: StyleAndTextTuples = [(f"{look} class:candidates.head", " Candidates:".ljust(width))]
    for start in range(0, len(toast.words), per_row):
        words = toast.words[start : start + per_row]
        text = "  " + "".join(word.ljust(column) for word in words)
        fragments.append((look, "\n" + text[:width].ljust(width)))
    return fragments
