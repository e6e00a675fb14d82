"""Picking the elements for which a mask is true."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.comparison import where
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.reduction import reduce_prod
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import expand_dims, reshape, shape, squeeze


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


def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = dtypes.bool, name: str | None = None
) -> Tensor:
    """For each length a row that is true that far; rows are `maxlen` (the longest) long."""
    with op_scope(name, "SequenceMask", lengths, maxlen):
        counts = convert_to_tensor(lengths)
        if maxlen is None:
            every = constant(np.arange(len(counts.shape), dtype=np.int32))
            longest = make_tensor("Max", counts, every)
            maxlen = make_tensor("Maximum", constant(0, longest.dtype), longest)
        else:
            maxlen = convert_to_tensor(maxlen)
        first, step = constant(0, maxlen.dtype), constant(1, maxlen.dtype)
        row = make_tensor("Range", first, maxlen, step)
        matrix = make_tensor("Cast", expand_dims(counts, -1), DstT=maxlen.dtype)
        found = make_tensor("Less", row, matrix)
        wanted = dtypes.as_dtype(dtype)
        return found if wanted is dtypes.bool else cast(found, wanted)
