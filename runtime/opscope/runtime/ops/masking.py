"""Picking the elements for which a mask is true."""

from __future__ import annotations

from typing import Any

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.comparison import where
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.reduction import reduce_prod
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import reshape, shape, squeeze


def boolean_mask(tensor: Any, mask: Any, name: str = "boolean_mask", axis: int = 0) -> Tensor:
    """The parts of `tensor` where `mask` is true; the axes of the mask become one."""
    with op_scope(name, "boolean_mask", tensor, mask):
        source = convert_to_tensor(tensor, name="tensor")
        chosen = convert_to_tensor(mask, name="mask")
        ndims = chosen.shape.ndims
        if not ndims:
            raise ValueError(f"the rank of the mask must be known and not 0, got {chosen.shape}")
        source.shape[axis : axis + ndims].assert_is_compatible_with(chosen.shape)
        count = reduce_prod(shape(source)[axis : axis + ndims], [0])
        source = reshape(
            source,
            concat([shape(source)[:axis], [count], shape(source)[axis + ndims :]], 0),
        )
        flat = reshape(chosen, [-1])
        return gather(source, squeeze(where(flat), axis=[1]), axis=axis)
