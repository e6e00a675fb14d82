"""Samples of embeddings and of losses over sampled classes."""

from __future__ import annotations

import numpy as np
from op_samples import floats, ints, sample

sample("ParallelDynamicStitch", [ints(2, 0), ints(1)], [floats(2, 3), floats(1, 3)])
sample("ParallelDynamicStitch", [ints(0, 1)], [floats(2)])
sample(
    "ComputeAccidentalHits",
    np.array([[1, 2], [5, 3], [4, 4]]),
    np.array([4, 1, 9, 4]),
    num_true=2,
)
sample("ComputeAccidentalHits", np.array([[1]]), np.array([2, 3]), num_true=1)
sample("AllCandidateSampler", np.array([[1, 2]]), num_true=2, num_sampled=4, unique=True)
