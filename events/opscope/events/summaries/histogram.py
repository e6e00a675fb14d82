"""Histograms in TensorFlow's buckets."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from opscope.events.proto.summary_pb2 import HistogramProto

Float64s = npt.NDArray[np.float64]
Bins = str | int | Sequence[float] | npt.NDArray[Any]


@cache
def tensorflow_limits() -> Float64s:
    """float64[1551]: 1e-12 * 1.1^k below 1e20 and DBL_MAX, the negatives of all these, and 0.

    Bucket i counts the values in [limit[i - 1], limit[i]). Source: TensorFlow's
    `lib/histogram/histogram.cc`.
    """
    positive = []
    limit = 1e-12
    while limit < 1e20:
        positive.append(limit)
        limit *= 1.1
    upper = np.array([*positive, np.finfo(np.float64).max])
    return np.concatenate([-upper[::-1], [0.0], upper])


def histogram_proto(
    values: npt.NDArray[Any], bins: Bins = "tensorflow", max_bins: int | None = None
) -> HistogramProto:
    """The histogram of an array's finite values; inf and NaN have no bucket, and count in `num`.

    `bins` is "tensorflow", or what `numpy.histogram` takes: a rule's name, a number of bins, or
    their edges. `max_bins` joins neighbours until there are at most about so many. Of a run of
    empty buckets only the last is kept, and sums add one value after the other in double precision,
    both as in TensorFlow.
    """
    flat = values.reshape(-1)
    if flat.dtype.kind not in "fiub" and flat.dtype.itemsize != 2:  # bfloat16 is of kind V
        raise ValueError(f"a histogram is made of real numbers, this is {values.dtype}")
    if flat.dtype != np.float32:
        flat = flat.astype(np.float32 if flat.dtype.itemsize == 2 else np.float64)
    size = flat.size
    finite = flat[np.isfinite(flat)]
    flat = np.sort(finite).astype(np.float64)
    numbers = finite.astype(np.float64)
    if isinstance(bins, str) and bins == "tensorflow":
        edges = tensorflow_limits()
        below = np.searchsorted(flat, edges, side="left")
        below[-1] = flat.size
        counts = np.diff(below)
    else:
        counts, edges = np.histogram(flat, bins=bins)
    if max_bins is not None and len(counts) > max_bins:
        joined = -(-len(counts) // max_bins)
        counts = np.add.reduceat(counts, np.arange(0, len(counts), joined))
        edges = np.append(edges[:-1:joined], edges[-1])
    counts = np.concatenate([[0], counts])  # the bucket that ends where the first one begins
    keep = counts > 0
    keep[:-1] |= keep[1:]
    keep[-1] = True
    with np.errstate(over="ignore"):
        sum_squares = np.cumsum(numbers * numbers)[-1] if flat.size else 0.0
    return HistogramProto(
        min=flat[0] if flat.size else edges[-1],
        max=flat[-1] if flat.size else edges[0],
        num=size,
        sum=np.cumsum(numbers)[-1] if flat.size else 0.0,
        sum_squares=sum_squares,
        bucket_limit=edges[keep],
        bucket=counts[keep],
    )
