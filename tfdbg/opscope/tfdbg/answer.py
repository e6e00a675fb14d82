"""The answer to a typed command, also where the command itself fails."""

from __future__ import annotations

import traceback

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import execute
from opscope.tfdbg.screen import Screen, Span, line, text_screen


def answer(context: Analysis, text: str) -> Screen:
    """The screen of a command; what it raises becomes a screen, so that the session goes on.

    `execute` answers what a user did wrong. What is left are mistakes in a filter that the user
    registered and in opscope itself: both are shown whole.
    """
    try:
        return _with_footer(context, execute(context, text), text)
    except Exception as error:  # any filter's own error: shown, and the prompt comes back
        head = line(Span(f"Error occurred during handling of command: {text}", "error"))
        reason = line(Span(f"{type(error).__name__}: {error}", "error"))
        rows = "".join(traceback.format_exception(error)).rstrip().split("\n")
        body = text_screen(["", *rows], "dim")
        message = {"error": f"{type(error).__name__}: {error}"}
        return Screen((head, reason), data=message, ok=False) + body


def _with_footer(context: Analysis, screen: Screen, text: str) -> Screen:
    """The screen, and below it how it is had again and where its node is drawn."""
    if context.stored is None or not screen.ok or not screen.lines or screen.action is not None:
        return screen
    rows = context.stored.footer(text)
    if not rows:
        return screen
    return screen + text_screen(["", *rows], "dim")
