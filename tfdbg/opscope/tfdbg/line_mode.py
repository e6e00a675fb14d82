"""The debugger as plain lines: for pipes, notebooks, logs, and terminals that cannot draw."""

from __future__ import annotations

import dataclasses
import os
import sys
from contextlib import nullcontext
from functools import partial
from typing import TextIO

from opscope.tfdbg.action import DETACH
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.answer import answer
from opscope.tfdbg.command import completions
from opscope.tfdbg.line_editing import line_editing

PROMPT = "tfdbg> "
_COLUMNS = 80


def run_line_mode(
    context: Analysis,
    title: str,
    init_command: str,
    *,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
) -> object:
    """Answer commands line by line, and return what is to be done next.

    The action is a RunRequest, EXIT or DETACH. The end of the input and Ctrl-C at the prompt
    detach: the program runs on without the debugger. Commands that do not come from a terminal
    are repeated behind the prompt, so that a log reads like a session.
    """
    target = sys.stdout if stdout is None else stdout
    typed_before: list[str] = []
    context = dataclasses.replace(context, columns=_columns(target), history=typed_before)
    source = sys.stdin if stdin is None else stdin
    echo = source is None or not source.isatty()

    def say(text: str) -> None:
        target.write(text + "\n")
        target.flush()

    def run(command: str) -> object | None:
        try:
            screen = answer(context, command)
            for line in screen.lines:  # one by one: there may be millions
                target.write(line.text + "\n")
            target.flush()
        except KeyboardInterrupt:
            say("Interrupted.")
            return None
        return screen.action

    say(f"--- {title} ---")
    action = run(init_command)
    editing = nullcontext() if stdin is not None else line_editing(partial(completions, context))
    with editing:
        while action is None:
            target.write("\n")
            try:
                typed = _typed(stdin, target)
            except (KeyboardInterrupt, EOFError):
                runs_on = "" if context.session is None else ": detached, the program runs on"
                say(f"\nEnd of input{runs_on}.")
                return DETACH
            if echo:
                say(typed)
            typed_before.append(typed.strip())
            action = run(typed.strip())
    return action


def _typed(stdin: TextIO | None, stdout: TextIO) -> str:
    """The line typed behind the prompt; raises EOFError where there is none."""
    if stdin is None and stdout is sys.stdout:
        return input(PROMPT)  # in a notebook this asks the browser, where reading sys.stdin fails
    stdout.write(PROMPT)
    stdout.flush()
    source = sys.stdin if stdin is None else stdin
    line = source.readline() if source is not None else ""
    if not line:
        raise EOFError
    return line.rstrip("\n")


def _columns(stream: TextIO) -> int:
    """The width of a terminal; 80 for anything else."""
    try:
        return os.get_terminal_size(stream.fileno()).columns if stream.isatty() else _COLUMNS
    except (OSError, ValueError):
        return _COLUMNS
