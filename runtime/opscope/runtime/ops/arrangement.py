"""Putting elements into another order: transpose, tile, pad, reverse."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.constant import constant_value, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.joining import concat, stack
from opscope.runtime.ops.reduction import reduce_sum
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.sequence import range as range_of
from opscope.runtime.ops.shape import rank, reshape, shape, size
from opscope.runtime.ops.static_value import static_shape, static_value
from opscope.runtime.string_value import boxed
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_INT = "{int32, int64} = int32"


@op("Transpose", "x: T, perm: Tperm -> y: T", f"T: type, Tperm: {_INT}", view_of=0, carries=("x",))
def _transpose(xp: Any, x: Any, perm: Any) -> Any:
    """Put the axes into another order: axis i of the output is axis perm[i] of the input."""
    order = perm.tolist()
    if sorted(order) != list(range(x.ndim)):
        raise errors.InvalidArgumentError(
            None, None, f"{order} is not a permutation of the {x.ndim} axes"
        )
    return x.transpose(order)


@_transpose.bind
def _(binding: Any) -> Any:
    xp = binding.xp
    known = constant_value(binding.node.inputs[1])
    if known is None or sorted(known.tolist()) != list(range(known.size)) or not known.size:
        return lambda x, perm: _transpose.kernels["ANY"](xp, x, perm)
    order = tuple(known.tolist())
    return lambda x, _: x.transpose(order)


@_transpose.shape
def _transposed_shape(node: Operation) -> list[TensorShape]:
    sizes = node.inputs[0].shape.sizes
    order = static_value(node.inputs[1])
    if order is None or sizes is None:
        length = node.inputs[1].shape.with_rank(1)
        if sizes is not None:
            length = length.merge_with([len(sizes)])
        return [unknown_shape(length.known_rank()[0])]
    if len(order) != len(sizes) or not all(-len(sizes) <= i < len(sizes) for i in order.tolist()):
        raise ValueError(f"{order.tolist()} is not a permutation of the {len(sizes)} axes")
    return [TensorShape([sizes[i] for i in order.tolist()])]


@_transpose.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    order = make_tensor("InvertPermutation", node.inputs[1])
    return [transpose(grad, order), None]


@op(
    "ConjugateTranspose",
    "x: T, perm: Tperm -> y: T",
    f"T: type, Tperm: {_INT}",
)
def _conjugate_transpose(xp: Any, x: Any, perm: Any) -> Any:
    """As Transpose, of the complex conjugates."""
    return xp.conj(x.transpose(perm.tolist()))


_conjugate_transpose.shape(_transposed_shape)


@_conjugate_transpose.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    order = make_tensor("InvertPermutation", node.inputs[1])
    return [transpose(grad, order, conjugate=True), None]


def transpose(a: Any, perm: Any = None, name: str = "transpose", conjugate: bool = False) -> Tensor:
    """`a` with its axes in the order `perm`, reversed when that is left out.

    conjugate: of complex numbers the conjugates.
    """
    with op_scope(name, "transpose", a) as scope:
        tensor = convert_to_tensor(a, name="a")
        if perm is None:
            ndims = tensor.shape.ndims
            if ndims is not None:
                perm = np.arange(ndims - 1, -1, -1, dtype=np.int32)
            else:
                last = rank(tensor) - 1
                perm = last - range_of(0, last + 1, 1)
        op_type = "ConjugateTranspose" if conjugate and tensor.dtype.is_complex else "Transpose"
        return make_tensor(op_type, tensor, perm, name=scope)


def matrix_transpose(a: Any, name: str = "matrix_transpose", conjugate: bool = False) -> Tensor:
    """`a` with its last two axes exchanged; conjugate: of complex numbers the conjugates."""
    with op_scope(name, "matrix_transpose", a):
        tensor = convert_to_tensor(a, name="a")
        ndims = tensor.shape.ndims
        if ndims is None:
            count = rank(tensor)
            order: Any = concat((make_tensor("Range", 0, count - 2, 1), [count - 1, count - 2]), 0)
        elif ndims < 2:
            raise ValueError(
                "Argument `a` should be a (batch) matrix with rank >= 2.  Received `a` = "
                f"{tensor} with shape: {tensor.shape}"
            )
        else:
            order = [*range(ndims - 2), ndims - 1, ndims - 2]
        return transpose(tensor, order, conjugate=conjugate)


@op("InvertPermutation", "x: T -> y: T", f"T: {_INT}", not_differentiable=True)
def _invert_permutation(xp: Any, x: Any) -> Any:
    """The permutation that undoes x: y[x[i]] = i."""
    count = x.shape[0]
    if not xp.array_equal(xp.sort(x), xp.arange(count)):
        raise errors.InvalidArgumentError(
            None, None, f"{x.tolist()} is not a permutation of 0 to {count - 1}"
        )
    inverse = xp.empty_like(x)
    inverse[x] = xp.arange(count, dtype=x.dtype)
    return inverse


@_invert_permutation.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape.with_rank(1)]


# -- tile ----------------------------------------------------------------------------------


@op(
    "Tile",
    "input: T, multiples: Tmultiples -> output: T",
    f"T: type, Tmultiples: {_INT}",
    view_of=0,
)
def _tile(xp: Any, value: Any, multiples: Any) -> Any:
    """Repeat a tensor along each axis."""
    counts = multiples.tolist()
    if len(counts) != value.ndim:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Expected multiples argument to be a vector of length {value.ndim} "
            f"but got length {len(counts)}",
        )
    if all(c == 1 for c in counts):
        return value
    if all(s == 1 or c == 1 for s, c in zip(value.shape, counts, strict=True)):
        sizes = [s * c for s, c in zip(value.shape, counts, strict=True)]
        return xp.broadcast_to(value, sizes)
    return xp.tile(value, counts)


@_tile.shape
def _(node: Operation) -> list[TensorShape]:
    value, multiples = node.inputs
    counts = static_shape(multiples).sizes
    sizes = value.shape.sizes
    if counts is None:
        return [unknown_shape(None if sizes is None else len(sizes))]
    sizes = value.shape.with_rank(len(counts)).sizes
    if sizes is None:
        return [unknown_shape(len(counts))]
    return [TensorShape([_times(s, c) for s, c in zip(sizes, counts, strict=True)])]


def _times(size: int | None, count: int | None) -> int | None:
    if 0 in (size, count):
        return 0
    return None if size is None or count is None else size * count


@_tile.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    """Sum over the copies: axes of the gradient are cut into (copies, size) pairs."""
    value, multiples = node.inputs
    input_shape = shape(value, out_type=multiples.dtype.base_dtype)
    pairs = reshape(transpose(stack([multiples, input_shape])), [-1])
    axes = range_of(0, size(pairs), 2)
    summed = reduce_sum(reshape(grad, pairs), axes)
    summed.set_shape(value.shape)
    return [summed, None]


def tile(input: Any, multiples: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """`input` repeated multiples[i] times along axis i."""
    return make_tensor("Tile", input, multiples, name=name)


# -- pad -----------------------------------------------------------------------------------


def _pad_widths(paddings: Any, ndim: int) -> list[tuple[int, int]]:
    if paddings.shape != (ndim, 2):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"The first dimension of paddings must be the rank of inputs and the second 2: "
            f"{list(paddings.shape)}, {ndim}",
        )
    return [tuple(pair) for pair in paddings.tolist()]


@op("Pad", "input: T, paddings: Tpaddings -> output: T", f"T: type, Tpaddings: {_INT}")
def _pad(xp: Any, value: Any, paddings: Any) -> Any:
    """Surround a tensor with zeros: paddings[i] says how many before and after along axis i."""
    nothing = boxed(b"") if value.dtype == object else 0
    return xp.pad(value, _pad_widths(paddings, value.ndim), constant_values=nothing)


@op(
    "PadV2",
    "input: T, paddings: Tpaddings, constant_values: T -> output: T",
    f"T: type, Tpaddings: {_INT}",
)
def _pad_v2(xp: Any, value: Any, paddings: Any, constant_values: Any) -> Any:
    """Surround a tensor with a constant."""
    widths = _pad_widths(paddings, value.ndim)
    return xp.pad(value, widths, constant_values=constant_values)


def _padded_shape(node: Operation) -> list[TensorShape]:
    value = node.inputs[0].shape
    pairs = node.inputs[1].shape.merge_with([None, 2])
    if len(node.inputs) > 2:
        node.inputs[2].shape.assert_has_rank(0)
    count = pairs.known_rank()[0]
    if count is not None:
        value = value.with_rank(count)
    sizes = value.sizes
    widths = static_value(node.inputs[1])
    if sizes is None or widths is None:
        return [value if sizes is None else unknown_shape(len(sizes))]
    if len(widths) != len(sizes):
        raise ValueError(f"Shape must be rank {len(widths)} but is rank {len(sizes)}")
    return [
        TensorShape(
            [
                None if s is None else s + int(before) + int(after)
                for s, (before, after) in zip(sizes, widths, strict=True)
            ]
        )
    ]


_pad.shape(_padded_shape)
_pad_v2.shape(_padded_shape)


def _pad_gradient(node: Operation, grad: Tensor) -> list[Tensor | None]:
    value, paddings = node.inputs[:2]
    value_rank = rank(value)
    before = make_tensor("Slice", paddings, [0, 0], stack([value_rank, 1]))
    begin = reshape(before, [-1])
    kept = make_tensor("Slice", grad, begin, shape(value, out_type=begin.dtype))
    return [kept, *[None] * (len(node.inputs) - 1)]


_pad.gradient(_pad_gradient)
_pad_v2.gradient(_pad_gradient)


def pad(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    name: str | None = None,
    constant_values: Any = 0,
) -> Tensor:
    """`tensor` with a border; paddings is one (before, after) pair per axis.

    mode: CONSTANT puts `constant_values` around it, REFLECT and SYMMETRIC its own mirror image.
    """
    if mode.upper() in ("REFLECT", "SYMMETRIC"):
        return make_tensor("MirrorPad", tensor, paddings, mode=mode.upper(), name=name)
    if mode.upper() != "CONSTANT":
        raise ValueError(f"Unknown padding mode: {mode}")
    if isinstance(constant_values, (int, float)) and constant_values == 0:
        return make_tensor("Pad", tensor, paddings, name=name)
    return make_tensor("PadV2", tensor, paddings, constant_values, name=name)


# -- reverse -------------------------------------------------------------------------------


@op("ReverseV2", "tensor: T, axis: Tidx -> output: T", f"Tidx: {_INT}, T: type", view_of=0)
def _reverse(xp: Any, value: Any, axis: Any) -> Any:
    """Reverse the order of the elements along axes."""
    return xp.flip(value, tuple(axis.tolist())) if axis.size else value


_reverse.shape(same_shape)


@_reverse.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("ReverseV2", grad, node.inputs[1]), None]


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Tensor:
    """`tensor` in reverse order along the axes listed."""
    return make_tensor("ReverseV2", tensor, axis, name=name)
