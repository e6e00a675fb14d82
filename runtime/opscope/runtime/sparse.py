"""tf.sparse: tensors of which only the elements that are not zero are there."""

from opscope.runtime.ops.sparse import sparse_placeholder as placeholder
from opscope.runtime.ops.sparse import sparse_tensor_dense_matmul as sparse_dense_matmul
from opscope.runtime.ops.sparse import sparse_tensor_to_dense as to_dense
from opscope.runtime.ops.sparse_rows import sparse_fill_empty_rows as fill_empty_rows
from opscope.runtime.ops.sparse_rows import sparse_reshape as reshape
from opscope.runtime.ops.sparse_rows import sparse_retain as retain
from opscope.runtime.ops.sparse_segments import sparse_segment_mean as segment_mean
from opscope.runtime.ops.sparse_segments import sparse_segment_sqrt_n as segment_sqrt_n
from opscope.runtime.ops.sparse_segments import sparse_segment_sum as segment_sum
from opscope.runtime.sparse_functions import from_dense
from opscope.runtime.sparse_functions import sparse_add as add
from opscope.runtime.sparse_functions import sparse_concat as concat
from opscope.runtime.sparse_functions import sparse_eye as eye
from opscope.runtime.sparse_functions import sparse_mask as mask
from opscope.runtime.sparse_functions import sparse_maximum as maximum
from opscope.runtime.sparse_functions import sparse_merge as merge
from opscope.runtime.sparse_functions import sparse_minimum as minimum
from opscope.runtime.sparse_functions import sparse_reduce_max as reduce_max
from opscope.runtime.sparse_functions import sparse_reduce_max_sparse as reduce_max_sparse
from opscope.runtime.sparse_functions import sparse_reduce_sum as reduce_sum
from opscope.runtime.sparse_functions import sparse_reduce_sum_sparse as reduce_sum_sparse
from opscope.runtime.sparse_functions import sparse_reorder as reorder
from opscope.runtime.sparse_functions import sparse_reset_shape as reset_shape
from opscope.runtime.sparse_functions import sparse_slice as slice  # noqa: A004
from opscope.runtime.sparse_functions import sparse_softmax as softmax
from opscope.runtime.sparse_functions import sparse_split as split
from opscope.runtime.sparse_functions import sparse_to_indicator as to_indicator
from opscope.runtime.sparse_functions import sparse_transpose as transpose
from opscope.runtime.sparse_tensor import SparseTensor

matmul = sparse_dense_matmul

__all__ = [
    "SparseTensor",
    "add",
    "concat",
    "eye",
    "fill_empty_rows",
    "from_dense",
    "mask",
    "matmul",
    "maximum",
    "merge",
    "minimum",
    "placeholder",
    "reduce_max",
    "reduce_max_sparse",
    "reduce_sum",
    "reduce_sum_sparse",
    "reorder",
    "reset_shape",
    "reshape",
    "retain",
    "segment_mean",
    "segment_sqrt_n",
    "segment_sum",
    "slice",
    "softmax",
    "sparse_dense_matmul",
    "split",
    "to_dense",
    "to_indicator",
    "transpose",
]
