"""Several runs as one: the mean of a group, and how far its runs spread around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from opscope.dashboard.scalar_series import Axis, Curve
from opscope.dashboard.smoothing import smooth

Floats = npt.NDArray[np.float64]
Spread = Literal["std", "sem", "range"]
SPREADS: tuple[Spread, ...] = ("std", "sem", "range")


def bands(
    curves: Sequence[Curve],
    groups: Sequence[str],
    *,
    axis: Axis = "step",
    low: float | None = None,
    high: float | None = None,
    smoothing: float = 0.0,
    points: int = 600,
    spread: Spread = "std",
) -> list[dict[str, Any]]:
    """One band per group and tag, in the order in which they first come; `groups[i]` is curve i's.

    Each run is smoothed, then read at the union of the group's places, by straight lines between
    its own points and nowhere outside of them; of more than `points` places, evenly chosen ones.
    `low` and `high` are the mean less and plus one standard deviation ("std", of the runs
    there, not of a sample) or that over the root of the number of runs ("sem"), or the outermost
    runs ("range").
    """
    members: dict[tuple[str, str], list[Curve]] = {}
    for curve, group in zip(curves, groups, strict=True):
        members.setdefault((group, curve.tag), []).append(curve)
    found = []
    for (group, tag), runs in members.items():
        places = np.unique(np.concatenate([run.along(axis) for run in runs]))
        inside = places[
            (places >= (-np.inf if low is None else low))
            & (places <= (np.inf if high is None else high))
        ]
        if len(inside) > points:
            inside = inside[np.linspace(0, len(inside) - 1, points).astype(np.int64)]
        heights = np.array([_read(run, axis, smoothing, inside) for run in runs])
        known = np.isfinite(heights)
        inside, heights, known = (part[..., known.any(axis=0)] for part in (inside, heights, known))
        count = known.sum(axis=0)
        mean = np.where(known, heights, 0).sum(axis=0) / count
        if spread == "range":
            lowest = np.where(known, heights, np.inf).min(axis=0)
            highest = np.where(known, heights, -np.inf).max(axis=0)
        else:
            variance = (np.where(known, heights - mean, 0) ** 2).sum(axis=0) / count
            width = np.sqrt(variance / count if spread == "sem" else variance)
            lowest, highest = mean - width, mean + width
        found.append(
            {
                "group": group,
                "tag": tag,
                "runs": [run.run for run in runs],
                "x": inside,
                "mean": mean,
                "low": lowest,
                "high": highest,
                "count": count,
                "nan": sum(int(np.isnan(run.value).sum()) for run in runs),
                "inf": sum(int(np.isinf(run.value).sum()) for run in runs),
            }
        )
    return found


def _read(run: Curve, axis: Axis, smoothing: float, places: Floats) -> Floats:
    """The smoothed value of a run at each place; NaN before its first point and after its last."""
    x, value = run.along(axis), smooth(run.value, smoothing)
    known = np.isfinite(value)
    if not known.any():
        return np.full(len(places), np.nan)
    order = np.argsort(x[known], kind="stable")
    read: Floats = np.interp(
        places, x[known][order], value[known][order], left=np.nan, right=np.nan
    )
    return read
