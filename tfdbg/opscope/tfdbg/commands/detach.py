"""`detach`: leave the program to itself."""

from __future__ import annotations

from argparse import Namespace

from opscope.tfdbg.action import DETACH, Detach
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, CommandError, command
from opscope.tfdbg.screen import Screen


@command(
    "detach",
    arguments=[
        Argument(
            "-s",
            "--until_step",
            type=int,
            metavar="N",
            help="Attach again at step N: the graph's global_step under `opscope run` where there "
            "is one, else the number of the run.",
        )
    ],
    needs_session=True,
)
def detach(context: Analysis, args: Namespace) -> Screen:
    """Let the program run on at full speed without the debugger, to its end or to a step."""
    if args.until_step is None:
        return Screen(action=DETACH, data={"detach": True})
    if args.until_step < 0:
        raise CommandError(f"--until_step needs a step from 0 on, got {args.until_step}")
    return Screen(action=Detach(args.until_step), data={"detach": True, "until": args.until_step})
