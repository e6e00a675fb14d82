"""Print docs/cli.md: every sub-command of `opscope` with its arguments, from their parsers.

`make docs` writes the file; tests/test_documentation.py compares it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from opscope.cli.main import COMMANDS, build_parser
from opscope.tfdbg.command import Command, all_commands, profile_commands, stepper_commands

HEADING = """\
# The command line

Written by `make docs` from the commands' own parsers. A flag may be spelt with hyphens or
underscores. Exit status: 0 success, 1 a failure that was printed, 2 a command line or a folder that
cannot be used, 130 Ctrl-C. `OPSCOPE_DEBUG=1` shows the traceback of an unexpected error.
"""


def spelling(action: argparse.Action) -> str:
    """How an argument is written on the command line, its value's name included."""
    if not action.option_strings:
        name = str(action.metavar or action.dest)
        return f"[{name}]" if action.nargs in ("?", "*") else name
    value = ""
    if action.nargs != 0:
        choices = action.choices and "{" + ",".join(map(str, action.choices)) + "}"
        value = f" {action.metavar or choices or action.dest.upper()}"
    return ", ".join(option + value for option in action.option_strings)


def explanation(action: argparse.Action, prog: str) -> str:
    """The argument's help with its default filled in, on one line."""
    values = {**vars(action), "prog": prog}
    return " ".join(((action.help or "") % values).split())


def sections() -> Iterator[str]:
    """The document, part by part."""
    yield HEADING
    names = [command.name for command in COMMANDS]
    parser = build_parser(names)
    (subparsers,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    for command in COMMANDS:
        yield f"\n## opscope {command.name}\n\n"
        yield f"{command.summary[0].upper()}{command.summary[1:]}.\n"
        yield from arguments(subparsers.choices[command.name])
    yield "\n# The commands of the debugger\n\n"
    yield "In `opscope debug` and at the stops of a wrapped session. `> FILE` and `>> FILE`\n"
    yield "behind a command write its output to a file as well. Tab completes.\n"
    yield from debugger_commands(all_commands())
    yield "\n# The commands of the profiler\n\nAfter `run -p`, besides those above.\n"
    yield from debugger_commands(profile_commands())
    yield "\n# The commands of the node stepper\n\nAfter `invoke_stepper`, and no others.\n"
    stepper = stepper_commands()
    yield from debugger_commands(
        {key: command for key, command in stepper.items() if command.needs_stepping}
    )


def debugger_commands(table: dict[str, Command]) -> Iterator[str]:
    """What each of the debugger's commands does, with its arguments."""
    by_name = {command.name: command for command in table.values()}
    for _, command in sorted(by_name.items()):
        names = ", ".join(f"`{name}`" for name in (command.name, *command.aliases))
        yield f"\n## {names}\n\n{command.summary}\n"
        yield from arguments(command.parser())


def arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The list of a parser's arguments, and below it those of its actions."""
    shown = [
        action
        for action in parser._actions
        if not isinstance(action, argparse._HelpAction) and action.help != argparse.SUPPRESS
    ]
    listed = [action for action in shown if not isinstance(action, argparse._SubParsersAction)]
    if listed:
        yield "\n"
    for action in listed:
        yield f"- `{spelling(action)}`: {explanation(action, parser.prog)}\n"
    for action in shown:
        if isinstance(action, argparse._SubParsersAction):
            for subparser in action.choices.values():
                yield f"\n### {subparser.prog}\n\n{subparser.description}\n"
                yield from arguments(subparser)


if __name__ == "__main__":
    print("".join(sections()), end="")
