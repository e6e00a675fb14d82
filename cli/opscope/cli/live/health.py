"""Which tensors of a run went bad, from its health summaries and its dumps."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, field

import numpy as np

from opscope.cli.inspect import printable
from opscope.cli.live.row import Row
from opscope.cli.live.scale import count, number
from opscope.dashboard.graph.health_readings import health_tags, readings_of_dump
from opscope.events import EventsError, Logdir, open_dump

MOST_DUMPS = 8
"""Dumps that are looked into, the newest ones."""


@dataclass(frozen=True)
class TensorHealth:
    """The newest health summary of a tensor; `first_bad` is the first step with inf or nan."""

    name: str
    step: int
    elements: int
    nan: int
    minus_inf: int
    plus_inf: int
    low: float
    high: float
    first_bad: int | None = None

    @property
    def bad(self) -> bool:
        """Whether the newest value holds inf or nan."""
        return bool(self.nan or self.minus_inf or self.plus_inf)


@dataclass(frozen=True)
class DumpHealth:
    """A dumped run: its step, where it is, and its bad tensors in the order they were computed."""

    root: str
    step: int
    tensors: int
    bad: list[TensorHealth]
    problem: str = ""

    @property
    def command(self) -> str:
        """The command that opens it."""
        return f"opscope debug {shlex.quote(self.root)}"


@dataclass(frozen=True)
class Health:
    """All that tells of the health of a run; `older` dumps were not looked into."""

    tensors: list[TensorHealth] = field(default_factory=list)
    dumps: list[DumpHealth] = field(default_factory=list)
    older: int = 0

    @property
    def bad(self) -> bool:
        """Whether any tensor was ever bad."""
        return any(t.first_bad is not None for t in self.tensors) or any(d.bad for d in self.dumps)


class HealthReader:
    """Reads the health of runs; a dump is looked into once."""

    def __init__(self) -> None:
        self._dumps: dict[tuple[str, float], DumpHealth] = {}

    def read(self, logdir: Logdir, run: str) -> Health:
        """The health of a run as it is now."""
        tensors = [
            found for tag in health_tags(logdir, run) if (found := _newest(logdir, run, tag))
        ]
        tensors.sort(key=lambda each: (each.first_bad is None, each.first_bad or 0, each.name))
        roots = logdir.dumps(run)
        dumps = [self._dump(logdir, run, root) for root in roots[-MOST_DUMPS:]]
        return Health(tensors, dumps, max(len(roots) - MOST_DUMPS, 0))

    def _dump(self, logdir: Logdir, run: str, root: str) -> DumpHealth:
        try:
            key = (root, os.stat(root).st_mtime)
        except (OSError, ValueError):
            key = (root, 0.0)
        if key not in self._dumps:
            self._dumps[key] = _of_dump(logdir, run, root)
        return self._dumps[key]


def _newest(logdir: Logdir, run: str, tag: str) -> TensorHealth | None:
    points = logdir.tensors(run, tag)
    first_bad = None
    newest = None
    for step, value in zip(points.step.tolist(), points.value, strict=True):
        summary = np.asarray(value, np.float64).reshape(-1)
        if len(summary) < 14:
            continue
        newest = (step, summary)
        if first_bad is None and (summary[2] or summary[3] or summary[7]):
            first_bad = step
    if newest is None:
        return None
    return _tensor(tag, newest[0], newest[1], first_bad)


def _tensor(
    name: str,
    step: int,
    summary: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    first_bad: int | None,
) -> TensorHealth:
    elements, nan, minus, plus = (int(summary[at]) for at in (1, 2, 3, 7))
    low, high = float(summary[8]), float(summary[9])
    return TensorHealth(name, step, elements, nan, minus, plus, low, high, first_bad)


def _of_dump(logdir: Logdir, run: str, root: str) -> DumpHealth:
    try:
        dump = open_dump(root)
        step = dump.global_step
        number_ = logdir.dumps(run).index(root) if step is None else step
        found = readings_of_dump(dump)
    except (EventsError, OSError) as error:
        return DumpHealth(root, 0, 0, [], str(error))
    bad = [
        _tensor(f"{each.node}:{each.slot}", number_, each.summary, number_)
        for each in found
        if each.bad and each.summary is not None
    ]
    return DumpHealth(root, number_, len(found), bad)


def health_rows(health: Health) -> list[Row]:
    """The dumps first, for they say most, then the tensors, those that went bad first on top."""
    rows: list[Row] = []
    for dump in health.dumps:
        rows += _dump_rows(dump)
    if health.older:
        rows += [[("class:dim", f"{health.older} older dumps were not looked into")], []]
    if health.tensors:
        rows += _table(health.tensors)
    return rows or [[("class:dim", "no health summaries and no dumps")]]


def _dump_rows(dump: DumpHealth) -> list[Row]:
    head: Row = [("class:heading", f"dump of step {dump.step}")]
    if dump.problem:
        head.append(("class:error", f": {printable(dump.problem)}"))
    elif dump.bad:
        head.append(("class:error", f": {len(dump.bad)} of {dump.tensors} tensors are bad"))
    else:
        head.append(("class:dim", f": {dump.tensors} tensors, all finite"))
    rows = [head]
    for at, each in enumerate(dump.bad[:6]):
        first: Row = [("class:error", "  first " if not at else "  then  ")]
        rows.append([*first, ("", f"{printable(each.name)}  "), ("class:error", _counts(each))])
    if len(dump.bad) > 6:
        rows.append([("class:dim", f"  and {len(dump.bad) - 6} more")])
    return [*rows, [("class:value", f"  {printable(dump.command)}")], []]


def _counts(each: TensorHealth) -> str:
    named = ((each.nan, "NaN"), (each.minus_inf, "-inf"), (each.plus_inf, "+inf"))
    said = ", ".join(f"{count(found)} {name}" for found, name in named if found)
    return f"{said or 'finite'} of {count(each.elements)}"


def _table(tensors: list[TensorHealth]) -> list[Row]:
    names = [printable(each.name) for each in tensors]
    width = min(max(map(len, names)), 40)
    rows: list[Row] = [
        [("class:heading", f"{'tensor':<{width}}  {'step':>7}  {'min':>9}  {'max':>9}  health")]
    ]
    for name, each in zip(names, tensors, strict=True):
        shown = name if len(name) <= width else "~" + name[-width + 1 :]
        numbers = f"{count(each.step):>7}  {number(each.low):>9}  {number(each.high):>9}  "
        row: Row = [("", f"{shown:<{width}}  "), ("class:dim", numbers)]
        if each.bad:
            row.append(("class:error", f"{_counts(each)}, since @{count(each.first_bad or 0)}"))
        elif each.first_bad is not None:
            row.append(("class:error", f"was bad @{count(each.first_bad)}"))
        else:
            row.append(("class:dim", "finite"))
        rows.append(row)
    return rows
