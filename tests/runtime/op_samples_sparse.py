"""Samples of sparse tensors and of reductions over chosen rows."""

from __future__ import annotations

import numpy as np
from op_samples import floats, ints, sample

ROWS, PLACES, IDS = floats(4, 3), ints(3, 0, 3, 1, 1), ints(0, 0, 2, 2, 2)
for kind in ("Sum", "Mean", "SqrtN"):
    name = f"SparseSegment{kind}"
    for sparse in (False, True):
        sample(name, ROWS, PLACES, IDS, smooth=[] if sparse else [0], sparse_gradient=sparse)
    sample(name, floats(4), np.array([1, 2]), np.array([0, 0]))
    sample(name, floats(4, 2), ints(), ints())
    sample(f"{name}WithNumSegments", ROWS, PLACES, IDS, np.int32(5), fixed=[3], smooth=[0])
    grads = floats(3, 2)
    sample(f"{name}Grad", grads, PLACES, IDS, np.int32(6), fixed=[3])
    sample(f"{name}GradV2", grads, PLACES, IDS, np.int32(6))
sample("SparseSegmentSum", ints(1, 2, 3), ints(2, 2), ints(0, 1))

AT = np.array([[0, 1], [2, 0], [2, 2]])
sample("SparseReshape", AT, np.array([3, 4]), np.array([2, -1]), fixed=[1, 2])
sample("SparseReshape", AT, np.array([3, 4]), np.array([12]), fixed=[1, 2])
sample("SparseReshape", np.zeros((0, 2), np.int64), np.array([0, 4]), np.array([2, 0, 3]))
sample("SparseFillEmptyRows", AT, floats(3), np.array([5, 3]), np.float32(7), smooth=[1, 3])
sample("SparseFillEmptyRows", AT[::-1].copy(), ints(1, 2, 3), np.array([4, 3]), np.int32(-1))
sample("SparseFillEmptyRowsGrad", np.array([3, 1]), floats(5))
