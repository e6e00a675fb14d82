"""Tab and Up at the prompt of the line mode, where Python has readline."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

Completions = Callable[[str], Sequence[str]]
"""The words that may stand where the last word of the line is being typed."""

_SPACES = " \t\n"


@contextmanager
def line_editing(completions: Completions) -> Iterator[None]:
    """Let `input` complete words by Tab; completer and history of the program come back at the end.

    Does nothing where there is no readline or standard input is no terminal.
    """
    readline = _readline()
    if readline is None:
        yield
        return
    completer, delimiters = readline.get_completer(), readline.get_completer_delims()
    lines = readline.get_current_history_length()
    found: list[str] = []

    def complete(word: str, number: int) -> str | None:
        if number == 0:
            typed = readline.get_line_buffer()[: readline.get_endidx()]
            found[:] = completions(typed)
        return found[number] if number < len(found) else None

    readline.set_completer(complete)
    readline.set_completer_delims(_SPACES)  # a tensor's name holds slashes, colons and dashes
    _bind_tab(readline, "complete")
    try:
        yield
    finally:
        readline.set_completer(completer)
        readline.set_completer_delims(delimiters)
        if completer is None:
            _bind_tab(readline, "self-insert")
        for place in range(readline.get_current_history_length() - 1, lines - 1, -1):
            readline.remove_history_item(place)


def _readline() -> ModuleType | None:
    if sys.stdin is None or not sys.stdin.isatty():
        return None
    try:
        return importlib.import_module("readline")
    except ImportError:  # Windows, and builds without it
        return None


def _bind_tab(readline: ModuleType, what: str) -> None:
    if "libedit" in (readline.__doc__ or ""):
        what = {"complete": "rl_complete", "self-insert": "ed-insert"}[what]
        readline.parse_and_bind(f"bind ^I {what}")
    else:
        readline.parse_and_bind(f"tab: {what}")
