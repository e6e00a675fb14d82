"""Gathering by rows of indices for each entry of a batch."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.arrangement import tile, transpose
from opscope.runtime.ops.filling import ones
from opscope.runtime.ops.joining import concat, stack, unstack
from opscope.runtime.ops.products import meshgrid
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import rank, reshape
from opscope.runtime.ops.shape import shape as shape_of


def batch_gather_nd(params: Any, indices: Any, batch_dims: int, name: str | None) -> Tensor:
    """`gather_nd` with the places of the entries put before the indices."""
    with op_scope(name, "BatchGatherND", params, indices):
        places = convert_to_tensor(indices, name="indices")
        values = convert_to_tensor(params, name="params")
        if not isinstance(batch_dims, int):
            raise TypeError(f"Argument `batch_dims` must be an int; got {batch_dims}")
        if batch_dims < 0:
            raise ValueError("tf.gather_nd does not allow negative batch_dims.")
        for tensor, what in ((places, "indices"), (values, "params")):
            if tensor.shape.ndims is not None and batch_dims >= tensor.shape.ndims:
                raise ValueError(
                    f"Argument `batch_dims` = {batch_dims} must be less than rank(`{what}`) = "
                    f"{tensor.shape.ndims}"
                )
        sizes, own = shape_of(values), shape_of(places)
        batch, inner = sizes[:batch_dims], own[batch_dims:-1]
        count = make_tensor("Prod", batch, [0])
        axes = [
            _cast(make_tensor("Range", 0, _cast(size, dtypes.int32), 1), places.dtype)
            for size in unstack(batch, batch_dims)
        ]
        entries = [reshape(x, (-1,)) for x in meshgrid(*axes, indexing="ij")]
        grid = transpose(stack(entries, axis=0))
        width = shape_of(grid)
        middle = ones(rank(places) - batch_dims - 1, width.dtype)
        grid = reshape(grid, concat([width[:1], middle, width[1:]], axis=0))
        grid = tile(grid, concat(((1,), inner, (1,)), axis=0))
        flat = reshape(places, concat(([count], own[batch_dims:]), axis=0))
        found = make_tensor("GatherNd", values, concat((grid, flat), axis=-1))
        return reshape(found, concat((batch, shape_of(found)[1:]), axis=0))


def _cast(x: Tensor, dtype: dtypes.DType) -> Tensor:
    """As `cast`, with a node where nothing changes too."""
    return make_tensor("Cast", x, DstT=dtype)
