"""Products and systems of tridiagonal matrices, given by their three diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import constant
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.arrangement import matrix_transpose, pad
from opscope.runtime.ops.elementwise import conjugate
from opscope.runtime.ops.filling import zeros
from opscope.runtime.ops.joining import concat, stack
from opscope.runtime.ops.matrices import matrix_diag_part
from opscope.runtime.ops.pointwise import conj
from opscope.runtime.ops.reduction import reduce_sum
from opscope.runtime.ops.shape import expand_dims, rank, squeeze
from opscope.runtime.tensor_shape import TensorShape

_SOLVED = "T: {float64, float32, complex64, complex128}"


@op(
    "TridiagonalSolve",
    "diagonals: T, rhs: T -> output: T",
    f"partial_pivoting: bool = true, perturb_singular: bool = false, {_SOLVED}",
    host_only=True,
)
def _solve(
    xp: Any, diagonals: Any, rhs: Any, *, partial_pivoting: bool, perturb_singular: bool
) -> Any:
    """What each tridiagonal matrix takes to `rhs`; NaN where a matrix has no inverse."""
    if perturb_singular:
        raise errors.UnimplementedError(
            None, None, "opscope solves no singular tridiagonal systems: perturb_singular is true"
        )
    if diagonals.ndim < 2 or diagonals.shape[-2] != 3:
        raise errors.InvalidArgumentError(
            None, None, f"Expected diagonals to have 3 rows, got {list(diagonals.shape)}"
        )
    if diagonals.shape[:-2] != rhs.shape[:-2] or diagonals.shape[-1] != rhs.shape[-2]:
        raise errors.InvalidArgumentError(
            None, None, f"diagonals {list(diagonals.shape)} do not fit rhs {list(rhs.shape)}"
        )
    size = rhs.shape[-2]
    if not rhs.size:
        return rhs.copy()
    upper, main, lower = (diagonals[..., i, :] for i in range(3))
    x = rhs.copy()
    # Of each row: what stands on the diagonal and in the two places behind it.
    rows = np.zeros((*main.shape, 3), main.dtype)
    rows[..., 0], rows[..., :-1, 1] = main, upper[..., :-1]
    with np.errstate(all="ignore"):
        for i in range(size - 1):
            below = np.zeros_like(rows[..., i, :])
            below[..., 0], below[..., 1] = lower[..., i + 1], main[..., i + 1]
            if i + 2 < size:
                below[..., 2] = upper[..., i + 1]
            here, value, next_value = rows[..., i, :].copy(), x[..., i, :].copy(), x[..., i + 1, :]
            if partial_pivoting:
                swapped = (abs(below[..., 0]) > abs(here[..., 0]))[..., None]
                here, below = np.where(swapped, below, here), np.where(swapped, here, below)
                value, next_value = (
                    np.where(swapped, next_value, value),
                    np.where(swapped, value, next_value),
                )
            factor = (below[..., 0] / here[..., 0])[..., None]
            rows[..., i, :], x[..., i, :] = here, value
            rest = below - factor * here
            rows[..., i + 1, 0], rows[..., i + 1, 1] = rest[..., 1], rest[..., 2]
            x[..., i + 1, :] = next_value - factor * value
        for i in range(size - 1, -1, -1):
            for distance in (1, 2):
                if i + distance < size:
                    x[..., i, :] -= rows[..., i, distance, None] * x[..., i + distance, :]
            x[..., i, :] /= rows[..., i, 0, None]
        singular = (rows[..., 0] == 0).any(-1)
        x[singular] = np.nan
    return x


@_solve.shape
def _(node: Operation) -> list[TensorShape]:
    diagonals, rhs = (t.shape for t in node.inputs)
    if diagonals.sizes is None or rhs.sizes is None:
        return [rhs]
    if len(diagonals.sizes) < 2 or len(rhs.sizes) < 2:
        raise ValueError(f"Shapes {diagonals} and {rhs} must be at least rank 2")
    batch = TensorShape(diagonals.sizes[:-2]).merge_with(rhs.sizes[:-2])
    TensorShape([3]).assert_is_compatible_with([diagonals.sizes[-2]])
    size = TensorShape([diagonals.sizes[-1]]).merge_with([rhs.sizes[-2]])
    return [batch.concatenate(size).concatenate([rhs.sizes[-1]])]


@_solve.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    diagonals, x = node.inputs[0], node.outputs[0]
    wrt_rhs = make_tensor(
        "TridiagonalSolve",
        _transposed(diagonals),
        grad,
        partial_pivoting=node.attrs["partial_pivoting"],
        perturb_singular=node.attrs["perturb_singular"],
    )
    return [-_three_diagonals(wrt_rhs, x), wrt_rhs]


def _transposed(diagonals: Tensor) -> Tensor:
    """The diagonals of the transposed matrices."""
    upper = _padded(diagonals[..., 2, 1:], [[0, 1]], 1)
    lower = _padded(diagonals[..., 0, :-1], [[1, 0]], 1)
    return stack([upper, diagonals[..., 1, :], lower], axis=-2)


def _three_diagonals(x: Tensor, y: Tensor) -> Tensor:
    """The three diagonals of the products of `x` and the transposed `y`."""
    main = reduce_sum(x * y, axis=-1)
    upper = reduce_sum(x * _up(y), axis=-1)
    lower = reduce_sum(x * _down(y), axis=-1)
    return stack([upper, main, lower], axis=-2)


def _padded(x: Tensor, last: list[list[int]], axes: int) -> Tensor:
    """`x` with zeros around its last axes, as many as `last` says."""
    before = zeros([rank(x) - axes, 2], dtypes.int32)
    return pad(x, concat([before, constant(last)], axis=0))


def _up(x: Tensor) -> Tensor:
    """Each row in the place of the one before it, zeros in the last."""
    return _padded(x[..., 1:, :], [[0, 1], [0, 0]], 2)


def _down(x: Tensor) -> Tensor:
    """Each row in the place of the one behind it, zeros in the first."""
    return _padded(x[..., :-1, :], [[1, 0], [0, 0]], 2)


@op(
    "TridiagonalMatMul",
    "superdiag: T, maindiag: T, subdiag: T, rhs: T -> output: T",
    _SOLVED,
)
def _matmul(xp: Any, upper: Any, main: Any, lower: Any, rhs: Any) -> Any:
    """The products of tridiagonal matrices and `rhs`; each diagonal is a matrix of one row."""
    if upper.ndim < 2 or not upper.shape == main.shape == lower.shape:
        raise errors.InvalidArgumentError(
            None, None, f"the diagonals must have one shape of rank 2 at least: {list(upper.shape)}"
        )
    if upper.shape[-1] != rhs.shape[-2] or upper.shape[:-2] != rhs.shape[:-2]:
        raise errors.InvalidArgumentError(
            None, None, f"diagonals {list(upper.shape)} do not fit rhs {list(rhs.shape)}"
        )
    found = main[..., 0, :, None] * rhs
    found[..., :-1, :] += upper[..., 0, :-1, None] * rhs[..., 1:, :]
    found[..., 1:, :] += lower[..., 0, 1:, None] * rhs[..., :-1, :]
    return found


@_matmul.shape
def _(node: Operation) -> list[TensorShape]:
    *diagonals, rhs = (t.shape for t in node.inputs)
    known = diagonals[0].merge_with(diagonals[1]).merge_with(diagonals[2])
    if known.sizes is None or rhs.sizes is None:
        return [rhs]
    if len(known.sizes) < 2 or len(rhs.sizes) < 2:
        raise ValueError(f"Shapes {known} and {rhs} must be at least rank 2")
    TensorShape([1]).assert_is_compatible_with([known.sizes[-2]])
    batch = TensorShape(known.sizes[:-2]).merge_with(rhs.sizes[:-2])
    size = TensorShape([known.sizes[-1]]).merge_with([rhs.sizes[-2]])
    return [batch.concatenate(size).concatenate([rhs.sizes[-1]])]


@_matmul.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    upper, main, lower, rhs = (conjugate(t) if t.dtype.is_complex else t for t in node.inputs)
    found = [
        expand_dims(reduce_sum(moved * grad, axis=-1), -2) for moved in (_up(rhs), rhs, _down(rhs))
    ]
    columns = [matrix_transpose(d) for d in (upper, main, lower)]
    wrt_rhs = _down(columns[0] * grad) + columns[1] * grad + _up(columns[2] * grad)
    return [*found, wrt_rhs]


# -- functions -----------------------------------------------------------------------------


def tridiagonal_solve(
    diagonals: Any,
    rhs: Any,
    diagonals_format: str = "compact",
    transpose_rhs: bool = False,
    conjugate_rhs: bool = False,
    name: str | None = None,
    partial_pivoting: bool = True,
    perturb_singular: bool = False,
) -> Tensor:
    """What tridiagonal matrices take to `rhs`, vectors or matrices.

    diagonals_format: "compact", the diagonals as rows [..., 3, M] from the upper to the lower;
    "sequence", three tensors; "matrix", whole matrices. ValueError when shapes do not fit.
    """
    if perturb_singular and not partial_pivoting:
        raise ValueError("partial_pivoting must be True if perturb_singular is.")
    rows = _compact(diagonals, diagonals_format)
    count, own = rows.shape.ndims, rhs.shape.ndims
    if count:
        if count < 2:
            raise ValueError(f"Expected diagonals to have rank at least 2, got {count}")
        if own and own not in (count, count - 1):
            raise ValueError(f"Expected the rank of rhs to be {count - 1} or {count}, got {own}")
        if own and not rows.shape[:-2].is_compatible_with(rhs.shape[: count - 2]):
            raise ValueError(
                f"Batch shapes {rows.shape[:-2]} and {rhs.shape[: count - 2]} are incompatible"
            )
        if rows.shape[-2].value not in (None, 3):
            raise ValueError(f"Expected 3 diagonals got {rows.shape[-2]}")
    of_vectors = bool(own and count and own == count - 1)
    if of_vectors:
        rhs = expand_dims(conj(rhs) if conjugate_rhs else rhs, -1)
    elif transpose_rhs:
        rhs = matrix_transpose(rhs, conjugate=conjugate_rhs)
    elif conjugate_rhs:
        rhs = conj(rhs)
    found = make_tensor(
        "TridiagonalSolve",
        rows,
        rhs,
        partial_pivoting=partial_pivoting,
        perturb_singular=perturb_singular,
        name=name,
    )
    return squeeze(found, -1) if of_vectors else found


def tridiagonal_matmul(
    diagonals: Any, rhs: Any, diagonals_format: str = "compact", name: str | None = None
) -> Tensor:
    """The products of tridiagonal matrices and matrices; for the formats see tridiagonal_solve."""
    if diagonals_format == "sequence":
        parts = list(diagonals)
    else:
        rows = _compact(diagonals, diagonals_format)
        parts = [rows[..., i, :] for i in range(3)]
    return make_tensor(
        "TridiagonalMatMul", *(expand_dims(part, -2) for part in parts), rhs, name=name
    )


def _compact(diagonals: Any, form: str) -> Tensor:
    """The three diagonals as rows of one tensor."""
    if form == "compact":
        rows: Tensor = diagonals
        return rows
    if form == "matrix":
        sizes = diagonals.shape.sizes
        if sizes and sizes[-1] and sizes[-2] and sizes[-1] != sizes[-2]:
            raise ValueError(
                "Expected last two dimensions of diagonals to be same, got "
                f"{sizes[-1]} and {sizes[-2]}"
            )
        return matrix_diag_part(diagonals, k=(-1, 1), padding_value=0.0, align="LEFT_RIGHT")
    if form != "sequence":
        raise ValueError(f"Unrecognized diagonals_format: {form}")
    if not isinstance(diagonals, (tuple, list)) or len(diagonals) != 3:
        raise ValueError("Expected diagonals to be a sequence of length 3.")
    upper, main, lower = diagonals
    size = main.shape[-1].value
    lower = _lengthened(lower, "subdiagonal", [1, 0], size)
    upper = _lengthened(upper, "superdiagonal", [0, 1], size)
    return stack((upper, main, lower), axis=-2)


def _lengthened(x: Tensor, what: str, padding: list[int], size: int | None) -> Tensor:
    own = x.shape[-1].value
    if not own or size is None or own == size:
        return x
    if own != size - 1:
        raise ValueError(f"Expected {what} to be have length {size} or {size - 1}, got {own}.")
    return pad(x, [[0, 0]] * (len(x.shape) - 1) + [padding])
