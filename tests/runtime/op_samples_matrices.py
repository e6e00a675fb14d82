"""Samples of tridiagonal matrices and of logarithms of matrices."""

from __future__ import annotations

import numpy as np
from op_samples import floats, sample
from op_samples_linalg import definite, waves

F32 = np.float32


def diagonals(*batch: int, size: int = 4) -> np.ndarray:
    made = floats(*batch, 3, size)
    made[..., 1, :] += 4
    return made


sample("TridiagonalSolve", diagonals(), floats(4, 2), smooth=[0, 1])
sample("TridiagonalSolve", diagonals(2), floats(2, 4, 1), smooth=[0, 1])
sample("TridiagonalSolve", diagonals(), floats(4, 2), smooth=[0, 1], partial_pivoting=False)
sample("TridiagonalSolve", floats(3, 4), floats(4, 2))
rows = [floats(1, 4) for _ in range(3)]
sample("TridiagonalMatMul", *rows, floats(4, 2), smooth=[0, 1, 2, 3])
rows = [floats(2, 1, 3) for _ in range(3)]
sample("TridiagonalMatMul", *rows, floats(2, 3, 2), smooth=[0, 1, 2, 3])
sample("MatrixLogarithm", definite().astype(np.complex64))
sample("MatrixLogarithm", waves(2, 2, 2) + 3 * np.eye(2, dtype=np.complex64))
