"""A curve cut into the columns of a picture, with nothing lost that a column can show."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from opscope.cli.live.canvas import Bools
from opscope.dashboard.histogram_bins import FARTHEST

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FAR = 1 << 20  # columns outside of the picture: a line to them is as steep as it looks


class Stretches(NamedTuple):
    """What falls into each column that has points, left to right.

    `first`, `low`, `high`, `last` are of its finite values; `before` and `through` count the values
    that are not finite in front of its first and of its last one: they break the line.
    """

    column: Integers
    first: Floats
    low: Floats
    high: Floats
    last: Floats
    before: Integers
    through: Integers


def columns_of(x: Floats, low: float, high: float, columns: int) -> Integers:
    """The column of each x, `low` in the first and `high` in the last; the middle where equal."""
    if not high > low:
        return np.full(len(x), columns // 2, np.int64)
    place = np.floor((x - low) / (high - low) * (columns - 1) + 0.5)
    found: Integers = np.clip(place, -FAR, FAR).astype(np.int64)
    return found


def stretches(x: Floats, value: Floats, low: float, high: float, columns: int) -> Stretches:
    """The curve by columns, every extreme kept; points outside count where a line comes from them.

    x need not rise: points are put in order first.
    """
    if len(x) > 1 and (np.diff(x) < 0).any():
        order = np.argsort(x, kind="stable")
        x, value = x[order], value[order]
    inside = slice(
        max(int(np.searchsorted(x, low)) - 1, 0), int(np.searchsorted(x, high, "right")) + 1
    )
    x, value = x[inside], value[inside]
    finite = np.isfinite(value)
    broken = np.cumsum(~finite)[finite]
    column, value = columns_of(x[finite], low, high, columns), value[finite]
    if not len(value):
        nothing = np.empty(0)
        none = np.empty(0, np.int64)
        return Stretches(none, nothing, nothing, nothing, nothing, none, none)
    start = np.flatnonzero(np.concatenate([[True], column[1:] != column[:-1]]))
    end = np.concatenate([start[1:], [len(value)]]) - 1
    return Stretches(
        column[start],
        value[start],
        np.minimum.reduceat(value, start),
        np.maximum.reduceat(value, start),
        value[end],
        broken[start],
        broken[end],
    )


def draw(plane: Bools, found: Stretches, low: float, high: float) -> None:
    """Draw a curve on a sheet of dots: bars from lowest to highest, and lines between them."""
    rows, columns = plane.shape

    def row_of(value: Floats) -> Floats:
        if not high > low:
            return np.full(len(value), (rows - 1) / 2)
        # What is far outside still has the direction that its line comes from.
        value = np.clip(value, -FARTHEST, FARTHEST)
        share: Floats = np.clip((high - value) / (high - low), -64.0, 65.0)
        share *= rows - 1
        return share

    def bar(column: int, one: float, other: float) -> None:
        if one > other:
            one, other = other, one
        top, bottom = max(round(one), 0), min(round(other), rows - 1)
        if 0 <= column < columns and top <= bottom:
            plane[top : bottom + 1, column] = True

    first, last = row_of(found.first), row_of(found.last)
    top, bottom = row_of(found.high), row_of(found.low)
    for at, column in enumerate(found.column.tolist()):
        bar(column, float(top[at]), float(bottom[at]))
        if at + 1 == len(found.column) or found.through[at] != found.before[at + 1]:
            continue
        following = int(found.column[at + 1])
        start, rise = float(last[at]), float(first[at + 1] - last[at]) / (following - column)
        for between in range(max(column, 0), min(following, columns - 1) + 1):
            left = max(between - 0.5, column) - column
            right = min(between + 0.5, following) - column
            bar(between, start + rise * left, start + rise * right)
