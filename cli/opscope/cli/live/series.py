"""One curve as it was read: its facts, its smoothed line and its columns, each computed once."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from opscope.cli.live.stretch import Stretches, stretches
from opscope.dashboard.scalar_series import Axis, Curve, robust_range
from opscope.dashboard.smoothing import smooth
from opscope.events import Scalars

Floats = npt.NDArray[np.float64]


MOST_KEPT = 8
"""Pictures of one curve whose numbers are kept: a zoom or a resize makes new ones."""


class Extreme(NamedTuple):
    """A value and the step it was written with."""

    value: float
    step: int


@dataclass(frozen=True)
class Facts:
    """What a curve comes to; the extremes are of its finite values, None where there are none.

    `first_bad` is the step of the first value that is NaN or infinite.
    """

    count: int
    last: Extreme | None
    low: Extreme | None
    high: Extreme | None
    nan: int
    plus_inf: int
    minus_inf: int
    first_bad: int | None

    @property
    def bad(self) -> int:
        """How many values are NaN or infinite."""
        return self.nan + self.plus_inf + self.minus_inf


@dataclass(eq=False)
class Series:
    """The points of a tag in a run, not changed after they were read."""

    run: str
    tag: str
    curve: Curve
    _columns: dict[tuple[object, ...], Stretches] = field(default_factory=dict, repr=False)
    _reaches: dict[tuple[object, ...], tuple[float, float] | None] = field(
        default_factory=dict, repr=False
    )
    _lines: dict[float, Floats] = field(default_factory=dict, repr=False)

    def holds(self, points: Scalars) -> bool:
        """Whether these are the same points, as far as their number and the last one tell."""
        count = len(self.curve.step)
        if count != len(points.step):
            return False
        return count == 0 or bool(self.curve.wall_time[-1] == points.wall_time[-1])

    @cached_property
    def facts(self) -> Facts:
        """Count, last value, extremes, and what is not finite."""
        step, value = self.curve.step, self.curve.value
        finite = np.flatnonzero(np.isfinite(value))

        def at(index: int) -> Extreme:
            return Extreme(float(value[index]), int(step[index]))

        known = value[finite]
        bad = np.flatnonzero(~np.isfinite(value))
        return Facts(
            len(value),
            at(-1) if len(value) else None,
            at(int(finite[known.argmin()])) if len(known) else None,
            at(int(finite[known.argmax()])) if len(known) else None,
            int(np.isnan(value).sum()),
            int((value == math.inf).sum()),
            int((value == -math.inf).sum()),
            int(step[bad[0]]) if len(bad) else None,
        )

    def line(self, smoothing: float) -> Floats:
        """The values, smoothed with TensorBoard's debiased moving average."""
        if smoothing <= 0:
            return self.curve.value
        if smoothing not in self._lines:
            self._lines.clear()
            self._lines[smoothing] = smooth(self.curve.value, smoothing)
        return self._lines[smoothing]

    def extent(self, axis: Axis) -> tuple[float, float] | None:
        """The lowest and highest place of a point on the x axis."""
        x = self.curve.along(axis)
        x = x[np.isfinite(x)]
        return (float(x.min()), float(x.max())) if len(x) else None

    def reach(
        self, axis: Axis, smoothing: float, log: bool, robust: bool, low: float, high: float
    ) -> tuple[float, float] | None:
        """The lowest and highest finite value in a range of x; of a log axis, exponents of ten.

        `robust` leaves outliers out.
        """
        key = (axis, smoothing, log, robust, low, high)
        if key not in self._reaches:
            if len(self._reaches) > MOST_KEPT:
                self._reaches.clear()
            x = self.curve.along(axis)
            seen = self.line(smoothing)[(x >= low) & (x <= high)]
            seen = seen[np.isfinite(seen)]
            if log:
                seen = np.log10(seen[seen > 0])
            ends = robust_range(seen) if robust else None
            if ends is None and len(seen):
                ends = [float(seen.min()), float(seen.max())]
            self._reaches[key] = (ends[0], ends[1]) if ends else None
        return self._reaches[key]

    def columns(
        self, axis: Axis, smoothing: float, log: bool, low: float, high: float, columns: int
    ) -> Stretches:
        """The curve by columns of dots from `low` to `high`; of a log axis its exponents of ten."""
        key = (axis, smoothing, log, low, high, columns)
        if key not in self._columns:
            if len(self._columns) > MOST_KEPT:
                self._columns.clear()
            value = self.line(smoothing)
            if log:
                positive = value > 0
                value = np.log10(value, where=positive, out=np.full(len(value), np.nan))
            self._columns[key] = stretches(self.curve.along(axis), value, low, high, columns)
        return self._columns[key]
