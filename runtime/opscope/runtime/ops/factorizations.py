"""Matrices taken apart: QR, singular values, eigenvalues of self-adjoint matrices, LU."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.elementwise import after
from opscope.runtime.ops.filling import zeros_like
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.matmul import matmul
from opscope.runtime.ops.matrices import (
    adjoint,
    matrix_band_part,
    matrix_diag,
    matrix_diag_part,
    matrix_set_diag,
)
from opscope.runtime.ops.shape import expand_dims
from opscope.runtime.ops.special import real
from opscope.runtime.ops.triangular import check_square, computable, matrix_triangular_solve
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_SOLVED = "{float64, float32, float16, complex64, complex128}"


def _batch(node: Operation) -> tuple[TensorShape, int | None, int | None] | None:
    sizes = node.inputs[0].shape.sizes
    if sizes is None:
        return None
    if len(sizes) < 2:
        raise ValueError(f"Shape {TensorShape(sizes)} must have rank at least 2")
    return TensorShape(sizes[:-2]), sizes[-2], sizes[-1]


def _smaller(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else min(a, b)


def _inner_sizes(tensor: Tensor) -> tuple[int, int]:
    """Rows and columns of the matrices; NotImplementedError where they are not known."""
    sizes = tensor.shape.sizes
    if sizes is None or sizes[-1] is None or sizes[-2] is None:
        raise NotImplementedError(f"this gradient needs known rows and columns, got {tensor}")
    return sizes[-2], sizes[-1]


def _safe_reciprocal(x: Tensor) -> Tensor:
    return x * make_tensor("Reciprocal", x * x + 1e-20)


@op("Qr", "input: T -> q: T, r: T", f"full_matrices: bool = false, T: {_SOLVED}", host_only=True)
def _qr(xp: Any, value: Any, *, full_matrices: bool) -> Any:
    """Each matrix as the product of one with orthonormal columns and an upper triangular one."""
    found = np.linalg.qr(computable(value), "complete" if full_matrices else "reduced")
    return tuple(part.astype(value.dtype) for part in found)


@_qr.shape
def _(node: Operation) -> list[TensorShape]:
    known = _batch(node)
    if known is None:
        return [unknown_shape(), unknown_shape()]
    batch, rows, columns = known
    inner = rows if node.attrs["full_matrices"] else _smaller(rows, columns)
    return [batch.concatenate([rows, inner]), batch.concatenate([inner, columns])]


@_qr.gradient
def _(node: Operation, grad_q: Tensor, grad_r: Tensor) -> list[Tensor | None]:
    q, r = node.outputs
    rows, columns = _inner_sizes(r)
    if rows > columns and node.attrs["full_matrices"]:
        raise NotImplementedError(
            f"Qr has no gradient for more rows than columns and full_matrices (node {node.name!r})"
        )
    high, _ = _inner_sizes(q)
    if high >= columns:
        return [_tall_qr(q, r, grad_q, grad_r)]
    rest = node.inputs[0][..., :, high:]
    square, grad_rest, grad_square = r[..., :, :high], grad_r[..., :, high:], grad_r[..., :, :high]
    wrt_rest = matmul(q, grad_rest)
    inner = grad_q + matmul(rest, grad_rest, adjoint_b=True)
    return [concat([_tall_qr(q, square, inner, grad_square), wrt_rest], axis=-1)]


def _tall_qr(q: Tensor, r: Tensor, grad_q: Tensor, grad_r: Tensor) -> Tensor:
    def behind(x: Tensor) -> Tensor:
        """`x * inverse(adjoint(r))`."""
        return adjoint(matrix_triangular_solve(r, adjoint(x), lower=False, adjoint=False))

    by_q = matmul(q, grad_q, adjoint_a=True)
    by_r = matmul(r, grad_r, adjoint_b=True)
    lower = matrix_band_part((by_q - adjoint(by_q)) + (by_r - adjoint(by_r)), -1, 0)
    back = matmul(q, grad_r + behind(lower)) + behind(grad_q - matmul(q, by_q))
    if not q.dtype.is_complex:
        return back
    mixed = by_r - adjoint(by_q)
    diagonal = matrix_set_diag(zeros_like(mixed), matrix_diag_part(mixed))
    turned = diagonal - cast(real(diagonal), q.dtype)
    return back + behind(matmul(q, adjoint(turned)))


@op(
    "Svd",
    "input: T -> s: T, u: T, v: T",
    f"compute_uv: bool = true, full_matrices: bool = false, T: {_SOLVED}",
    host_only=True,
)
def _svd(xp: Any, value: Any, *, compute_uv: bool, full_matrices: bool) -> Any:
    """The singular values of each matrix, largest first, and the vectors to them as columns."""
    if not compute_uv:
        found = np.linalg.svd(computable(value), compute_uv=False)
        empty = np.zeros(0, value.dtype)
        return found.astype(value.dtype), empty, empty
    u, s, turned = np.linalg.svd(computable(value), full_matrices)
    parts = (s, u, turned.conj().swapaxes(-1, -2))
    return tuple(part.astype(value.dtype) for part in parts)


@_svd.shape
def _(node: Operation) -> list[TensorShape]:
    known = _batch(node)
    if known is None:
        return [unknown_shape()] * 3
    batch, rows, columns = known
    count = _smaller(rows, columns)
    values = batch.concatenate([count])
    if not node.attrs["compute_uv"]:
        return [values, TensorShape([0]), TensorShape([0])]
    full = node.attrs["full_matrices"]
    left = batch.concatenate([rows, rows if full else count])
    return [values, left, batch.concatenate([columns, columns if full else count])]


@_svd.gradient
def _(node: Operation, grad_s: Tensor, grad_u: Tensor, grad_v: Tensor) -> list[Tensor | None]:
    a = node.inputs[0]
    by_s = matrix_diag(cast(grad_s, a.dtype))
    if not node.attrs["compute_uv"]:
        _, u, v = svd(a, compute_uv=True)
        return [matmul(u, matmul(by_s, v, adjoint_b=True))]
    rows, columns = _inner_sizes(a)
    s, u, v = node.outputs
    is_tall = rows > columns
    if is_tall:
        rows, columns = columns, rows
        u, v, grad_u, grad_v = v, u, grad_v, grad_u
    full = node.attrs["full_matrices"]
    if full and columns - rows > 1:
        raise NotImplementedError(
            f"Svd has no gradient for abs(m - n) > 1 and full_matrices (node {node.name!r})"
        )
    with after(grad_s):
        back = _wide_svd((cast(s, a.dtype), u, v), (by_s, grad_u, grad_v), rows, columns, full)
        return [adjoint(back) if is_tall else back]


def _wide_svd(
    parts: tuple[Tensor, Tensor, Tensor],
    grads: tuple[Tensor, Tensor, Tensor],
    rows: int,
    columns: int,
    full: bool,
) -> Tensor:
    """The gradient for matrices with at least as many columns as rows (Ionescu et al. 2015)."""
    s, u, v = parts
    by_s, grad_u, grad_v = grads
    squares = make_tensor("Square", s)
    gaps = expand_dims(squares, -2) - expand_dims(squares, -1)
    factor = matrix_set_diag(_safe_reciprocal(gaps), zeros_like(s))
    values, inverse = matrix_diag(s), matrix_diag(_safe_reciprocal(s))
    first, grad_first = v[..., :, :rows], grad_v[..., :, :rows]
    by_u = factor * matmul(u, grad_u, adjoint_a=True)
    turned = matmul(first, grad_first, adjoint_a=True)
    by_v = factor * turned
    middle = by_s + matmul(by_u + adjoint(by_u), values) + matmul(values, by_v + adjoint(by_v))
    back = matmul(u, matmul(middle, first, adjoint_b=True))
    if rows != columns:
        flipped = adjoint(grad_first)
        rest = flipped - matmul(matmul(flipped, first), first, adjoint_b=True)
        if full:
            second, grad_second = v[..., :, rows:columns], grad_v[..., :, rows:columns]
            across = matmul(first, grad_second, adjoint_a=True)
            rest = rest - matmul(across, second, adjoint_b=True)
        back = back + matmul(matmul(u, inverse), rest)
    if s.dtype.is_complex:
        diagonal = matrix_set_diag(zeros_like(turned), matrix_diag_part(turned))
        spin = matmul(inverse, adjoint(diagonal) - diagonal)
        back = back + 0.5 * matmul(u, matmul(spin, first, adjoint_b=True))
    return back


@op(
    "SelfAdjointEigV2",
    "input: T -> e: T, v: T",
    f"compute_v: bool = true, T: {_SOLVED}",
    host_only=True,
)
def _eigh(xp: Any, value: Any, *, compute_v: bool) -> Any:
    """The eigenvalues of self-adjoint matrices, smallest first, and the vectors as columns."""
    used = computable(value)
    if not compute_v:
        return np.linalg.eigvalsh(used).astype(value.dtype), np.zeros(0, value.dtype)
    return tuple(part.astype(value.dtype) for part in np.linalg.eigh(used))


@_eigh.shape
def _(node: Operation) -> list[TensorShape]:
    known = _batch(node)
    has_vectors = node.attrs["compute_v"]
    if known is None:
        return [unknown_shape(), unknown_shape() if has_vectors else TensorShape([0])]
    batch, rows, columns = known
    count = columns if rows is None else rows
    vectors = batch.concatenate([count, count]) if has_vectors else TensorShape([0])
    return [batch.concatenate([count]), vectors]


@_eigh.gradient
def _(node: Operation, grad_e: Tensor, grad_v: Tensor) -> list[Tensor | None]:
    e, v = node.outputs
    with after(grad_e):
        middle = matrix_diag(grad_e)
        if node.attrs["compute_v"]:
            gaps = expand_dims(e, -2) - expand_dims(e, -1)
            factor = matrix_set_diag(_safe_reciprocal(gaps), zeros_like(e))
            middle = middle + factor * matmul(v, grad_v, adjoint_a=True)
        else:
            _, v = self_adjoint_eig(node.inputs[0])
        back = matmul(v, matmul(middle, v, adjoint_b=True))
        back = matrix_band_part(back + adjoint(back), -1, 0)
        return [matrix_set_diag(back, 0.5 * matrix_diag_part(back))]


def _complex_lu(matrix: Any) -> tuple[Any, Any]:
    """Both factors in one and the order of rows; LAPACK takes |re| + |im| for the magnitude."""
    found, places = matrix.copy(), np.arange(len(matrix))
    for i in range(len(matrix)):
        best = i + int(abs(found[i:, i]).argmax())
        found[[i, best]], places[[i, best]] = found[[best, i]], places[[best, i]]
        if found[i, i]:
            found[i + 1 :, i] /= found[i, i]
        found[i + 1 :, i + 1 :] -= np.outer(found[i + 1 :, i], found[i, i + 1 :])
    return found, places


@op(
    "Lu",
    "input: T -> lu: T, p: output_idx_type",
    f"T: {_SOLVED}, output_idx_type: {{int32, int64}} = int32",
    host_only=True,
)
def _lu(xp: Any, value: Any, *, output_idx_type: dtypes.DType) -> Any:
    """Both triangular factors of each matrix in one, and the order of rows they are of."""
    from scipy import linalg

    if not check_square(value).size:
        return value.copy(), np.zeros(value.shape[:-1], output_idx_type.as_numpy_dtype)
    matrices = computable(value).reshape(-1, *value.shape[-2:])
    factors = np.empty_like(matrices)
    orders = np.empty(matrices.shape[:2], output_idx_type.as_numpy_dtype)
    for factor, order, matrix in zip(factors, orders, matrices, strict=True):
        if matrix.dtype.kind == "c":
            factor[...], order[...] = _complex_lu(matrix)
            continue
        found, swaps = linalg.lu_factor(matrix)
        places = np.arange(len(matrix))
        for row, other in enumerate(swaps):
            places[[row, other]] = places[[other, row]]
        factor[...], order[...] = found, places
    return factors.reshape(value.shape).astype(value.dtype), orders.reshape(value.shape[:-1])


@_lu.shape
def _(node: Operation) -> list[TensorShape]:
    value = node.inputs[0].shape
    return [value, unknown_shape() if value.sizes is None else value[:-1]]


# -- functions -----------------------------------------------------------------------------


def qr(
    input: Any,  # noqa: A002
    full_matrices: bool = False,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """Matrices with orthonormal columns, and upper triangular ones, whose product is `input`."""
    q, r = make_op("Qr", input, full_matrices=full_matrices, name=name)
    return q, r


def svd(
    tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None
) -> Any:
    """The singular values, largest first, and (with compute_uv) the left and right vectors."""
    s, u, v = make_op("Svd", tensor, compute_uv=compute_uv, full_matrices=full_matrices, name=name)
    return (real(s), u, v) if compute_uv else real(s)


def self_adjoint_eig(tensor: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """The eigenvalues of self-adjoint matrices, smallest first, and the vectors as columns."""
    e, v = make_op("SelfAdjointEigV2", tensor, compute_v=True, name=name)
    return e, v


def self_adjoint_eigvals(tensor: Any, name: str | None = None) -> Tensor:
    """The eigenvalues of self-adjoint matrices, smallest first."""
    e: Tensor = make_op("SelfAdjointEigV2", tensor, compute_v=False, name=name)[0]
    return e


def lu(
    input: Any,  # noqa: A002
    output_idx_type: Any = dtypes.int32,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """Both triangular factors of each matrix in one, and the order of rows they are of."""
    factors, order = make_op("Lu", input, output_idx_type=output_idx_type, name=name)
    return factors, order
