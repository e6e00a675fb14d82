"""Exponentials, logarithms, pseudo-inverses and ranks of matrices, and what LU factors give."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes
from opscope.runtime.cond import cond
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.form_assertions import assert_rank, assert_rank_at_least
from opscope.runtime.functional_ops import map_fn
from opscope.runtime.graph import get_default_graph
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.broadcasting import broadcast_dynamic_shape, broadcast_to
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.comparison import where_v2
from opscope.runtime.ops.factorizations import svd
from opscope.runtime.ops.filling import fill, ones
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.joining import concat, stack
from opscope.runtime.ops.matmul import matmul
from opscope.runtime.ops.matrices import (
    eye,
    matrix_band_part,
    matrix_set_diag,
    matrix_solve,
    square_shape,
)
from opscope.runtime.ops.nd_indexing import gather_nd
from opscope.runtime.ops.pointwise import abs as magnitude
from opscope.runtime.ops.pointwise import invert_permutation, maximum
from opscope.runtime.ops.reduction import reduce_max, reduce_prod, reduce_sum
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.sequence import range as number_range
from opscope.runtime.ops.shape import expand_dims, rank, reshape, shape, size
from opscope.runtime.ops.statistics import norm
from opscope.runtime.ops.triangular import check_square, matrix_triangular_solve
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.value_assertions import assert_equal
from opscope.runtime.while_loop import while_loop

# Coefficients of Pade's approximants of the exponential by order, from the constant term up: N. J.
# Higham, The Scaling and Squaring Method for the Matrix Exponential Revisited, 2005.
_PADE = {
    3: [120.0, 60.0, 12.0],
    5: [30240.0, 15120.0, 3360.0, 420.0, 30.0],
    7: [17297280.0, 8648640.0, 1995840.0, 277200.0, 25200.0, 1512.0, 56.0],
    9: [
        17643225600.0, 8821612800.0, 2075673600.0, 302702400.0, 30270240.0, 2162160.0, 110880.0,
        3960.0, 90.0,
    ],
    13: [
        64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0,
        129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0,
        40840800.0, 960960.0, 16380.0, 182.0,
    ],
}  # fmt: skip
# The largest 1-norm up to which each order is exact to the dtype, the last order's after scaling.
_SINGLE = {3: 4.258730016922831e-001, 5: 1.880152677804762e000, 7: 3.925724783138660}
_DOUBLE = {
    3: 1.495585217958292e-002,
    5: 2.539398330063230e-001,
    7: 9.504178996162932e-001,
    9: 2.097847961257068e000,
    13: 5.371920351148152,
}


@op("MatrixLogarithm", "input: T -> output: T", "T: {complex64, complex128}", host_only=True)
def _logarithm(xp: Any, value: Any) -> Any:
    """The matrix whose exponential each matrix is."""
    from scipy import linalg

    found = np.empty_like(check_square(value))
    if value.size:
        rows = value.reshape(-1, *value.shape[-2:])
        logarithms = [linalg.logm(m) for m in rows.astype(np.complex128)]
        found[...] = np.reshape(logarithms, value.shape)
    return found


@_logarithm.shape
def _(node: Operation) -> list[TensorShape]:
    return [square_shape(node.inputs[0].shape)]


def logm(input: Any, name: str | None = None) -> Tensor:  # noqa: A002 - TensorFlow's name
    """The logarithm of each complex matrix."""
    return make_tensor("MatrixLogarithm", input, name=name)


def expm(input: Any, name: str | None = None) -> Tensor:  # noqa: A002 - TensorFlow's name
    """The exponential of each matrix, by scaling, Pade's approximants and squaring.

    ValueError for a dtype that is neither floating point nor complex.
    """
    with op_scope(name, "matrix_exponential", input):
        matrix = convert_to_tensor(input, name="input")
        if matrix.shape[-2:] == [0, 0]:
            return matrix
        batch: Any = matrix.shape[:-2]
        if not batch.is_fully_defined():
            batch = shape(matrix)[:-2]
        matrix = reshape(matrix, concat(([-1], shape(matrix)[-2:]), axis=0))
        sums = reduce_sum(magnitude(matrix), axis=size(shape(matrix)) - 2)
        lengths = reduce_max(sums, axis=-1)[..., None, None]
        if matrix.dtype in (dtypes.float16, dtypes.float32, dtypes.complex64):
            limits = _SINGLE
        elif matrix.dtype in (dtypes.float64, dtypes.complex128):
            limits = _DOUBLE
        else:
            raise ValueError(f"tf.linalg.expm does not support matrices of type {matrix.dtype}")
        u, v, squarings = _approximated(matrix, lengths, limits)
        is_finite = make_tensor("IsFinite", reduce_max(lengths))
        nan = constant(np.nan, matrix.dtype)
        result = cond(
            is_finite, lambda: matrix_solve(-u + v, u + v), lambda: fill(shape(matrix), nan)
        )
        result = _squared(result, squarings, is_finite)
        if not matrix.shape.is_fully_defined() or isinstance(batch, Tensor):
            return reshape(result, concat((batch, shape(result)[-2:]), axis=0))
        return reshape(result, batch.concatenate(result.shape[-2:]))


def _approximated(
    matrix: Tensor, lengths: Tensor, limits: dict[int, float]
) -> tuple[Tensor, Tensor, Tensor]:
    """Odd and even part of the approximant that fits each matrix, and how often it was halved."""
    kind = lengths.dtype
    *orders, last = limits
    level = make_tensor("Log", lengths / constant(limits[last], kind))
    halvings = make_tensor("Floor", level / make_tensor("Log", constant(2.0, kind)))
    squarings = maximum(halvings, constant(0, kind))
    parts = [_pade(matrix, order) for order in orders]
    scale = cast(make_tensor("Pow", constant(2.0, kind), squarings), matrix.dtype)
    odd, even = _pade(matrix / scale, last)
    for order, (u, v) in zip(reversed(orders), reversed(parts), strict=True):
        fits = make_tensor("Less", lengths, constant(limits[order], kind))
        odd, even = where_v2(fits, u, odd), where_v2(fits, v, even)
    return odd, even, squarings


def _pade(matrix: Tensor, order: int) -> tuple[Tensor, Tensor]:
    """The odd and the even part of the approximant of that order."""
    b = [constant(x, matrix.dtype) for x in _PADE[order]]
    sizes = shape(matrix)
    one = eye(sizes[-2], batch_shape=sizes[:-2], dtype=matrix.dtype)
    square = matmul(matrix, matrix)
    powers = {0: one, 2: square}
    for power in range(4, min(order, 9), 2):
        powers[power] = matmul(powers[power - 2], square)
    if order < 13:
        odd, even = powers[order - 1], b[order - 1] * powers[order - 1]
        for power in range(order - 3, -1, -2):
            odd = odd + b[power + 1] * powers[power]
            even = even + b[power] * powers[power]
        return matmul(matrix, odd), even
    sixth = powers[6]
    odd = matmul(sixth, sixth + b[11] * powers[4] + b[9] * square)
    even = matmul(sixth, b[12] * sixth + b[10] * powers[4] + b[8] * square)
    for power in (6, 4, 2, 0):
        odd, even = odd + b[power + 1] * powers[power], even + b[power] * powers[power]
    return matmul(matrix, odd), even


def _squared(result: Tensor, squarings: Tensor, is_finite: Tensor) -> Tensor:
    most = reduce_max(squarings)

    def goes_on(i: Tensor, _: Tensor) -> Tensor:
        going: Tensor = cond(
            is_finite, lambda: make_tensor("Less", i, most), lambda: constant(False)
        )
        return going

    def square(i: Tensor, r: Tensor) -> tuple[Tensor, Tensor]:
        return i + 1, where_v2(make_tensor("Less", i, squarings), matmul(r, r), r)

    _, found = while_loop(goes_on, square, [constant(0.0, squarings.dtype), result])
    squared: Tensor = found
    return squared


# -- singular values -----------------------------------------------------------------------


def _checked_matrices(a: Tensor, validate_args: bool) -> Tensor:
    """`a`, to be had when it is made of real matrices; TypeError or ValueError where it is not."""
    if not a.dtype.is_floating:
        raise TypeError(f"Input `a` must have `float`-like `dtype` (saw {a.dtype.name}).")
    message = "Input `a` must have at least 2 dimensions."
    if a.shape.ndims is not None:
        if a.shape.ndims < 2:
            raise ValueError(f"{message[:-1]} (saw: {a.shape.ndims}).")
    elif validate_args:
        return _after([assert_rank_at_least(a, rank=2, message=message)], a)[0]
    return a


def _after(checks: list[Any], *tensors: Tensor) -> list[Tensor]:
    if not checks:
        return list(tensors)
    with get_default_graph().control_dependencies(checks):
        return [identity(t) for t in tensors]


def matrix_rank(
    a: Any, tol: Any = None, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """How many singular values of each matrix are above `tol`, by default the rounding error."""
    with get_default_graph().name_scope(name or "matrix_rank"):
        a = _checked_matrices(
            convert_to_tensor(a, dtype_hint=dtypes.float32, name="a"), validate_args
        )
        s = svd(a, compute_uv=False)
        if tol is None:
            if a.shape[-2:].is_fully_defined():
                most: Any = np.max(a.shape[-2:].as_list())
            else:
                most = reduce_max(shape(a)[-2:])
            eps = np.finfo(a.dtype.as_numpy_dtype).eps
            tol = eps * cast(most, a.dtype) * reduce_max(s, axis=-1, keepdims=True)
        return reduce_sum(cast(make_tensor("Greater", s, tol), dtypes.int32), axis=-1)


def pinv(a: Any, rcond: Any = None, validate_args: bool = False, name: str | None = None) -> Tensor:
    """The pseudo-inverse of each matrix; singular values below rcond times the largest count as 0.

    rcond is by default ten times the rounding error.
    """
    with get_default_graph().name_scope(name or "pinv"):
        a = _checked_matrices(convert_to_tensor(a, name="a"), validate_args)
        kind = a.dtype.as_numpy_dtype
        if rcond is None:
            own = None if a.shape.sizes is None else a.shape.sizes[-2:]
            if own is not None and None not in own:
                most: Any = float(max(size for size in own if size is not None))
            else:
                sizes = shape(a)
                most = cast(maximum(sizes[-2], sizes[-1]), a.dtype)
            rcond = 10.0 * most * np.finfo(kind).eps
        rcond = convert_to_tensor(rcond, a.dtype, name="rcond")
        s, u, v = svd(a, full_matrices=False, compute_uv=True)
        cutoff = expand_dims(rcond * reduce_max(s, axis=-1), -1)
        # Divided by infinity they are 0, with a gradient of 0.
        s = where_v2(make_tensor("Greater", s, cutoff), s, np.array(np.inf, kind))
        found = matmul(v / expand_dims(s, -2), u, adjoint_b=True)
        if a.shape.ndims is not None:
            found.set_shape(a.shape[:-2].concatenate([a.shape[-1], a.shape[-2]]))
        return found


def normalize(
    tensor: Any,
    ord: Any = "euclidean",  # noqa: A002 - TensorFlow's name
    axis: Any = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """The tensor divided by its norm, and the norm; for the orders see tf.norm."""
    with op_scope(name, "normalize", tensor):
        values = convert_to_tensor(tensor)
        length = cast(norm(values, ord, axis, keepdims=True), values.dtype)
        return values / length, length


# -- LU factors ----------------------------------------------------------------------------


def _lu_checks(lower_upper: Tensor, perm: Tensor, validate_args: bool) -> list[Any]:
    checks: list[Any] = []
    own, of_perm = lower_upper.shape.ndims, perm.shape.ndims
    message = "Input `lower_upper` must have at least 2 dimensions."
    if own is not None and own < 2:
        raise ValueError(message)
    if validate_args:
        checks.append(assert_rank_at_least(lower_upper, rank=2, message=message))
    message = "`rank(lower_upper)` must equal `rank(perm) + 1`"
    if own is not None and of_perm is not None:
        if own != of_perm + 1:
            raise ValueError(message)
    elif validate_args:
        checks.append(assert_rank(lower_upper, rank=rank(perm) + 1, message=message))
    message = "`lower_upper` must be square."
    if own is not None and lower_upper.shape[:-2].is_fully_defined():
        if not lower_upper.shape[-2].is_compatible_with(lower_upper.shape[-1]):
            raise ValueError(message)
    elif validate_args:
        sizes = shape(lower_upper)
        checks.append(assert_equal(sizes[-2], sizes[-1], message=message))
    return checks


def _lower_factor(lower_upper: Tensor, sizes: Tensor | None = None) -> Tensor:
    sizes = shape(lower_upper) if sizes is None else sizes
    diagonal = ones(sizes[:-1], dtype=lower_upper.dtype)
    return matrix_set_diag(matrix_band_part(lower_upper, -1, 0), diagonal)


def lu_solve(
    lower_upper: Any, perm: Any, rhs: Any, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """What the matrices that tf.linalg.lu gave these factors of take to `rhs`."""
    with get_default_graph().name_scope(name or "lu_solve"):
        lower_upper = convert_to_tensor(lower_upper, dtype_hint=dtypes.float32, name="lower_upper")
        perm = convert_to_tensor(perm, dtype_hint=dtypes.int32, name="perm")
        rhs = convert_to_tensor(rhs, dtype_hint=lower_upper.dtype, name="rhs")
        checks = _lu_checks(lower_upper, perm, validate_args)
        if rhs.shape.ndims is not None and rhs.shape.ndims < 2:
            raise ValueError("Input `rhs` must have at least 2 dimensions.")
        if lower_upper.shape.ndims is not None and rhs.shape.ndims is not None:
            if not lower_upper.shape[-1].is_compatible_with(rhs.shape[-2]):
                raise ValueError("`lower_upper.shape[-1]` must equal `rhs.shape[-1]`.")
        elif validate_args:
            checks.append(assert_equal(shape(lower_upper)[-1], shape(rhs)[-2]))
        lower_upper, perm, rhs = _after(checks, lower_upper, perm, rhs)
        if rhs.shape.ndims == 2 and perm.shape.ndims == 1:
            permuted = gather(rhs, perm, axis=-2)
        else:
            permuted = _permuted_batch(rhs, perm)
        upper = matrix_triangular_solve(_lower_factor(lower_upper), permuted)
        return matrix_triangular_solve(lower_upper, upper, lower=False)


def _permuted_batch(rhs: Tensor, perm: Tensor) -> Tensor:
    """The rows of each matrix in the order that its permutation says."""
    sizes = shape(rhs)
    batch = broadcast_dynamic_shape(sizes[:-2], shape(perm)[:-1])
    rows, columns = sizes[-2], sizes[-1]
    whole = concat([batch, [rows, columns]], axis=0)
    matrices = reshape(broadcast_to(rhs, whole), [-1, rows, columns])
    orders = reshape(broadcast_to(perm, whole[:-1]), [-1, rows])
    count = reduce_prod(batch)
    entry = broadcast_to(number_range(count)[:, None], [count, rows])
    return reshape(gather_nd(matrices, stack([entry, orders], axis=-1)), whole)


def lu_matrix_inverse(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """The inverse of each matrix that tf.linalg.lu gave these factors of."""
    with get_default_graph().name_scope(name or "lu_matrix_inverse"):
        lower_upper = convert_to_tensor(lower_upper, dtype_hint=dtypes.float32, name="lower_upper")
        perm = convert_to_tensor(perm, dtype_hint=dtypes.int32, name="perm")
        checks = _lu_checks(lower_upper, perm, validate_args)
        lower_upper, perm = _after(checks, lower_upper, perm)
        sizes = shape(lower_upper)
        one = eye(sizes[-1], batch_shape=sizes[:-2], dtype=lower_upper.dtype)
        return lu_solve(lower_upper, perm, one)


def lu_reconstruct(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """The matrices that tf.linalg.lu gave these factors of."""
    with get_default_graph().name_scope(name or "lu_reconstruct"):
        lower_upper = convert_to_tensor(lower_upper, dtype_hint=dtypes.float32, name="lower_upper")
        perm = convert_to_tensor(perm, dtype_hint=dtypes.int32, name="perm")
        checks = _lu_checks(lower_upper, perm, validate_args)
        lower_upper, perm = _after(checks, lower_upper, perm)
        sizes = shape(lower_upper)
        found = matmul(_lower_factor(lower_upper, sizes), matrix_band_part(lower_upper, 0, -1))
        if lower_upper.shape.ndims == 2:
            found = gather(found, invert_permutation(perm))
        else:
            count, rows = reduce_prod(sizes[:-2]), sizes[-1]
            orders = map_fn(invert_permutation, reshape(perm, [count, rows]))
            entry = broadcast_to(number_range(count)[:, None], [count, rows])
            matrices = reshape(found, [count, rows, rows])
            found = reshape(gather_nd(matrices, stack([entry, orders], axis=-1)), sizes)
        found.set_shape(lower_upper.shape)
        return found
