"""Sums, products, extremes, reductions and softmax of sparse tensors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.arithmetic import truncated_quotient
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.nd_indexing import gather_nd
from opscope.runtime.ops.shape import expand_dims, reshape, shape, size
from opscope.runtime.ops.slicing import slice_block
from opscope.runtime.ops.sparse_forms import (
    axis_of,
    check_inside,
    check_parts,
    refused,
    row_order,
)
from opscope.runtime.ops.static_value import static_shape, static_value
from opscope.runtime.ops.type_sets import NUMBER, REAL
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_PAIR = (
    "a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: int64"
)


def _merged(a: Any, b: Any) -> tuple[Any, Any, Any]:
    """The rows of both in order, each once, and where each row of a and of b went."""
    if not (_ascends(a) and _ascends(b)):
        return _walked(a, b)
    rows = np.concatenate([a, b])
    order = row_order(rows)
    ordered = rows[order]
    is_new = np.ones(len(rows), bool)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    places = np.empty(len(rows), np.int64)
    places[order] = np.cumsum(is_new) - 1
    return ordered[is_new], places[: len(a)], places[len(a) :]


def _ascends(rows: Any) -> bool:
    """Whether each row comes after the one before it, so that none stands twice."""
    if len(rows) < 2 or not rows.shape[1]:
        return len(rows) < 2
    differs = rows[1:] != rows[:-1]
    first = differs.argmax(axis=1)[:, None]
    above = np.take_along_axis(rows[1:] > rows[:-1], first, 1)
    return bool(above.all())


def _walked(a: Any, b: Any) -> tuple[Any, Any, Any]:
    """The same of rows in any order.

    The smaller of the two next ones goes first, equal ones are one, and none is compared with those
    before it.
    """
    left, right = a.tolist(), b.tolist()
    rows: list[Any] = []
    places: tuple[list[int], list[int]] = ([], [])
    while len(places[0]) < len(left) or len(places[1]) < len(right):
        i, j = len(places[0]), len(places[1])
        row = min(left[i : i + 1] + right[j : j + 1])
        for own, operand in zip(places, (left, right), strict=True):
            if operand[len(own) : len(own) + 1] == [row]:
                own.append(len(rows))
        rows.append(row)
    first, second = (np.array(p, np.int64) for p in places)
    return np.array(rows, np.int64).reshape(len(rows), a.shape[1]), first, second


def _check_operands(ai: Any, av: Any, a_shape: Any, bi: Any, bv: Any, b_shape: Any) -> None:
    """InvalidArgumentError unless both are sparse tensors of the same shape, with an axis."""
    check_parts(ai, av, a_shape)
    check_parts(bi, bv, b_shape)
    if not len(a_shape):
        raise refused("Input shape must have at least one axis")
    if a_shape.shape != b_shape.shape or (a_shape != b_shape).any():
        raise refused(
            f"Operands' shapes do not match: got {a_shape.tolist()} and {b_shape.tolist()}"
        )


@op(
    "SparseAdd",
    f"{_PAIR}, thresh: Treal -> sum_indices: int64, sum_values: T, sum_shape: int64",
    f"T: {{{NUMBER}}}, Treal: {{{REAL}}}",
    host_only=True,
)
def _add(
    xp: Any, ai: Any, av: Any, a_shape: Any, bi: Any, bv: Any, b_shape: Any, thresh: Any
) -> Any:
    """The sum of two sparse tensors, without the sums of two whose magnitude is below thresh."""
    _check_operands(ai, av, a_shape, bi, bv, b_shape)
    rows, a_places, b_places = _merged(ai, bi)
    total = np.zeros(len(rows), av.dtype)
    total[a_places] += av
    total[b_places] += bv
    is_sum = np.zeros(len(rows), bool)
    is_sum[a_places[np.isin(a_places, b_places)]] = True
    is_kept = ~is_sum | (thresh <= abs(total))
    return rows[is_kept], total[is_kept], a_shape


@_add.shape
def _(node: Operation) -> list[TensorShape]:
    sizes = node.inputs[2].shape.with_rank(1)
    return [TensorShape([None, sizes[0]]), unknown_shape(1), sizes]


@op(
    "SparseAddGrad",
    "backprop_val_grad: T, a_indices: int64, b_indices: int64, sum_indices: int64 -> "
    "a_val_grad: T, b_val_grad: T",
    f"T: {{{NUMBER}}}",
    host_only=True,
    not_differentiable=True,
)
def _add_grad(xp: Any, grad: Any, a: Any, b: Any, total: Any) -> Any:
    """The gradients of both operands' values; zero for elements that the threshold left out.

    Three lists of indices are walked once, side by side: they have to be in the same order.
    """
    if not a.shape[1] == b.shape[1] == total.shape[1]:
        raise refused(
            "The operands and their sum must have as many axes: got "
            f"{a.shape[1]}, {b.shape[1]} and {total.shape[1]}"
        )
    if len(grad) != len(total):
        raise refused(f"There are {len(grad)} gradients of the {len(total)} elements of the sum")
    operands, sums = (a.tolist(), b.tolist()), total.tolist()
    backs = [np.zeros(len(rows), grad.dtype) for rows in operands]
    ends = [0, 0]
    place = 0
    while place < len(sums):
        if all(end == len(rows) for end, rows in zip(ends, operands, strict=True)):
            break
        reached = True
        for side, rows in enumerate(operands):
            if ends[side] == len(rows) or rows[ends[side]] > sums[place]:
                continue
            if rows[ends[side]] == sums[place]:
                backs[side][ends[side]] = grad[place]
            else:
                reached = False
            ends[side] += 1
        place += reached
    return tuple(backs)


@_add_grad.shape
def _(node: Operation) -> list[TensorShape]:
    return [t.shape.with_rank(2)[:1] for t in node.inputs[1:3]]


@_add.gradient
def _(node: Operation, _: Any, grad: Tensor, __: Any) -> list[Tensor | None]:
    a_indices, a_values, _, b_indices, b_values = node.inputs[:5]
    wrt_a, wrt_b = make_op("SparseAddGrad", grad, a_indices, b_indices, node.outputs[0])
    wrt_a.set_shape(a_values.shape)
    wrt_b.set_shape(b_values.shape)
    return [None, wrt_a, None, None, wrt_b, None, None]


@op(
    "SparseTensorDenseAdd",
    "a_indices: Tindices, a_values: T, a_shape: Tindices, b: T -> output: T",
    f"T: {{{NUMBER}}}, Tindices: {{int32, int64}}",
    host_only=True,
)
def _dense_add(xp: Any, indices: Any, values: Any, sizes: Any, b: Any) -> Any:
    """The sum of a sparse tensor and a whole one."""
    check_parts(indices, values, sizes)
    if list(b.shape) != sizes.tolist():
        raise refused(f"Shapes of the operands differ: {sizes.tolist()} and {list(b.shape)}")
    total = np.array(b)
    np.add.at(total, tuple(indices.T), values)
    return total


@_dense_add.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[3].shape]


@_dense_add.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [None, gather_nd(grad, node.inputs[0]), None, grad]


# -- element by element with a whole tensor ------------------------------------------------


def _define_cwise(name: str, function: Callable[[Any, Any], Any], doc: str) -> OpDef:
    def kernel(xp: Any, indices: Any, values: Any, sizes: Any, dense: Any) -> Any:
        check_parts(indices, values, sizes)
        check_inside(indices, sizes)
        wide = np.broadcast_to(dense, tuple(sizes.tolist()))
        beside = wide[tuple(indices.T)]
        if name == "SparseDenseCwiseDiv" and (beside == 0).any():
            raise refused(
                "SparseDenseCwiseDiv cannot divide by zero, but input dense tensor contains zero"
            )
        return function(values, beside).astype(values.dtype)

    kernel.__doc__ = doc
    made = op(
        name,
        "sp_indices: int64, sp_values: T, sp_shape: int64, dense: T -> output: T",
        f"T: {{{NUMBER}}}",
        host_only=True,
    )(kernel)

    @made.shape
    def _(node: Operation) -> list[TensorShape]:
        return [node.inputs[0].shape.with_rank(2)[:1]]

    return made


_cwise_add = _define_cwise("SparseDenseCwiseAdd", np.add, "The values plus those beside them.")
_cwise_mul = _define_cwise("SparseDenseCwiseMul", np.multiply, "The values times those there.")
_cwise_div = _define_cwise(
    "SparseDenseCwiseDiv", partial(truncated_quotient, np), "The values over those there."
)


def _cwise_gradient(node: Operation, grad: Tensor) -> list[Tensor | None]:
    from opscope.runtime.ops.filling import ones, zeros_like

    indices, values, sizes, dense = node.inputs
    dense_shape = cast(shape(dense), dtypes.int64)
    added = expand_dims(size(sizes) - size(dense_shape), 0)
    wide = concat([ones(added, dtypes.int64), dense_shape], 0)
    places = make_tensor("FloorDiv", indices, make_tensor("FloorDiv", sizes, wide))
    places = slice_block(places, concat([[0], added], 0), [-1, -1])
    beside = gather_nd(dense, places)
    if node.type == "SparseDenseCwiseMul":
        wrt_values, each = grad * beside, grad * values
    else:
        wrt_values = grad / beside
        each = grad * (-values / make_tensor("Square", beside))
    back = make_tensor("SparseTensorDenseAdd", places, each, dense_shape, zeros_like(dense))
    return [None, wrt_values, None, back]


@_cwise_add.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    raise NotImplementedError(f"SparseDenseCwiseAdd has no gradient (node {node.name!r})")


_cwise_mul.gradient(_cwise_gradient)
_cwise_div.gradient(_cwise_gradient)


# -- extremes ------------------------------------------------------------------------------


def _define_extreme(name: str, function: Any, doc: str) -> OpDef:
    def kernel(xp: Any, ai: Any, av: Any, a_shape: Any, bi: Any, bv: Any, b_shape: Any) -> Any:
        _check_operands(ai, av, a_shape, bi, bv, b_shape)
        check_inside(ai, a_shape)
        check_inside(bi, b_shape)
        rows, a_places, b_places = _merged(ai, bi)
        first, second = (np.zeros(len(rows), av.dtype) for _ in range(2))
        first[a_places], second[b_places] = av, bv
        return rows, function(first, second)

    kernel.__doc__ = doc
    made = op(
        name,
        f"{_PAIR} -> output_indices: int64, output_values: T",
        f"T: {{{REAL}}}",
        host_only=True,
    )(kernel)

    @made.shape
    def _(node: Operation) -> list[TensorShape]:
        rank = node.inputs[0].shape.with_rank(2).known_rank()[1]
        return [TensorShape([None, rank]), unknown_shape(1)]

    return made


_define_extreme("SparseSparseMaximum", np.maximum, "The larger elements, 0 where none is.")
_define_extreme("SparseSparseMinimum", np.minimum, "The smaller elements, 0 where none is.")


# -- reductions ----------------------------------------------------------------------------


def _reduced(
    indices: Any, values: Any, sizes: Any, axes: Any, keep: bool, function: Any
) -> tuple[Any, Any, Any]:
    """Rows of the kept axes, their totals, and the shape after a reduction."""
    check_parts(indices, values, sizes)
    rank = len(sizes)
    over = {axis_of(int(a), rank, "Reduction axis") for a in np.atleast_1d(axes)}
    kept = [i for i in range(rank) if i not in over]
    columns = indices[:, kept]
    order = row_order(columns)
    rows, ordered = columns[order], values[order]
    totals = values[:0]
    if len(rows):
        starts = np.flatnonzero(np.r_[True, (rows[1:] != rows[:-1]).any(axis=1)])
        totals, rows = function.reduceat(ordered, starts), rows[starts]
    if keep:
        whole = np.zeros((len(rows), rank), np.int64)
        whole[:, kept] = rows
        return (
            whole,
            totals.astype(values.dtype),
            np.where(np.isin(np.arange(rank), list(over)), 1, sizes),
        )
    return rows, totals.astype(values.dtype), sizes[kept]


_REDUCED = "input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32"


def _define_reduction(name: str, function: Any, kinds: str, doc: str) -> OpDef:
    def dense(xp: Any, indices: Any, values: Any, sizes: Any, axes: Any, *, keep_dims: bool) -> Any:
        rows, totals, whole = _reduced(indices, values, sizes, axes, keep_dims, function)
        outside = ((rows < 0) | (rows >= whole)).any(axis=1)
        if outside.any():
            raise errors.InternalError(
                None, None, f"index {rows[outside][0].tolist()} is outside of {whole.tolist()}"
            )
        found = np.zeros(tuple(whole.tolist()), values.dtype)
        found[tuple(rows.T)] = totals if found.ndim else (totals[0] if len(totals) else 0)
        return found[()]

    def sparse(
        xp: Any, indices: Any, values: Any, sizes: Any, axes: Any, *, keep_dims: bool
    ) -> Any:
        rows, totals, whole = _reduced(indices, values, sizes, axes, keep_dims, function)
        return rows, totals, whole.astype(np.int64)

    attrs = f"keep_dims: bool = false, T: {{{kinds}}}"
    dense.__doc__ = f"{doc} as a whole tensor, 0 where nothing is."
    sparse.__doc__ = f"{doc} as a sparse tensor."
    made = op(name, f"{_REDUCED} -> output: T", attrs, host_only=True)(dense)
    other = op(
        f"{name}Sparse",
        f"{_REDUCED} -> output_indices: int64, output_values: T, output_shape: int64",
        attrs,
        host_only=True,
    )(sparse)

    @made.shape
    def _(node: Operation) -> list[TensorShape]:
        sizes, axes = static_shape(node.inputs[2]).sizes, static_value(node.inputs[3])
        if sizes is None or axes is None:
            return [unknown_shape()]
        if not sizes and np.size(axes):
            raise ValueError(
                f"Invalid reduction dimensions {np.asarray(axes).tolist()} of a scalar"
            )
        over = {int(a) % len(sizes) for a in np.atleast_1d(axes)} if sizes else set()
        if node.attrs["keep_dims"]:
            return [TensorShape([1 if i in over else s for i, s in enumerate(sizes)])]
        return [TensorShape([s for i, s in enumerate(sizes) if i not in over])]

    @other.shape
    def _(node: Operation) -> list[TensorShape]:
        return [unknown_shape(2), unknown_shape(1), unknown_shape(1)]

    return made


_sum = _define_reduction("SparseReduceSum", np.add, NUMBER, "Sums along axes")
_max = _define_reduction("SparseReduceMax", np.maximum, REAL, "The largest elements along axes")


@_sum.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    from opscope.runtime.ops.reduction_gradient import reduced_shape

    indices, _, sizes, axes = node.inputs
    kept = reduced_shape(sizes, axes)
    wide = reshape(grad, kept)
    scale = make_tensor("FloorDiv", sizes, cast(kept, dtypes.int64), name="floordiv")
    places = make_tensor("FloorDiv", indices, scale, name="floordiv")
    return [None, gather_nd(wide, places), None, None]


@op(
    "SparseSoftmax",
    "sp_indices: int64, sp_values: T, sp_shape: int64 -> output: T",
    "T: {float16, float32, float64}",
    host_only=True,
)
def _softmax(xp: Any, indices: Any, values: Any, sizes: Any) -> Any:
    """The softmax of the elements that are there, along the last axis."""
    check_parts(indices, values, sizes)
    found = np.empty_like(values)
    lead = indices[:, :-1]
    _, row = np.unique(lead, axis=0, return_inverse=True) if len(lead) else (None, np.zeros(0, int))
    row = np.asarray(row).reshape(-1)
    wide = values.astype(np.float64)
    count = int(row.max()) + 1 if row.size else 0
    top = np.full(count, -np.inf)
    np.maximum.at(top, row, wide)
    powers = np.exp(wide - top[row])
    found[...] = powers / np.bincount(row, powers, count)[row] if row.size else powers
    return found


@_softmax.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[1].shape.with_rank(1)]


@_softmax.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    indices, _, sizes = node.inputs
    output = node.outputs[0]
    products = output * grad
    total = -make_tensor("SparseReduceSum", indices, products, sizes, [-1], keep_dims=True)
    shifted = make_tensor("SparseDenseCwiseAdd", indices, grad, sizes, total)
    return [None, shifted * output, None]
