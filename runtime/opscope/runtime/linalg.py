"""tf.linalg: functions of matrices, the last two axes; those before are a batch."""

from opscope.runtime.clip_ops import global_norm
from opscope.runtime.ops.arrangement import matrix_transpose
from opscope.runtime.ops.arrangement import matrix_transpose as transpose
from opscope.runtime.ops.einsum import einsum
from opscope.runtime.ops.factorizations import lu, qr, svd
from opscope.runtime.ops.factorizations import self_adjoint_eig as eigh
from opscope.runtime.ops.factorizations import self_adjoint_eigvals as eigvalsh
from opscope.runtime.ops.matmul import matmul
from opscope.runtime.ops.matrices import adjoint, eye, trace
from opscope.runtime.ops.matrices import matrix_band_part as band_part
from opscope.runtime.ops.matrices import matrix_determinant as det
from opscope.runtime.ops.matrices import matrix_diag as diag
from opscope.runtime.ops.matrices import matrix_diag_part as diag_part
from opscope.runtime.ops.matrices import matrix_inverse as inv
from opscope.runtime.ops.matrices import matrix_set_diag as set_diag
from opscope.runtime.ops.matrices import matrix_solve as solve
from opscope.runtime.ops.matrix_functions import (
    expm,
    logm,
    lu_matrix_inverse,
    lu_reconstruct,
    lu_solve,
    matrix_rank,
    normalize,
    pinv,
)
from opscope.runtime.ops.normalization import l2_normalize
from opscope.runtime.ops.products import cross, matvec, tensordot
from opscope.runtime.ops.statistics import norm
from opscope.runtime.ops.tensor_diagonals import diag as tensor_diag
from opscope.runtime.ops.tensor_diagonals import diag_part as tensor_diag_part
from opscope.runtime.ops.triangular import cholesky, cholesky_solve, logdet, slogdet
from opscope.runtime.ops.triangular import matrix_solve_ls as lstsq
from opscope.runtime.ops.triangular import matrix_square_root as sqrtm
from opscope.runtime.ops.triangular import matrix_triangular_solve as triangular_solve
from opscope.runtime.ops.tridiagonal import tridiagonal_matmul, tridiagonal_solve

__all__ = [
    "adjoint",
    "band_part",
    "cholesky",
    "cholesky_solve",
    "cross",
    "det",
    "diag",
    "diag_part",
    "eigh",
    "eigvalsh",
    "einsum",
    "expm",
    "eye",
    "global_norm",
    "inv",
    "l2_normalize",
    "logdet",
    "logm",
    "lstsq",
    "lu",
    "lu_matrix_inverse",
    "lu_reconstruct",
    "lu_solve",
    "matmul",
    "matrix_rank",
    "matrix_transpose",
    "matvec",
    "norm",
    "normalize",
    "pinv",
    "qr",
    "set_diag",
    "slogdet",
    "solve",
    "sqrtm",
    "svd",
    "tensor_diag",
    "tensor_diag_part",
    "tensordot",
    "trace",
    "transpose",
    "triangular_solve",
    "tridiagonal_matmul",
    "tridiagonal_solve",
]
