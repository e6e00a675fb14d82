"""Which of the two interfaces a terminal gets, and the question put to the user through it."""

from __future__ import annotations

import os
import sys

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.line_mode import run_line_mode

UI_TYPES = {"auto": "auto", "screen": "screen", "line": "line", "curses": "screen"} | {
    "readline": "line",
    "prompt_toolkit": "screen",
}
"""Names of the interfaces, TensorFlow's included."""


def can_draw() -> bool:
    """True where standard input and output are a terminal that can move its cursor."""
    streams = (sys.stdin, sys.stdout)
    if not all(stream is not None and stream.isatty() for stream in streams):
        return False
    return sys.platform == "win32" or os.environ.get("TERM", "") not in ("", "dumb", "unknown")


def check_ui_type(ui_type: str) -> str:
    """`auto`, `screen` or `line`; raises ValueError for any other name."""
    if ui_type not in UI_TYPES:
        raise ValueError(f"Invalid ui_type: {ui_type!r}; choose one of {', '.join(UI_TYPES)}")
    return UI_TYPES[ui_type]


def ask(
    context: Analysis,
    title: str,
    init_command: str,
    *,
    kind: str = "offline",
    ui_type: str = "auto",
) -> object:
    """Show the full screen where one can be drawn, else plain lines; return the action.

    The action is a RunRequest, EXIT or DETACH. A screen that was asked for is replaced by lines
    as well where the terminal cannot draw it: training must not die of a pipe.
    """
    if check_ui_type(ui_type) == "line" or not can_draw():
        return run_line_mode(context, title, init_command)
    from opscope.tfdbg.app import run_app  # prompt_toolkit takes time to load

    return run_app(context, title, init_command, kind=kind)
