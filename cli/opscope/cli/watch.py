"""Follow a logdir in the terminal: curves, histograms and health, over ssh, without a browser."""

from __future__ import annotations

import argparse
import os
import sys

from opscope.cli.inspect import printable
from opscope.cli.selection import add_selection_arguments, selection

EXIT_NO_LOGDIR = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare LOGDIR, what of it is shown, how often it is read, and the forms of output."""
    parser.add_argument(
        "logdir", metavar="LOGDIR", help="a folder of event files, one file, or a URL"
    )
    add_selection_arguments(parser)
    parser.add_argument(
        "--reload_interval",
        type=_seconds,
        default=0.2,
        metavar="SECONDS",
        help="how often to look for new data; 0 reads once (default: %(default)g)",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--once", action="store_true", help="print a table of what there is now, and end"
    )
    form.add_argument(
        "--lines",
        action="store_true",
        help="a line for each new point; so it is anyway where there is no terminal",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print a JSON object for each new point; with --once one document",
    )
    parser.add_argument(
        "--axis",
        choices=("step", "relative", "wall"),
        default="step",
        help="the x axis at the start (default: %(default)s)",
    )
    parser.add_argument(
        "--smoothing",
        type=_weight,
        default=0.0,
        metavar="WEIGHT",
        help="weight of the moving average, from 0 to 0.999 (default: %(default)g)",
    )
    parser.add_argument(
        "--ascii", action="store_true", help="draw without braille and block characters"
    )


def run(args: argparse.Namespace) -> int:
    """Show the screen, or print lines; 2 where the logdir cannot be read."""
    from opscope.cli.live.live_log import LiveLog
    from opscope.events import LogdirError
    from opscope.tfdbg.ui import can_draw

    log = LiveLog(args.logdir, selection(args))
    try:
        if args.once or args.lines or args.json or not can_draw():
            from opscope.cli.live.plain import follow, print_once

            if args.once:
                return print_once(log, as_json=args.json)
            return follow(log, args.reload_interval, as_json=args.json)
        return _screen(args, log)
    except LogdirError as error:
        print(f"opscope watch: {printable(str(error))}", file=sys.stderr)
        return EXIT_NO_LOGDIR


def _screen(args: argparse.Namespace, log: object) -> int:
    from opscope.cli.live.app import run_app  # prompt_toolkit takes time to load
    from opscope.cli.live.browser import Browser
    from opscope.cli.live.live_log import LiveLog
    from opscope.cli.live.row import ASCII, UNICODE
    from opscope.cli.live.view import View

    assert isinstance(log, LiveLog)
    browser = Browser(log, View(axis=args.axis, smoothing=args.smoothing))
    glyphs = ASCII if args.ascii or not _has_braille() else UNICODE
    return run_app(browser, args.reload_interval, glyphs)


def _has_braille() -> bool:
    """Whether the terminal can be expected to show braille: Linux's own console cannot."""
    encoding = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "")
    return encoding == "utf8" and os.environ.get("TERM") not in ("linux", "vt100", "vt220")


def _seconds(text: str) -> float:
    value = _number(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds from 0 on")
    return value


def _weight(text: str) -> float:
    value = _number(text)
    if not 0 <= value <= 0.999:
        raise argparse.ArgumentTypeError(f"{text} is no weight from 0 to 0.999")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from error
