"""`history`: the commands typed so far."""

from __future__ import annotations

from argparse import Namespace

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, CommandError, command
from opscope.tfdbg.screen import Screen, Span, line


@command(
    "history",
    arguments=[
        Argument("count", nargs="?", type=int, default=None, help="Only the last COUNT of them.")
    ],
)
def history(context: Analysis, args: Namespace) -> Screen:
    """List the commands typed so far, oldest first. A click runs one again."""
    if args.count is not None and args.count < 1:
        raise CommandError(f"history needs a count from 1 on, got {args.count}")
    typed = list(enumerate(context.history, start=1))[-(args.count or 0) :]
    width = len(str(len(context.history)))
    rows = [line(f"{at:>{width}}  ", Span(text, "tensor", text)) for at, text in typed]
    return Screen(
        tuple(rows) or (line("No commands were typed yet."),),
        data={"history": [text for _, text in typed]},
    )
