"""`exit` and `quit`."""

from __future__ import annotations

from argparse import Namespace

from opscope.tfdbg.action import EXIT
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import command
from opscope.tfdbg.screen import Screen


@command("exit", "quit")
def leave(context: Analysis, args: Namespace) -> Screen:
    """Leave the debugger."""
    return Screen(action=EXIT, data={"exit": True})
