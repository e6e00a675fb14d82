"""tf.linalg: functions of matrices, the last two axes; those before are a batch."""

from opscope.runtime.ops.arrangement import matrix_transpose
from opscope.runtime.ops.einsum import einsum
from opscope.runtime.ops.matmul import matmul
from opscope.runtime.ops.matrices import eye, trace
from opscope.runtime.ops.matrices import matrix_band_part as band_part
from opscope.runtime.ops.matrices import matrix_determinant as det
from opscope.runtime.ops.matrices import matrix_diag as diag
from opscope.runtime.ops.matrices import matrix_diag_part as diag_part
from opscope.runtime.ops.matrices import matrix_inverse as inv
from opscope.runtime.ops.matrices import matrix_set_diag as set_diag
from opscope.runtime.ops.matrices import matrix_solve as solve
from opscope.runtime.ops.normalization import l2_normalize
from opscope.runtime.ops.products import cross, matvec, tensordot
from opscope.runtime.ops.statistics import norm
from opscope.runtime.ops.tensor_diagonals import diag as tensor_diag
from opscope.runtime.ops.tensor_diagonals import diag_part as tensor_diag_part

__all__ = [
    "band_part",
    "cross",
    "det",
    "diag",
    "diag_part",
    "einsum",
    "eye",
    "inv",
    "l2_normalize",
    "matmul",
    "matrix_transpose",
    "matvec",
    "norm",
    "set_diag",
    "solve",
    "tensor_diag",
    "tensor_diag_part",
    "tensordot",
    "trace",
]
