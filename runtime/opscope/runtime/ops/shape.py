"""The shape of a tensor as a tensor, and changing it without touching the elements."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import (
    constant,
    constant_value,
    convert_to_tensor,
)
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.static_value import static_shape, static_value
from opscope.runtime.tensor_shape import TensorShape, scalar, unknown_shape

_OUT_TYPE = "T: type, out_type: {int32, int64} = int32"


def _numpy_of(dtype: Any) -> Any:
    return dtypes.as_dtype(dtype).as_numpy_dtype


@op("Shape", "input: T -> output: out_type", _OUT_TYPE, not_differentiable=True)
def _shape(xp: Any, value: Any, *, out_type: Any) -> Any:
    """The shape of a tensor."""
    return xp.asarray(value.shape, out_type.as_numpy_dtype)


@_shape.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape([node.inputs[0].shape.ndims])]


@op(
    "ShapeN",
    "input: N * T -> output: N * out_type",
    f"N: int >= 1, {_OUT_TYPE}",
    not_differentiable=True,
)
def _shape_n(xp: Any, *values: Any, out_type: Any) -> Any:
    """The shapes of several tensors."""
    shapes = tuple(xp.asarray(v.shape, out_type.as_numpy_dtype) for v in values)
    return shapes[0] if len(shapes) == 1 else shapes


@_shape_n.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape([t.shape.ndims]) for t in node.inputs]


@op("Size", "input: T -> output: out_type", _OUT_TYPE, not_differentiable=True)
def _size(xp: Any, value: Any, *, out_type: Any) -> Any:
    """The number of elements of a tensor."""
    return out_type.as_numpy_dtype(value.size)


@_size.shape
def _(node: Operation) -> list[TensorShape]:
    return [scalar()]


@op("Rank", "input: T -> output: int32", "T: type", not_differentiable=True)
def _rank(xp: Any, value: Any) -> Any:
    """The number of axes of a tensor."""
    return np.int32(value.ndim)


@_rank.shape
def _(node: Operation) -> list[TensorShape]:
    return [scalar()]


def shape(
    input: Any,  # noqa: A002
    name: str | None = None,
    out_type: Any = dtypes.int32,
) -> Tensor:
    """The shape of `input` as a 1-D tensor; a constant when it is fully known."""
    with op_scope(name, "Shape", input) as scope:
        tensor = convert_to_tensor(input)
        if tensor.shape.is_fully_defined():
            return constant(np.array(tensor.shape.as_list(), _numpy_of(out_type)), name=scope)
        return make_tensor("Shape", tensor, out_type=out_type, name=scope)


def sizes_of(value: Any) -> Tensor:
    """As `shape`, with the name that TensorFlow's own functions give the constant they make."""
    with op_scope(None, "Shape", value) as scope:
        tensor = convert_to_tensor(value)
        if tensor.shape.is_fully_defined():
            return convert_to_tensor(tensor.shape, dtypes.int32, name="shape_as_tensor")
        return make_tensor("Shape", tensor, name=scope)


def size(
    input: Any,  # noqa: A002
    name: str | None = None,
    out_type: Any = dtypes.int32,
) -> Tensor:
    """The number of elements of `input`; a constant when it is known."""
    with op_scope(name, "Size", input) as scope:
        tensor = convert_to_tensor(input)
        count = tensor.shape.num_elements()
        if count is not None:
            return constant(count, out_type, name=scope)
        return make_tensor("Size", tensor, out_type=out_type, name=scope)


def rank(input: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """The number of axes of `input`; a constant when it is known."""
    with op_scope(name, "Rank", input) as scope:
        tensor = convert_to_tensor(input)
        if tensor.shape.ndims is not None:
            return constant(tensor.shape.ndims, dtypes.int32, name=scope)
        return make_tensor("Rank", tensor, name=scope)


def shape_n(
    input: Any,  # noqa: A002
    out_type: Any = dtypes.int32,
    name: str | None = None,
) -> list[Tensor]:
    """The shapes of several tensors of one dtype."""
    shapes: list[Tensor] = make_op("ShapeN", input, out_type=out_type, name=name)
    return shapes


# -- reshape -------------------------------------------------------------------------------


def _reshape_template(node: Operation) -> str | None:
    """Nothing to do when the shape stays; a method call when it is known and has axes."""
    if static_value(node.inputs[1]) is None:
        return None
    before, after = node.inputs[0].shape, node.outputs[0].shape
    if not after.is_fully_defined() or not before.is_fully_defined() or not after.sizes:
        return None
    if before.num_elements() != after.num_elements():
        return None
    return "{0}" if before.sizes == after.sizes else f"{{0}}.reshape({after.sizes})"


@op(
    "Reshape",
    "tensor: T, shape: Tshape -> output: T",
    "T: type, Tshape: {int32, int64} = int32",
    view_of=0,
    carries=("tensor",),
    template=_reshape_template,
)
def _reshape(xp: Any, tensor: Any, shape: Any) -> Any:
    """The same elements in another shape; one size may be -1, meaning what is left over."""
    return _reshaped(tensor, tuple(shape.tolist()))


def _reshaped(tensor: Any, sizes: tuple[int, ...]) -> Any:
    if sizes.count(-1) == 1 and 0 in sizes:
        sizes = _open_size_filled(tensor.shape, sizes)
    try:
        return tensor.reshape(sizes)[()]
    except ValueError:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input to reshape is a tensor with {tensor.size} values, "
            f"but the requested shape is {list(sizes)}",
        ) from None


def _open_size_filled(given: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, ...]:
    """The wanted sizes with a number for -1 where another is 0: sizes of 0 are left out of both."""
    count = math.prod(s for s in given if s)
    rest = math.prod(s for s in wanted if s > 0)
    return tuple(count // rest if s < 0 else s for s in wanted)


@_reshape.bind
def _(binding: Any) -> Any:
    known = constant_value(binding.node.inputs[1])
    if known is None:
        xp = binding.xp
        return lambda tensor, shape: _reshape.kernels["ANY"](xp, tensor, shape)
    sizes = tuple(known.tolist())
    if not sizes:
        return lambda tensor, _: _reshaped(tensor, sizes)

    def reshape_to_constant(tensor: Any, _: Any) -> Any:
        try:
            return tensor.reshape(sizes)
        except ValueError:
            return _reshaped(tensor, sizes)

    return reshape_to_constant


@_reshape.shape
def _(node: Operation) -> list[TensorShape]:
    value, target = node.inputs
    known = static_value(target)
    if known is None:
        return [_filled_in(value.shape, static_shape(target))]
    wanted = TensorShape([None if d < 0 else int(d) for d in known])
    if sum(int(d) < 0 for d in known) > 1:
        raise ValueError("only one size of a shape may be -1")
    return [_filled_in(value.shape, wanted)]


def _filled_in(given: TensorShape, wanted: TensorShape) -> TensorShape:
    """`wanted` with its one open size computed from the number of elements, where known."""
    count = given.num_elements()
    if wanted.sizes is None or count is None:
        return wanted
    rest = 1
    for size in wanted.sizes:
        rest *= 1 if size is None else size
    open_sizes = wanted.sizes.count(None)
    if open_sizes == 0 and rest != count:
        raise ValueError(
            f"Cannot reshape a tensor with {count} elements to shape {wanted} ({rest} elements)"
        )
    if open_sizes != 1 or rest == 0:
        return wanted
    if count % rest:
        raise ValueError(f"Dimension size must be evenly divisible by {rest} but is {count}")
    return TensorShape([count // rest if d is None else d for d in wanted.sizes])


@_reshape.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    sizes = node.inputs[0].shape.sizes
    if sizes is not None and sizes.count(None) == 1 and 0 not in sizes:
        return [make_tensor("Reshape", grad, [-1 if d is None else d for d in sizes]), None]
    return [reshaped_like(grad, node.inputs[0]), None]


def reshaped_like(grad: Tensor, tensor: Tensor) -> Tensor:
    """`grad` in the shape of `tensor`."""
    return make_tensor("Reshape", grad, shape(tensor))


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Tensor:
    """The elements of `tensor` in row-major order, in `shape`."""
    return make_tensor("Reshape", tensor, shape, name=name)


# -- axes of size 1 ------------------------------------------------------------------------


@op(
    "ExpandDims",
    "input: T, dim: Tdim -> output: T",
    "T: type, Tdim: {int32, int64} = int32",
    view_of=0,
    carries=("input",),
)
def _expand_dims(xp: Any, value: Any, dim: Any) -> Any:
    """Insert an axis of size 1 before axis `dim`; negative counts from behind the last."""
    axis = int(dim if dim.ndim == 0 else dim[0])
    sizes = value.shape
    rank = len(sizes) + 1
    if not -rank <= axis < rank:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Tried to expand dim index {axis} for tensor with {rank - 1} dimensions.",
        )
    axis %= rank
    return value.reshape((*sizes[:axis], 1, *sizes[axis:]))


@_expand_dims.shape
def _(node: Operation) -> list[TensorShape]:
    sizes = node.inputs[0].shape.sizes
    dim = static_value(node.inputs[1])
    if sizes is None or dim is None:
        return [unknown_shape(None if sizes is None else len(sizes) + 1)]
    rank = len(sizes) + 1
    axis = int(dim.reshape(-1)[0])
    if not -rank <= axis < rank:
        raise ValueError(f"dim {axis} not in the interval [{-rank}, {rank - 1}].")
    axis %= rank
    return [TensorShape((*sizes[:axis], 1, *sizes[axis:]))]


@_expand_dims.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [reshaped_like(grad, node.inputs[0]), None]


def expand_dims(
    input: Any,  # noqa: A002
    axis: Any = None,
    name: str | None = None,
    dim: Any = None,
) -> Tensor:
    """`input` with an axis of size 1 inserted before axis `axis` (`dim` is its old name)."""
    return make_tensor("ExpandDims", input, dim if axis is None else axis, name=name)


@op(
    "Squeeze",
    "input: T -> output: T",
    "T: type, squeeze_dims: list(int) = []",
    view_of=0,
    carries=("input",),
)
def _squeeze(xp: Any, value: Any, *, squeeze_dims: Any) -> Any:
    """Remove axes of size 1: those named, else all."""
    axes = {d % value.ndim for d in squeeze_dims} if value.ndim else set()
    for axis in axes:
        if value.shape[axis] != 1:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Can not squeeze dim[{axis}], expected a dimension of 1, got {value.shape[axis]}",
            )
    kept = tuple(s for i, s in enumerate(value.shape) if (i not in axes if axes else s != 1))
    return value.reshape(kept)[()]


@_squeeze.shape
def _(node: Operation) -> list[TensorShape]:
    sizes = node.inputs[0].shape.sizes
    if sizes is None:
        return [unknown_shape()]
    wanted = node.attrs["squeeze_dims"]
    for d in wanted:
        if not -len(sizes) <= d < len(sizes):
            raise ValueError(f"squeeze_dims[{d}] not in [{-len(sizes)},{len(sizes)}).")
    axes = {d % len(sizes) for d in wanted}
    if not axes:
        if None in sizes:
            return [unknown_shape()]
        return [TensorShape([s for s in sizes if s != 1])]
    for axis in axes:
        if sizes[axis] not in (1, None):
            raise ValueError(
                f"Can not squeeze dim[{axis}], expected a dimension of 1, got {sizes[axis]}"
            )
    return [TensorShape([s for i, s in enumerate(sizes) if i not in axes])]


@_squeeze.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [reshaped_like(grad, node.inputs[0])]


def squeeze(
    input: Any,  # noqa: A002
    axis: Any = None,
    name: str | None = None,
    squeeze_dims: Any = None,
) -> Tensor:
    """`input` without its axes of size 1, or without those in `axis`."""
    axes = squeeze_dims if axis is None else axis
    if axes is None:
        axes = []
    elif isinstance(axes, int):
        axes = [axes]
    return make_tensor("Squeeze", input, squeeze_dims=list(axes), name=name)
