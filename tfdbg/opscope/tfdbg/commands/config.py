"""`config`: the settings of the debugger."""

from __future__ import annotations

from argparse import Namespace

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, CommandError, command
from opscope.tfdbg.screen import Screen, Span, line
from opscope.tfdbg.settings import DEFAULTS


@command(
    "config",
    "cfg",
    arguments=[
        Argument(
            "words",
            nargs="*",
            metavar="show | set NAME VALUE",
            help=f"What to do (default: show). Names: {', '.join(DEFAULTS)}.",
        )
    ],
    completes=lambda context: ["show", "set", *context.settings.values],
)
def config(context: Analysis, args: Namespace) -> Screen:
    """Show the settings, or change one. They are kept in ~/.tfdbg_config and hold at once."""
    changed = ""
    match args.words:
        case [] | ["show"]:
            pass
        case ["set", name, value]:
            context.settings.set(name, value)
            changed = name
        case _:
            raise CommandError("config takes `show` or `set NAME VALUE`.")
    rows = [
        line(Span(f"  {name}: {value}", "bold" if name == changed else ""))
        for name, value in context.settings.values.items()
    ]
    return Screen(
        (line("Command-line configuration:"), line(), *rows), data=dict(context.settings.values)
    )
