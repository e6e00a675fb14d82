"""Discrete Fourier transforms over the last one, two or three axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import constant_value, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.arrangement import pad
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.filling import zeros, zeros_like
from opscope.runtime.ops.joining import concat, stack, unstack
from opscope.runtime.ops.reduction import reduce_prod
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import rank as rank_of
from opscope.runtime.ops.shape import shape
from opscope.runtime.ops.static_value import static_shape, static_value
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_COMPLEX = "Tcomplex: {complex64, complex128} = complex64"
_REAL = "Treal: {float32, float64} = float32"
_NAMES = {1: "", 2: "2D", 3: "3D"}

Transform = Callable[..., Tensor]


def _axes(rank: int) -> tuple[int, ...]:
    return tuple(range(-rank, 0))


def _define_complex(rank: int, inverse: bool) -> OpDef:
    function = "ifftn" if inverse else "fftn"

    def kernel(xp: Any, value: Any) -> Any:
        if value.ndim < rank:
            raise errors.InvalidArgumentError(
                None, None, f"Input must have rank of at least {rank} but got: {list(value.shape)}"
            )
        if not value.size:
            return value.copy()
        return getattr(xp.fft, function)(value, axes=_axes(rank)).astype(value.dtype)

    kind = "inverse Fourier transform" if inverse else "Fourier transform"
    kernel.__doc__ = f"The {kind} over the last {rank} axes."
    name = f"{'I' if inverse else ''}FFT{_NAMES[rank]}"
    made = op(name, "input: Tcomplex -> output: Tcomplex", _COMPLEX)(kernel)
    made.shape(same_shape)
    back = f"{'' if inverse else 'I'}FFT{_NAMES[rank]}"

    @made.gradient
    def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
        size = reduce_prod(shape(grad)[-rank:])
        if inverse:
            kind = grad.dtype.real_dtype
            scale = cast(1.0 / cast(size, kind), grad.dtype)
        else:
            scale = cast(size, grad.dtype)
        return [make_tensor(back, grad) * scale]

    return made


def _define_to_complex(rank: int) -> OpDef:
    def kernel(xp: Any, value: Any, fft_length: Any, *, Tcomplex: Any) -> Any:  # noqa: N803
        sizes = tuple(int(s) for s in fft_length)
        if not value.size or 0 in sizes:
            empty = (*value.shape[:-rank], *sizes[:-1], sizes[-1] // 2 + 1 if sizes[-1] else 0)
            return xp.zeros(empty, Tcomplex.as_numpy_dtype)
        _check_sizes(value.shape[-rank:], sizes)
        found = xp.fft.rfftn(value, sizes, _axes(rank))
        return found.astype(Tcomplex.as_numpy_dtype)

    kernel.__doc__ = f"The Fourier transform of real numbers over the last {rank} axes, one half."
    made = op(
        f"RFFT{_NAMES[rank]}",
        "input: Treal, fft_length: int32 -> output: Tcomplex",
        f"{_REAL}, {_COMPLEX}",
    )(kernel)
    made.shape(lambda node: _length_shape(node, rank, True))
    return made


def _define_to_real(rank: int) -> OpDef:
    def kernel(xp: Any, value: Any, fft_length: Any, *, Treal: Any) -> Any:  # noqa: N803
        sizes = tuple(int(s) for s in fft_length)
        if not value.size or 0 in sizes:
            return xp.zeros((*value.shape[:-rank], *sizes), Treal.as_numpy_dtype)
        _check_sizes(value.shape[-rank:], (*sizes[:-1], sizes[-1] // 2 + 1))
        found = xp.fft.irfftn(value, sizes, _axes(rank))
        return found.astype(Treal.as_numpy_dtype)

    kernel.__doc__ = f"The inverse of RFFT{_NAMES[rank]}."
    made = op(
        f"IRFFT{_NAMES[rank]}",
        "input: Tcomplex, fft_length: int32 -> output: Treal",
        f"{_REAL}, {_COMPLEX}",
    )(kernel)
    made.shape(lambda node: _length_shape(node, rank, False))
    return made


def _check_sizes(given: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    for axis, (have, need) in enumerate(zip(given, wanted, strict=True)):
        if have < need:
            raise errors.InvalidArgumentError(
                None, None, f"Input dimension {axis} must have length of at least {need} but got: "
                f"{have}",
            )  # fmt: skip


def _length_shape(node: Operation, rank: int, halves: bool) -> list[TensorShape]:
    value = node.inputs[0].shape
    if value.sizes is None:
        return [unknown_shape()]
    if len(value.sizes) < rank:
        raise ValueError(f"Shape {value} must have rank at least {rank}")
    known = static_value(node.inputs[1])
    inner: list[int | None] = [None] * rank
    if known is not None:
        inner = [int(s) for s in known]
        if halves:
            last = int(known[-1])
            inner[-1] = last // 2 + 1 if last else 0
    return [TensorShape([*value.sizes[:-rank], *inner])]


for _rank in (1, 2, 3):
    for _inverse in (False, True):
        _define_complex(_rank, _inverse)
_TO_COMPLEX = {rank: _define_to_complex(rank) for rank in (1, 2, 3)}
_TO_REAL = {rank: _define_to_real(rank) for rank in (1, 2, 3)}


# -- gradients of real transforms ----------------------------------------------------------


def _real_part(value: Tensor, kind: dtypes.DType) -> Tensor:
    return make_tensor("Real", value, Tout=kind)


@_TO_COMPLEX[1].gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    """Half the inverse transform, and the terms that have no counterpart in the other half."""
    from opscope.runtime.ops.sequence import range as range_of

    value, length = node.inputs
    whole = grad.dtype.base_dtype
    kind = whole.real_dtype
    sizes = shape(value)
    is_even = cast(1 - length[-1] % 2, whole)
    signs = cast(1 - 2 * (range_of(sizes[-1]) % 2), whole)
    extra = grad[..., 0:1] + is_even * grad[..., -1:] * signs
    count = cast(reduce_prod(shape(value)[-1:]), kind)
    back = make_tensor("IRFFT", grad, length, Treal=kind)
    return [0.5 * (back * count + _real_part(extra, kind)), None]


@_TO_COMPLEX[2].gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    from opscope.runtime.ops.sequence import range as range_of

    value, length = node.inputs
    whole = grad.dtype.base_dtype
    kind = whole.real_dtype
    sizes = shape(value)
    is_even = cast(1 - length[-1] % 2, whole)
    signs = cast(1 - 2 * (range_of(sizes[-1]) % 2), whole)
    # The transform over the rows, of the first and the middle column.
    rows = range_of(sizes[-2])
    product = make_tensor("ExpandDims", rows, 1) * make_tensor("ExpandDims", rows, 0)
    angles = cast(product, kind) * (-2 * np.pi) / cast(sizes[-2], kind)
    turns = make_tensor(
        "Complex", make_tensor("Cos", angles), make_tensor("Sin", angles), Tout=whole
    )
    first, middle = (
        make_tensor("BatchMatMulV2", turns, make_tensor("Conj", column))
        for column in (grad[..., 0:1], grad[..., -1:])
    )
    extra = first + is_even * (middle * signs)
    count = cast(reduce_prod(sizes[-2:]), kind)
    back = make_tensor("IRFFT2D", grad, length, Treal=kind)
    return [0.5 * (back * count + _real_part(extra, kind)), None]


@_TO_REAL[1].gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return _irfft_gradient(node, grad, 1)


@_TO_REAL[2].gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return _irfft_gradient(node, grad, 2)


def _irfft_gradient(node: Operation, grad: Tensor, rank: int) -> list[Tensor | None]:
    from opscope.runtime.ops.filling import ones

    value, length = node.inputs
    kind = grad.dtype.base_dtype
    whole = value.dtype.base_dtype
    is_odd = length[-1] % 2
    columns = shape(value)[-1]
    # Each term between the first and the middle one stands for itself and its conjugate.
    mask = concat([[1.0], 2.0 * ones([columns - 2 + is_odd], kind), ones([1 - is_odd], kind)], 0)
    share = make_tensor("Reciprocal", cast(reduce_prod(shape(grad)[-rank:]), kind))
    back = make_tensor(f"RFFT{_NAMES[rank]}", grad, length, Tcomplex=whole)
    return [back * cast(share * mask, whole), None]


# -- functions -----------------------------------------------------------------------------


def _complex_function(rank: int, inverse: bool) -> Transform:
    name = f"{'I' if inverse else ''}FFT{_NAMES[rank]}"

    def function(input: Any, name: str | None = None) -> Tensor:  # noqa: A002
        return make_tensor(op_type, input, name=name)

    op_type = name
    function.__doc__ = f"{name}: the transform over the last {rank} axes."
    return function


fft, fft2d, fft3d = (_complex_function(r, False) for r in (1, 2, 3))
ifft, ifft2d, ifft3d = (_complex_function(r, True) for r in (1, 2, 3))


def _real_function(rank: int, inverse: bool) -> Transform:
    op_type = f"{'I' if inverse else ''}RFFT{_NAMES[rank]}"
    default = op_type.lower()

    def function(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
        with op_scope(name, default, input_tensor, fft_length) as scope:
            preferred = dtypes.complex64 if inverse else dtypes.float32
            value = convert_to_tensor(input_tensor, preferred_dtype=preferred)
            kind = value.dtype.base_dtype
            pairs = {
                dtypes.float32: dtypes.complex64,
                dtypes.float64: dtypes.complex128,
                dtypes.complex64: dtypes.float32,
                dtypes.complex128: dtypes.float64,
            }
            if kind not in pairs or kind.is_complex is not inverse:
                wanted = "complex64 or tf.complex128" if inverse else "float32 or tf.float64"
                raise ValueError(f"{op_type} requires tf.{wanted} inputs, got: {value}")
            if fft_length is None:
                length = _default_length(value, rank, inverse)
            else:
                length = convert_to_tensor(fft_length, dtypes.int32)
            value = _padded(value, rank, length, inverse)
            known = constant_value(length)
            attr = {"Treal" if inverse else "Tcomplex": pairs[kind]}
            sizes = length if known is None else known
            return _made(op_type, value, sizes, scope, attr)

    function.__doc__ = f"{op_type}: the transform over the last {rank} axes, of fft_length."
    return function


def _made(op_type: str, value: Tensor, sizes: Any, name: str, attrs: dict[str, Any]) -> Tensor:
    return make_tensor(op_type, value, sizes, name=name, **attrs)


def _default_length(value: Tensor, rank: int, inverse: bool) -> Tensor:
    known = value.shape[-rank:]
    if known.is_fully_defined():
        sizes = [s or 0 for s in known.as_list()]
        if inverse:
            sizes[-1] = max(0, 2 * (sizes[-1] - 1))
        return convert_to_tensor(sizes, dtypes.int32)
    if not inverse:
        return shape(value)[-rank:]
    parts = unstack(shape(value)[-rank:])
    parts[-1] = make_tensor("Maximum", 0, 2 * (parts[-1] - 1))
    return stack(parts)


def _padded(value: Tensor, rank: int, length: Tensor, inverse: bool) -> Tensor:
    """The value, filled up with zeros where the transform is longer."""
    sizes = value.shape.sizes
    if sizes is not None and 0 in sizes:
        return value
    wanted = static_shape(length).sizes
    if sizes is not None and wanted is not None and None not in (*wanted, *sizes[-rank:]):
        goal = [s or 0 for s in wanted]
        if inverse:
            goal[-1] = goal[-1] // 2 + 1
        more = [[0, max(g - (s or 0), 0)] for g, s in zip(goal, sizes[-rank:], strict=True)]
        if not any(after for _, after in more):
            return value
        return pad(value, [[0, 0]] * max(len(sizes) - rank, 0) + more)
    ndims = rank_of(value)
    inner = shape(value)[-rank:]
    outer = zeros([make_tensor("Maximum", 0, ndims - rank)], length.dtype)
    if inverse:
        length = concat([length[:-1], make_tensor("FloorDiv", length[-1:], 2) + 1], 0)
    more_tensor = make_tensor("Maximum", 0, length - inner)
    behind = concat([outer, more_tensor], 0)
    return pad(value, stack([zeros_like(behind), behind], axis=1))


rfft, rfft2d, rfft3d = (_real_function(r, False) for r in (1, 2, 3))
irfft, irfft2d, irfft3d = (_real_function(r, True) for r in (1, 2, 3))


def _shifted(x: Any, axes: Any, name: str | None, default: str, sign: int) -> Tensor:
    from opscope.runtime.ops.gathering import gather
    from opscope.runtime.ops.rolling import roll

    with op_scope(name, default) as scope:
        value = convert_to_tensor(x)
        if axes is None:
            places: Any = tuple(range(len(value.shape)))
            shift = shape(value) // 2
        elif isinstance(axes, int):
            places, shift = axes, shape(value)[axes] // 2
        else:
            ndims = rank_of(value)
            given = np.asarray(axes, np.int32)
            below = make_tensor("Less", given, 0)
            places = make_tensor("Select", below, axes + ndims, given)
            shift = gather(shape(value), places) // 2
        return roll(value, shift if sign > 0 else -shift, places, scope)


def fftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """The zero frequency moved to the middle of `axes` (of all)."""
    return _shifted(x, axes, name, "fftshift", 1)


def ifftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """What `fftshift` did undone."""
    return _shifted(x, axes, name, "ifftshift", -1)
