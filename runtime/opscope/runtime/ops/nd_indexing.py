"""Gathering and scattering by rows of indices, each a place along the first axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.shape import shape
from opscope.runtime.ops.static_value import static_shape
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_POLICY = "bad_indices_policy: string = ''"
_INDEX = "Tindices: {int16, int32, int64}"


def check_updates(target: TensorShape, indices: TensorShape, updates: TensorShape) -> None:
    """ValueError where updates cannot be the parts of a target that the rows of indices name."""
    if indices.sizes is None or updates.sizes is None:
        return
    counts = target.num_elements(), indices.num_elements(), updates.num_elements()
    if counts[0] == 0 and 0 not in counts[1:]:
        raise ValueError("Indices and updates specified for empty tensor")
    lead, depth = len(indices.sizes) - 1, indices.sizes[-1]
    updates[:lead].assert_is_compatible_with(indices[:-1])
    if depth is not None and target.sizes is not None:
        updates[lead:].assert_is_compatible_with(target[depth:])


def places(indices: Any, sizes: tuple[int, ...]) -> tuple[Any, ...]:
    """The rows of indices as one array per axis; InvalidArgumentError when one is out of range."""
    depth = indices.shape[-1]
    if depth > len(sizes):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"index innermost dimension length must be <= params rank; saw: {depth} vs. "
            f"{len(sizes)}",
        )
    if indices.size:
        rows = indices.reshape(-1, depth)
        bad = ((rows < 0) | (rows >= np.array(sizes[:depth]))).any(axis=1)
        if bad.any():
            first = int(bad.argmax())
            raise errors.InvalidArgumentError(
                None,
                None,
                f"indices[{first}] = {rows[first].tolist()} does not index into param shape "
                f"{list(sizes)}",
            )
    return tuple(indices[..., axis] for axis in range(depth))


@op(
    "GatherNd",
    "params: Tparams, indices: Tindices -> output: Tparams",
    f"Tparams: type, {_INDEX}, {_POLICY}",
    host_only=True,
)
def _gather_nd(xp: Any, params: Any, indices: Any) -> Any:
    """The parts of params that the rows of indices name."""
    if indices.shape[-1] == 0:
        return np.broadcast_to(params, indices.shape[:-1] + params.shape).copy()
    where = places(indices, params.shape)
    if not params.size and where[0].size:
        raise errors.InvalidArgumentError(
            None, None, "Requested more than 0 entries, but params is empty."
        )
    return params[where]


@_gather_nd.shape
def _(node: Operation) -> list[TensorShape]:
    params, indices = (t.shape.sizes for t in node.inputs)
    if params is None or indices is None or indices[-1] is None:
        return [unknown_shape()]
    if indices[-1] > len(params):
        raise ValueError(
            f"indices.shape[-1] must be <= params.rank, but saw indices shape "
            f"{list(indices)} and params shape {list(params)}"
        )
    return [TensorShape(indices[:-1] + params[indices[-1] :])]


@_gather_nd.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    params, indices = node.inputs
    full = shape(params, out_type=indices.dtype.base_dtype)
    return [make_tensor("ScatterNd", indices, grad, full), None]


@op(
    "ScatterNd",
    "indices: Tindices, updates: T, shape: Tindices -> output: T",
    f"T: type, {_INDEX}, {_POLICY}",
    host_only=True,
)
def _scatter_nd(xp: Any, indices: Any, updates: Any, shape: Any) -> Any:
    """A tensor of zeros with updates added where the rows of indices say."""
    sizes = tuple(shape.tolist())
    depth = indices.shape[-1]
    if updates.shape != indices.shape[:-1] + sizes[depth:]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Dimensions of updates {list(updates.shape)} do not fit indices "
            f"{list(indices.shape)} and shape {list(sizes)}",
        )
    if updates.dtype.kind == "O":
        total = np.full(sizes, b"", object)
    else:
        total = np.zeros(sizes, updates.dtype)
    np.add.at(total, places(indices, sizes), updates)
    return total


@_scatter_nd.shape
def _(node: Operation) -> list[TensorShape]:
    indices, updates = (t.shape for t in node.inputs[:2])
    wanted = static_shape(node.inputs[2])
    counts = indices.num_elements(), updates.num_elements()
    if wanted.num_elements() == 0 and 0 not in counts and counts != (None, None):
        raise ValueError("Indices and updates specified for empty output")
    if indices.sizes is not None and updates.ndims is not None:
        lead = len(indices.sizes) - 1
        updates[:lead].assert_is_compatible_with(indices[:-1])
        depth = indices.sizes[-1]
        if depth is not None and wanted.sizes is not None:
            updates[lead:].assert_is_compatible_with(wanted[depth:])
    return [wanted]


@_scatter_nd.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [None, make_tensor("GatherNd", grad, node.inputs[0]), None]


def gather_nd(params: Any, indices: Any, name: str | None = None, batch_dims: int = 0) -> Tensor:
    """The parts of `params` that the rows of `indices` name.

    batch_dims: so many leading axes of both are a batch, each entry with indices of its own.
    ValueError when it is negative or not less than both ranks.
    """
    if batch_dims:
        from opscope.runtime.ops.batch_indexing import batch_gather_nd

        return batch_gather_nd(params, indices, batch_dims, name)
    if hasattr(params, "gather_nd"):
        parts: Tensor = params.gather_nd(indices, name=name)
        return parts
    return make_tensor("GatherNd", params, indices, name=name)


def scatter_nd(indices: Any, updates: Any, shape: Any, name: str | None = None) -> Tensor:
    """A tensor of `shape` with `updates` added to zeros where the rows of `indices` say."""
    return make_tensor("ScatterNd", indices, updates, shape, name=name)
