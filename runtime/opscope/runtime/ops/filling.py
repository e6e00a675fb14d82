"""Tensors of one repeated value: Fill, zeros, ones, and one-hot rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import (
    constant,
    convert_to_tensor,
)
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.static_value import static_shape, static_value
from opscope.runtime.ops.type_sets import NUMBER
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

# Larger constants make GraphDefs large: TensorFlow fills them at run time from this size on.
_FILL_FROM_ELEMENTS = 1000


@op(
    "Fill",
    "dims: index_type, value: T -> output: T",
    "T: type, index_type: {int32, int64} = int32",
)
def _fill(xp: Any, dims: Any, value: Any) -> Any:
    """A tensor of shape `dims` with every element `value`."""
    sizes = tuple(dims.tolist())
    if any(s < 0 for s in sizes):
        raise errors.InvalidArgumentError(None, None, f"Fill dimensions must be >= 0: {sizes}")
    return xp.full(sizes, value, value.dtype)[()]


@_fill.shape
def _(node: Operation) -> list[TensorShape]:
    return [static_shape(node.inputs[0])]


@_fill.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    from opscope.runtime.ops.reduction import reduce_sum

    return [None, reduce_sum(grad)]


def fill(dims: Any, value: Any, name: str | None = None) -> Tensor:
    """A tensor of shape `dims` with every element `value`."""
    return make_tensor("Fill", dims, value, name=name)


@op("ZerosLike", "x: T -> y: T", "T: type", not_differentiable=True)
def _zeros_like(xp: Any, x: Any) -> Any:
    """Zeros in the shape and dtype of the input."""
    if x.dtype == object:
        return xp.full(x.shape, b"", object)[()]
    return xp.zeros(x.shape, x.dtype)[()]


@op("OnesLike", "x: T -> y: T", f"T: {{{NUMBER}, bool}}", not_differentiable=True)
def _ones_like(xp: Any, x: Any) -> Any:
    """Ones in the shape and dtype of the input."""
    return xp.ones(x.shape, x.dtype)[()]


_zeros_like.shape(same_shape)
_ones_like.shape(same_shape)


def _filled(element: Any, shape: Any, dtype: Any, name: str | None, default: str) -> Tensor:
    wanted = dtypes.as_dtype(dtype).base_dtype
    value = {"bool": bool(element), "string": b""}.get(wanted.name, element)
    with op_scope(name, default, shape) as scope:
        if not isinstance(shape, Tensor):
            known = _known_sizes(shape)
            if known is None:
                shape = convert_to_tensor(shape, dtypes.int32)
            elif np.prod(known, dtype=np.int64) < _FILL_FROM_ELEMENTS:
                return constant(value, wanted, shape=known, name=scope)
            else:
                shape = constant(np.array(known, np.int32), name="shape_as_tensor")
        if shape.shape.ndims == 0:
            shape = make_tensor("Reshape", shape, [-1])
        return make_tensor("Fill", shape, constant(value, wanted), name=scope)


def _known_sizes(shape: Any) -> list[int] | None:
    """The sizes as ints; None when one of them is a tensor."""
    if isinstance(shape, TensorShape):
        return [int(s) for s in shape]
    items = shape if isinstance(shape, (list, tuple, np.ndarray)) else [shape]
    if any(isinstance(i, Tensor) or hasattr(i, "_as_tensor") for i in items):
        return None
    return [int(i) for i in items]


def zeros(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """A tensor of zeros: a constant when it is small and `shape` is known."""
    return _filled(0, shape, dtype, name, "zeros")


def ones(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """A tensor of ones: a constant when it is small and `shape` is known."""
    return _filled(1, shape, dtype, name, "ones")


def zeros_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Zeros in the shape of `tensor`; with `optimize` a constant when the shape is known."""
    with op_scope(name, "zeros_like", tensor) as scope:
        source = convert_to_tensor(tensor, name="tensor")
        wanted = source.dtype.base_dtype if dtype is None else dtypes.as_dtype(dtype)
        if optimize and source.shape.is_fully_defined():
            return zeros(source.shape, wanted, name=scope)
        if wanted is not source.dtype.base_dtype:
            return zeros(make_tensor("Shape", source), wanted, name=scope)
        return make_tensor("ZerosLike", source, name=scope)


def ones_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Ones in the shape of `tensor`."""
    with op_scope(name, "ones_like", tensor) as scope:
        source = convert_to_tensor(tensor, name="tensor")
        wanted = source.dtype.base_dtype if dtype is None else dtypes.as_dtype(dtype)
        if optimize and source.shape.is_fully_defined():
            with op_scope(None, "Shape"):
                sizes = constant(np.array(source.shape.as_list(), np.int32), name="shape_as_tensor")
        else:
            sizes = make_tensor("Shape", source)
        made = ones(sizes, wanted, name=scope)
        made.set_shape(source.shape)
        return made


# -- one hot -------------------------------------------------------------------------------


@op(
    "OneHot",
    "indices: TI, depth: int32, on_value: T, off_value: T -> output: T",
    "axis: int = -1, T: type, TI: {uint8, int8, int32, int64} = int64",
    not_differentiable=True,
)
def _one_hot(xp: Any, indices: Any, depth: Any, on_value: Any, off_value: Any, *, axis: int) -> Any:
    """Along a new axis, `on_value` at the index and `off_value` elsewhere.

    An index outside of 0 <= index < depth gives only `off_value`.
    """
    if int(depth) < 0:
        raise errors.InvalidArgumentError(
            None, None, f"depth must be non-negative, got: {int(depth)}"
        )
    rank = indices.ndim + 1
    position = axis % rank
    line = xp.arange(int(depth), dtype=indices.dtype)
    line = line.reshape((1,) * position + (-1,) + (1,) * (rank - 1 - position))
    hot = xp.expand_dims(xp.asarray(indices), position) == line
    return xp.where(hot, on_value, off_value)


@_one_hot.shape
def _(node: Operation) -> list[TensorShape]:
    sizes = node.inputs[0].shape.sizes
    depth = static_value(node.inputs[1])
    if sizes is None:
        return [unknown_shape()]
    axis = node.attrs["axis"] % (len(sizes) + 1)
    size = None if depth is None else int(depth)
    return [TensorShape((*sizes[:axis], size, *sizes[axis:]))]


def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> Tensor:
    """One-hot rows of length `depth` for integer `indices`; float32 unless the values say else."""
    with op_scope(name, "one_hot", indices) as scope:
        wanted = None if dtype is None else dtypes.as_dtype(dtype)
        for given in (on_value, off_value):
            if wanted is None and given is not None:
                wanted = convert_to_tensor(given, name="on_value").dtype.base_dtype
        wanted = wanted or dtypes.float32
        on = convert_to_tensor(1 if on_value is None else on_value, wanted, name="on_value")
        off = convert_to_tensor(0 if off_value is None else off_value, wanted, name="off_value")
        return make_tensor(
            "OneHot", indices, depth, on, off, axis=-1 if axis is None else axis, name=scope
        )
