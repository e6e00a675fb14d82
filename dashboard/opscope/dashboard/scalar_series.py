"""A curve as a view needs it: smoothed over all its points, then cut to those a plot can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from opscope.dashboard.json_number import spelt as spelt
from opscope.dashboard.smoothing import smooth
from opscope.events.thinning import thin, within

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Axis = Literal["step", "relative", "wall"]
AXES: tuple[Axis, ...] = ("step", "relative", "wall")

FEW_POINTS = 20  # too few for outliers to mean anything
OUTLIERS = (0.05, 0.95)  # TensorBoard's share of points that decides the y range
FAR_OUT = 4.0  # how much wider than the rest the whole range is when there are outliers
ROUNDING = 1e-9  # relative width below which a range is one value and what smoothing made of it


@dataclass(frozen=True)
class Curve:
    """The points of one run and tag; step int64[n], wall_time and value float64[n], seconds.

    `orphans` are the points that a restart of the training made obsolete, where they are wanted.
    """

    run: str
    step: Integers
    wall_time: Floats
    value: Floats
    tag: str = ""
    orphans: Curve | None = None

    def along(self, axis: Axis) -> Floats:
        """Where each point lies on an axis: the step, seconds since the first, or seconds."""
        if axis == "step":
            return self.step.astype(np.float64)
        start = self.wall_time[0] if axis == "relative" and len(self.wall_time) else 0.0
        return self.wall_time - start


def shown_points(x: Floats, value: Floats, smoothed: Floats, most: int) -> Integers:
    """Rising indices of the points to draw, about `most`, and at most twice that plus the gaps.

    The lowest and the highest value of every stretch are among them, in the raw and in the smoothed
    curve, and so are the first point and the last, and the places where values cease to be finite.
    """
    most = max(most, 4)
    chosen = thin(x, value, most)
    if smoothed is value or len(chosen) == len(value):
        return chosen
    return np.union1d(chosen, thin(x, smoothed, most, "lttb"))


def view(
    curves: Sequence[Curve],
    *,
    axis: Axis = "step",
    low: float | None = None,
    high: float | None = None,
    smoothing: float = 0.0,
    points: int = 600,
    at: float | None = None,
) -> dict[str, Any]:
    """What a chart draws of some curves: columns per run, counts, and the y ranges.

    `extent` and `robust` are [lowest, highest] over the finite values in the range, with
    and without each curve's outliers, or None; `positive` is the lowest above 0 and `smallest` the
    lowest absolute value above 0, for a log axis. Each series has `stats` of its points in the
    range and, with a place `at` on the axis, the point nearest to that.
    """
    series, seen = [], []
    for curve in curves:
        x = curve.along(axis)
        smoothed = smooth(curve.value, smoothing)
        inside = within(x, low, high)
        strictly = (x >= (-np.inf if low is None else low)) & (
            x <= (np.inf if high is None else high)
        )
        raw, line = curve.value[inside], smoothed[inside]
        line = raw if smoothed is curve.value else line
        seen += [part[np.isfinite(part)] for part in ([raw] if line is raw else [raw, line])]
        drawn = inside[shown_points(x[inside], raw, line, points)]
        series.append(
            {
                "run": curve.run,
                "tag": curve.tag,
                "step": curve.step[drawn],
                "wall": np.round(curve.wall_time[drawn], 3),
                "start": curve.wall_time[0] if len(x) else 0.0,
                **_columns(curve.value[drawn], smoothed[drawn] if smoothing > 0 else None),
                "count": len(x),
                "nan": int(np.isnan(curve.value).sum()),
                "inf": int(np.isinf(curve.value).sum()),
                "whole": len(drawn) == len(inside),
                "stats": stats(curve, strictly),
                "at": None if at is None else nearest(curve, x, smoothed, at),
                "orphans": orphaned_points(curve, low, high, axis, points),
            }
        )
    values = np.concatenate(seen) if seen else np.empty(0)
    positive = values[values > 0]
    ranges = [found for found in map(robust_range, seen) if found]
    return {
        "axis": axis,
        "series": series,
        "extent": [values.min(), values.max()] if len(values) else None,
        # By curve: a run with many points must not make outliers of a run with few.
        "robust": [min(r[0] for r in ranges), max(r[1] for r in ranges)] if ranges else None,
        "positive": positive.min() if len(positive) else None,
        "smallest": np.abs(values[values != 0]).min() if (values != 0).any() else None,
    }


def _columns(value: Floats, smoothed: Floats | None) -> dict[str, Any]:
    """What is drawn, with no more digits than were written.

    A log has float32 mostly, whose nine digits take half the bytes of float64's seventeen.
    """
    narrow: Any = value.astype(np.float32)
    is_narrow = np.array_equal(narrow, value, equal_nan=True)
    written = narrow if is_narrow else value
    if not np.isfinite(value).all():
        written = [spelt(each) for each in value.tolist()]
    if smoothed is not None and is_narrow:
        smoothed = smoothed.astype(np.float32)
    return {"value": written, "smoothed": smoothed}


def stats(curve: Curve, inside: npt.NDArray[np.bool_]) -> dict[str, Any] | None:
    """First, last, least, greatest and mean of the finite values inside, and at which steps."""
    chosen = inside & np.isfinite(curve.value)
    value, step = curve.value[chosen], curve.step[chosen]
    if not len(value):
        return None
    least, greatest = int(np.argmin(value)), int(np.argmax(value))
    return {
        "count": len(value),
        "first": value[0],
        "first_step": step[0],
        "last": value[-1],
        "last_step": step[-1],
        "min": value[least],
        "min_step": step[least],
        "max": value[greatest],
        "max_step": step[greatest],
        "mean": value.mean(),
        "std": value.std(),
    }


def nearest(curve: Curve, x: Floats, smoothed: Floats, at: float) -> dict[str, Any] | None:
    """The point of a curve that lies nearest to a place on the axis."""
    if not len(x):
        return None
    i = int(np.argmin(np.abs(x - at)))
    return {
        "step": curve.step[i],
        "wall": curve.wall_time[i],
        "value": spelt(float(curve.value[i])),
        "smoothed": spelt(float(smoothed[i])),
    }


def orphaned_points(
    curve: Curve, low: float | None, high: float | None, axis: Axis, points: int
) -> dict[str, Any] | None:
    """What a restart left behind, as a chart draws it: None where there is nothing."""
    if curve.orphans is None or not len(curve.orphans.step):
        return None
    left = curve.orphans
    x = left.along(axis)
    if axis == "relative" and len(curve.wall_time):
        x = left.wall_time - curve.wall_time[0]
    inside = within(x, low, high)
    drawn = inside[thin(x[inside], left.value[inside], max(points, 4))]
    return {
        "step": left.step[drawn],
        "wall": left.wall_time[drawn],
        "value": [spelt(value) for value in left.value[drawn].tolist()],
    }


def robust_range(values: Floats) -> list[float] | None:
    """[lowest, highest] of the values, without outliers where there are any.

    The outer 5 % at either end are outliers when the rest fills but a small part of the range: the
    start of a loss curve is none, a single spike is. None where there are no values.
    """
    if not len(values):
        return None
    full = [float(values.min()), float(values.max())]
    if len(values) < FEW_POINTS:
        return full
    first = int(np.ceil((len(values) - 1) * OUTLIERS[0]))
    last = int(np.floor((len(values) - 1) * OUTLIERS[1]))
    ordered = np.partition(values, [first, last])
    inner = [float(ordered[first]), float(ordered[last])]
    width = inner[1] - inner[0]
    # A curve that is constant but for a few points is about those points.
    constant = width <= ROUNDING * max(abs(inner[0]), abs(inner[1]))
    return full if constant or full[1] - full[0] <= FAR_OUT * width else inner
