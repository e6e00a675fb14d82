"""Histograms of one tag over time, brought to common bins so that they can be laid one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BINS = 30  # TensorBoard's number of bins in a view
FARTHEST = 8e307  # a range from minus to plus this still has a finite width


def common_edges(buckets: Sequence[Floats], bins: int = BINS) -> Floats:
    """Edges float64[bins+1] of equal bins over the range of all histograms.

    Each of `buckets` is float64[k, 3]: left, right, count. Only buckets that end somewhere finite
    count for the range. A range without width is widened to [x / 1.1 - 1, x * 1.1 + 1], as
    TensorBoard does (tf-histogram-dashboard: intermediate format to D3).
    """
    bounds = [bounded(b)[:, :2] for b in buckets if len(b)]
    ends = np.concatenate([b.ravel() for b in bounds]) if bounds else np.empty(0)
    ends = np.clip(ends, -FARTHEST, FARTHEST)
    low, high = (float(ends.min()), float(ends.max())) if len(ends) else (0.0, 0.0)
    if low == high:
        low, high = low / 1.1 - 1, high * 1.1 + 1
    return np.linspace(low, high, bins + 1)


def bounded(buckets: Floats) -> Floats:
    """The buckets that end at numbers, float64[k, 3] in order."""
    found: Floats = buckets[np.isfinite(buckets[:, :2]).all(axis=1)]
    return found


def astray(buckets: Floats) -> float:
    """What the other buckets count: values that are infinite or no number."""
    others = buckets[~np.isfinite(buckets[:, :2]).all(axis=1), 2]
    return float(others[np.isfinite(others)].sum())


def rebin(buckets: Floats, edges: Floats) -> Floats:
    """Counts float64[len(edges) - 1]: each bucket shared out by how much of it lies in each bin.

    A bucket without width goes whole to the bin that holds it; bins are open at their right edge,
    but for the last one.
    """
    left, right, count = bounded(buckets).T
    left, right = np.clip([left, right], -FARTHEST, FARTHEST)
    wide = right > left
    low, high = left[wide, None], right[wide, None]
    overlap = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
    counts: Floats = (count[wide, None] * np.maximum(overlap, 0) / (high - low)).sum(axis=0)
    places = np.searchsorted(edges, left[~wide], side="right") - 1
    np.add.at(counts, np.clip(places, 0, len(counts) - 1), count[~wide])
    return counts


def rebinned(buckets: Sequence[Floats], bins: int = BINS) -> tuple[Floats, Floats]:
    """(edges float64[bins+1], counts float64[n, bins]) of n histograms over their common range."""
    edges = common_edges(buckets, bins)
    counts = np.zeros((len(buckets), bins))
    for row, own in zip(counts, buckets, strict=True):
        row += rebin(own.reshape(-1, 3), edges)
    return edges, counts


def evenly(count: int, most: int) -> npt.NDArray[np.int64]:
    """Indices of at most `most` of `count` things, evenly spread, both ends included."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).round().astype(np.int64))
