"""tf.sets: the sets along the last axes of tensors."""

from opscope.runtime.ops.set_operations import (
    set_difference,
    set_intersection,
    set_size,
    set_union,
)

difference, intersection, size, union = set_difference, set_intersection, set_size, set_union

__all__ = [
    "difference",
    "intersection",
    "set_difference",
    "set_intersection",
    "set_size",
    "set_union",
    "size",
    "union",
]
