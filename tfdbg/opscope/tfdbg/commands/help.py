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
        return Screen(_described(made, context.columns), data={"commands": [made.name]})
    found = available_commands(context)
    lines = _index(found) if context.fitted else []
    for made in found:
        lines += [*_described(made, context.columns), line(), line()]
    screen = Screen(tuple(lines), data={"commands": [made.name for made in found]})
    return screen if context.intro is None else context.intro + screen


def _index(found: list[Command]) -> list[Line]:
    """A row for each command, which leads to its help."""
    names = {made.name: ", ".join((made.name, *made.aliases)) for made in found}
    width = min(max(map(len, names.values())), 24)
    rows = []
    for made in found:
        name, *aliases = names[made.name].partition(", ")
        shown = "".join(aliases)
        summary = made.summary.split(". ")[0].split(": ")[0].rstrip(".")
        pad = " " * max(width - len(name + shown), 0)
        rows.append(
            line("  ", Span(name, "bold", f"help {name}"), Span(shown + pad, "dim"), f"  {summary}")
        )
    return [line(Span("Commands", "heading")), *rows, line(), line()]


def _described(made: Command, columns: int) -> tuple[Line, ...]:
    head, *rest = made.help_lines(columns)
    return (line(Span(head, "bold")), *(line(text) for text in rest))
