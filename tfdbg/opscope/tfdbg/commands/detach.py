"""`detach`: leave the program to itself."""

from __future__ import annotations

from argparse import Namespace

from opscope.tfdbg.action import DETACH
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import command
from opscope.tfdbg.screen import Screen


@command("detach", needs_session=True)
def detach(context: Analysis, args: Namespace) -> Screen:
    """Let the program run on at full speed without the debugger, to its end."""
    return Screen(action=DETACH, data={"detach": True})
