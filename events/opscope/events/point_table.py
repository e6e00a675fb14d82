"""The points that one file adds to its run, as columns, found by series.

Points come in file order, a block at a time, and are asked for by series. Blocks are kept as they
come until the file has been read; then they are sorted by series into a *group*, in which the
points of a series are one slice of each column. Groups are merged when the newer is not much
smaller than the older, so that a file which grows is never sorted as a whole for a few new points.

A restart of the training makes points obsolete: those written before it for its step and later
ones. They stay, and carry a mark.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from opscope.events.series import Int64s
from opscope.events.value_names import Int32s

Column = npt.NDArray[np.generic]
SeriesColumn = Int32s | npt.NDArray[np.uint16]
Bools = npt.NDArray[np.bool_]

STEP = 0
"""The place of the steps among the columns, whatever else the columns hold."""


_FAR = np.iinfo(np.int32).max


class Restart(NamedTuple):
    """From which step on the first `rows` points are obsolete; of one series, or of all (None)."""

    rows: int
    step: int
    series: int | None


@dataclass
class Group:
    """Points sorted by series: those of `series[i]` lie from `bounds[i]` to `bounds[i + 1]`."""

    series: Int32s
    bounds: Int64s
    columns: list[Column]
    obsolete: Bools | None = None

    def __len__(self) -> int:
        return len(self.columns[STEP])

    def slice_of(self, series: int) -> slice:
        """Where the points of a series lie."""
        at = int(np.searchsorted(self.series, series))
        if at == len(self.series) or self.series[at] != series:
            return slice(0, 0)
        return slice(int(self.bounds[at]), int(self.bounds[at + 1]))

    def make_obsolete(self, part: slice, points: Bools) -> None:
        """Mark points of a part."""
        if points.any():
            if self.obsolete is None:
                self.obsolete = np.zeros(len(self), np.bool_)
            self.obsolete[part] |= points


class PointTable:
    """Columns of points: the steps and whatever else each block brings."""

    def __init__(self, groups: list[Group] | None = None) -> None:
        self._groups = groups or []
        self._blocks: list[tuple[SeriesColumn, list[Column]]] = []
        self._restarts: list[Restart] = []
        self.rows = sum(map(len, self._groups))

    def append(self, series: SeriesColumn, columns: list[Column]) -> None:
        """Add points in file order: the series of each, and the columns, steps first."""
        if len(series):
            if series.max() < 1 << 16:
                series = series.astype(np.uint16)  # which sort by radix, and halve the memory
            self._blocks.append((series, columns))
            self.rows += len(series)

    def restart(self, restart: Restart) -> None:
        """Make points obsolete that are already there."""
        if restart.rows:
            self._restarts.append(restart)

    @property
    def groups(self) -> list[Group]:
        """All points, sorted; the older group first."""
        if self._blocks or self._restarts:
            self._sort()
        return self._groups

    def points(self, series: int) -> list[tuple[list[Column], Bools]]:
        """The columns of a series in file order, in one part or a few; and which are obsolete."""
        found = []
        for group in self.groups:
            part = group.slice_of(series)
            if part.stop > part.start:
                obsolete = group.obsolete
                found.append(
                    (
                        [group.columns[STEP][part].astype(np.int64, copy=False)]
                        + [column[part] for column in group.columns[STEP + 1 :]],
                        np.zeros(part.stop - part.start, np.bool_)
                        if obsolete is None
                        else obsolete[part],
                    )
                )
        return found

    def _sort(self) -> None:
        restarts, self._restarts = self._restarts, []
        for group in self._groups:
            _restart(group, None, restarts)
        if not self._blocks:
            return
        blocks, self._blocks = self._blocks, []
        first = self.rows - sum(len(series) for series, _ in blocks)
        group, order = _group(blocks)
        if restarts:
            _restart(group, order + first, restarts)
        self._groups.append(group)
        while len(self._groups) > 1 and len(self._groups[-2]) < 2 * len(self._groups[-1]):
            newer, older = self._groups.pop(), self._groups.pop()
            self._groups.append(_merge(older, newer))


def _group(blocks: list[tuple[SeriesColumn, list[Column]]]) -> tuple[Group, Int64s]:
    """The group of some blocks, and the place that each of its points had in them."""
    series = np.concatenate([block[0] for block in blocks])
    order = np.argsort(series, kind="stable")
    ordered = series[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    bounds = np.append(starts, len(ordered))
    pieces = [block[1] for block in blocks]
    blocks.clear()
    columns: list[Column] = []
    for _ in range(len(pieces[0])):  # one column at a time: its pieces are free when it is sorted
        column = np.concatenate([piece.pop(0) for piece in pieces])
        if len(columns) == STEP and column.min() >= -_FAR and column.max() <= _FAR:
            column = column.astype(np.int32)  # steps mostly fit, which saves a fifth of the memory
        columns.append(column.take(order, mode="wrap"))
        columns[-1].flags.writeable = False  # slices of it are given away
    return Group(ordered[starts].astype(np.int32), bounds, columns), order


def _merge(older: Group, newer: Group) -> Group:
    blocks: list[tuple[SeriesColumn, list[Column]]] = []
    for group in (older, newer):
        series: SeriesColumn = np.repeat(group.series, np.diff(group.bounds))
        columns = list(group.columns)
        if older.obsolete is not None or newer.obsolete is not None:
            none = np.zeros(len(group), np.bool_)
            columns.append(none if group.obsolete is None else group.obsolete)
        blocks.append((series, columns))
    merged, _ = _group(blocks)
    if older.obsolete is not None or newer.obsolete is not None:
        merged.obsolete = merged.columns.pop().astype(np.bool_)
    return merged


def _restart(group: Group, rows: Int64s | None, restarts: list[Restart]) -> None:
    """Mark what restarts made obsolete in a group, whose points have these row numbers.

    None stands for numbers that are smaller than any that a restart names.
    """
    by_series: dict[int | None, list[Restart]] = {}
    for restart in restarts:
        by_series.setdefault(restart.series, []).append(restart)
    for series, own in by_series.items():
        part = slice(0, len(group)) if series is None else group.slice_of(series)
        steps: Int64s = group.columns[STEP][part]  # type: ignore[assignment]
        if rows is None:
            group.make_obsolete(part, steps >= min(restart.step for restart in own))
            continue
        # A point lives while its step is below that of every restart that came after it.
        before = np.array([restart.rows for restart in own])
        limits = np.array([restart.step for restart in own] + [np.iinfo(np.int64).max])
        limits = np.minimum.accumulate(limits[::-1])[::-1]
        after = np.searchsorted(before, rows[part], "right")
        group.make_obsolete(part, (steps >= limits[after]) & (after < len(own)))
