"""Cholesky's factor, triangular systems, determinants by logarithm, least squares, square roots."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.cond import cond
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.dtypes import complex128
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.arrangement import matrix_transpose
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.matmul import matmul
from opscope.runtime.ops.matrices import (
    adjoint,
    eye,
    matrix_band_part,
    matrix_diag_part,
    matrix_inverse,
    matrix_set_diag,
)
from opscope.runtime.ops.reduction import reduce_sum
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import reshape, shape
from opscope.runtime.tensor_shape import TensorShape, broadcast, unknown_shape

_SOLVED = "{float64, float32, float16, complex64, complex128}"


def computable(array: Any) -> Any:
    """The array in a type that LAPACK has: float16 and bfloat16 as float32."""
    return array.astype(np.float32) if array.dtype.itemsize == 2 else array


def _cholesky_with_nan(matrices: Any) -> Any:
    """Column by column, which hands NaN on where LAPACK stops; InvalidArgumentError as it."""
    lower = np.tril(matrices)
    for i in range(lower.shape[-1]):
        row = lower[..., i, :i]
        pivot = lower[..., i, i].real - (row * row.conj()).real.sum(-1)
        if (pivot <= 0).any():
            raise errors.InvalidArgumentError(
                None,
                None,
                "Cholesky decomposition was not successful. The input might not be valid.",
            )
        root = np.sqrt(pivot)
        lower[..., i, i] = root
        below = lower[..., i + 1 :, :i] @ row.conj()[..., None]
        lower[..., i + 1 :, i] = (lower[..., i + 1 :, i] - below[..., 0]) / root[..., None]
    return lower


def check_square(value: Any) -> Any:
    """The matrices; InvalidArgumentError unless they have as many rows as columns."""
    if value.ndim < 2 or value.shape[-1] != value.shape[-2]:
        raise errors.InvalidArgumentError(
            None, None, f"Input matrix must be square, got {list(value.shape)}"
        )
    return value


@op("Cholesky", "input: T -> output: T", f"T: {_SOLVED}", host_only=True)
def _cholesky(xp: Any, value: Any) -> Any:
    """The lower triangular L of each positive definite matrix L * adjoint(L)."""
    # Only the lower triangle is read, as in TensorFlow.
    check_square(value)
    try:
        found = np.linalg.cholesky(computable(value)) if value.size else value.copy()
    except np.linalg.LinAlgError:
        if np.isnan(value).any():
            return _cholesky_with_nan(computable(value)).astype(value.dtype)
        raise errors.InvalidArgumentError(
            None, None, "Cholesky decomposition was not successful. The input might not be valid."
        ) from None
    return found.astype(value.dtype)


_cholesky.shape(same_shape)


@_cholesky.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    lower = node.outputs[0]
    rows = shape(lower)[-1]
    batch = shape(lower)[:-2]
    identity = eye(rows, batch_shape=batch, dtype=lower.dtype)
    inverse = matrix_triangular_solve(lower, identity)
    middle = matmul(lower, grad, adjoint_a=True)
    middle = matrix_set_diag(middle, 0.5 * matrix_diag_part(middle))
    middle = matrix_band_part(middle, -1, 0)
    back = matmul(matmul(inverse, middle, adjoint_a=True), inverse)
    return [(back + adjoint(back)) * 0.5]


@op(
    "MatrixTriangularSolve",
    "matrix: T, rhs: T -> output: T",
    "lower: bool = true, adjoint: bool = false, "
    "T: {bfloat16, float64, float32, float16, complex64, complex128}",
    host_only=True,
)
def _triangular_solve(xp: Any, matrix: Any, rhs: Any, *, lower: bool, adjoint: bool) -> Any:
    """The x of matrix * x = rhs, of which one triangle of the matrix counts."""
    if check_square(matrix).shape[-1] != rhs.shape[-2]:
        raise errors.InvalidArgumentError(
            None, None, f"matrix {list(matrix.shape)} and rhs {list(rhs.shape)} do not fit"
        )
    kept = np.tril(matrix) if lower else np.triu(matrix)
    used = computable(kept)
    used = used.conj().swapaxes(-1, -2) if adjoint else used
    batch = np.broadcast_shapes(used.shape[:-2], rhs.shape[:-2])
    right = np.broadcast_to(computable(rhs), batch + rhs.shape[-2:])
    if not right.size:
        return right.astype(rhs.dtype)
    if np.isfinite(used).all() and np.diagonal(used, axis1=-2, axis2=-1).all():
        return np.linalg.solve(used, right).astype(rhs.dtype)
    return _substituted(used, right, lower != adjoint).astype(rhs.dtype)


def _substituted(matrix: Any, right: Any, is_lower: bool) -> Any:
    """The solution row by row; a 0 on the diagonal makes infinities and NaN of it, no error."""
    found = right.copy()
    order = matrix.shape[-1]
    with np.errstate(all="ignore"):
        for i in range(order) if is_lower else reversed(range(order)):
            done = slice(0, i) if is_lower else slice(i + 1, None)
            known = matrix[..., i : i + 1, done] @ found[..., done, :]
            found[..., i, :] = (found[..., i, :] - known[..., 0, :]) / matrix[..., i, i, None]
    return found


@_triangular_solve.shape
def _(node: Operation) -> list[TensorShape]:
    matrix, rhs = (t.shape.sizes for t in node.inputs)
    if matrix is None or rhs is None:
        return [unknown_shape()]
    batch = broadcast(matrix[:-2], rhs[:-2]) or ()
    rows = matrix[-2] if rhs[-2] is None else rhs[-2]
    return [TensorShape([*batch, rows, rhs[-1]])]


@_triangular_solve.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    matrix, rhs = node.inputs
    is_adjoint, lower = node.attrs["adjoint"], node.attrs["lower"]
    found = node.outputs[0]
    wrt_rhs = matrix_triangular_solve(matrix, grad, lower=lower, adjoint=not is_adjoint)
    left, right = (found, wrt_rhs) if is_adjoint else (wrt_rhs, found)
    wrt_matrix = -matmul(left, right, adjoint_b=True)
    band = (-1, 0) if lower else (0, -1)
    wrt_matrix = matrix_band_part(wrt_matrix, *band)
    is_known = matrix.shape.is_fully_defined() and rhs.shape.is_fully_defined()
    if is_known and matrix.shape[:-2] == rhs.shape[:-2]:
        return [wrt_matrix, wrt_rhs]
    sizes = shape(matrix), shape(rhs)
    axes = make_op("BroadcastGradientArgs", sizes[0][:-2], sizes[1][:-2])
    pairs = zip((wrt_matrix, wrt_rhs), axes, sizes, strict=True)
    return [reshape(reduce_sum(g, axis=a), s) for g, a, s in pairs]


@op(
    "LogMatrixDeterminant",
    "input: T -> sign: T, log_abs_determinant: T",
    "T: {float16, float32, float64, complex64, complex128}",
    host_only=True,
)
def _log_determinant(xp: Any, value: Any) -> Any:
    """The sign of the determinant of each matrix, and the logarithm of its magnitude."""
    sign, log = np.linalg.slogdet(computable(check_square(value)))
    sign = np.where(np.isnan(log), log, sign)
    return tuple(np.asarray(part).astype(value.dtype)[()] for part in (sign, log))


@_log_determinant.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape[:-2]] * 2


@_log_determinant.gradient
def _(node: Operation, _: Any, grad: Tensor) -> list[Tensor | None]:
    inverse = matrix_inverse(node.inputs[0], adjoint=True)
    sizes = make_tensor("ConcatV2", [shape(node.outputs[1]), [1, 1]], 0, name="concat")
    return [reshape(grad, sizes) * inverse]


@op("MatrixSquareRoot", "input: T -> output: T", f"T: {_SOLVED}", host_only=True)
def _square_root(xp: Any, value: Any) -> Any:
    """The matrix whose product with itself is the input."""
    from scipy import linalg

    if not check_square(value).size:
        return value.copy()
    matrices = computable(value).reshape(-1, *value.shape[-2:])
    found = np.array(
        [linalg.sqrtm(m) if np.isfinite(m).all() else np.full_like(m, np.nan) for m in matrices]
    ).reshape(value.shape)
    real = found.real if value.dtype.kind != "c" else found
    return real.astype(value.dtype)


_square_root.shape(same_shape)


@_square_root.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    """The solution of adjoint(S) X + X adjoint(S) = grad, as one linear system for each matrix."""
    root = node.outputs[0]
    sizes = shape(root)
    order = sizes[-1]
    lead = sizes[:-2]
    identity = eye(order, batch_shape=lead, dtype=root.dtype)
    turned = matrix_transpose(root)
    total = _kronecker(identity, turned, lead, order) + _kronecker(root, identity, lead, order)
    column = concat([lead, [order * order], [1]], 0)
    flat = reshape(matrix_transpose(grad), column)
    return [matrix_transpose(reshape(make_tensor("MatrixSolve", total, flat), sizes))]


def _kronecker(a: Tensor, b: Tensor, lead: Tensor, order: Tensor) -> Tensor:
    first = reshape(a, concat([lead, [order], [1], [order], [1]], 0))
    second = reshape(b, concat([lead, [1], [order], [1], [order]], 0))
    square = order * order
    return reshape(first * second, concat([lead, [square], [square]], 0))


@op(
    "MatrixSolveLs",
    "matrix: T, rhs: T, l2_regularizer: float64 -> output: T",
    f"T: {_SOLVED}, fast: bool = true",
    host_only=True,
)
def _solve_ls(xp: Any, matrix: Any, rhs: Any, l2_regularizer: Any, *, fast: bool) -> Any:
    """The x of least |matrix * x - rhs|, or with the least norm where there are many.

    fast: by the normal equations, to which l2_regularizer is added.
    """
    a, b = computable(matrix), computable(rhs)
    if not fast:
        if not np.isfinite(a).all():
            return np.full((*a.shape[:-2], a.shape[-1], b.shape[-1]), np.nan, rhs.dtype)
        return (np.linalg.pinv(a) @ b).astype(rhs.dtype)
    turned = a.conj().swapaxes(-1, -2)
    weight = a.dtype.type(float(l2_regularizer))
    if a.shape[-2] >= a.shape[-1]:
        gram = turned @ a + weight * np.eye(a.shape[-1], dtype=a.dtype)
        found = np.linalg.solve(gram, turned @ b)
    else:
        gram = a @ turned + weight * np.eye(a.shape[-2], dtype=a.dtype)
        found = turned @ np.linalg.solve(gram, b)
    return found.astype(rhs.dtype)


@_solve_ls.shape
def _(node: Operation) -> list[TensorShape]:
    matrix, rhs = (t.shape.sizes for t in node.inputs[:2])
    if matrix is None or rhs is None:
        return [unknown_shape()]
    return [TensorShape([*matrix[:-2], matrix[-1], rhs[-1]])]


@_solve_ls.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    if not node.attrs["fast"]:
        raise ValueError("Gradient not defined for fast=False")
    matrix, rhs = node.inputs[:2]
    weight = cast(node.inputs[2], matrix.dtype.base_dtype)
    found = node.outputs[0]

    def tall() -> list[Tensor]:
        z = cholesky_solve(_gram_factor(matrix, weight, True), grad)
        outer = matmul(found, z, adjoint_b=True)
        both = outer + _with_axes_swapped(outer)
        return [-matmul(matrix, both) + matmul(rhs, z, adjoint_b=True), matmul(matrix, z)]

    def wide() -> list[Tensor]:
        factor = _gram_factor(matrix, weight, False)
        wrt_rhs = cholesky_solve(factor, matmul(matrix, grad))
        inner = cholesky_solve(factor, rhs)
        first = -matmul(wrt_rhs, matmul(inner, matrix, adjoint_a=True))
        rest = grad - matmul(matrix, wrt_rhs, adjoint_a=True)
        return [first + matmul(inner, rest, adjoint_b=True), wrt_rhs]

    wrt_matrix, wrt_rhs = _by_form(matrix, tall, wide)
    return [wrt_matrix, wrt_rhs, None]


def _with_axes_swapped(tensor: Tensor) -> Tensor:
    ndims = tensor.shape.ndims
    if ndims is None:
        return matrix_transpose(tensor)
    return make_tensor("Transpose", tensor, [*range(ndims - 2), ndims - 1, ndims - 2])


def _by_form(matrix: Tensor, tall: Any, wide: Any) -> Any:
    """What one function makes for at least as many rows as columns, the other for fewer."""
    known = matrix.shape[-2:]
    if known.is_fully_defined():
        rows, columns = (s or 0 for s in known.as_list())
        return tall() if rows >= columns else wide()
    sizes = shape(matrix)[-2:]
    return cond(make_tensor("GreaterEqual", sizes[-2], sizes[-1]), tall, wide)


def _gram_factor(matrix: Tensor, weight: Any, first: bool) -> Tensor:
    gram = matmul(matrix, matrix, adjoint_a=first, adjoint_b=not first)
    if isinstance(weight, Tensor) or weight != 0:
        sizes = shape(matrix)
        batch = sizes[:-2]
        count = sizes[-1] if first else sizes[-2]
        identity = eye(count, batch_shape=batch, dtype=matrix.dtype)
        place = matrix.shape[-1:] if first else matrix.shape[-2:-1]
        identity.set_shape(matrix.shape[:-2].concatenate(place).concatenate(place))
        gram = gram + weight * identity
    return cholesky(gram)


# -- functions -----------------------------------------------------------------------------


def cholesky(input: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """The lower triangular L of each positive definite matrix L * adjoint(L)."""
    return make_tensor("Cholesky", input, name=name)


def matrix_triangular_solve(
    matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Tensor:
    """The x of matrix * x = rhs, of which one triangle of the matrix counts."""
    with op_scope(name, "triangular_solve", matrix, rhs):
        return make_tensor("MatrixTriangularSolve", matrix, rhs, lower=lower, adjoint=adjoint)


def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Tensor:
    """The x of A * x = rhs, of which `chol` is Cholesky's factor."""
    with op_scope(name, "cholesky_solve", chol, rhs):
        half = make_tensor("MatrixTriangularSolve", chol, rhs, adjoint=False, lower=True)
        return make_tensor("MatrixTriangularSolve", chol, half, adjoint=True, lower=True)


def matrix_solve_ls(
    matrix: Any, rhs: Any, l2_regularizer: Any = 0.0, fast: bool = True, name: str | None = None
) -> Tensor:
    """The x of least |matrix * x - rhs|^2 + l2_regularizer * |x|^2.

    fast: by Cholesky's factor of the normal equations; else by an orthogonal decomposition.
    """
    a = convert_to_tensor(matrix, name="matrix")
    if a.dtype.base_dtype is complex128 and l2_regularizer != 0:
        raise NotImplementedError(
            "matrix_solve_ls is currently disabled for complex128 and l2_regularizer != 0 due to "
            "poor accuracy."
        )
    if not fast or _is_many_small(a):
        return make_tensor("MatrixSolveLs", a, rhs, l2_regularizer, fast=fast, name=name)
    with op_scope(name, "matrix_solve_ls", a, rhs, l2_regularizer):

        def tall() -> Tensor:
            factor = _gram_factor(a, l2_regularizer, True)
            return cholesky_solve(factor, matmul(a, rhs, adjoint_a=True))

        def wide() -> Tensor:
            factor = _gram_factor(a, l2_regularizer, False)
            return matmul(a, cholesky_solve(factor, rhs), adjoint_a=True)

        found: Tensor = _by_form(a, tall, wide)
        return found


def _is_many_small(a: Tensor) -> bool:
    """Where TensorFlow makes one op: many small matrices, beyond a processor's second cache."""
    if not a.shape.is_fully_defined():
        return False
    sizes = [s or 0 for s in a.shape.as_list()]
    count = int(np.prod(sizes))
    return count * a.dtype.size > 256_000 and int(np.prod(sizes[:-2])) > min(sizes[-2:])


def matrix_square_root(input: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """The matrix whose product with itself is `input`."""
    return make_tensor("MatrixSquareRoot", input, name=name)


def slogdet(input: Any, name: str | None = None) -> tuple[Tensor, Tensor]:  # noqa: A002
    """The sign of the determinant of each matrix, and the logarithm of its magnitude."""
    sign, log = make_op("LogMatrixDeterminant", input, name=name)
    return sign, log


def logdet(matrix: Any, name: str | None = None) -> Tensor:
    """The logarithm of the determinant of positive definite matrices."""
    from opscope.runtime.ops.special import real

    with op_scope(name, "logdet", matrix):
        diagonal = real(matrix_diag_part(cholesky(matrix)))
        return 2.0 * reduce_sum(make_tensor("Log", diagonal), axis=[-1])
