"""Percentiles of a histogram: what the distributions page draws as bands."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Hundredths of a percent: the normal distribution's values at -1.5, -1, ... 1.5 standard
# deviations, and both ends (tensorboard/plugins/distribution/compressor.py).
BASIS_POINTS = (0, 668, 1587, 3085, 5000, 6915, 8413, 9332, 10000)
_WHOLE = 10000


def percentiles(buckets: Floats) -> Floats:
    """The values float64[9] at BASIS_POINTS of a histogram of rows (left, right, count).

    Linear inside a bucket, as TensorBoard computes them, to the last bit: 0 for a histogram
    without buckets, the right end of the last one for a histogram without counts.
    """
    points = np.array(BASIS_POINTS, np.float64)
    if not len(buckets):
        return np.zeros(len(points))
    left, right, count = buckets.T
    lowest, highest = left[0], right[-1]
    with np.errstate(all="ignore"):  # infinite ends give NaN, which is shown as such
        weights = (count * _WHOLE / (count.sum() or 1.0)).cumsum()
        place = np.searchsorted(weights, points, side="right")
        found = np.full(len(points), highest)
        inside = place < len(weights)
        place = place[inside]
        after, before = weights[place], np.where(place > 0, weights[place - 1], 0.0)
        start = np.where(before == 0, lowest, np.maximum(right[place - 1], lowest))
        end = np.minimum(right[place], highest)
        found[inside] = start + (points[inside] - before) * (end - start) / (after - before)
    return found
