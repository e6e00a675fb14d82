"""Lists dumped runs, writes them anew in the other form, and exports their tensors."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from opscope.cli.dump_export import add_export_arguments, export_dumps
from opscope.cli.inspect import printable
from opscope.events import (
    DUMP_FORMS,
    DumpError,
    DumpFolder,
    EventsError,
    PackedDump,
    convert_dump,
    find_dumps,
    open_dump,
)

EXIT_DAMAGED = 1
EXIT_UNUSABLE = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions `list`, `convert` and `export`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser(
        "list",
        help="print a line for each dumped run: step, tensors, bytes, tensors with inf or nan",
        description="Print a line for each dumped run below DIR: form, step, tensors, bytes, and "
        "the tensors with inf or nan that the dump's health summaries name. No tensor is read. "
        "Damage goes to standard error, exit status 1.",
    )
    listing.add_argument("dir", metavar="DIR", help="a dumped run, or a folder of dumped runs")
    listing.add_argument("--json", action="store_true", help="print one JSON list instead")
    convert = actions.add_parser(
        "convert",
        help="write dumped runs anew in tfdbg's form or packed",
        description="Write the dumped runs below DIR anew below OUT, under the same names, in "
        "tfdbg's form or packed. OUT must not exist.",
    )
    convert.add_argument("dir", metavar="DIR", help="a dumped run, or a folder of dumped runs")
    convert.add_argument("out", metavar="OUT", help="the folder to make")
    convert.add_argument(
        "--format",
        choices=DUMP_FORMS,
        default="packed",
        help="the form to write (default: %(default)s)",
    )
    convert.add_argument(
        "--zstd", action="store_true", help="compress a packed dump (needs opscope[zstd])"
    )
    export = actions.add_parser(
        "export",
        help="write tensors as .npy files, or as one CSV or Parquet table",
        description="Write tensors of the dumped runs below DIR for other programs: a .npy file "
        "for each, or one table with a row for each element: its index in the flattened tensor, "
        "its value as a float64, and its text where a float64 is not exact.",
    )
    add_export_arguments(export)


def run(args: argparse.Namespace) -> int:
    """Do the action.

    Returns 0, or 1 where something in a dump is damaged, or 2 where DIR or OUT cannot be used.
    """
    try:
        roots = find_dumps(args.dir)
        if not roots:
            raise DumpError(f"{args.dir}: no dumped run in it")
        actions = {"list": _list, "convert": _convert, "export": export_dumps}
        return actions[args.action](roots, args)
    except EventsError as error:
        print(f"opscope dump: {printable(str(error))}", file=sys.stderr)
        return EXIT_UNUSABLE


def described(dump: DumpFolder) -> dict[str, Any]:
    """What `opscope dump list --json` says of a run; `bad` is None where that is not known."""
    return {
        "path": str(dump.root),
        "format": "packed" if isinstance(dump, PackedDump) else "tfdbg",
        "global_step": dump.global_step,
        "tensors": len(dump.entries),
        "devices": sorted(dump.devices),
        "bytes": _size(dump.root),
        "bad": dump.bad,
    }


def _list(roots: list[str], args: argparse.Namespace) -> int:
    problems = []
    runs = []
    for root in roots:
        try:
            dump = open_dump(root)
        except DumpError as error:
            problems.append(str(error))
            continue
        runs.append(described(dump))
        problems += map(str, dump.problems)
        if not args.json:
            print(printable(_line(runs[-1])))
    if args.json:
        print(json.dumps(runs))
    for problem in problems:
        print(f"opscope dump: {printable(problem)}", file=sys.stderr)
    return EXIT_DAMAGED if problems else 0


def _line(run: dict[str, Any]) -> str:
    step = "no step" if run["global_step"] is None else f"step {run['global_step']}"
    bad = run["bad"]
    if bad is None:
        health = "health not known"
    elif bad:
        health = f"inf or nan in {len(bad)}, first {bad[0]}"
    else:
        health = "no inf or nan"
    counted = f"{run['tensors']} tensors, {run['bytes']:,} bytes"
    return f"{run['path']}  {run['format']}, {step}, {counted}, {health}"


def _convert(roots: list[str], args: argparse.Namespace) -> int:
    if args.zstd and args.format != "packed":
        raise DumpError("only a packed dump is compressed: leave out --zstd or --format tfdbg")
    out = Path(args.out)
    if out.exists():
        raise DumpError(f"{out}: this exists already; nothing is overwritten")
    damaged = False
    for root in roots:
        dump = open_dump(root)
        target = out / os.path.relpath(root, args.dir)
        with tqdm(total=len(dump.entries), unit="tensor", disable=None, delay=0.5) as bar:

            def reached(count: int, bar: tqdm[Any] = bar) -> None:
                bar.update(count - bar.n)

            convert_dump(dump, target, args.format, "zstd" if args.zstd else None, reached)
        for problem in dump.problems:
            damaged = True
            print(f"opscope dump: {printable(str(problem))}", file=sys.stderr)
        sizes = f"{_size(dump.root):,} bytes are {_size(target):,} now"
        print(printable(f"{target}: {len(dump.entries)} tensors, {sizes}"))
    return EXIT_DAMAGED if damaged else 0


def _size(root: Path) -> int:
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
