"""What one file adds to its run: its points, and the restarts that make points obsolete.

Most points come as columns, some one by one; both have the number of their record, by which they
are put in order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from opscope.events.point_table import Column, PointTable, Restart
from opscope.events.series import Int64s
from opscope.events.value_names import Int32s

SinglePoint = tuple[int, int, *tuple[float, ...]]
"""A point by itself: record, series, and then what the columns hold, steps first."""


@dataclass
class Singles:
    """Points and restarts that single records brought; and which records those were."""

    scalars: list[SinglePoint] = field(default_factory=list)
    payloads: list[SinglePoint] = field(default_factory=list)
    restarts: list[tuple[int, int, int | None]] = field(default_factory=list)
    records: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class PointRows:
    """Points by columns: the record and the series of each, steps, wall times, the rest."""

    record: Int64s
    series: Int32s
    columns: Sequence[Column]

    def without(self, records: Int64s) -> "PointRows":
        """The rows of all other records."""
        if not len(records) or not len(self.record):
            return self
        places = np.searchsorted(self.record, records)
        if (self.record.take(places, mode="clip") != records).all():
            return self
        keep = ~np.isin(self.record, records)
        columns = [column[keep] for column in self.columns]
        return PointRows(self.record[keep], self.series[keep], columns)

    def together_with(self, singles: Sequence[SinglePoint]) -> "PointRows":
        """These rows and the single points, in the order of the records."""
        if not singles:
            return self
        own_record, own_series, *own = zip(*singles, strict=True)
        record = np.concatenate([self.record, np.array(own_record, np.int64)])
        order = np.argsort(record, kind="stable")
        return PointRows(
            record[order],
            np.concatenate([self.series, np.array(own_series, np.int32)])[order],
            [
                np.concatenate([column, _as(column.dtype, np.array(more))])[order]
                for column, more in zip(self.columns, own, strict=True)
            ],
        )


def _no_rows(*dtypes: str) -> PointRows:
    columns = [np.zeros(0, dtype) for dtype in dtypes]
    return PointRows(np.zeros(0, np.int64), np.zeros(0, np.int32), columns)


NO_SCALAR_ROWS = _no_rows("i8", "f8", "f8")
NO_PAYLOAD_ROWS = _no_rows("i8", "f8", "i8", "i4")


def _as(dtype: np.dtype[np.generic], values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """The values in a dtype, unless that is float32 and they need all of float64's digits."""
    narrow = values.astype(dtype)
    if dtype == np.float32 and not np.array_equal(narrow, values, equal_nan=True):
        return values
    return narrow


class FilePoints:
    """The points of one file; `restarts` has the lowest step gone back to, by series or None.

    None stands for all series of the run. A restart makes points of the files before this one
    obsolete too.
    """

    def __init__(self) -> None:
        self.scalars = PointTable()
        self.payloads = PointTable()
        self.restarts: dict[int | None, int] = {}

    def sort(self) -> None:
        """Put the points in order by series now, and not when somebody asks for one."""
        _ = self.scalars.groups, self.payloads.groups

    def add(self, scalars: PointRows, payloads: PointRows, singles: Singles) -> None:
        """Add points, those of records that were decoded singly from `singles` alone."""
        records = np.array(sorted(singles.records), np.int64)
        restarts = singles.restarts
        _add(self.scalars, scalars.without(records).together_with(singles.scalars), restarts)
        _add(self.payloads, payloads.without(records).together_with(singles.payloads), restarts)
        for _, step, series in restarts:
            self.restarts[series] = min(step, self.restarts.get(series, step))


def _add(
    table: PointTable, rows: PointRows, restarts: Sequence[tuple[int, int, int | None]]
) -> None:
    before = table.rows
    table.append(rows.series, list(rows.columns))
    for record, step, series in restarts:
        table.restart(Restart(before + int(np.searchsorted(rows.record, record)), step, series))
