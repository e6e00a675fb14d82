"""Where in the user's program an op was made."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

Frame = tuple[str, int, str, str]

# Code objects, each with the offset of an instruction after it.
CodeFrames = tuple[Any, ...]

_MAX_KNOWN = 10_000

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


class _Known(dict[tuple[Any, ...], tuple[Any, ...]]):
    """One tuple for each place that ops were made at: a loop makes many at one."""

    def __missing__(self, frames: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(self) >= _MAX_KNOWN:
            self.clear()
        self[frames] = frames
        return frames


_known = _Known()


def user_frames() -> CodeFrames:
    """The calling frames outside of this package, innermost first; for `describe`.

    For each its code object and the offset of the instruction, which costs less than the line.
    """
    frames: list[Any] = []
    frame: FrameType | None = sys._getframe(2)
    start = _Start.code
    while frame is not None:
        code = frame.f_code
        if not _own[code.co_filename]:
            if code is start:
                break
            frames += (code, frame.f_lasti)
        frame = frame.f_back
    return _known[tuple(frames)]


def describe(frames: CodeFrames) -> list[Frame]:
    """Each frame as (file, line, function, source text), outermost first."""
    described: list[Frame] = []
    for code, offset in zip(frames[::2], frames[1::2], strict=True):
        if not code.co_filename.startswith("<frozen"):
            line = _line(code, offset)
            text = linecache.getline(code.co_filename, line).strip()
            described.append((code.co_filename, line, code.co_name, text))
    return described[::-1]


def _line(code: CodeType, offset: int) -> int:
    """The line of an instruction."""
    found = (line for start, end, line in code.co_lines() if line and start <= offset < end)
    return next(found, code.co_firstlineno)
