"""Sparse tensors reshaped, thinned, and with something in every row."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import constant, constant_value, convert_to_tensor
from opscope.runtime.make_op import make_op
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.comparison import where_v2
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import reshape
from opscope.runtime.ops.sparse_forms import check_parts
from opscope.runtime.ops.static_value import static_shape
from opscope.runtime.sparse_tensor import SparseTensor
from opscope.runtime.tensor_shape import TensorShape


@op(
    "SparseReshape",
    "input_indices: int64, input_shape: int64, new_shape: int64 -> output_indices: int64, "
    "output_shape: int64",
    host_only=True,
    not_differentiable=True,
)
def _sparse_reshape(xp: Any, indices: Any, input_shape: Any, new_shape: Any) -> Any:
    """The places of the same elements in another shape; -1 stands for the size that is left."""
    check_parts(indices, indices, input_shape)
    sizes = input_shape.tolist()
    wanted = new_shape.tolist()
    total = int(np.prod(sizes))
    if wanted.count(-1) > 1:
        first, second = (i for i, size in enumerate(wanted) if size == -1)
        raise errors.InvalidArgumentError(
            None, None, f"only one output dimension may be -1, not both {first} and {second}"
        )
    if -1 in wanted:
        known = int(np.prod([size for size in wanted if size != -1]))
        if not known:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"the size of -1 in {wanted} cannot be inferred, for another size is 0",
            )
        wanted[wanted.index(-1)] = total // known
    if int(np.prod(wanted)) != total:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input to reshape is a SparseTensor with {total} dense values, but the requested "
            f"shape requires {int(np.prod(wanted))}. input_shape={sizes} output_shape={wanted}",
        )
    flat = np.ravel_multi_index(tuple(indices.T), sizes) if len(indices) else np.zeros(0, int)
    places = np.unravel_index(flat, wanted) if len(flat) else [flat] * len(wanted)
    moved = np.stack(places, axis=1).astype(np.int64) if wanted else np.zeros((len(flat), 0), int)
    return moved, np.array(wanted, np.int64)


@op(
    "SparseFillEmptyRows",
    "indices: int64, values: T, dense_shape: int64, default_value: T -> output_indices: int64, "
    "output_values: T, empty_row_indicator: bool, reverse_index_map: int64",
    "T: type",
    host_only=True,
)
def _fill_empty_rows(
    xp: Any, indices: Any, values: Any, dense_shape: Any, default_value: Any
) -> Any:
    """Put the default value at the start of each empty row; which were; where elements went."""
    check_parts(indices, values, dense_shape)
    rows = int(dense_shape[0])
    own = indices[:, 0]
    if len(own) and not (own.min() >= 0 and own.max() < rows):
        raise errors.InvalidArgumentError(
            None, None, f"indices(0, 0) is invalid: row {own.max()} is not in [0, {rows})"
        )
    empty = np.bincount(own, minlength=rows)[:rows] == 0
    added = np.flatnonzero(empty)
    extra = np.zeros((len(added), indices.shape[1]), np.int64)
    extra[:, 0] = added
    order = np.argsort(np.concatenate([own, added]), kind="stable")
    filler = np.full(len(added), default_value, values.dtype)
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    return (
        np.concatenate([indices, extra])[order],
        np.concatenate([values, filler])[order],
        empty,
        back[: len(own)],
    )


@op(
    "SparseFillEmptyRowsGrad",
    "reverse_index_map: int64, grad_values: T -> d_values: T, d_default_value: T",
    "T: type",
    host_only=True,
)
def _fill_empty_rows_grad(xp: Any, reverse_index_map: Any, grad_values: Any) -> Any:
    """The gradients of the values that were there, and of the default value."""
    added = np.ones(len(grad_values), bool)
    added[reverse_index_map] = False
    return (
        grad_values[reverse_index_map],
        grad_values[added].sum(dtype=grad_values.dtype),
    )


@_sparse_reshape.shape
def _(node: Operation) -> list[TensorShape]:
    indices = node.inputs[0].shape.with_rank(2).known_rank()
    shape = node.inputs[2].shape.with_rank(1)
    return [TensorShape([indices[0], shape.known_rank()[0]]), shape]


@_fill_empty_rows.shape
def _(node: Operation) -> list[TensorShape]:
    indices = node.inputs[0].shape.with_rank(2).known_rank()
    rank = node.inputs[2].shape.with_rank(1)[0].value
    if rank == 0:
        raise ValueError("The shape of a sparse tensor with rows must not be empty")
    whole = static_shape(node.inputs[2]).sizes
    return [
        TensorShape([None, indices[1] if rank is None else rank]),
        TensorShape([None]),
        TensorShape([whole[0] if whole else None]),
        TensorShape([indices[0]]),
    ]


@_fill_empty_rows_grad.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape.with_rank(1), TensorShape([])]


@_fill_empty_rows.gradient
def _(node: Operation, *grads: Tensor) -> list[Tensor | None]:
    values, default = make_op("SparseFillEmptyRowsGrad", node.outputs[3], grads[1])
    return [None, values, None, default]


def sparse_reshape(sp_input: SparseTensor, shape: Any, name: str | None = None) -> SparseTensor:
    """`sp_input` with its elements at their places in another shape; one size may be -1."""
    wanted = cast(shape, dtypes.int64)
    with op_scope(name, "SparseReshape", sp_input.indices) as scope:
        indices, sizes = make_op(
            "SparseReshape", sp_input.indices, sp_input.dense_shape, wanted, name=scope
        )
        known = constant_value(wanted)
        whole = sp_input.shape.num_elements() if sp_input.shape.is_fully_defined() else None
        if known is not None and whole is not None:
            sizes = constant(_settled(known.tolist(), whole), dtypes.int64)
        return SparseTensor(indices, identity(sp_input.values), sizes)


def _settled(wanted: list[int], whole: int) -> list[int]:
    """The shape without -1; ValueError when it holds another number of elements."""
    if wanted.count(-1) > 1:
        raise ValueError(f"At most one dimension can be inferred (-1). Found: {wanted}")
    known = int(np.prod([size for size in wanted if size != -1]))
    settled = [whole // known if size == -1 and known else size for size in wanted]
    if int(np.prod(settled)) != whole:
        raise ValueError(
            f"Cannot reshape a tensor with {whole} elements to shape {wanted} "
            f"({int(np.prod(settled))} elements)."
        )
    return settled


def sparse_retain(sp_input: SparseTensor, to_retain: Any) -> SparseTensor:
    """`sp_input` with the elements alone for which the bool vector is True."""
    kept = convert_to_tensor(to_retain)
    kept.shape.assert_has_rank(1)
    places = reshape(where_v2(kept), [-1])
    indices = gather(sp_input.indices, places)
    values = gather(sp_input.values, places)
    return SparseTensor(indices, values, identity(sp_input.dense_shape))


def sparse_fill_empty_rows(
    sp_input: SparseTensor, default_value: Any, name: str | None = None
) -> tuple[SparseTensor, Tensor]:
    """`sp_input` with the default value at the start of each empty row, and which rows were."""
    with op_scope(name, "SparseFillEmptyRows", sp_input.values):
        value = convert_to_tensor(default_value, sp_input.values.dtype)
        indices, values, empty, _ = make_op(
            "SparseFillEmptyRows", sp_input.indices, sp_input.values, sp_input.dense_shape, value
        )
        return SparseTensor(indices, values, sp_input.dense_shape), empty
