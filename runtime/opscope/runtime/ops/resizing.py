"""Pictures of another size: bilinear, bicubic, nearest neighbour and area, with their gradients.

Every method but the nearest neighbour is separable: an output row is a weighted sum of a few input
rows, its taps. The weights follow TensorFlow's kernels, in single precision where they use it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.shape import shape
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.tensor_shape import TensorShape

F32 = np.float32
_ANY = "int8, uint8, int16, uint16, int32, int64, float16, float32, float64, bfloat16"
_CORNERS = "align_corners: bool = false, half_pixel_centers: bool = false"
# How finely the cubic is tabulated.
_TABLE = 1024


class Taps(NamedTuple):
    """Which elements of an axis an output element is made of: indices and weights [out, taps]."""

    indices: Any
    weights: Any


def _scale(size: int, wanted: int, align_corners: bool) -> Any:
    # The corners of a single element are one: it is covered as if they were not aligned.
    if align_corners and wanted > 1 and size > 1:
        return F32(size - 1) / F32(wanted - 1)
    return F32(size) / F32(wanted)


def _places(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> Any:
    """Where on the input axis each output element lies."""
    out = np.arange(wanted, dtype=F32)
    scale = _scale(size, wanted, align_corners)
    return (out + F32(0.5)) * scale - F32(0.5) if half_pixel_centers else out * scale


@lru_cache(256)
def linear_taps(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> Taps:
    """The two neighbours of each place, weighted by nearness."""
    place = _places(size, wanted, align_corners, half_pixel_centers)
    below = np.floor(place)
    part = place - below
    low = np.maximum(below.astype(np.int64), 0)
    high = np.minimum(np.ceil(place).astype(np.int64), size - 1)
    return Taps(np.stack([low, high], 1), np.stack([F32(1) - part, part], 1))


@lru_cache(2)
def _cubic_table(a: float) -> tuple[Any, Any]:
    """The cubic convolution kernel at distances 0 to 1 and 1 to 2."""
    near = np.arange(_TABLE + 1) / _TABLE
    far = near + 1
    inner = ((a + 2) * near - (a + 3)) * near * near + 1
    outer = ((a * far - 5 * a) * far + 8 * a) * far - 4 * a
    return inner.astype(F32), outer.astype(F32)


@lru_cache(256)
def cubic_taps(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> Taps:
    """The four neighbours of each place; with half pixel centers those outside count nothing."""
    place = _places(size, wanted, align_corners, half_pixel_centers)
    below = np.floor(place)
    first = below.astype(np.int64)
    offset = np.rint((place - below) * F32(_TABLE)).astype(np.int64)
    inner, outer = _cubic_table(-0.5 if half_pixel_centers else -0.75)
    weights = np.stack(
        [outer[offset], inner[offset], inner[_TABLE - offset], outer[_TABLE - offset]], 1
    )
    wished = first[:, None] + np.arange(-1, 3)
    indices = np.clip(wished, 0, size - 1)
    if half_pixel_centers:
        weights = np.where(indices == wished, weights, F32(0))
        total = weights.sum(1, keepdims=True)
        inverse = F32(1) / np.where(np.abs(total) >= 1e-35, total, F32(1))
        weights = weights * inverse
    return Taps(indices, weights)


@lru_cache(256)
def area_taps(size: int, wanted: int, align_corners: bool) -> Taps:
    """All elements an output element covers, weighted by how much of each."""
    scale = _scale(size, wanted, align_corners)
    out = np.arange(wanted, dtype=F32)
    begin, end = out * scale, (out + F32(1)) * scale
    first = np.floor(begin).astype(np.int64)
    count = int((np.ceil(end).astype(np.int64) - first).max())
    wished = first[:, None] + np.arange(count)
    covered = np.minimum(wished + F32(1), end[:, None]) - np.maximum(wished, begin[:, None])
    weights = np.maximum(covered, 0).astype(F32) / scale
    return Taps(np.clip(wished, 0, size - 1), weights.astype(F32))


def _wanted(size: Any) -> tuple[int, int]:
    high, wide = size.tolist()
    if high <= 0 or wide <= 0:
        raise errors.InvalidArgumentError(None, None, "output dimensions must be positive")
    return high, wide


def _checked(images: Any) -> Any:
    if images.ndim != 4:
        raise errors.InvalidArgumentError(
            None, None, f"input must be 4-dimensional {list(images.shape)}"
        )
    if images.shape[1] <= 0 or images.shape[2] <= 0:
        raise errors.InvalidArgumentError(None, None, "image must be of non-zero size")
    return images


def _with_channels(images: Any) -> Any:
    if _checked(images).shape[3] <= 0:
        raise errors.InvalidArgumentError(None, None, "image must have at least one channel")
    return images


def _summed(xp: Any, values: Any, taps: Taps, axis: int, skips_zeros: bool = False) -> Any:
    """The weighted sums of elements along one axis."""
    wide = [1] * values.ndim
    wide[axis] = -1
    total: Any = None
    for k in range(taps.indices.shape[1]):
        weights = xp.asarray(np.ascontiguousarray(taps.weights[:, k])).reshape(wide)
        indices = xp.asarray(np.ascontiguousarray(taps.indices[:, k]))
        part = xp.take(values, indices, axis) * weights
        if skips_zeros:
            part = xp.where(weights == 0, part.dtype.type(0), part)
        total = part if total is None else total + part
    return total


def _between(xp: Any, values: Any, taps: Taps, axis: int) -> Any:
    """Linear interpolation along one axis: low + (high - low) * part, as TensorFlow rounds it."""
    wide = [1] * values.ndim
    wide[axis] = -1
    part = xp.asarray(np.ascontiguousarray(taps.weights[:, 1])).reshape(wide)
    low, high = (
        xp.take(values, xp.asarray(np.ascontiguousarray(taps.indices[:, k])), axis) for k in (0, 1)
    )
    high -= low
    high *= part
    high += low
    return high


def _spread(xp: Any, grads: Any, rows: Taps, columns: Taps, height: int, width: int) -> Any:
    """The transpose of the two sums: gradients of the outputs as gradients of the input."""
    # By slices, not by matrices: the 0 of a matrix makes NaN of an infinity elsewhere.
    batch, high, wide, channels = grads.shape
    tall = xp.zeros((batch, height, wide, channels), grads.dtype)
    for i in range(high):
        for place, weight in zip(rows.indices[i], rows.weights[i], strict=True):
            tall[:, place] += grads[:, i] * grads.dtype.type(weight)
    both = xp.zeros((batch, height, width, channels), grads.dtype)
    for i in range(wide):
        for place, weight in zip(columns.indices[i], columns.weights[i], strict=True):
            both[:, :, place] += tall[:, :, i] * grads.dtype.type(weight)
    return both


def _spread_exactly(xp: Any, grads: Any, rows: Taps, columns: Taps, height: int, width: int) -> Any:
    """As `_spread`, the sums in double precision whatever the products are in."""
    batch, _, _, channels = grads.shape
    total = xp.zeros((batch, height, width, channels), np.float64)

    def along(taps: Taps, k: int) -> tuple[Any, Any]:
        return tuple(xp.asarray(np.ascontiguousarray(part[:, k])) for part in taps)

    for i in range(rows.indices.shape[1]):
        places, weights = along(rows, i)
        down = grads * weights[:, None, None]
        for j in range(columns.indices.shape[1]):
            across, shares = along(columns, j)
            part = (down * shares[:, None]).astype(np.float64)
            xp.add.at(total, (slice(None), places[:, None], across[None]), part)
    return total


@op(
    "ResizeBilinear",
    "images: T, size: int32 -> resized_images: float32",
    f"T: {{{_ANY}}}, {_CORNERS}",
)
def _bilinear(
    xp: Any, images: Any, size: Any, *, align_corners: bool, half_pixel_centers: bool
) -> Any:
    """Images [batch, height, width, channels] of another size, by linear interpolation."""
    high, wide = _wanted(size)
    values = _with_channels(images).astype(xp.float32)
    if (high, wide) == values.shape[1:3]:
        return values
    columns = linear_taps(values.shape[2], wide, align_corners, half_pixel_centers)
    rows = linear_taps(values.shape[1], high, align_corners, half_pixel_centers)
    return _between(xp, _between(xp, values, columns, 2), rows, 1)


@op(
    "ResizeBicubic",
    "images: T, size: int32 -> resized_images: float32",
    f"T: {{{_ANY}}}, {_CORNERS}",
)
def _bicubic(
    xp: Any, images: Any, size: Any, *, align_corners: bool, half_pixel_centers: bool
) -> Any:
    """Images [batch, height, width, channels] of another size, by cubic convolution."""
    high, wide = _wanted(size)
    values = _with_channels(images).astype(xp.float32)
    columns = cubic_taps(values.shape[2], wide, align_corners, half_pixel_centers)
    rows = cubic_taps(values.shape[1], high, align_corners, half_pixel_centers)
    return _summed(xp, _summed(xp, values, columns, 2), rows, 1)


@op(
    "ResizeArea",
    "images: T, size: int32 -> resized_images: float32",
    f"T: {{{_ANY}}}, align_corners: bool = false",
)
def _area(xp: Any, images: Any, size: Any, *, align_corners: bool) -> Any:
    """Images [batch, height, width, channels] of another size: means of what a pixel covers."""
    high, wide = _wanted(size)
    values = _with_channels(images).astype(xp.float32)
    columns = area_taps(values.shape[2], wide, align_corners)
    rows = area_taps(values.shape[1], high, align_corners)
    return _summed(xp, _summed(xp, values, columns, 2, True), rows, 1, True)


@lru_cache(256)
def nearest_indices(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> Any:
    """The element of an axis that each output element is a copy of."""
    out = np.arange(wanted, dtype=F32)
    scale = _scale(size, wanted, align_corners)
    place = (out + F32(0.5)) * scale if half_pixel_centers else out * scale
    nearest = np.floor(place + F32(0.5)) if align_corners else np.floor(place)
    return np.clip(nearest.astype(np.int64), 0, size - 1)


@op(
    "ResizeNearestNeighbor",
    "images: T, size: int32 -> resized_images: T",
    f"T: {{{_ANY}}}, {_CORNERS}",
)
def _nearest(
    xp: Any, images: Any, size: Any, *, align_corners: bool, half_pixel_centers: bool
) -> Any:
    """Images [batch, height, width, channels] of another size, of copies of their pixels."""
    high, wide = _wanted(size)
    _with_channels(images)
    rows = nearest_indices(images.shape[1], high, align_corners, half_pixel_centers)
    columns = nearest_indices(images.shape[2], wide, align_corners, half_pixel_centers)
    return xp.take(xp.take(images, xp.asarray(rows), 1), xp.asarray(columns), 2)


@op(
    "ResizeNearestNeighborGrad",
    "grads: T, size: int32 -> output: T",
    f"T: {{uint8, int8, int32, float16, float32, float64, bfloat16}}, {_CORNERS}",
)
def _nearest_grad(
    xp: Any, grads: Any, size: Any, *, align_corners: bool, half_pixel_centers: bool
) -> Any:
    """The gradient of ResizeNearestNeighbor with respect to images of a height and width."""
    high, wide = _wanted(size)
    rows = nearest_indices(high, grads.shape[1], align_corners, half_pixel_centers)
    columns = nearest_indices(wide, grads.shape[2], align_corners, half_pixel_centers)
    down, across = (Taps(i[:, None], np.ones((len(i), 1), F32)) for i in (rows, columns))
    is_short = grads.dtype.itemsize == 2 and grads.dtype.kind not in "iu"
    exact = grads.astype(xp.float32) if is_short else grads
    return _spread(xp, exact, down, across, high, wide).astype(grads.dtype)


def _interpolation_grad(taps: Callable[..., Taps], products: Any) -> Callable[..., Any]:
    """The kernel; products: the type that those of gradients of float64 images are rounded to."""

    def kernel(
        xp: Any, grads: Any, image: Any, *, align_corners: bool, half_pixel_centers: bool
    ) -> Any:
        """The gradient of the resizing with respect to the original images."""
        _checked(grads)
        high, wide = _checked(image).shape[1:3]
        rows = taps(high, grads.shape[1], align_corners, half_pixel_centers)
        columns = taps(wide, grads.shape[2], align_corners, half_pixel_centers)
        if image.dtype == np.float64:
            return _spread_exactly(xp, grads.astype(products), rows, columns, high, wide)
        return _spread(xp, grads, rows, columns, high, wide).astype(image.dtype)

    return kernel


_bilinear_grad = op(
    "ResizeBilinearGrad",
    "grads: float32, original_image: T -> output: T",
    f"T: {{float32, bfloat16, float16, float64}}, {_CORNERS}",
    not_differentiable=True,
)(_interpolation_grad(linear_taps, np.float32))
_bicubic_grad = op(
    "ResizeBicubicGrad",
    "grads: float32, original_image: T -> output: T",
    f"T: {{float32, float64}}, {_CORNERS}",
)(_interpolation_grad(cubic_taps, np.float64))


# -- shapes and gradients ------------------------------------------------------------------


def _resized_shape(node: Operation) -> list[TensorShape]:
    images = node.inputs[0].shape.with_rank(4)
    size = static_value(node.inputs[1])
    high, wide = (None, None) if size is None else size.tolist()
    return [TensorShape([images[0], high, wide, images[3]])]


for _definition in (_bilinear, _bicubic, _area, _nearest, _nearest_grad):
    _definition.shape(_resized_shape)


def _shape_of_the_image(node: Operation) -> list[TensorShape]:
    return [node.inputs[1].shape]


_bilinear_grad.shape(_shape_of_the_image)
_bicubic_grad.shape(_shape_of_the_image)


def _corners(node: Operation) -> dict[str, Any]:
    return {k: node.attrs[k] for k in ("align_corners", "half_pixel_centers")}


def _differentiated(definition: OpDef, grad_type: str, of_types: tuple[dtypes.DType, ...]) -> None:
    @definition.gradient
    def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
        image = node.inputs[0]
        if image.dtype.base_dtype not in of_types:
            return [None, None]
        return [make_tensor(grad_type, grad, image, **_corners(node)), None]


_differentiated(
    _bilinear,
    "ResizeBilinearGrad",
    (dtypes.float32, dtypes.bfloat16, dtypes.float16, dtypes.float64),
)
_differentiated(_bicubic, "ResizeBicubicGrad", (dtypes.float32, dtypes.float64))


@_nearest.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    image = node.inputs[0]
    known = image.shape[1:3]
    size = known.as_list() if known.is_fully_defined() else shape(image)[1:3]
    return [make_tensor("ResizeNearestNeighborGrad", grad, size, **_corners(node)), None]
