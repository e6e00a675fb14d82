"""Looks through a dumped run, ours or TensorFlow's, in the terminal or by commands."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from opscope.cli.inspect import printable
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import execute
from opscope.tfdbg.dump_choice import DumpChoice, DumpChoiceError, choose_dump
from opscope.tfdbg.profile import Profile
from opscope.tfdbg.screen import Screen
from opscope.tfdbg.settings import Settings
from opscope.tfdbg.stored_run import StoredRun
from opscope.tfdbg.tensor_screen import plain

EXIT_COMMAND_FAILED = 1
EXIT_UNREADABLE = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare DIR, --run, -c and --json."""
    parser.add_argument("dir", metavar="DIR", help="a dumped run, or a folder of dumped runs")
    parser.add_argument(
        "--run",
        metavar="NAME",
        dest="run_name",
        help="which run of a folder of runs; default: the first with inf or nan, else the last",
    )
    parser.add_argument(
        "-c",
        metavar="COMMAND",
        dest="commands",
        action="append",
        help='run a command such as "lt -f has_inf_or_nan", print its output, and end; repeats',
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the answers to the commands as JSON, and nothing but JSON (default command: "
        "lt)",
    )


def run(args: argparse.Namespace) -> int:
    """Answer the commands, or open the debugger on the dump.

    Returns 0, or 1 where a command failed, or 2 where DIR cannot be read.
    """
    try:
        choice = choose_dump(args.dir, args.run_name)
    except DumpChoiceError as error:
        print(f"opscope debug: {printable(str(error))}", file=sys.stderr)
        return EXIT_UNREADABLE
    _report(choice)
    context = Analysis(
        choice.dump,
        columns=shutil.get_terminal_size((80, 24)).columns,
        stored=StoredRun(Path(choice.dump.dump_root)),
        settings=Settings.of_user(),
        profile=Profile.of_dump(choice.dump),
    )
    commands = args.commands or (["lt"] if args.json else [])
    if commands:
        return _answer(context, commands, as_json=args.json)
    from opscope.tfdbg.ui import ask  # the terminal app takes time to load

    ask(
        context,
        f"opscope debug @ {choice.dump.dump_root}",
        _first_command(choice, context.profile is not None),
    )
    return 0


def _first_command(choice: DumpChoice, profiled: bool) -> str:
    if choice.has_hit:
        return "lt -f has_inf_or_nan"
    return "lt" if choice.dump.size or not profiled else "lp"


def _report(choice: DumpChoice) -> None:
    """Say on standard error which run this is, and what of it or beside it could not be read."""
    said = [f"{choice.dump.dump_root} ({choice.reason})"]
    said += [f"not read: {text}" for text in choice.unreadable]
    said += [str(problem) for problem in choice.dump.problems]
    for text in said:
        print(f"opscope debug: {printable(text)}", file=sys.stderr)


def _answer(context: Analysis, commands: list[str], as_json: bool) -> int:
    answers: list[dict[str, object]] = []
    for at, text in enumerate(commands):
        screen = execute(replace(context, history=commands[:at]), text)
        answers.append(
            {
                "command": text,
                "ok": screen.ok,
                "lines": [line.text for line in screen.lines],
                "data": screen.data,
            }
        )
        if not as_json:
            _print(screen, f"tfdbg> {text}" if len(commands) > 1 else None)
        if screen.action is not None:
            break
    if as_json:
        print(json.dumps(answers, allow_nan=False, default=plain))
    return 0 if all(answer["ok"] for answer in answers) else EXIT_COMMAND_FAILED


def _print(screen: Screen, prompt: str | None) -> None:
    if prompt is not None:
        print(prompt)
    for line in screen.lines:
        print(line.text)
    if prompt is not None:
        print()
