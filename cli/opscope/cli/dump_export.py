"""Writes dumped tensors as files for other programs: NumPy's arrays, or one long table."""

from __future__ import annotations

import argparse
import csv
import os
import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from opscope.cli.export_format import FORMATS, ExportError
from opscope.cli.export_table import Columns
from opscope.cli.inspect import printable
from opscope.events import DumpError, NoArray, open_dump
from opscope.tfdbg.debug_tensor import Array
from opscope.tfdbg.npy_array import NpyArrayError, npy_array

EXIT_INCOMPLETE = 1
INDEX = "index.csv"
_PART = 1 << 15  # rows that are turned into text at a time

_COLUMNS: dict[str, type] = {
    **dict.fromkeys(("run", "tensor", "debug_op", "device"), str),
    **dict.fromkeys(("dump", "timestamp_us"), int),
    **dict.fromkeys(("dtype", "shape"), str),
    "index": int,
    "value": float,
    "text": str,
}


class Exported(NamedTuple):
    """One dump: `number` counts those of its tensor, `shape` is written `2x3`."""

    run: str
    tensor: str
    debug_op: str
    device: str
    number: int
    timestamp_us: int
    value: Array

    @property
    def shape(self) -> str:
        """`2x3`; empty for a scalar."""
        return "x".join(map(str, self.value.shape))


def add_export_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare DIR, NAMES, --npy, --csv, --parquet and --out."""
    parser.add_argument("dir", metavar="DIR", help="a dumped run, or a folder of dumped runs")
    parser.add_argument(
        "names",
        metavar="NAMES",
        nargs="*",
        help="tensors (loss:0) or nodes (dense/kernel), * for any text; default: all",
    )
    form = parser.add_mutually_exclusive_group(required=True)
    form.add_argument(
        "--npy",
        action="store_const",
        const="npy",
        dest="form",
        help=f"a .npy file for each dump below OUT, listed in OUT/{INDEX}",
    )
    for name in ("csv", "parquet"):
        form.add_argument(
            f"--{name}",
            action="store_const",
            const=name,
            dest="form",
            help=f"one {name.upper() if name == 'csv' else 'Parquet'} file OUT: "
            "a row for each element",
        )
    parser.add_argument(
        "--out", metavar="OUT", required=True, help="what to make; it must not exist"
    )


def export_dumps(roots: list[str], args: argparse.Namespace) -> int:
    """Write the chosen tensors of the runs.

    Returns 0, or 1 where a name matches nothing or a tensor has no array. Raises DumpError where
    OUT exists or cannot be written.
    """
    out = Path(args.out)
    if out.exists():
        raise DumpError(f"{out}: this exists already; nothing is overwritten")
    chosen = _Chosen(roots, args.dir, args.names)
    try:
        count = _write_npy(out, chosen) if args.form == "npy" else _table(out, chosen, args.form)
    except ExportError as error:
        raise DumpError(str(error)) from error
    except OSError as error:
        raise DumpError(f"{out}: cannot be written: {error.strerror or error}") from error
    print(printable(f"{out}: {count} tensors"))
    said = [f"no tensor or node is named {name}" for name in chosen.unmatched]
    said += [f"not exported: {text}" for text in chosen.left_out]
    for text in said:
        print(f"opscope dump: {printable(text)}", file=sys.stderr)
    return EXIT_INCOMPLETE if said else 0


class _Chosen:
    """The dumps of the runs whose names were asked for, read one at a time."""

    def __init__(self, roots: list[str], top: str, names: list[str]) -> None:
        self._roots, self._top, self._names = roots, top, names
        self._matched: set[str] = set()
        self.left_out: list[str] = []

    @property
    def unmatched(self) -> list[str]:
        return [name for name in self._names if name not in self._matched]

    def _wants(self, node: str, tensor: str) -> bool:
        found = [n for n in self._names if fnmatchcase(tensor, n) or fnmatchcase(node, n)]
        self._matched.update(found)
        return bool(found) or not self._names

    def __iter__(self) -> Iterator[Exported]:
        for root in self._roots:
            dump = open_dump(root)
            run = os.path.relpath(root, self._top)
            run = Path(root).name if run == "." else run
            numbers: dict[tuple[str, ...], int] = {}
            for entry in sorted(dump.entries, key=lambda each: (each.timestamp, each.k)):
                tensor = f"{entry.node}:{entry.slot}"
                if not self._wants(entry.node, tensor):
                    continue
                key = (entry.device, tensor, entry.debug_op)
                number = numbers[key] = numbers.get(key, -1) + 1
                value = dump.load(entry)
                if isinstance(value, NoArray):
                    why = "its dtype has no array" if value.initialized else "not initialized"
                    self.left_out.append(f"{run}: {tensor}: {why}")
                    continue
                details = (entry.debug_op, entry.device, number, entry.timestamp)
                yield Exported(run, tensor, *details, np.asarray(value))


def _write_npy(out: Path, chosen: _Chosen) -> int:
    out.mkdir(parents=True)
    used: set[Path] = set()
    with open(out / INDEX, "x", newline="", encoding="utf-8") as file:
        index = csv.writer(file, lineterminator="\n")
        index.writerow(("file", *(name for name in _COLUMNS if name not in _PER_ELEMENT)))
        for each in chosen:
            path = _path(each, used)
            target = out / path
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                np.save(target, npy_array(each.value), allow_pickle=False)
            except NpyArrayError as error:
                chosen.left_out.append(f"{each.run}: {each.tensor}: {error}")
                continue
            index.writerow((path.as_posix(), *each[:6], each.value.dtype, each.shape))
            used.add(path)
    return len(used)


_PER_ELEMENT = ("index", "value", "text")


def _path(each: Exported, used: set[Path]) -> Path:
    """`RUN/scope/node_0.npy`: where the file goes, whatever a dump calls its nodes."""
    node, _, slot = each.tensor.rpartition(":")
    op = "" if each.debug_op == "DebugIdentity" else f".{each.debug_op}"
    parts = [*Path(each.run).parts, *f"{node}_{slot}{op}".split("/")]
    safe = [re.sub(r"[^\w.\->]+", "_", part).strip(".") or "_" for part in parts]
    path, number = Path(*safe), 0
    while (named := path.with_name(f"{path.name}{f'-{number}' if number else ''}.npy")) in used:
        number += 1
    return named


def _table(out: Path, chosen: _Chosen, form: str) -> int:
    count = 0
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f"{out.name}.{os.getpid()}.part")
    try:
        with open(unfinished, "xb") as file, FORMATS[form](file, _COLUMNS) as writer:
            for each in chosen:
                count += 1
                for part in _rows(each):
                    writer.write(part)
        os.replace(unfinished, out)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def _rows(each: Exported) -> Iterator[Columns]:
    flat = each.value.reshape(-1)
    for start in range(0, flat.size, _PART):
        part = flat[start : start + _PART]
        value, text = _value_and_text(part)
        yield {
            "run": each.run,
            "tensor": each.tensor,
            "debug_op": each.debug_op,
            "device": each.device,
            "dump": np.full(part.size, each.number, np.int64),
            "timestamp_us": np.full(part.size, each.timestamp_us, np.int64),
            "dtype": "string" if each.value.dtype.kind == "O" else str(each.value.dtype),
            "shape": each.shape,
            "index": np.arange(start, start + part.size, dtype=np.int64),
            "value": value,
            "text": text,
        }


def _value_and_text(part: Array) -> tuple[Any, list[str]]:
    """The elements as float64 and, where that would not be exact, as text."""
    if part.dtype.kind in "OSU":
        texts = [
            item.decode("utf-8", "backslashreplace") if isinstance(item, bytes) else str(item)
            for item in part.tolist()
        ]
        return np.full(part.size, np.nan), texts
    if part.dtype.kind == "c":
        return np.abs(part).astype(np.float64), [str(item) for item in part.tolist()]
    exact = part.dtype.kind in "iu" and part.dtype.itemsize == 8
    return part.astype(np.float64), [str(item) if exact else "" for item in part.tolist()]
