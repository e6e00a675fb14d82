"""Sparse tensors made whole, and their products with matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import placeholder, placeholder_with_default
from opscope.runtime.ops.elementwise import conjugate
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.nd_indexing import gather_nd
from opscope.runtime.ops.reduction import reduce_sum
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.static_value import static_shape
from opscope.runtime.sparse_tensor import SparseTensor
from opscope.runtime.tensor_shape import TensorShape

_INDEX = "Tindices: {int32, int64}"


@op(
    "SparseToDense",
    "sparse_indices: Tindices, output_shape: Tindices, sparse_values: T, default_value: T -> "
    "dense: T",
    f"validate_indices: bool = true, T: type, {_INDEX}",
    host_only=True,
)
def _sparse_to_dense(
    xp: Any,
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any,
    *,
    validate_indices: bool,
) -> Any:
    """A tensor of one value with others put at some places."""
    sizes = tuple(output_shape.tolist())
    rows = np.asarray(sparse_indices)
    rows = rows.reshape(-1, 1) if rows.ndim < 2 else rows
    values = np.asarray(sparse_values)
    if rows.shape[1] != len(sizes):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"output_shape has incorrect number of elements: {len(sizes)} should be: "
            f"{rows.shape[1]}",
        )
    if values.ndim and values.shape != rows.shape[:1]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"sparse_values has incorrect shape {list(values.shape)}, should be [] or "
            f"[{len(rows)}]",
        )
    if rows.size and ((rows < 0) | (rows >= np.array(sizes))).any():
        bad = int(((rows < 0) | (rows >= np.array(sizes))).any(axis=1).argmax())
        raise errors.InvalidArgumentError(
            None,
            None,
            f"indices[{bad}] = {rows[bad].tolist()} is out of bounds: need 0 <= index < "
            f"{list(sizes)}",
        )
    if validate_indices and len(rows) > 1:
        flat = np.ravel_multi_index(tuple(rows.T), sizes)
        if (flat[1:] <= flat[:-1]).any():
            bad = int((flat[1:] <= flat[:-1]).argmax()) + 1
            repeated = flat[bad] == flat[bad - 1]
            raise errors.InvalidArgumentError(
                None,
                None,
                f"indices[{bad}] = {rows[bad].tolist()} is "
                f"{'repeated' if repeated else 'out of order'}",
            )
    dense = np.empty(sizes, getattr(default_value, "dtype", object))
    dense[...] = default_value
    dense[tuple(rows.T)] = sparse_values
    return dense


@_sparse_to_dense.shape
def _(node: Operation) -> list[TensorShape]:
    return [static_shape(node.inputs[1])]


@_sparse_to_dense.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    wrt_values = gather_nd(grad, node.inputs[0])
    rest = reduce_sum(grad) - reduce_sum(wrt_values)
    return [None, None, wrt_values, rest]


@op(
    "SparseTensorDenseMatMul",
    "a_indices: Tindices, a_values: T, a_shape: int64, b: T -> product: T",
    "T: type, Tindices: {int32, int64} = int64, adjoint_a: bool = false, adjoint_b: bool = false",
    host_only=True,
)
def _sparse_matmul(
    xp: Any,
    a_indices: Any,
    a_values: Any,
    a_shape: Any,
    b: Any,
    *,
    adjoint_a: bool,
    adjoint_b: bool,
) -> Any:
    """The product of a sparse matrix and a whole one."""
    if a_shape.shape != (2,) or b.ndim != 2 or a_indices.shape != (a_values.size, 2):
        raise errors.InvalidArgumentError(
            None,
            None,
            "A must be a sparse matrix with a row of two indices for each value, and B a matrix: "
            f"a_indices {list(a_indices.shape)}, a_values {list(a_values.shape)}, "
            f"a_shape {list(a_shape.shape)}, b {list(b.shape)}",
        )
    rows, columns = a_indices[:, 0], a_indices[:, 1]
    height, width = a_shape.tolist()
    values = a_values
    if adjoint_a:
        rows, columns, height, width, values = columns, rows, width, height, values.conj()
    other = b.conj().T if adjoint_b else b
    if width != other.shape[0]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Cannot multiply A and B because inner dimension does not match: {width} vs. "
            f"{other.shape[0]}.  Did you forget a transpose?",
        )
    total = np.zeros((height, other.shape[1]), b.dtype)
    np.add.at(total, rows, values[:, None] * other[columns])
    return total


@_sparse_matmul.shape
def _(node: Operation) -> list[TensorShape]:
    indices, values = (t.shape for t in node.inputs[:2])
    indices.assert_has_rank(2)
    values.assert_has_rank(1)
    left = static_shape(node.inputs[2]).with_rank(2).known_rank()
    right = node.inputs[3].shape.with_rank(2).known_rank()
    high, inner = left[::-1] if node.attrs["adjoint_a"] else left
    other, wide = right[::-1] if node.attrs["adjoint_b"] else right
    TensorShape([inner]).assert_is_compatible_with([other])
    return [TensorShape([high, wide])]


@_sparse_matmul.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    indices, values, dense_shape, b = node.inputs
    adjoint_a, adjoint_b = node.attrs["adjoint_a"], node.attrs["adjoint_b"]
    wrt_b = make_tensor(
        "SparseTensorDenseMatMul", indices, values, dense_shape, grad, adjoint_a=not adjoint_a
    )
    if adjoint_b:
        wrt_b = conjugate(make_tensor("Transpose", wrt_b, [1, 0]))
    rows, columns = indices[:, 0], indices[:, 1]
    if adjoint_a:
        rows, columns = columns, rows
    other = make_tensor("Transpose", b, [1, 0]) if adjoint_b else conjugate(b)
    wrt_values = reduce_sum(gather(grad, rows) * gather(other, columns), axis=1)
    if adjoint_a:
        wrt_values = conjugate(wrt_values)
    return [None, wrt_values, None, wrt_b]


# -- functions -----------------------------------------------------------------------------


def sparse_to_dense(
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any = 0,
    validate_indices: bool = True,
    name: str | None = None,
) -> Tensor:
    """A tensor of `default_value` with `sparse_values` at `sparse_indices`."""
    return make_tensor(
        "SparseToDense",
        sparse_indices,
        output_shape,
        sparse_values,
        default_value,
        validate_indices=validate_indices,
        name=name,
    )


def sparse_tensor_to_dense(
    sp_input: SparseTensor,
    default_value: Any = None,
    validate_indices: bool = True,
    name: str | None = None,
) -> Tensor:
    """The whole tensor; `default_value` (zero) where the sparse one has no element."""
    if default_value is None:
        dtype = sp_input.dtype
        default_value = constant("" if dtype is dtypes.string else 0, dtype, name="zeros")
    return sparse_to_dense(
        sp_input.indices,
        sp_input.dense_shape,
        sp_input.values,
        default_value,
        validate_indices,
        name,
    )


def sparse_tensor_dense_matmul(
    sp_a: SparseTensor,
    b: Any,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    name: str | None = None,
) -> Tensor:
    """The product of a sparse matrix and a whole one."""
    with op_scope(name, "SparseTensorDenseMatMul", sp_a.indices, b):
        other = convert_to_tensor(b, name="b")
        return make_tensor(
            "SparseTensorDenseMatMul",
            sp_a.indices,
            sp_a.values,
            sp_a.dense_shape,
            other,
            adjoint_a=adjoint_a,
            adjoint_b=adjoint_b,
        )


def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> SparseTensor:
    """A sparse tensor to be fed; take SparseTensorValue or a tuple of three arrays."""

    def label(part: str) -> str | None:
        return None if name is None else f"{name}/{part}"

    known = TensorShape(None)
    if shape is None:
        rank = None
        sizes = placeholder(dtypes.int64, [None], label("shape"))
    else:
        if isinstance(shape, Tensor):
            known, default = static_shape(shape), shape
        else:
            known = TensorShape([None if d == -1 else d for d in shape])
            listed = [-1 if d is None else d for d in known.as_list()]
            default = convert_to_tensor(listed, dtypes.int64, name=label("shape_default"))
        rank = default.shape.as_list()[0]
        sizes = placeholder_with_default(default, default.shape, label("shape"))
    values = placeholder(dtype, [None], label("values"))
    indices = placeholder(dtypes.int64, [None, rank], label("indices"))
    made = SparseTensor(indices, values, sizes)
    made.set_shape(known)
    return made
