"""Runs a training script with every session watched, and stops at its first bad step.

The script is not changed: it may be one of `opscope.runtime` or of `tensorflow.compat.v1`, and its
sessions may be made anywhere. At the first step with an infinity or a NaN, the op, the line that
made it and its inputs are printed, the step is written, and the debugger opens; without a terminal
the command that opens it is printed. An op error that ends the script is shown in the same way.

Sessions of ours test their tensors in the middle of the step, for a few percent of its time.
TensorFlow can watch only by writing every tensor of every run, in memory where there is room: a
step takes about 0.05 ms longer for each tensor and 0.5 ms for each MB, which is 12 times a step of
55 small tensors (0.25 ms) and 7 times that of an MLP with Adam. Its first watched step also
compiles the graph anew. Use `--start-step` to watch only the runs that matter.

Exit status: the script's own; 3 where a bad step ended it; 2 where the script cannot be read.
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
from pathlib import Path

from opscope.cli.script import Script, ScriptError, outermost_code

EXIT_UNUSABLE = 2
DUMP_ROOT = "opscope_run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to run, what to stop at, and from when on."""
    parser.usage = "%(prog)s [options] SCRIPT [ARGS ...]\n       %(prog)s [options] -m MODULE ..."
    parser.add_argument(
        "-f",
        metavar="FILTER",
        dest="filter_name",
        default="has_inf_or_nan",
        help="what to stop at: has_inf_or_nan (default), or MODULE:FUNCTION, your own function of "
        "(datum, tensor), which sees every tensor of every run",
    )
    parser.add_argument(
        "-fenn",
        metavar="REGEX",
        dest="exclude",
        type=_pattern,
        help="nodes whose name matches from its start do not count",
    )
    parser.add_argument(
        "--on-hit",
        choices=("debug", "stop", "continue"),
        default="debug",
        help="at the bad step: open the debugger (without a terminal, stop), end the script with "
        "status 3, or detach and let it run on (default: debug)",
    )
    parser.add_argument(
        "--dump-root",
        metavar="D",
        type=Path,
        default=Path(DUMP_ROOT),
        help=f"where the bad step is written; made when needed (default: {DUMP_ROOT})",
    )
    parser.add_argument(
        "--start-step",
        metavar="N",
        type=int,
        help="watch from step N on: the graph's global_step, or where it has none the number of "
        "the session run; before it nothing is slowed down",
    )
    parser.add_argument(
        "--thread",
        metavar="REGEX",
        type=_pattern,
        help="watch only runs in threads whose name matches from its start, e.g. MainThread$",
    )
    parser.add_argument(
        "--control-file",
        metavar="F",
        type=Path,
        help="touch this file while the script runs to detach the debugger or attach it again, as "
        "the signal SIGUSR1 does; or write detach, attach, or attach N (at step N) into it",
    )
    parser.add_argument(
        "-m",
        metavar="MODULE ...",
        dest="module",
        nargs=argparse.REMAINDER,
        help="run a module as a script, as `python -m` does; what follows are its arguments",
    )
    parser.add_argument(
        "script",
        metavar="SCRIPT [ARGS ...]",
        nargs=argparse.REMAINDER,
        help="the script and its arguments, unchanged",
    )


def run(args: argparse.Namespace) -> int:
    """The script's exit status, or 3 where it was stopped at a bad step, or 2 without a script."""
    words = args.module if args.module is not None else args.script
    if not words:
        print("opscope run: give a script, or -m and a module", file=sys.stderr)
        return EXIT_UNUSABLE
    try:
        script = Script(words, is_module=args.module is not None)
    except ScriptError as error:
        print(f"opscope run: {error}", file=sys.stderr)
        return EXIT_UNUSABLE

    from opscope.cli.run_dialog import RunDialog, UnknownFilterError
    from opscope.runtime.traceback import begin_at
    from opscope.tfdbg.wrappers.attachment import Attachment
    from opscope.tfdbg.wrappers.every_session import EverySession

    with script.as_main():
        try:
            dialog = RunDialog(args.filter_name, args.exclude, args.dump_root, args.on_hit)
        except UnknownFilterError as error:
            print(f"opscope run: {error}", file=sys.stderr)
            return EXIT_UNUSABLE
        attachment = Attachment(dialog.control, args.start_step, args.control_file)
        sessions = EverySession(dialog, attachment, args.thread)
        if hasattr(signal, "SIGUSR1"):
            attachment.listen(signal.SIGUSR1)
        sessions.begin()
        begin_at(outermost_code())
        try:
            return script.run(dialog)
        finally:
            sessions.end()
            begin_at(None)
            attachment.stop_listening()


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from None
    return text
