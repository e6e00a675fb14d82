"""Rows of styled text, measured in the cells of a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import combining, east_asian_width

Fragment = tuple[str, str]
"""A style, such as `class:dim`, and its text."""

Row = list[Fragment]


def cells(text: str) -> int:
    """How many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(_cells_of(char) for char in text)


def _cells_of(char: str) -> int:
    if combining(char):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def cut(text: str, width: int, ellipsis: str = "~") -> str:
    """The text in at most `width` cells, its end replaced by `ellipsis` where it is longer."""
    if cells(text) <= width:
        return text
    kept, used = [], 0
    for char in text:
        used += _cells_of(char)
        if used > width - len(ellipsis):
            break
        kept.append(char)
    return ("".join(kept) + ellipsis)[:width] if width > 0 else ""


def cut_left(text: str, width: int, ellipsis: str = "~") -> str:
    """The end of the text in at most `width` cells."""
    return cut(text[::-1], width, ellipsis)[::-1]


def fitted(row: Row, width: int, style: str = "") -> Row:
    """The row in exactly `width` cells: cut, or filled with blanks of a style."""
    found: Row = []
    left = width
    for each, text in row:
        shown = text if cells(text) <= left else cut(text, left)
        if shown:
            found.append((each, shown))
        left -= cells(shown)
        if shown != text:
            break
    if left > 0:
        found.append((style, " " * left))
    return found


def wrapped(row: Row, width: int, indent: int = 4) -> list[Row]:
    """The row in as many rows of `width` cells as it needs, those after the first indented."""
    rows: list[Row] = [[]]
    left = width
    for style, text in row:
        for char in text:
            if _cells_of(char) > left:
                rows.append([("", " " * indent)])
                left = max(width - indent, 1)
            rows[-1].append((style, char))
            left -= _cells_of(char)
    return rows


def text_of(row: Row) -> str:
    """The characters of a row."""
    return "".join(text for _, text in row)


@dataclass(frozen=True)
class Glyphs:
    """The characters that pictures are made of; `blocks` rise from empty to full."""

    braille: bool
    blocks: str
    shades: str
    vertical: str
    tick: str
    corner: str
    horizontal: str
    below: str
    nan: str
    up: str
    down: str
    line: str
    marked: str
    ellipsis: str


UNICODE = Glyphs(True, " ▁▂▃▄▅▆▇█", " ░▒▓█", "│", "┤", "└", "─", "┬", "×", "▲", "▼", "━", "●", "…")
ASCII = Glyphs(False, " .:-=+*#@", " .:*#", "|", "+", "+", "-", "+", "x", "^", "v", "-", "*", "~")
