"""Frames of the debugger in the tracebacks of the program it runs: taken out."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import TracebackType


@cache
def _folders() -> tuple[str, ...]:
    """The folders of the portions that stand between a program and its session."""
    tfdbg = Path(__file__).parents[1]
    found = [str(tfdbg)]
    command = importlib.util.find_spec("opscope.cli")
    if command is not None and command.submodule_search_locations:
        found += command.submodule_search_locations
    return tuple(folder + "/" for folder in found)


def is_own(file: str) -> bool:
    """True for a source file of the debugger or the command line."""
    return file.replace("\\", "/").startswith(_folders())


def without_own_frames(error: BaseException) -> None:
    """Take the debugger's frames out of the traceback of an error and of those it came from."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        current = left.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        current.__traceback__ = _theirs(current.__traceback__)
        left += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            left += current.exceptions


def _theirs(entry: TracebackType | None) -> TracebackType | None:
    entries = []
    while entry is not None:
        file = entry.tb_frame.f_code.co_filename
        if not (is_own(file) or file.startswith("<frozen runpy")):
            entries.append(entry)
        entry = entry.tb_next
    following: TracebackType | None = None
    for kept in reversed(entries):
        following = TracebackType(following, kept.tb_frame, kept.tb_lasti, kept.tb_lineno)
    return following
