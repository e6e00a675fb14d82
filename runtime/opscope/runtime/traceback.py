"""Where in the user's program an op was made."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from types import CodeType

Frame = tuple[str, int, str, str]

_OWN_FOLDER = str(Path(__file__).parent)


class _Start:
    """The function that runs the user's program, where there is one."""

    code: CodeType | None = None


def begin_at(code: CodeType | None) -> None:
    """Leave out this function and what called it: they ran the program and are no part of it."""
    _Start.code = code


class _OwnFiles(dict[str, bool]):
    """By the file of a frame, whether it is of this package."""

    def __missing__(self, file: str) -> bool:
        found = self[file] = file.startswith(_OWN_FOLDER)
        return found


_own = _OwnFiles()


def user_frames() -> tuple[tuple[CodeType, int], ...]:
    """The calling frames outside of this package, outermost first, as (code, line)."""
    frames: list[tuple[CodeType, int]] = []
    frame = sys._getframe(2)
    start = _Start.code
    while frame is not None:
        code = frame.f_code
        if code is start:
            break
        if not _own[code.co_filename]:
            frames.append((code, frame.f_lineno))
        frame = frame.f_back  # type: ignore[assignment]
    frames.reverse()
    return tuple(frames)


def describe(frames: tuple[tuple[CodeType, int], ...]) -> list[Frame]:
    """Each frame as (file, line, function, source text), outermost first."""
    return [
        (
            code.co_filename,
            line,
            code.co_name,
            linecache.getline(code.co_filename, line).strip(),
        )
        for code, line in frames
        if not code.co_filename.startswith("<frozen")
    ]
