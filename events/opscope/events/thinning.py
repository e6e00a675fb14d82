"""Fewer points that look the same: which of a curve's points a view of it needs."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from tsdownsample import MinMaxDownsampler, MinMaxLTTBDownsampler

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Method = Literal["minmax", "lttb"]

MOST_GAPS = 256  # breaks of a line where values are not finite; more cannot be told apart

_DOWNSAMPLERS: dict[str, Any] = {
    "minmax": MinMaxDownsampler(),  # type: ignore[no-untyped-call]
    "lttb": MinMaxLTTBDownsampler(),  # type: ignore[no-untyped-call]
}


def thin(x: npt.NDArray[Any], value: Floats, most: int, method: Method = "minmax") -> Integers:
    """Rising indices of about `most` points, and of the gaps, that stand for all of them.

    "minmax" keeps the lowest and the highest value of every stretch; "lttb" those that keep the
    shape of the line (largest triangle, three buckets; Steinarsson 2013). The first and the last
    point and the places where values cease to be finite are among them. Up to `most` points stay
    as they are. ValueError for fewer than 4 or another method.
    """
    if method not in _DOWNSAMPLERS or most < 4:
        raise ValueError(f"thinned are 4 points or more, by minmax or lttb: not {most}, {method!r}")
    if len(value) <= most:
        return np.arange(len(value))
    finite = np.flatnonzero(np.isfinite(value))
    chosen = [np.array([0, len(value) - 1]), gaps(value)]
    if len(finite) <= most:
        chosen.append(finite)
    else:
        downsampler = _DOWNSAMPLERS[method]
        along = () if method == "minmax" else (np.ascontiguousarray(x[finite], np.float64),)
        kept = downsampler.downsample(*along, value[finite], n_out=most // 4 * 4)
        chosen.append(finite[kept])
    return np.unique(np.concatenate(chosen)).astype(np.int64)


def gaps(value: Floats) -> Integers:
    """Index of the first value of each stretch that is not finite; evenly thinned when many."""
    bad = ~np.isfinite(value)
    starts = np.flatnonzero(bad & ~np.concatenate([[False], bad[:-1]]))
    if len(starts) > MOST_GAPS:
        starts = starts[np.linspace(0, len(starts) - 1, MOST_GAPS).astype(np.int64)]
    return starts


def within(x: npt.NDArray[Any], low: float | None, high: float | None) -> Integers:
    """Indices of the points in a range, with one more at each side so that lines reach the edge."""
    inside = np.ones(len(x), bool)
    if low is not None:
        inside &= x >= low
    if high is not None:
        inside &= x <= high
    if inside.all():
        return np.arange(len(x))
    wider = inside.copy()
    wider[:-1] |= inside[1:]
    wider[1:] |= inside[:-1]
    if not wider.any() and len(x) and low is not None and high is not None:
        # Zoomed in between two points: those two carry the line across the view.
        before, after = np.flatnonzero(x < low), np.flatnonzero(x > high)
        wider[before[-1:]] = True
        wider[after[:1]] = True
    return np.flatnonzero(wider)
