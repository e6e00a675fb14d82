"""Writes points of a logdir as a table: CSV, JSON or Parquet, a row for each point."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path
from typing import IO

from tqdm import tqdm

from opscope.cli.export_format import FORMATS, ExportError, TableFormat
from opscope.cli.export_table import KINDS, Series, columns_of, parts, series_of, table
from opscope.cli.inspect import printable
from opscope.cli.selection import add_selection_arguments, selection
from opscope.events import Logdir, LogdirError, open_logdir

EXIT_NOTHING_EXPORTED = 1
EXIT_UNUSABLE = 2
STANDARD_OUTPUT = "-"
_DELAY = 0.5  # seconds of work that need no progress bar
_PART = 1 << 15  # rows between two looks of the progress bar


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare LOGDIR, -o, --format, --kind, --run, --tag and --orphaned."""
    parser.add_argument(
        "logdir", metavar="LOGDIR", help="a folder of event files, one file, or a URL"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        default=STANDARD_OUTPUT,
        help="where to write; - is standard output (default: %(default)s)",
    )
    parser.add_argument(
        "--format",
        choices=sorted(FORMATS),
        help="default: what the end of FILE says, else csv",
    )
    parser.add_argument(
        "--kind",
        choices=sorted(KINDS),
        default="scalar",
        help="what to export; a histogram is a row for each bucket (default: %(default)s)",
    )
    add_selection_arguments(parser)
    parser.add_argument(
        "--orphaned",
        action="store_true",
        help="also the points that a restart of the training made obsolete",
    )


def run(args: argparse.Namespace) -> int:
    """Write the table; what was left out and what is damaged goes to standard error.

    Returns 0, or 1 where nothing was selected, or 2 where the logdir cannot be read or the output
    cannot be written.
    """
    try:
        table_format = FORMATS[_format_name(args)]
        logdir = open_logdir(args.logdir)
        chosen = series_of(logdir, args.kind, selection(args))
        if chosen:
            _write(table_format, logdir, chosen, args)
    except (LogdirError, ExportError) as error:
        print(f"opscope export: {printable(str(error))}", file=sys.stderr)
        return EXIT_UNUSABLE
    _report(logdir, args)
    if chosen:
        return 0
    print(f"opscope export: {logdir.path}: no {args.kind} is selected", file=sys.stderr)
    return EXIT_NOTHING_EXPORTED


def _format_name(args: argparse.Namespace) -> str:
    if args.format:
        return str(args.format)
    if args.output == STANDARD_OUTPUT:
        return "csv"
    ending = Path(args.output).suffix[1:].lower()
    if ending not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        raise ExportError(f"{args.output}: say with --format which one it is to be: {known}")
    return ending


def _write(
    table_format: type[TableFormat], logdir: Logdir, chosen: list[Series], args: argparse.Namespace
) -> None:
    if args.output == STANDARD_OUTPUT:
        if sys.stdout.isatty() and table_format.is_binary:
            raise ExportError("this format is not for a terminal: give a file with -o")
        _fill(table_format, sys.stdout.buffer, logdir, chosen, args)
        return
    # A table appears under its name when it is whole.
    unfinished = f"{args.output}.{os.getpid()}.part"
    try:
        with open(unfinished, "xb") as file:
            _fill(table_format, file, logdir, chosen, args)
        os.replace(unfinished, args.output)
    except OSError as error:
        raise ExportError(f"{args.output}: cannot be written: {error.strerror or error}") from error
    finally:
        Path(unfinished).unlink(missing_ok=True)


def _fill(
    table_format: type[TableFormat],
    file: IO[bytes],
    logdir: Logdir,
    chosen: list[Series],
    args: argparse.Namespace,
) -> None:
    total = sum(series.points for series in chosen)
    # None shows the bar where standard error is a terminal, which a table in it would tear apart.
    to_terminal = args.output == STANDARD_OUTPUT and sys.stdout.isatty()
    with (
        tqdm(
            total=total,
            unit=" points",
            unit_scale=True,
            disable=True if to_terminal else None,
            delay=_DELAY,
        ) as bar,
        table_format(file, columns_of(args.kind)) as writer,
    ):
        for series in chosen:
            whole = table(logdir, series, args.orphaned)
            for part in parts(whole, _PART):
                writer.write(part)
                bar.update(series.points * len(part["step"]) / len(whole["step"]))


def _report(logdir: Logdir, args: argparse.Namespace) -> None:
    others = Counter(
        logdir.kind(run, tag)
        for run, tags in selection(args).runs(logdir)
        for tag in tags
        if logdir.kind(run, tag) != args.kind
    )
    if others:
        held = ", ".join(f"{count} {kind}" for kind, count in sorted(others.items()))
        print(f"opscope export: not exported: tags of other kinds: {held}", file=sys.stderr)
    for problem in logdir.problems:
        print(printable(str(problem)), file=sys.stderr)
