"""Samples of random numbers that follow from a key and a counter."""

from __future__ import annotations

import numpy as np
from op_samples import ints, sample

KEY = np.array([0x123456789ABCDEF0], np.uint64)
COUNTER = np.array([5, 2**63 + 1], np.uint64)
AUTO = np.int32(3)

sample("StatelessRandomGetKeyCounter", np.array([3, -4], np.int64), fixed=[0])
for op_type in ("Uniform", "Normal"):
    sample(f"StatelessRandom{op_type}V2", ints(2, 3), KEY, COUNTER, AUTO, fixed=[0, 1, 2, 3])
sample("StatelessTruncatedNormalV2", ints(2, 3), KEY, COUNTER, AUTO, fixed=[0, 1, 2, 3])
sample(
    "StatelessRandomUniformIntV2",
    ints(7), KEY, COUNTER, AUTO, np.int32(-2), np.int32(9),
    fixed=[0, 1, 2, 3, 4, 5],
)  # fmt: skip
sample(
    "StatelessRandomUniformFullIntV2",
    ints(5), KEY, COUNTER, AUTO,
    fixed=[0, 1, 2, 3],
    dtype="int32",
)  # fmt: skip
