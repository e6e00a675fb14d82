"""A curve smoothed as TensorBoard smooths it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def smooth(value: Floats, weight: float) -> Floats:
    """Debiased exponential moving average, as TensorBoard's: float64[n].

    The k-th finite value becomes `s_k / (1 - weight**k)` with `s_k = weight * s_(k-1) +
    (1 - weight) * y_k`. Values that are not finite stay as they are and count for nothing; a
    constant series stays as it is. (tensorboard, line_chart: classicSmoothing.)
    """
    finite = np.isfinite(value)
    known = value[finite]
    if weight <= 0 or len(known) < 2 or (len(known) == len(value) and (known == known[0]).all()):
        return value
    average = (1 - weight) * known
    # Doubling: after k rounds each point holds the weighted sum of the 2**k points up to it.
    span, factor = 1, weight
    while span < len(average) and factor > 1e-18:
        following = average.copy()
        following[span:] += factor * average[:-span]
        average, span, factor = following, 2 * span, factor * factor
    smoothed = value.copy()
    smoothed[finite] = average / -np.expm1(np.arange(1, len(known) + 1) * np.log(weight))
    return smoothed
