"""Diagonals and bands of matrices, inverses and determinants; leading axes are a batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.arrangement import matrix_transpose
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.filling import ones, zeros, zeros_like
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.reduction import reduce_sum
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import reshape
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_ALIGN = "T: type, align: {'LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT'} = 'RIGHT_LEFT'"
_SOLVED = "T: {float64, float32, float16, complex64, complex128}"


@op(
    "MatrixBandPart",
    "input: T, num_lower: Tindex, num_upper: Tindex -> band: T",
    "T: type, Tindex: {int32, int64} = int64",
)
def _band_part(xp: Any, value: Any, num_lower: Any, num_upper: Any) -> Any:
    """A matrix with what is outside of a band set to 0; a negative width keeps that whole side."""
    rows, columns = value.shape[-2:]
    _refuse_outside(int(num_lower), rows, "num_lower")
    _refuse_outside(int(num_upper), columns, "num_upper")
    across = xp.arange(rows)[:, None] - xp.arange(columns)[None, :]
    lower, upper = int(num_lower), int(num_upper)
    inside = xp.ones((rows, columns), bool)
    if lower >= 0:
        inside &= across <= lower
    if upper >= 0:
        inside &= -across <= upper
    return xp.where(inside, value, value.dtype.type(0))


def _refuse_outside(width: int, size: int, what: str) -> None:
    if width > size:
        raise errors.InvalidArgumentError(
            None, None, f"{what} must be negative or less or equal to {size}, got: {width}"
        )


_band_part.shape(same_shape)


@_band_part.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("MatrixBandPart", grad, *node.inputs[1:]), None, None]


# -- diagonals -----------------------------------------------------------------------------


def _diagonals(k: Any) -> tuple[int, int]:
    flat = k.reshape(-1).tolist()
    if len(flat) not in (1, 2) or flat[0] > flat[-1]:
        raise errors.InvalidArgumentError(
            None, None, f"k must be one number or a rising pair, got {flat}"
        )
    return flat[0], flat[-1]


def _refuse_beyond(lower: int, upper: int, rows: int, columns: int) -> None:
    for k in (lower, upper):
        if k and not -rows < k < columns:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"diag_index {k} is out of bound. It must be between {-rows} and {columns}",
            )


def _length(diagonal: int, rows: int, columns: int) -> int:
    return min(rows + min(diagonal, 0), columns - max(diagonal, 0))


def _layout(
    lower: int, upper: int, rows: int, columns: int, longest: int, align: str
) -> Iterator[tuple[int, Any, Any, slice]]:
    """For each diagonal, highest first: its place, its rows and columns, where its values lie."""
    above, below = align.split("_")
    for place, diagonal in enumerate(range(upper, lower - 1, -1)):
        count = _length(diagonal, rows, columns)
        is_left = (diagonal >= 0 and above == "LEFT") or (diagonal <= 0 and below == "LEFT")
        start = 0 if is_left else longest - count
        along = np.arange(count)
        yield (
            place,
            along - min(diagonal, 0),
            along + max(diagonal, 0),
            slice(start, start + count),
        )


@op(
    "MatrixDiagPartV3", "input: T, k: int32, padding_value: T -> diagonal: T", _ALIGN,
    host_only=True,
)  # fmt: skip
def _diag_part(xp: Any, value: Any, k: Any, padding_value: Any, *, align: str) -> Any:
    """The diagonals of matrices, from the highest to the lowest, as rows."""
    lower, upper = _diagonals(k)
    rows, columns = value.shape[-2:]
    _refuse_beyond(lower, upper, rows, columns)
    longest = min(rows + min(upper, 0), columns - max(lower, 0))
    count = upper - lower + 1
    found = np.full((*value.shape[:-2], count, longest), padding_value, value.dtype)
    for place, row, column, where in _layout(lower, upper, rows, columns, longest, align):
        found[..., place, where] = value[..., row, column]
    return found if count > 1 else found[..., 0, :]


@op(
    "MatrixDiagV3",
    "diagonal: T, k: int32, num_rows: int32, num_cols: int32, padding_value: T -> output: T",
    _ALIGN,
    host_only=True,
)
def _diag(
    xp: Any, diagonal: Any, k: Any, num_rows: Any, num_cols: Any, padding_value: Any, *, align: str
) -> Any:
    """Matrices with the given diagonals, and padding_value elsewhere."""
    lower, upper = _diagonals(k)
    values = diagonal[..., None, :] if lower == upper else diagonal
    longest = diagonal.shape[-1]
    try:
        rows, columns = _matrix_sizes(lower, upper, longest, int(num_rows), int(num_cols))
    except ValueError as error:
        raise errors.InvalidArgumentError(None, None, str(error)) from None
    made = np.full((*values.shape[:-2], rows, columns), padding_value, diagonal.dtype)
    for place, row, column, where in _layout(lower, upper, rows, columns, longest, align):
        made[..., row, column] = values[..., place, where]
    return made


def _matrix_sizes(lower: int, upper: int, longest: int, rows: int, columns: int) -> tuple[int, int]:
    """The sizes of a matrix with such diagonals; -1 stands for a size to be found.

    ValueError when the sizes given do not fit the diagonals.
    """
    least = (longest - min(upper, 0), longest + max(lower, 0))
    if rows == columns == -1:
        return max(least), max(least)
    high = least[0] if rows == -1 else rows
    wide = least[1] if columns == -1 else columns
    if high < least[0] or wide < least[1] or (high != least[0] and wide != least[1]):
        raise ValueError(
            f"{high} rows and {wide} columns are not consistent with diagonals "
            f"{lower} to {upper} of length {longest}"
        )
    return high, wide


@op("MatrixSetDiagV3", "input: T, diagonal: T, k: int32 -> output: T", _ALIGN, host_only=True)
def _set_diag(xp: Any, value: Any, diagonal: Any, k: Any, *, align: str) -> Any:
    """Matrices with some of their diagonals replaced."""
    lower, upper = _diagonals(k)
    values = diagonal[..., None, :] if lower == upper else diagonal
    rows, columns = value.shape[-2:]
    _refuse_beyond(lower, upper, rows, columns)
    longest = min(rows + min(upper, 0), columns - max(lower, 0))
    expected = (*value.shape[:-2], *([] if lower == upper else [upper - lower + 1]), longest)
    if diagonal.shape != expected:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"diagonal must have the shape {list(expected)} for input {list(value.shape)} and "
            f"k = {lower}..{upper}, got {list(diagonal.shape)}",
        )
    made = value.copy()
    for place, row, column, where in _layout(
        lower, upper, rows, columns, diagonal.shape[-1], align
    ):
        made[..., row, column] = values[..., place, where]
    return made


_set_diag.shape(same_shape)


@_diag_part.shape
def _(node: Operation) -> list[TensorShape]:
    shape, k = node.inputs[0].shape, static_value(node.inputs[1])
    if shape.sizes is None or k is None:
        return [unknown_shape()]
    if len(shape.sizes) < 2:
        raise ValueError(f"Shape must be at least rank 2 but is rank {len(shape.sizes)}")
    rows, columns = shape.sizes[-2:]
    lower, upper = _diagonals(k)
    longest = None
    if rows is not None and columns is not None:
        _refuse_beyond(lower, upper, rows, columns)
        longest = min(rows + min(upper, 0), columns - max(lower, 0))
    middle = [] if lower == upper else [upper - lower + 1]
    return [TensorShape([*shape.sizes[:-2], *middle, longest])]


@_diag.shape
def _(node: Operation) -> list[TensorShape]:
    shape = node.inputs[0].shape.sizes
    k, rows, columns = map(static_value, node.inputs[1:4])
    if shape is None or k is None or rows is None or columns is None:
        return [unknown_shape()]
    lower, upper = _diagonals(k)
    lead = shape[:-1] if lower == upper else shape[:-2]
    if shape[-1] is None:
        return [TensorShape([*lead, None, None])]
    high, wide = _matrix_sizes(lower, upper, shape[-1], int(rows), int(columns))
    return [TensorShape([*lead, high, wide])]


def _part_of(node: Operation, grad: Tensor, k: Tensor) -> Tensor:
    zero = constant(0, grad.dtype.base_dtype)
    return make_tensor("MatrixDiagPartV3", grad, k, zero, align=node.attrs["align"])


@_diag_part.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    value, k = node.inputs[:2]
    align = node.attrs["align"]
    back = make_tensor("MatrixSetDiagV3", zeros_like(value), grad, k, align=align)
    return [back, None, None]


@_diag.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [_part_of(node, grad, node.inputs[1]), None, None, None, None]


@_set_diag.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    _, diagonal, k = node.inputs
    align = node.attrs["align"]
    rest = make_tensor("MatrixSetDiagV3", grad, zeros_like(diagonal), k, align=align)
    return [rest, _part_of(node, grad, k), None]


# -- inverse, determinant, solution --------------------------------------------------------


def _solved(function: Any, *arrays: Any) -> Any:
    """The function of square matrices, in their dtype; 16-bit floats are computed in float32."""
    _refuse_other_than_square(arrays[0])
    dtype = arrays[0].dtype
    wide = [a.astype(np.float32) if dtype.itemsize == 2 else a for a in arrays]
    if dtype.kind != "c" and not all(np.isfinite(a).all() for a in wide[:1]):
        raise errors.InvalidArgumentError(None, None, "Input is not invertible.")
    try:
        return function(*wide).astype(dtype, copy=False)
    except np.linalg.LinAlgError:
        raise errors.InvalidArgumentError(None, None, "Input is not invertible.") from None


def _refuse_other_than_square(value: Any) -> None:
    if value.ndim < 2 or value.shape[-1] != value.shape[-2]:
        raise errors.InvalidArgumentError(
            None, None, f"Input matrices must be squares, got {list(value.shape)}"
        )


def square_shape(shape: TensorShape) -> TensorShape:
    """The shape with both last sizes known where one is; ValueError when they differ."""
    if shape.sizes is None:
        return shape
    if len(shape.sizes) < 2:
        raise ValueError(f"Shape must be at least rank 2 but is rank {len(shape.sizes)}")
    size = TensorShape([shape.sizes[-1]]).merge_with([shape.sizes[-2]]).known_rank()[0]
    return TensorShape([*shape.sizes[:-2], size, size])


@op("MatrixInverse", "input: T -> output: T", f"adjoint: bool = false, {_SOLVED}", host_only=True)
def _inverse(xp: Any, value: Any, *, adjoint: bool) -> Any:
    """The inverse of each matrix, or of its adjoint."""
    found = _solved(np.linalg.inv, value)
    return found.conj().swapaxes(-1, -2).copy() if adjoint else found


@op("MatrixDeterminant", "input: T -> output: T", _SOLVED, host_only=True)
def _determinant(xp: Any, value: Any) -> Any:
    """The determinant of each matrix."""
    _refuse_other_than_square(value)
    return np.linalg.det(value)


@op(
    "MatrixSolve", "matrix: T, rhs: T -> output: T", f"adjoint: bool = false, {_SOLVED}",
    host_only=True,
)  # fmt: skip
def _solve(xp: Any, matrix: Any, rhs: Any, *, adjoint: bool) -> Any:
    """The x of matrix * x = rhs."""
    if matrix.shape[:-1] != rhs.shape[:-1]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input matrix and rhs are incompatible: {list(matrix.shape)} and {list(rhs.shape)}",
        )
    used = matrix.conj().swapaxes(-1, -2) if adjoint else matrix
    return _solved(np.linalg.solve, used, rhs)


@_inverse.shape
def _(node: Operation) -> list[TensorShape]:
    return [square_shape(node.inputs[0].shape)]


@_determinant.shape
def _(node: Operation) -> list[TensorShape]:
    return [square_shape(node.inputs[0].shape)[:-2]]


@_solve.shape
def _(node: Operation) -> list[TensorShape]:
    matrix, rhs = square_shape(node.inputs[0].shape), node.inputs[1].shape
    if matrix.sizes is None or rhs.sizes is None:
        return [rhs]
    if len(rhs.sizes) < 2:
        raise ValueError(f"Shape must be at least rank 2 but is rank {len(rhs.sizes)}")
    lead = matrix[:-1].merge_with(rhs[:-1])
    return [lead.concatenate(rhs[-1:])]


def _product(x: Tensor, y: Tensor, adj_x: bool = False, adj_y: bool = False) -> Tensor:
    return make_tensor("BatchMatMulV2", x, y, adj_x=adj_x, adj_y=adj_y)


@_inverse.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    found, adjoint = node.outputs[0], node.attrs["adjoint"]
    inner = _product(grad, found, adj_x=adjoint, adj_y=not adjoint)
    return [-_product(found, inner, adj_x=not adjoint)]


@_determinant.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    value, determinant = node.inputs[0], node.outputs[0]
    inverse = make_tensor("MatrixInverse", value, adjoint=True)
    scale = reshape(grad * determinant, make_tensor("ConcatV2", [
        make_tensor("Shape", determinant), constant([1, 1])], 0))  # fmt: skip
    return [scale * inverse]


@_solve.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    matrix, found = node.inputs[0], node.outputs[0]
    adjoint = node.attrs["adjoint"]
    wrt_rhs = make_tensor("MatrixSolve", matrix, grad, adjoint=not adjoint)
    first, second = (found, wrt_rhs) if adjoint else (wrt_rhs, found)
    return [-_product(first, second, adj_y=True), wrt_rhs]


# -- functions -----------------------------------------------------------------------------


def matrix_band_part(
    input: Any,  # noqa: A002
    num_lower: Any,
    num_upper: Any,
    name: str | None = None,
) -> Tensor:
    """`input` with what is outside of a band set to 0."""
    return make_tensor("MatrixBandPart", input, num_lower, num_upper, name=name)


def matrix_diag(
    diagonal: Any,
    name: str = "diag",
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:
    """Matrices with the given diagonals, by default the main ones, and padding_value elsewhere.

    k: which diagonal, or the lowest and the highest. align: at which end of a row the shorter
    superdiagonals and subdiagonals lie.
    """
    return make_tensor(
        "MatrixDiagV3", diagonal, k, num_rows, num_cols, padding_value, align=align, name=name
    )


def matrix_diag_part(
    input: Any,  # noqa: A002
    name: str = "diag_part",
    k: Any = 0,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:
    """The diagonals `k` of matrices, by default the main ones; shorter ones are padded."""
    return make_tensor("MatrixDiagPartV3", input, k, padding_value, align=align, name=name)


def matrix_set_diag(
    input: Any,  # noqa: A002
    diagonal: Any,
    name: str = "set_diag",
    k: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:
    """Matrices with their diagonals `k`, by default the main ones, replaced."""
    return make_tensor("MatrixSetDiagV3", input, diagonal, k, align=align, name=name)


def trace(x: Any, name: str | None = None) -> Tensor:
    """The sum of the main diagonal of each matrix."""
    with op_scope(name, "Trace", x) as scope:
        return reduce_sum(matrix_diag_part(convert_to_tensor(x, name="x")), [-1], name=scope)


def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """The identity matrix, or as many as batch_shape says."""
    with op_scope(name, "eye", num_rows, num_columns, batch_shape):
        columns = num_rows if num_columns is None else num_columns
        is_square = num_columns is None
        if isinstance(num_rows, Tensor) or isinstance(columns, Tensor):
            count: Any = make_tensor("Minimum", num_rows, columns)
        else:
            count, is_square = min(num_rows, columns), num_rows == columns
        batch: Any = [] if batch_shape is None else batch_shape
        if isinstance(batch, Tensor) or isinstance(count, Tensor):
            lead = convert_to_tensor(batch, dtypes.int32, name="shape")
            sizes: Any = concat((lead, [count]), axis=0)
            whole: Any = None if is_square else concat((lead, [num_rows, columns]), axis=0)
        else:
            sizes, whole = [*batch, count], [*batch, num_rows, columns]
        diagonal = ones(sizes, dtype)
        if is_square:
            return matrix_diag(diagonal)
        return matrix_set_diag(zeros(whole, dtype), diagonal)


def matrix_inverse(input: Any, adjoint: bool = False, name: str | None = None) -> Tensor:  # noqa: A002
    """The inverse of each matrix, or of its adjoint."""
    return make_tensor("MatrixInverse", input, adjoint=adjoint, name=name)


def matrix_determinant(input: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """The determinant of each matrix."""
    return make_tensor("MatrixDeterminant", input, name=name)


def matrix_solve(matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
    """The x of matrix * x = rhs."""
    return make_tensor("MatrixSolve", matrix, rhs, adjoint=adjoint, name=name)


def adjoint(matrix: Any, name: str | None = None) -> Tensor:
    """The conjugate transpose of each matrix."""
    with op_scope(name, "adjoint", matrix):
        return matrix_transpose(convert_to_tensor(matrix, name="matrix"), conjugate=True)
