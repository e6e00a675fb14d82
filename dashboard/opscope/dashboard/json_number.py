"""Numbers as JSON carries them."""

from __future__ import annotations

import math


def spelt(value: float) -> float | str:
    """A number as JSON can carry it: NaN and the infinities by name, as TensorBoard's API does."""
    if value != value:
        return "NaN"
    if value in (math.inf, -math.inf):
        return "Infinity" if value > 0 else "-Infinity"
    return value
