"""Samples of ops that move, count, sort and compare elements."""

from __future__ import annotations

import numpy as np
from op_samples import apart, floats, ints, positive, sample

I32 = np.int32
U8 = np.uint8

for data_format in ("NHWC", "NCHW"):
    first = (2, 4, 2, 3) if data_format == "NCHW" else (2, 2, 3, 4)
    sample("DepthToSpace", floats(*first), smooth=[0], block_size=2, data_format=data_format)
    second = (2, 3, 4, 2) if data_format == "NCHW" else (2, 4, 2, 3)
    sample("SpaceToDepth", floats(*second), smooth=[0], block_size=2, data_format=data_format)
sample("DepthToSpace", np.arange(18, dtype=I32).reshape(1, 1, 2, 9), block_size=3)

MARGINS = np.array([[0, 0], [2, 0]], I32)
sample("SpaceToBatchND", floats(2, 4, 4, 2), ints(2, 3), MARGINS, fixed=[1, 2], smooth=[0])
sample("SpaceToBatchND", floats(2, 5), ints(2), np.array([[0, 1]], I32), fixed=[1, 2], smooth=[0])
sample("BatchToSpaceND", floats(12, 2, 2, 2), ints(2, 3), MARGINS, fixed=[1, 2], smooth=[0])
sample("BatchToSpaceND", floats(4, 3), ints(2), np.array([[1, 2]], I32), fixed=[1, 2], smooth=[0])
sample("SpaceToBatch", floats(1, 3, 4, 1), np.array([[1, 0], [0, 0]], I32), fixed=[1], smooth=[0],
       block_size=2)  # fmt: skip
sample("BatchToSpace", floats(4, 2, 2, 1), np.array([[1, 0], [0, 1]], I32), fixed=[1], smooth=[0],
       block_size=2)  # fmt: skip

sample("Roll", floats(3, 4), I32(1), I32(0), fixed=[1, 2], smooth=[0])
sample("Roll", floats(3, 4), ints(-1, 2), ints(0, 1), fixed=[1, 2], smooth=[0])
sample("Roll", ints(1, 2, 3), I32(5), I32(-1), fixed=[1, 2])
sample("UnravelIndex", ints(0, 5, 11), ints(3, 4), fixed=[1])
sample("UnravelIndex", I32(7), ints(2, 2, 2), fixed=[1])
sample("Diag", floats(3), smooth=[0])
sample("Diag", floats(2, 2), smooth=[0])
sample("DiagPart", floats(3, 3), smooth=[0])
sample("DiagPart", floats(2, 3, 2, 3), smooth=[0])
sample("Cross", floats(3), floats(3), smooth=[0, 1])
sample("Cross", floats(2, 3), floats(2, 3), smooth=[0, 1])
sample("Cross", ints(1, 2, 3), ints(4, 5, 7))

for name in ("BitwiseAnd", "BitwiseOr", "BitwiseXor"):
    sample(name, ints(5, -3, 0), ints(3, 6, 7))
    sample(name, U8(5), U8(12))
    sample(name, np.array([[5], [9]], np.int64), np.array([1, 2, 12], np.int64))
sample("LeftShift", ints(5, -3, 1), ints(1, 2, 30))
sample("LeftShift", np.array([200, 1], U8), np.array([1, 7], U8))
sample("RightShift", ints(5, -3, 1024), ints(1, 1, 3))
sample("RightShift", np.array([200, 1], U8), np.array([1, 7], U8))
sample("Invert", ints(5, -3, 0))
sample("Invert", U8(5))
sample("PopulationCount", ints(5, -3, 0))
sample("PopulationCount", np.array([200, 7], U8))
sample("Bitcast", floats(2, 3), type="int32")
sample("Bitcast", floats(2), type="uint8")
sample("Bitcast", np.array([[1, 0, 128, 63], [0, 0, 0, 64]], U8), type="float32")
sample("Bitcast", np.float32(1.5), type="int32")

sample("IdentityN", [floats(2), ints(1, 2)])
sample("IdentityN", [floats(2)])
sample("EnsureShape", floats(2, 3), smooth=[0], shape=[None, 3])
sample("GuaranteeConst", floats(2))
sample("ParallelConcat", [floats(1, 3), floats(1, 3)], shape=[2, 3])

ROWS = np.array([[1, 2, 2, 5], [0, 3, 4, 9]], np.float32)
WANTED = np.array([[2, 0, 7], [3, 9, -1]], np.float32)
for name in ("LowerBound", "UpperBound"):
    sample(name, ROWS, WANTED)
    sample(name, ROWS.astype(I32), WANTED.astype(I32), out_type="int64")
sample("DenseBincount", ints(1, 3, 1, 9), I32(5), np.zeros(0, I32), fixed=[1])
sample("DenseBincount", ints(1, 3, 1, 4), I32(5), positive(4), fixed=[1])
sample("DenseBincount", np.array([[1, 1], [0, 2]], I32), I32(3), np.zeros(0, np.float32), fixed=[1])
sample("DenseBincount", ints(1, 3, 1), I32(5), np.zeros(0, I32), fixed=[1], binary_output=True)
sample("HistogramFixedWidth", floats(20), np.array([-1, 1], np.float32), I32(5), fixed=[2])
sample("HistogramFixedWidth", ints(1, 5, 9, 3), ints(0, 8), I32(4), fixed=[2], dtype="int64")

PAIRS = np.array([[0, 1], [2, 0]], I32)
for name in ("TensorScatterUpdate", "TensorScatterAdd", "TensorScatterSub"):
    sample(name, floats(3, 2), PAIRS, floats(2), smooth=[0, 2])
    sample(name, floats(3, 2), np.array([[2], [0]], I32), floats(2, 2), smooth=[0, 2])
for name in ("TensorScatterAdd", "TensorScatterSub"):
    sample(name, ints(1, 2, 3), np.array([[1], [1]], I32), ints(5, 6))
for name in ("TensorScatterMax", "TensorScatterMin"):
    sample(name, apart(3, 2), PAIRS, apart(2) + np.float32(0.03), smooth=[0, 2])
    sample(name, ints(1, 2, 3), np.array([[1], [1]], I32), ints(5, -6))

sample("RandomGammaGrad", positive(2, 3), positive(2, 3))
sample("RandomGammaGrad", positive(3), positive(2, 3))
