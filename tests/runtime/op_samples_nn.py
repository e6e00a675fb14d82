"""Samples of embeddings and of losses over sampled classes."""

from __future__ import annotations

import numpy as np
from op_samples import apart, floats, ints, sample

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

VALUES = np.array([[-7, -6, -0.03, 0, 0.04, 2.34], [5.99, 6, 6.3, 1, -2.5, 100]], np.float32)
RANGE = (np.float32(-1.2), np.float32(5.1))
for attrs in ({}, {"num_bits": 4, "narrow_range": True}):
    sample("FakeQuantWithMinMaxArgs", VALUES, **attrs)
    sample("FakeQuantWithMinMaxArgs", floats(2, 3), min=-0.7, max=1.9, **attrs)
    sample("FakeQuantWithMinMaxArgs", floats(2, 3), min=0.5, max=1.9, **attrs)
    sample("FakeQuantWithMinMaxArgsGradient", floats(2, 6), VALUES, min=-6.1, max=5.0, **attrs)
    sample("FakeQuantWithMinMaxVars", VALUES, *RANGE, **attrs)
    sample("FakeQuantWithMinMaxVars", VALUES, np.float32(0), np.float32(0), **attrs)
    sample("FakeQuantWithMinMaxVarsGradient", floats(2, 6), VALUES, *RANGE, **attrs)
    sample("FakeQuantWithMinMaxVarsGradient", floats(3), floats(3), *[np.float32(0)] * 2, **attrs)
    lows = np.array([-1, 0, 0.5, -2, -0.1, 0], np.float32)
    highs = np.array([1, 0, 1.5, 0, 3, 6], np.float32)
    sample("FakeQuantWithMinMaxVarsPerChannel", VALUES, lows, highs, **attrs)
    sample("FakeQuantWithMinMaxVarsPerChannel", VALUES[0], lows, highs, **attrs)
    sample("FakeQuantWithMinMaxVarsPerChannelGradient", floats(2, 6), VALUES, lows, highs, **attrs)

for steps, rates, padding in (
    ([1, 1, 1, 1], [1, 1, 1, 1], "VALID"),
    ([1, 2, 1, 1], [1, 1, 2, 1], "SAME"),
):
    images, filters = apart(2, 4, 5, 2), apart(2, 3, 2) * 0.37
    attrs = {"strides": steps, "rates": rates, "padding": padding}
    sample("Dilation2D", images, filters, smooth=[0, 1], **attrs)
    grads = floats(2, 3, 3, 2) if padding == "VALID" else floats(2, 2, 5, 2)
    sample("Dilation2DBackpropInput", images, filters, grads, **attrs)
    sample("Dilation2DBackpropFilter", images, filters, grads, **attrs)

for kind in (np.uint8, np.int16, np.uint64, np.float16):
    sample("TopKV2", np.array([[3, 9, 9, 1], [5, 0, 2, 7]], kind), np.int32(3), fixed=[1])
