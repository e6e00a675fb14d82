"""Products of tensors made of several ops: tensordot, cross products, grids, matrix-vector."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.arrangement import transpose
from opscope.runtime.ops.elementwise import merged_shape
from opscope.runtime.ops.filling import ones
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.joining import concat, stack
from opscope.runtime.ops.matmul import matmul
from opscope.runtime.ops.reduction import reduce_prod
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.sequence import range as range_of
from opscope.runtime.ops.shape import expand_dims, rank, reshape, shape, size, squeeze
from opscope.runtime.ops.type_sets import T_REAL
from opscope.runtime.tensor_shape import TensorShape


@op("Cross", "a: T, b: T -> product: T", T_REAL)
def _cross(xp: Any, a: Any, b: Any) -> Any:
    """The cross product of vectors of three elements, along the last axis."""
    if a.shape != b.shape or a.shape[-1:] != (3,):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Cross-products are only defined for 3-element vectors of one shape, got "
            f"{list(a.shape)} and {list(b.shape)}",
        )
    (x, y, z), (u, v, w) = (xp.moveaxis(t, -1, 0) for t in (a, b))
    return xp.stack([y * w - z * v, z * u - x * w, x * v - y * u], axis=-1).astype(a.dtype)


@_cross.shape
def _(node: Operation) -> list[TensorShape]:
    (merged,) = merged_shape(node)
    if merged.sizes is not None:
        merged[-1:].assert_is_compatible_with([3])
    return [merged]


@_cross.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    a, b = node.inputs
    return [cross(b, grad), cross(grad, a)]


def cross(a: Any, b: Any, name: str | None = None) -> Tensor:
    """The cross product of vectors of three elements, along the last axis."""
    return make_tensor("Cross", a, b, name=name)


def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Tensor:
    """The products of a and b summed over pairs of axes.

    axes: a number n (the last n of a with the first n of b), two lists, or a tensor of two rows.
    """
    with op_scope(name, "Tensordot", a, b, axes) as scope:
        left = convert_to_tensor(a, name="a")
        right = convert_to_tensor(b, name="b")
        left_axes, right_axes = _pairs(left, axes)
        left_matrix, left_free, left_known = _as_matrix(left, left_axes, False)
        right_matrix, right_free, right_known = _as_matrix(right, right_axes, True)
        product = matmul(left_matrix, right_matrix)
        if isinstance(left_free, list) and isinstance(right_free, list):
            wanted = left_free + right_free
            if product.shape.is_fully_defined() and product.shape.as_list() == wanted:
                return product
            return reshape(product, wanted, name=scope)
        free = [convert_to_tensor(f, dtypes.int32) for f in (left_free, right_free)]
        result = reshape(product, concat(free, 0), name=scope)
        if left_known is not None and right_known is not None:
            result.set_shape(left_known + right_known)
        return result


def _pairs(a: Tensor, axes: Any) -> tuple[Any, Any]:
    if isinstance(axes, (int, np.integer)):
        if axes < 0:
            raise ValueError(f"`axes` must be at least 0. Received: {axes}.")
        ndims = a.shape.ndims
        if ndims is None:
            count = rank(a)
            return (
                range_of(count - axes, count, dtype=dtypes.int32),
                range_of(axes, dtype=dtypes.int32),
            )
        if axes > ndims:
            raise ValueError(
                f"`axes` must not be larger than the number of dimensions of tensor {a}.  "
                f"Received {axes}, vs tensor dimensions {ndims}."
            )
        return list(builtins.range(ndims - axes, ndims)), list(builtins.range(axes))
    if isinstance(axes, (list, tuple)):
        if len(axes) != 2:
            raise ValueError(f"`axes` must be an integer or have length 2. Received {axes}.")
        first, second = axes
        if isinstance(first, (int, np.integer)) and isinstance(second, (int, np.integer)):
            first, second = [first], [second]
        if len(first) != len(second):
            raise ValueError(
                f"Different number of contraction axes `a` and `b`, {len(first)} != {len(second)}."
            )
        return first, second
    pairs = convert_to_tensor(axes, dtypes.int32, name="axes")
    return pairs[0], pairs[1]


def _as_matrix(a: Tensor, axes: Any, flipped: bool) -> tuple[Tensor, Any, list[int | None] | None]:
    """A matrix of free by summed axes (or flipped), the free sizes, and those that are known."""
    if a.shape.is_fully_defined() and isinstance(axes, (list, tuple)):
        return _as_known_matrix(a, list(axes), flipped)
    known: list[int | None] | None = None
    if a.shape.ndims is not None and isinstance(axes, (list, tuple)):
        sizes = a.shape.as_list()
        summed = [i if i >= 0 else i + len(sizes) for i in axes]
        rest = [i for i in builtins.range(len(sizes)) if i not in summed]
        known = [sizes[i] for i in rest]
        axes_tensor = convert_to_tensor(np.array(summed, np.int32), dtypes.int32, name="axes")
        free = convert_to_tensor(np.array(rest, np.int32), dtypes.int32, name="free")
        full = shape(a)
    else:
        full = shape(a)
        count = rank(a)
        axes_tensor = convert_to_tensor(axes, dtypes.int32, name="axes")
        axes_tensor = make_tensor(
            "Select",
            make_tensor("GreaterEqual", axes_tensor, 0),
            axes_tensor,
            make_tensor("AddV2", axes_tensor, count, name="add"),
        )
        free, _ = make_op("ListDiff", range_of(count), axes_tensor, out_idx=dtypes.int32)
    free_sizes, summed_sizes = gather(full, free), gather(full, axes_tensor)
    product_free, product_summed = reduce_prod(free_sizes), reduce_prod(summed_sizes)
    if flipped:
        order = concat([axes_tensor, free], 0)
        sizes_tensor = stack([product_summed, product_free])
    else:
        order = concat([free, axes_tensor], 0)
        sizes_tensor = stack([product_free, product_summed])
    return reshape(transpose(a, order), sizes_tensor), free_sizes, known


def _as_known_matrix(
    a: Tensor, axes: list[int], flipped: bool
) -> tuple[Tensor, Any, list[int | None] | None]:
    sizes = [s or 0 for s in a.shape.as_list()]
    summed = [i if i >= 0 else i + len(sizes) for i in axes]
    free = [i for i in builtins.range(len(sizes)) if i not in summed]
    free_sizes: list[int | None] = [sizes[i] for i in free]
    counts = [math.prod(sizes[i] for i in group) for group in (free, summed)]
    order = summed + free if flipped else free + summed
    wanted = counts[::-1] if flipped else counts
    moved = a if order == list(builtins.range(len(sizes))) else transpose(a, order)
    matrix = moved if moved.shape.as_list() == wanted else reshape(moved, wanted)
    return matrix, free_sizes, free_sizes


def matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """The product of matrices and vectors."""
    with op_scope(name, "MatVec", a, b):
        product = matmul(a, expand_dims(b, axis=-1), transpose_a=transpose_a, adjoint_a=adjoint_a)
        return squeeze(product, axis=[-1])


def meshgrid(*args: Any, **kwargs: Any) -> list[Tensor]:
    """The coordinates of a grid, one tensor for each axis.

    indexing: "xy" (the default; the first two axes are swapped) or "ij". name: of the scope.
    """
    indexing = kwargs.pop("indexing", "xy")
    name = kwargs.pop("name", "meshgrid")
    if kwargs:
        raise TypeError(f"'{next(iter(kwargs))}' is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError(
            f"Argument `indexing` parameter must be either 'xy' or 'ij', got '{indexing}'"
        )
    with op_scope(name, "meshgrid", *args):
        count = len(args)
        if not count:
            return []
        single = (1,) * count
        made = [reshape(stack(x), (*single[:i], -1, *single[i + 1 :])) for i, x in enumerate(args)]
        sizes = [size(x) for x in args]
        kind = convert_to_tensor(args[0]).dtype.base_dtype
        if indexing == "xy" and count > 1:
            made[0] = reshape(made[0], (1, -1) + (1,) * (count - 2))
            made[1] = reshape(made[1], (-1, 1) + (1,) * (count - 2))
            sizes[0], sizes[1] = sizes[1], sizes[0]
        factor = ones(sizes, kind)
        return [x * factor for x in made]
