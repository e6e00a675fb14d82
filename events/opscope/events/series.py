"""The points of one tag: their steps and times, and their values or where those lie."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def as_float64(values: npt.NDArray[np.generic]) -> Float64s:
    """Numbers as float64; NaNs of all sorts, and what was never filled, without a warning."""
    with np.errstate(invalid="ignore"):
        return values.astype(np.float64)


@dataclass(frozen=True)
class Plugin:
    """What the first point of a tag says of the whole tag."""

    name: str = ""
    content: bytes = b""
    display_name: str = ""
    description: str = ""


class Location(NamedTuple):
    """Where a payload lies: the run's file by number, the record's offset, the value's index."""

    file: int
    offset: int
    value: int


class Points(NamedTuple):
    """Columns of points in file order; `rows` are their numbers, or int64[n, 3] locations."""

    step: Int64s
    wall_time: Float64s
    rows: npt.NDArray[np.generic]
    obsolete: Bools


NO_POINTS = Points(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0, np.bool_))


class Series:
    """The points of one (tag, kind) in the order of the run's files, fetched when looked at.

    Scalars have their values; everything else has locations, and is read again when asked for, so
    that a logdir of images costs no memory. A restart of the training makes points obsolete; they
    stay, and are told apart.
    """

    def __init__(self, kind: str, plugin: Plugin, fetch: Callable[[], Points] | None = None):
        self.kind = kind
        self.plugin = plugin
        self._fetch = fetch

    @cached_property
    def _points(self) -> Points:
        return NO_POINTS if self._fetch is None else self._fetch()

    def __len__(self) -> int:
        return len(self._points.step)

    def select(self, orphaned: bool) -> Int64s | slice:
        """The indices of the points to show; `orphaned` adds those that restarts made obsolete."""
        obsolete = self._points.obsolete
        if orphaned or not obsolete.any():
            return slice(None)
        alive: Int64s = np.flatnonzero(~obsolete)
        return alive

    def steps(self, selection: Int64s | slice) -> Int64s:
        """Steps of the selected points."""
        return self._points.step[selection]

    def wall_times(self, selection: Int64s | slice) -> Float64s:
        """Seconds since the epoch of the selected points."""
        return self._points.wall_time[selection]

    def values(self, selection: Int64s | slice) -> Float64s:
        """Numbers of the selected points of a scalar series."""
        return as_float64(self._points.rows[selection])

    def locations(self, selection: Int64s | slice) -> list[Location]:
        """Where the selected points' payloads lie."""
        rows = self._points.rows.reshape(-1, 3)[selection]
        return [Location(*row) for row in rows.tolist()]
