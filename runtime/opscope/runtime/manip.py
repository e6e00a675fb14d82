"""tf.manip: elements put elsewhere."""

from opscope.runtime.ops.arrangement import reverse, tile
from opscope.runtime.ops.blocks import batch_to_space_nd, space_to_batch_nd
from opscope.runtime.ops.nd_indexing import gather_nd, scatter_nd
from opscope.runtime.ops.rolling import roll
from opscope.runtime.ops.shape import reshape

__all__ = [
    "batch_to_space_nd",
    "gather_nd",
    "reshape",
    "reverse",
    "roll",
    "scatter_nd",
    "space_to_batch_nd",
    "tile",
]
