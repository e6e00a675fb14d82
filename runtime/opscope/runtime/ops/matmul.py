"""Products of matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.binding import Binding
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.elementwise import conjugate
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.type_sets import COMPLEX, FLOAT
from opscope.runtime.tensor_shape import TensorShape, broadcast, unknown_shape
from opscope.runtime.threads import KernelPool, kernel_pool

_MATMUL_TYPES = f"{FLOAT}, int32, int64, uint8, uint16, uint32, uint64, {COMPLEX}"

# Below this many multiplications handing half of a product to another thread costs more than it
# saves (a hand-off is some 10 us, a core does about 20 multiplications per ns in BLAS).
_SPLIT_FROM = 8_000_000


def _wrong_sizes(a: Any, b: Any) -> errors.InvalidArgumentError:
    if a.ndim != 2 or b.ndim != 2:
        which, found = (0, a) if a.ndim != 2 else (1, b)
        return errors.InvalidArgumentError(
            None, None, f"In[{which}] is not a matrix. Instead it has shape {list(found.shape)}"
        )
    return errors.InvalidArgumentError(
        None,
        None,
        f"Matrix size-incompatible: In[0]: {list(a.shape)}, In[1]: {list(b.shape)}",
    )


def product(a: Any, b: Any) -> Any:
    """The product of two matrices, in their dtype; 16-bit floats are added up in float32."""
    try:
        if a.dtype.itemsize == 2 and a.dtype.kind in "fV":
            return a.astype(np.float32).dot(b.astype(np.float32)).astype(a.dtype)
        result = a.dot(b)
    except ValueError:
        raise _wrong_sizes(a, b) from None
    if result.ndim != 2:
        raise _wrong_sizes(a, b)
    return result


def split_product(pool: KernelPool, a: Any, b: Any) -> Any:
    """As `product`, with a large product cut into one part per thread."""
    if a.size * b.shape[-1] < _SPLIT_FROM or a.ndim != 2 or a.shape[1] != b.shape[0]:
        return product(a, b)
    rows, columns = a.shape[0], b.shape[1]
    out = np.empty((rows, columns), a.dtype)

    def some_rows(start: int, stop: int) -> None:
        np.dot(a[start:stop], b, out[start:stop])

    def some_columns(start: int, stop: int) -> None:
        out[:, start:stop] = a.dot(b[:, start:stop])

    if rows >= columns:
        pool.split(rows, some_rows)
    else:
        pool.split(columns, some_columns)
    return out


def _matmul_template(node: Operation) -> str | None:
    """NumPy's method, for matrices whose sizes are known to fit and too small to be split."""
    a, b = (t.shape for t in node.inputs)
    if node.attrs["T"] not in (dtypes.float32, dtypes.float64):
        return None
    size, columns = a.num_elements(), node.outputs[0].shape.sizes
    if size is None or b.num_elements() is None or not columns or not columns[1]:
        return None
    flip_a, flip_b = node.attrs["transpose_a"], node.attrs["transpose_b"]
    if a[0 if flip_a else 1] != b[1 if flip_b else 0] or size * columns[1] >= _SPLIT_FROM:
        return None
    return f"{{0}}{'.T' if flip_a else ''}.dot({{1}}{'.T' if flip_b else ''})"


@op(
    "MatMul",
    "a: T, b: T -> product: T",
    f"transpose_a: bool = false, transpose_b: bool = false, T: {{{_MATMUL_TYPES}}}, "
    "grad_a: bool = false, grad_b: bool = false",
    template=_matmul_template,
)
def _matmul(xp: Any, a: Any, b: Any, *, transpose_a: bool, transpose_b: bool) -> Any:
    """The product of two matrices, each transposed before if asked for."""
    return product(a.T if transpose_a else a, b.T if transpose_b else b)


@_matmul.bind
def _(binding: Binding) -> Callable[[Any, Any], Any]:
    multiply = product
    pool = kernel_pool(binding)
    if pool is not None and binding.attrs["T"].name in ("float32", "float64"):
        multiply = lambda a, b: split_product(pool, a, b)  # noqa: E731
    flip_a, flip_b = binding.attrs["transpose_a"], binding.attrs["transpose_b"]
    if flip_a and flip_b:
        return lambda a, b: multiply(a.T, b.T)
    if flip_a:
        return lambda a, b: multiply(a.T, b)
    if flip_b:
        return lambda a, b: multiply(a, b.T)
    return multiply


@_matmul.shape
def _(node: Operation) -> list[TensorShape]:
    a, b = (t.shape.with_rank(2).known_rank() for t in node.inputs)
    if node.attrs["transpose_a"]:
        a = a[::-1]
    if node.attrs["transpose_b"]:
        b = b[::-1]
    if a[1] is not None and b[0] is not None and a[1] != b[0]:
        raise ValueError(f"Dimensions must be equal, but are {a[1]} and {b[0]}")
    return [TensorShape([a[0], b[1]])]


@_matmul.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    flip_a, flip_b = node.attrs["transpose_a"], node.attrs["transpose_b"]
    a, b = conjugate(node.inputs[0]), conjugate(node.inputs[1])

    def times(left: Tensor, right: Tensor, flips: tuple[bool, bool], **which: Any) -> Tensor:
        return make_tensor(
            "MatMul", left, right, transpose_a=flips[0], transpose_b=flips[1], **which
        )

    if not flip_a:
        grad_a = times(grad, b, (False, not flip_b), grad_a=True)
    else:
        grad_a = times(b, grad, (flip_b, True), grad_a=True)
    if not flip_b:
        grad_b = times(a, grad, (not flip_a, False), grad_b=True)
    else:
        grad_b = times(grad, a, (True, flip_a), grad_b=True)
    return [grad_a, grad_b]


@op(
    "BatchMatMulV2",
    "x: T, y: T -> output: T",
    f"T: {{{_MATMUL_TYPES}, int16}}, adj_x: bool = false, adj_y: bool = false, "
    "grad_x: bool = false, grad_y: bool = false",
)
def _batch_matmul(xp: Any, x: Any, y: Any, *, adj_x: bool, adj_y: bool) -> Any:
    """The products of the matrices in the last two axes; the other axes are broadcast."""
    left = xp.conj(xp.swapaxes(x, -1, -2)) if adj_x else x
    right = xp.conj(xp.swapaxes(y, -1, -2)) if adj_y else y
    try:
        if x.dtype.itemsize == 2 and x.dtype.kind in "fV":
            wide = xp.matmul(left.astype(np.float32), right.astype(np.float32))
            return wide.astype(x.dtype)
        return xp.matmul(left, right)
    except ValueError as error:
        raise errors.InvalidArgumentError(None, None, str(error)) from None


@_batch_matmul.shape
def _(node: Operation) -> list[TensorShape]:
    x, y = (t.shape.sizes for t in node.inputs)
    if x is None or y is None:
        return [unknown_shape()]
    if len(x) < 2 or len(y) < 2:
        raise ValueError(f"Shapes {TensorShape(x)} and {TensorShape(y)} must have rank 2 or more")
    rows, inner_x = x[-2:] if not node.attrs["adj_x"] else x[:-3:-1]
    inner_y, columns = y[-2:] if not node.attrs["adj_y"] else y[:-3:-1]
    if inner_x is not None and inner_y is not None and inner_x != inner_y:
        raise ValueError(f"Dimensions must be equal, but are {inner_x} and {inner_y}")
    batch = broadcast(x[:-2], y[:-2]) or ()
    return [TensorShape((*batch, rows, columns))]


@_batch_matmul.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    x, y = node.inputs
    adj_x, adj_y = node.attrs["adj_x"], node.attrs["adj_y"]

    def times(left: Tensor, right: Tensor, adjoint: tuple[bool, bool], **which: Any) -> Tensor:
        return make_tensor(
            "BatchMatMulV2",
            left,
            right,
            adj_x=adjoint[0],
            adj_y=adjoint[1],
            name="MatMul",
            **which,
        )

    grad_x = (
        times(y, grad, (adj_y, True), grad_x=True)
        if adj_x
        else times(grad, y, (False, not adj_y), grad_x=True)
    )
    grad_y = (
        times(grad, x, (True, adj_x), grad_y=True)
        if adj_y
        else times(x, grad, (not adj_x, False), grad_y=True)
    )
    batch_x, batch_y = x.shape[:-2], y.shape[:-2]
    if batch_x.is_fully_defined() and batch_x == batch_y:
        return [grad_x, grad_y]
    return _summed_over_batch(x, y, grad_x, grad_y)


def _summed_over_batch(x: Tensor, y: Tensor, grad_x: Tensor, grad_y: Tensor) -> list[Tensor | None]:
    from opscope.runtime.ops.reduction import reduce_sum
    from opscope.runtime.ops.shape import reshape, shape

    shape_x, shape_y = shape(x), shape(y)
    axes_x, axes_y = make_op("BroadcastGradientArgs", shape_x[:-2], shape_y[:-2])
    return [
        reshape(reduce_sum(grad_x, axes_x), shape_x),
        reshape(reduce_sum(grad_y, axes_y), shape_y),
    ]


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """The product of matrices a and b, or of those in their last two axes.

    a_is_sparse and b_is_sparse are hints and change nothing here.
    """
    with op_scope(name, "MatMul", a, b) as scope:
        if transpose_a and adjoint_a:
            raise ValueError("Only one of `transpose_a` and `adjoint_a` can be True.")
        if transpose_b and adjoint_b:
            raise ValueError("Only one of `transpose_b` and `adjoint_b` can be True.")
        left = convert_to_tensor(a, name="a")
        right = convert_to_tensor(b, left.dtype.base_dtype, name="b")
        ranks = (left.shape.ndims, right.shape.ndims)
        if any(r is None or r > 2 for r in ranks):
            if transpose_a:
                left, adjoint_a = conjugate(left), True
            if transpose_b:
                right, adjoint_b = conjugate(right), True
            return make_tensor(
                "BatchMatMulV2", left, right, adj_x=adjoint_a, adj_y=adjoint_b, name=scope
            )
        if adjoint_a:
            left, transpose_a = conjugate(left), True
        if adjoint_b:
            right, transpose_b = conjugate(right), True
        return make_tensor(
            "MatMul", left, right, transpose_a=transpose_a, transpose_b=transpose_b, name=scope
        )
