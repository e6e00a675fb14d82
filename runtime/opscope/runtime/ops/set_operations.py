"""Sets: the last axis of a tensor holds the elements of one set."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.sparse_forms import check_inside, check_parts, refused
from opscope.runtime.recognition import convert_to_tensor_or_sparse_tensor
from opscope.runtime.sparse_tensor import SparseTensor
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_KINDS = "int8, int16, int32, int64, uint8, uint16, string"
_ATTRS = f"set_operation: string, validate_indices: bool = true, T: {{{_KINDS}}}"
_RESULT = "result_indices: int64, result_values: T, result_shape: int64"
_OPERATIONS = ("a-b", "b-a", "intersection", "union")

Sets = dict[tuple[int, ...], set[Any]]


def _of_dense(array: Any) -> tuple[Sets, tuple[int, ...]]:
    if array.ndim < 2:
        raise refused(f"Invalid rank {array.ndim}: the operands must have at least 2 axes")
    lead = array.shape[:-1]
    rows = array.reshape(int(np.prod(lead)), array.shape[-1]).tolist()
    return dict(zip(np.ndindex(*lead), map(set, rows), strict=True)), lead


def _of_sparse(indices: Any, values: Any, shape: Any) -> tuple[Sets, tuple[int, ...]]:
    check_parts(indices, values, shape)
    check_inside(indices, shape)
    sets: Sets = {}
    for row, value in zip(indices.tolist(), values.tolist(), strict=True):
        sets.setdefault(tuple(row[:-1]), set()).add(value)
    return sets, tuple(shape[:-1].tolist())


def _combined(first: Any, second: Any, operation: str, kind: Any) -> Any:
    (a, lead), (b, other) = first, second
    for groups in (lead, other):
        if not groups:
            raise refused("Invalid rank: the operands must have at least 2 axes")
    if lead != other:
        raise refused(f"Mismatched group shapes {list(lead)} and {list(other)}")
    if operation not in _OPERATIONS:
        raise refused(f"Invalid set_operation {operation}.")
    rows: list[list[int]] = []
    values: list[Any] = []
    widest = 0
    for group in sorted(a.keys() | b.keys()):
        x, y = a.get(group, set()), b.get(group, set())
        found = {"a-b": x - y, "b-a": y - x, "intersection": x & y, "union": x | y}[operation]
        widest = max(widest, len(found))
        for place, value in enumerate(sorted(found)):
            rows.append([*group, place])
            values.append(value)
    rank = len(lead) + 1
    indices = np.array(rows, np.int64).reshape(-1, rank)
    return indices, np.array(values, kind), np.array([*lead, widest], np.int64)


@op("DenseToDenseSetOperation", f"set1: T, set2: T -> {_RESULT}", _ATTRS, host_only=True)
def _dense_to_dense(xp: Any, set1: Any, set2: Any, *, set_operation: str) -> Any:
    """The sets that an operation makes of those of two tensors."""
    return _combined(_of_dense(set1), _of_dense(set2), set_operation, set1.dtype)


@op(
    "DenseToSparseSetOperation",
    f"set1: T, set2_indices: int64, set2_values: T, set2_shape: int64 -> {_RESULT}",
    _ATTRS,
    host_only=True,
)
def _dense_to_sparse(
    xp: Any, set1: Any, indices: Any, values: Any, shape: Any, *, set_operation: str
) -> Any:
    """The sets that an operation makes of those of a whole and a sparse tensor."""
    sparse = _of_sparse(indices, values, shape)
    return _combined(_of_dense(set1), sparse, set_operation, set1.dtype)


@op(
    "SparseToSparseSetOperation",
    "set1_indices: int64, set1_values: T, set1_shape: int64, set2_indices: int64, "
    f"set2_values: T, set2_shape: int64 -> {_RESULT}",
    _ATTRS,
    host_only=True,
)
def _sparse_to_sparse(xp: Any, *arrays: Any, set_operation: str) -> Any:
    """The sets that an operation makes of those of two sparse tensors."""
    first, second = _of_sparse(*arrays[:3]), _of_sparse(*arrays[3:])
    return _combined(first, second, set_operation, arrays[1].dtype)


def _check_ranks(node: Operation) -> None:
    """ValueError where the operands' known ranks differ or are less than 2."""
    shapes = [t.shape for t in node.inputs]
    if node.type == "DenseToSparseSetOperation":
        ranks = [shapes[0].ndims, shapes[3].with_rank(1)[0].value]
    elif node.type == "SparseToSparseSetOperation":
        ranks = [shapes[2].with_rank(1)[0].value, shapes[5].with_rank(1)[0].value]
    else:
        ranks = [shape.ndims for shape in shapes]
    known = {rank for rank in ranks if rank is not None}
    if len(known) > 1 or any(rank < 2 for rank in known):
        raise ValueError(f"Ranks of the operands must be equal and at least 2, got {ranks}")


def _result_shape(node: Operation) -> list[TensorShape]:
    _check_ranks(node)
    rank = node.inputs[0].shape.ndims if node.type.startswith("Dense") else None
    if node.type == "DenseToDenseSetOperation":
        first, second = (t.shape[:-1] for t in node.inputs)
        first.assert_is_compatible_with(second)
    if node.type.startswith("Sparse"):
        sizes = node.inputs[2].shape.sizes
        rank = sizes[0] if sizes else None
    return [TensorShape([None, rank]), unknown_shape(1), TensorShape([rank])]


for _definition in (_dense_to_dense, _dense_to_sparse, _sparse_to_sparse):
    _definition.shape(_result_shape)
    _definition.not_differentiable = True


@op(
    "SetSize",
    "set_indices: int64, set_values: T, set_shape: int64 -> size: int32",
    f"validate_indices: bool = true, T: {{{_KINDS}}}",
    host_only=True,
    not_differentiable=True,
)
def _set_size(xp: Any, indices: Any, values: Any, shape: Any) -> Any:
    """How many different elements each set of a sparse tensor has."""
    sets, lead = _of_sparse(indices, values, shape)
    sizes = np.zeros(lead, np.int32)
    for group, elements in sets.items():
        sizes[group] = len(elements)
    return sizes[()]


@_set_size.shape
def _(node: Operation) -> list[TensorShape]:
    from opscope.runtime.ops.static_value import static_shape

    known = static_shape(node.inputs[2])
    return [unknown_shape() if known.sizes is None else known[:-1]]


# -- functions -----------------------------------------------------------------------------


def _operands(a: Any, b: Any) -> tuple[Any, Any, bool]:
    """Both as tensors or sparse tensors, a whole one first; and whether they were exchanged."""
    allowed = {dtypes.as_dtype(k.strip()) for k in _KINDS.split(",")}
    first = convert_to_tensor_or_sparse_tensor(a, name="a")
    if first.dtype.base_dtype not in allowed:
        raise TypeError(
            f"'a' has invalid dtype `{first.dtype!r}` not in supported dtypes: {_KINDS}."
        )
    second = convert_to_tensor_or_sparse_tensor(b, name="b")
    if second.dtype.base_dtype is not first.dtype.base_dtype:
        raise TypeError(f"Types don't match, {first.dtype!r} vs {second.dtype!r}.")
    if isinstance(first, SparseTensor) and not isinstance(second, SparseTensor):
        return second, first, True
    return first, second, False


def _parts(tensor: Any) -> list[Tensor]:
    if isinstance(tensor, SparseTensor):
        return [tensor.indices, tensor.values, tensor.dense_shape]
    return [tensor]


def _operation(a: Any, b: Any, operation: str, validate: bool) -> SparseTensor:
    names = ["Sparse" if isinstance(t, SparseTensor) else "Dense" for t in (a, b)]
    made = make_op(
        f"{names[0]}To{names[1]}SetOperation",
        *_parts(a),
        *_parts(b),
        set_operation=operation,
        validate_indices=validate,
    )
    return SparseTensor(*made)


def set_size(a: Any, validate_indices: bool = True) -> Tensor:
    """How many different elements each set, along the last axis, has; int32."""
    sets = convert_to_tensor_or_sparse_tensor(a, name="a")
    if not isinstance(sets, SparseTensor):
        raise TypeError(f"Expected `SparseTensor`, got {sets}.")
    return make_tensor("SetSize", *_parts(sets), validate_indices=validate_indices)


def set_intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """The elements that are in both sets, set by set along the last axis."""
    first, second, _ = _operands(a, b)
    return _operation(first, second, "intersection", validate_indices)


def set_difference(
    a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True
) -> SparseTensor:
    """The elements of a that are not in b (the reverse unless aminusb), set by set."""
    first, second, flipped = _operands(a, b)
    return _operation(first, second, "b-a" if flipped is aminusb else "a-b", validate_indices)


def set_union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """The elements that are in one of the sets, set by set along the last axis."""
    first, second, _ = _operands(a, b)
    return _operation(first, second, "union", validate_indices)
