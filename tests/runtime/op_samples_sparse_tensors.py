"""Samples of ops of sparse tensors and of sets."""

from __future__ import annotations

import numpy as np
from op_samples import floats, ints, positive, sample

I32, I64, F32 = np.int32, np.int64, np.float32


def longs(*values: object) -> np.ndarray:
    return np.array(values, I64)


A = longs([0, 1], [1, 0], [1, 3], [2, 2])
B = longs([0, 0], [1, 0], [2, 2])
SIZES = longs(3, 4)
C = longs([0, 0, 1], [0, 1, 0], [1, 0, 1], [1, 1, 1])
CUBE = longs(2, 2, 2)

sample("SparseReorder", A[[2, 0, 3, 1]], floats(4), SIZES, fixed=[2], smooth=[1])
sample("SparseReshape", A, SIZES, longs(2, -1), fixed=[1, 2])
sample("SparseReshape", C, CUBE, longs(8), fixed=[1, 2])
sample("SparseSlice", A, floats(4), SIZES, longs(1, 0), longs(2, 3), fixed=[2, 3, 4], smooth=[1])
sample("SparseSliceGrad", floats(2), A, longs(1, 0), longs([0, 0], [1, 2]))
sample("SparseSplit", I64(1), A, floats(4), SIZES, num_split=2)
sample("SparseSplit", I64(0), A, floats(4), SIZES, num_split=2)
sample("SparseConcat", [A, B], [floats(4), floats(3)], [SIZES, SIZES], concat_dim=1)
sample("SparseConcat", [A, B], [floats(4), floats(3)], [SIZES, longs(5, 4)], concat_dim=-2)
HOLES = longs([0, 1], [3, 0], [3, 3])
sample("SparseFillEmptyRows", HOLES, floats(3), longs(5, 4), F32(-1), fixed=[2], smooth=[1, 3])
sample("SparseFillEmptyRowsGrad", longs(0, 3, 4), floats(6))

sample("SparseAdd", A, floats(4), SIZES, B, floats(3), SIZES, F32(0), smooth=[1, 4])
sample("SparseAdd", A, ints(5, -1, 2, 7), SIZES, B, ints(3, 1, 0), SIZES, I32(2))
sample("SparseAddGrad", floats(5), A, B, longs([0, 0], [0, 1], [1, 0], [1, 3], [2, 2]))
sample("SparseTensorDenseAdd", A, floats(4), SIZES, floats(3, 4), smooth=[1, 3])
sample("SparseTensorDenseAdd", A.astype(I32), floats(4), SIZES.astype(I32), floats(3, 4))
sample("SparseDenseCwiseAdd", A, floats(4), SIZES, floats(3, 4))
for name in ("SparseDenseCwiseMul", "SparseDenseCwiseDiv"):
    sample(name, A, floats(4), SIZES, positive(3, 4), smooth=[1, 3])
    sample(name, A, floats(4), SIZES, positive(4), smooth=[1, 3])
for name in ("SparseSparseMaximum", "SparseSparseMinimum"):
    sample(name, A, floats(4), SIZES, B, floats(3), SIZES)
for keep in (False, True):
    for name in ("SparseReduceSum", "SparseReduceMax"):
        smooth = [1] if name == "SparseReduceSum" else []
        for axes in (ints(1), ints(0), ints(0, 1), I32(-1)):
            sample(name, A, floats(4), SIZES, axes, fixed=[2, 3], smooth=smooth, keep_dims=keep)
        sample(f"{name}Sparse", A, floats(4), SIZES, ints(1), keep_dims=keep)
        sample(f"{name}Sparse", C, floats(4), CUBE, ints(0, 2), keep_dims=keep)
sample("SparseSoftmax", A, floats(4), SIZES, fixed=[2], smooth=[1])
sample("SparseSoftmax", C, floats(4), CUBE, fixed=[2], smooth=[1])

FIRST = np.array([[1, 5, 5], [2, 3, 9]], I64)
SECOND = np.array([[5, 7], [9, 2]], I64)
GROUPS = longs([0, 0], [0, 1], [1, 0])
for operation in ("a-b", "b-a", "intersection", "union"):
    sample("DenseToDenseSetOperation", FIRST, SECOND, set_operation=operation)
    sample("DenseToSparseSetOperation", FIRST, GROUPS, longs(5, 7, 2), longs(2, 2),
           set_operation=operation)  # fmt: skip
    sample("SparseToSparseSetOperation", GROUPS, longs(1, 5, 9), longs(2, 2), GROUPS,
           longs(5, 7, 9), longs(2, 2), set_operation=operation)  # fmt: skip
sample("SetSize", GROUPS, longs(5, 5, 2), longs(3, 2), fixed=[2])
