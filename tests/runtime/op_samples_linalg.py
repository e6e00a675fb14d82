"""Samples of factorizations, triangular systems and Fourier transforms."""

from __future__ import annotations

import numpy as np
from op_samples import floats, ints, sample

F32 = np.float32


def regular(*batch: int, size: int = 3) -> np.ndarray:
    return floats(*batch, size, size) + 4 * np.eye(size, dtype=F32)


def definite(*batch: int, size: int = 3) -> np.ndarray:
    root = regular(*batch, size=size)
    return (root @ np.swapaxes(root, -1, -2) / 4).astype(F32)


def waves(*shape: int) -> np.ndarray:
    return (floats(*shape) + 1j * floats(*shape)).astype(np.complex64)


sample("Cholesky", definite())
sample("Cholesky", definite(2, size=2))
for lower in (True, False):
    for adjoint in (True, False):
        flags = {"lower": lower, "adjoint": adjoint}
        sample("MatrixTriangularSolve", regular(), floats(3, 2), smooth=[0, 1], **flags)
sample("MatrixTriangularSolve", regular(2), floats(2, 3, 1), smooth=[0, 1])
sample("MatrixTriangularSolve", regular(2), floats(3, 2), smooth=[0, 1])
sample("LogMatrixDeterminant", regular(), smooth=[0])
sample("LogMatrixDeterminant", regular(2), smooth=[0])
sample("MatrixSquareRoot", definite(), smooth=[0])
sample("MatrixSquareRoot", definite(2, size=2), smooth=[0])
sample("MatrixSolveLs", floats(4, 2), floats(4, 1), np.float64(0.1), smooth=[0, 1])
sample("MatrixSolveLs", floats(2, 4), floats(2, 2), np.float64(0.1), smooth=[0, 1])
sample("MatrixSolveLs", floats(4, 2), floats(4, 1), np.float64(0), fast=False)
sample("Qr", regular(), smooth=[0])
sample("Qr", floats(4, 2), smooth=[0])
sample("Qr", floats(2, 4), smooth=[0])
sample("Qr", floats(4, 2), full_matrices=True)
sample("Lu", regular())
sample("Lu", floats(2, 3, 3), output_idx_type="int64")
sample("ConjugateTranspose", waves(2, 3), ints(1, 0), fixed=[1])

for rank, name in ((1, ""), (2, "2D"), (3, "3D")):
    sizes = (*(2, 3, 4, 5)[:rank], 6)
    sample(f"FFT{name}", waves(*sizes))
    sample(f"IFFT{name}", waves(*sizes))
    length = np.array(sizes[-rank:], np.int32)
    sample(f"RFFT{name}", floats(*sizes), length, fixed=[1])
    half = (*sizes[:-1], sizes[-1] // 2 + 1)
    sample(f"IRFFT{name}", waves(*half), length, fixed=[1])
sample("RFFT", floats(2, 5), ints(5), fixed=[1])
sample("RFFT", floats(2, 5), ints(3), fixed=[1])
