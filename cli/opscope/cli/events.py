"""Looks at single event files: lists their records, saves the intact ones of a damaged file."""

from __future__ import annotations

import argparse
import json
import sys

from tqdm import tqdm

from opscope.cli.event_text import described, event_line
from opscope.cli.inspect import printable
from opscope.events import EventsError, RecordReader, repair_event_file

EXIT_DAMAGED = 1
EXIT_UNUSABLE = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions `cat` and `repair`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    cat = actions.add_parser(
        "cat",
        help="print a line for each record: offset, time, step, and what it holds",
        description="Print a line for each intact record: offset, time, step, what it holds. "
        "Payloads are summarised. Damage goes to standard error, exit status 1.",
    )
    cat.add_argument("file", metavar="FILE", help="an event file, or its URL")
    cat.add_argument("--json", action="store_true", help="a JSON object on each line instead")
    repair = actions.add_parser(
        "repair",
        help="copy the intact records of a damaged file into a new one",
        description="Copy the intact records of a damaged file into a new one and say what is "
        "lost. The damaged file stays as it is; a file that exists is never overwritten.",
    )
    repair.add_argument("file", metavar="FILE", help="a damaged event file")
    repair.add_argument("-o", "--output", metavar="OUT", required=True, help="the file to make")


def run(args: argparse.Namespace) -> int:
    """Do the action.

    Returns 0, or 1 where `cat` met damage, or 2 where a file cannot be read or written.
    """
    try:
        return _cat(args) if args.action == "cat" else _repair(args)
    except EventsError as error:
        print(f"opscope events: {printable(str(error))}", file=sys.stderr)
        return EXIT_UNUSABLE


def _cat(args: argparse.Namespace) -> int:
    reader = RecordReader(args.file)
    unknown = 0
    try:
        for record in reader.records():
            event = described(record)
            unknown += "unknown" in event
            print(json.dumps(event) if args.json else event_line(event))
    except BrokenPipeError:
        raise
    except OSError as error:
        raise EventsError(f"{args.file}: cannot be read: {error.strerror or error}") from error
    problems = [*reader.problems, *([reader.pending] if reader.pending else [])]
    for problem in problems:
        print(printable(str(problem)), file=sys.stderr)
    return EXIT_DAMAGED if problems or unknown else 0


def _repair(args: argparse.Namespace) -> int:
    with tqdm(unit="B", unit_scale=True, disable=None, delay=0.5) as bar:

        def reached(offset: int) -> None:
            bar.update(offset - bar.n)

        repair = repair_event_file(args.file, args.output, reached)
    for loss in repair.losses:
        print(f"lost: {loss.size} bytes at byte {loss.offset}")
    print(
        f"{printable(repair.target)}: {repair.records} records, {repair.kept} bytes; "
        f"lost {repair.lost} bytes in {len(repair.losses)} places of {printable(repair.source)}"
    )
    return 0
