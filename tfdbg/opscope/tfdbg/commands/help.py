"""`help`: what the commands do."""

from __future__ import annotations

from argparse import Namespace

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import (
    Argument,
    Command,
    CommandError,
    available_commands,
    command,
    completed_command_names,
    find_command,
)
from opscope.tfdbg.screen import Line, Screen, Span, line


@command(
    "help",
    "h",
    arguments=[Argument("command", nargs="*", help="Name or alias of one command.")],
    completes=completed_command_names,
)
def show_help(context: Analysis, args: Namespace) -> Screen:
    """Print what every command does, or what one command does."""
    if len(args.command) > 1:
        raise CommandError("help takes only 0 or 1 input argument.")
    if args.command:
        made = find_command(context, args.command[0])
        if made is None:
            raise CommandError(f'Invalid command prefix: "{args.command[0]}"')
        return Screen(_described(made), data={"commands": [made.name]})
    found = available_commands(context)
    lines: list[Line] = []
    for made in found:
        lines += [*_described(made), line(), line()]
    screen = Screen(tuple(lines), data={"commands": [made.name for made in found]})
    return screen if context.intro is None else context.intro + screen


def _described(made: Command) -> tuple[Line, ...]:
    head, *rest = made.help_lines()
    return (line(Span(head, "bold")), *(line(text) for text in rest))
