"""The points of one tag: their steps and times, and their values or where those lie."""

from array import array
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Float64s = npt.NDArray[np.float64]


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


class Series:
    """The points of one (tag, kind) in file order, appended while files are read.

    Scalars keep their values; everything else keeps locations, and is read again when asked for,
    so that a logdir of images costs no memory. A restart of the training makes points obsolete;
    they stay, and are told apart.
    """

    def __init__(self, kind: str, plugin: Plugin):
        self.kind = kind
        self.plugin = plugin
        self._steps = array("q")
        self._wall_times = array("d")
        self._values = array("d")
        self._locations = array("q")
        self._restarts: list[tuple[int, int]] = []  # points before the restart, step it went to

    def __len__(self) -> int:
        return len(self._steps)

    def add_scalar(self, step: int, wall_time: float, value: float) -> None:
        """Append a point that is one number."""
        self._steps.append(step)
        self._wall_times.append(wall_time)
        self._values.append(value)

    def add_location(self, step: int, wall_time: float, location: Location) -> None:
        """Append a point whose value stays in the file."""
        self._steps.append(step)
        self._wall_times.append(wall_time)
        self._locations.extend(location)

    def restart(self, step: int) -> None:
        """Make obsolete what was written so far for this step and later ones."""
        if self._steps:
            self._restarts.append((len(self._steps), step))

    def select(self, orphaned: bool) -> Int64s | slice:
        """The indices of the points to show; `orphaned` adds those that restarts made obsolete."""
        if orphaned or not self._restarts:
            return slice(None)
        steps = np.array(self._steps)
        # A point lives while its step is below every restart that came after it.
        limit = np.full(len(steps), np.iinfo(np.int64).max)
        counts, restarted = np.array(self._restarts).T
        np.minimum.at(limit, counts - 1, restarted)
        limit = np.minimum.accumulate(limit[::-1])[::-1]
        alive: Int64s = np.flatnonzero(steps < limit)
        return alive

    def steps(self, selection: Int64s | slice) -> Int64s:
        """Steps of the selected points."""
        return np.array(self._steps, dtype=np.int64)[selection]

    def wall_times(self, selection: Int64s | slice) -> Float64s:
        """Seconds since the epoch of the selected points."""
        return np.array(self._wall_times, dtype=np.float64)[selection]

    def values(self, selection: Int64s | slice) -> Float64s:
        """Numbers of the selected points of a scalar series."""
        return np.array(self._values, dtype=np.float64)[selection]

    def locations(self, selection: Int64s | slice) -> list[Location]:
        """Where the selected points' payloads lie."""
        rows = np.array(self._locations, dtype=np.int64).reshape(-1, 3)[selection]
        return [Location(*row) for row in rows.tolist()]
