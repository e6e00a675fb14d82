"""Write charts, figures and graphs of a logdir into one HTML file that needs no server."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from opscope.cli.selection import add_selection_arguments

EXIT_NOTHING = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare LOGDIR, the file, and what goes into it."""
    parser.add_argument(
        "logdir", metavar="LOGDIR", help="a folder of event files, one file, or a URL"
    )
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE.html", help="the file to write; - is stdout"
    )
    add_selection_arguments(parser)
    parser.add_argument(
        "--title", default="", metavar="TEXT", help="its title (default: the logdir's name)"
    )
    parser.add_argument(
        "--max-points",
        type=_count,
        default=1000,
        metavar="N",
        help="points of a curve at most; those left out are between the lowest and highest of "
        "their stretch (default: %(default)d)",
    )
    parser.add_argument(
        "--smoothing",
        type=_weight,
        default=0.6,
        metavar="WEIGHT",
        help="weight of the moving average, from 0 to 0.99 (default: %(default)g)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the file; 2 where the logdir or the file cannot be used or nothing matches."""
    from opscope.dashboard.report.making import make_report
    from opscope.dashboard.report.request import ReportRequest
    from opscope.dashboard.store import UnreadableError

    asked = ReportRequest(args.title, args.run, args.tag, args.max_points, args.smoothing)
    try:
        text = make_report(args.logdir, asked)
    except (UnreadableError, ValueError) as error:
        return _failed(str(error))
    if args.output == "-":
        sys.stdout.write(text)
        return 0
    path = Path(args.output)
    unfinished = path.with_name(path.name + ".part")
    try:
        unfinished.write_text(text, "utf-8")
        os.replace(unfinished, path)
    except OSError as error:
        return _failed(f"{path} cannot be written: {error.strerror or error}")
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    return 0


def _failed(message: str) -> int:
    print(f"opscope report: {message}", file=sys.stderr)
    return EXIT_NOTHING


def _count(text: str) -> int:
    if not text.isdecimal() or not 10 <= int(text) <= 20_000:
        raise argparse.ArgumentTypeError(f"{text} is no number of points from 10 to 20000")
    return int(text)


def _weight(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from error
    if not 0 <= value <= 0.99:
        raise argparse.ArgumentTypeError(f"{text} is no weight from 0 to 0.99")
    return value
