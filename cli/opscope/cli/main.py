"""The `opscope` command: finds the sub-command, runs it, and keeps tracebacks from the user."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from types import ModuleType
from typing import NamedTuple

from opscope.cli.flags import FlagParser

DEBUG_VARIABLE = "OPSCOPE_DEBUG"
EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141


class Command(NamedTuple):
    """A sub-command: its name, which is also its module in this package, and what it does."""

    name: str
    summary: str

    def module(self) -> ModuleType:
        """The module with `add_arguments(parser)` and `run(args) -> int`, imported now."""
        return importlib.import_module(f"opscope.cli.{self.name}")


COMMANDS = (
    Command("demo", "train on real data, find the first NaN, serve the dashboard"),
    Command("run", "run a training script, and stop at its first bad step"),
    Command("dashboard", "show a logdir in the browser: graph, scalars, histograms"),
    Command("watch", "follow a logdir in the terminal: curves, histograms, health"),
    Command("report", "write a logdir's charts and graphs into one HTML file for sharing"),
    Command("debug", "look through a dumped run in the terminal"),
    Command("dump", "list dumped runs, or convert them between tfdbg's form and packed"),
    Command("inspect", "say what a logdir holds, as text or JSON"),
    Command("export", "write the points of a logdir as CSV, JSON or Parquet"),
    Command("saved_model", "show what a SavedModel holds, or run one of its signatures"),
    Command("events", "list the records of an event file, or save those of a damaged one"),
)


def build_parser(full: Sequence[str] = ()) -> FlagParser:
    """The command line's parser, with the arguments of the sub-commands named in `full`.

    The others have only their name and summary: their modules are not imported, so that
    `opscope --help` does not wait for a web framework.
    """
    parser = FlagParser(
        prog="opscope",
        description="A graph debugger and visualization dashboard that sees inside every op.",
        epilog="`opscope COMMAND --help` says more about one command.",
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for command in COMMANDS:
        if command.name in full:
            module = command.module()
            subparser = subparsers.add_parser(
                command.name, help=command.summary, description=module.__doc__
            )
            module.add_arguments(subparser)
        else:
            subparsers.add_parser(command.name, help=command.summary)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's) and return the exit status.

    0 is success, 1 a failure that was printed, 2 a command line that cannot be understood,
    130 Ctrl-C, 141 a reader that closed its end of our pipe.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return EXIT_BROKEN_PIPE
    except Exception as error:
        # The last place that can answer: everything else would be a traceback to a user.
        _report(error)
        return EXIT_FAILURE
    return status


def _run(arguments: list[str]) -> int:
    names = [command.name for command in COMMANDS]
    # The command is the first word; what follows belongs to it, even where it looks like a name.
    first = next((word for word in arguments if not word.startswith("-")), None)
    parser = build_parser([first] if first in names else [])
    args = parser.parse_args(arguments)
    if args.version:
        print(f"opscope {_version()}")
        return 0
    if args.command is None:
        parser.print_help(sys.stderr)
        return EXIT_USAGE
    command = next(command for command in COMMANDS if command.name == args.command)
    status: int = command.module().run(args)
    return status


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("opscope")
    except PackageNotFoundError:
        return "(a source tree that is not installed)"


def _report(error: Exception) -> None:
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error)
        return
    frame = traceback.extract_tb(error.__traceback__)[-1]
    said = " ".join(str(error).split()) or "no message"
    print(
        f"opscope: unexpected {type(error).__name__}: {said}"
        f" ({os.path.basename(frame.filename)}:{frame.lineno});"
        f" run again with {DEBUG_VARIABLE}=1 to see the traceback",
        file=sys.stderr,
    )


def _forget_output() -> None:
    # The interpreter flushes stdout once more when it ends; the reader is gone, so send it nowhere.
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
