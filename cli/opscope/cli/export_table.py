"""The points of a logdir as columns: a table for each series, all of one kind alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from opscope.cli.selection import Selection
from opscope.events import Logdir

Columns = dict[str, Any]
"""Column name -> values: a str for all rows, an array, or a list of str."""


class Series(NamedTuple):
    """One tag of one run, and how many points it shows."""

    run: str
    tag: str
    kind: str
    points: int


def _scalars(logdir: Logdir, run: str, tag: str, orphaned: bool) -> Columns:
    scalars = logdir.scalars(run, tag, orphaned)
    return {"step": scalars.step, "wall_time": scalars.wall_time, "value": scalars.value}


def _histograms(logdir: Logdir, run: str, tag: str, orphaned: bool) -> Columns:
    found = logdir.histograms(run, tag, orphaned)
    sizes = [len(buckets) for buckets in found.buckets]
    rows = np.concatenate([np.zeros((0, 3)), *found.buckets])
    return {
        "step": found.step.repeat(sizes),
        "wall_time": found.wall_time.repeat(sizes),
        "left": rows[:, 0],
        "right": rows[:, 1],
        "count": rows[:, 2],
    }


def _texts(logdir: Logdir, run: str, tag: str, orphaned: bool) -> Columns:
    found = logdir.text(run, tag, orphaned)
    texts = [array.ravel().tolist() for array in found.value]
    sizes = [len(each) for each in texts]
    return {
        "step": found.step.repeat(sizes),
        "wall_time": found.wall_time.repeat(sizes),
        "index": np.concatenate([np.zeros(0, np.int64), *map(np.arange, sizes)]),
        "text": [text for each in texts for text in each],
    }


class _Kind(NamedTuple):
    read: Callable[[Logdir, str, str, bool], Columns]
    columns: dict[str, type]


_POINT = {"run": str, "tag": str, "step": int, "wall_time": float}
KINDS = {
    "scalar": _Kind(_scalars, {**_POINT, "value": float}),
    "histogram": _Kind(_histograms, {**_POINT, "left": float, "right": float, "count": float}),
    "text": _Kind(_texts, {**_POINT, "index": int, "text": str}),
}
"""What can be exported: `step` is an int64, `wall_time` seconds since the epoch."""


def columns_of(kind: str) -> dict[str, type]:
    """The columns of a kind's table: str, int (64 bits) or float (64 bits)."""
    return KINDS[kind].columns


def series_of(logdir: Logdir, kind: str, selection: Selection) -> list[Series]:
    """The selected series of a kind."""
    return [
        Series(run, tag, kind, logdir.summary(run, tag).count)
        for run, tags in selection.runs(logdir)
        for tag in tags
        if logdir.kind(run, tag) == kind
    ]


def table(logdir: Logdir, series: Series, orphaned: bool) -> Columns:
    """The columns of one series."""
    read = KINDS[series.kind].read
    points = read(logdir, series.run, series.tag, orphaned)
    return {"run": series.run, "tag": series.tag, **points}


def parts(table: Columns, rows: int) -> Iterator[Columns]:
    """A table in parts of at most so many rows."""
    for start in range(0, len(table["step"]), rows):
        yield {
            name: column if isinstance(column, str) else column[start : start + rows]
            for name, column in table.items()
        }
