"""Patches of pictures: all of them side by side, and one glimpse of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.shape import shape
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.ops.windows import line, windows_along
from opscope.runtime.tensor_shape import TensorShape

_KINDS = (
    "bfloat16, float16, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, "
    "uint64, complex64, complex128, bool"
)


@op(
    "ExtractImagePatches",
    "images: T -> patches: T",
    "ksizes: list(int) >= 4, strides: list(int) >= 4, rates: list(int) >= 4, "
    f"T: {{{_KINDS}}}, padding: {{'SAME', 'VALID'}}",
)
def _patches(xp: Any, images: Any, *, ksizes: Any, strides: Any, rates: Any, padding: str) -> Any:
    """The windows of images [batch, height, width, channels], each flattened into the channels."""
    rows, columns = (
        line(images.shape[i], ksizes[i], strides[i], padding, rates[i]) for i in (1, 2)
    )
    framed = xp.pad(
        images,
        ((0, 0), (rows.before, rows.after), (columns.before, columns.after), (0, 0)),
    )
    parts = [
        framed[:, rows.places(y), columns.places(x)]
        for y in range(rows.window)
        for x in range(columns.window)
    ]
    return xp.concatenate(parts, -1)


@_patches.shape
def _(node: Operation) -> list[TensorShape]:
    batch, high, wide, channels = node.inputs[0].shape.with_rank(4).as_list()
    a = node.attrs
    sizes = [
        windows_along(size, a["ksizes"][i], a["strides"][i], a["padding"], a["rates"][i])
        for i, size in ((1, high), (2, wide))
    ]
    depth = None if channels is None else channels * a["ksizes"][1] * a["ksizes"][2]
    return [TensorShape([batch, *sizes, depth])]


@_patches.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    # The patches of the pixels' own numbers say where each element of the gradient belongs.
    from opscope.runtime.math import cast, unsorted_segment_sum
    from opscope.runtime.ops.arrangement import transpose
    from opscope.runtime.ops.sequence import range as range_of
    from opscope.runtime.ops.shape import reshape

    images = node.inputs[0]
    batch, high, wide, channels = (shape(images)[i] for i in range(4))
    count = high * wide + 1
    # Number 0 stands for the padding.
    numbers = reshape(range_of(1, count), (1, high, wide, 1))
    places = make_tensor(
        "ExtractImagePatches",
        numbers,
        **{k: node.attrs[k] for k in ("ksizes", "strides", "rates", "padding")},
    )
    window = node.attrs["ksizes"][1] * node.attrs["ksizes"][2]
    out_high, out_wide = shape(grad)[1], shape(grad)[2]
    by_place = reshape(grad, (batch, out_high, out_wide, window, channels))
    by_place = transpose(by_place, (1, 2, 3, 0, 4))
    flat = reshape(by_place, (out_high * out_wide * window, batch * channels))
    total = unsorted_segment_sum(flat, reshape(cast(places, dtypes.int32), [-1]), count)
    ordered = reshape(total[1:], (high, wide, batch, channels))
    return [transpose(ordered, (2, 0, 1, 3))]


# -- glimpses ------------------------------------------------------------------------------


_GLIMPSE = "input: float32, size: int32, offsets: float32 -> glimpse: float32"
_GLIMPSE_ATTRS = (
    "centered: bool = true, normalized: bool = true, uniform_noise: bool = true, "
    "noise: string = 'uniform'"
)


def _glimpses(images: Any, size: Any, places: Any, outside: Any) -> Any:
    """One window of each image; `outside` [batch, height, width, channels] where it has none."""
    high, wide = size.tolist()
    out = outside
    for b, (top, left) in enumerate(np.trunc(places).astype(np.int64).tolist()):
        y0, y1 = max(top, 0), min(top + high, images.shape[1])
        x0, x1 = max(left, 0), min(left + wide, images.shape[2])
        if y0 < y1 and x0 < x1:
            out[b, y0 - top : y1 - top, x0 - left : x1 - left] = images[b, y0:y1, x0:x1]
    return out


def _check_offsets(images: Any, offsets: Any) -> None:
    if offsets.shape != (len(images), 2):
        raise errors.InvalidArgumentError(
            None, None, f"offsets should have shape [{len(images)}, 2], got {list(offsets.shape)}"
        )


def _corners(images: Any, size: Any, offsets: Any, centered: bool, normalized: bool) -> Any:
    """The upper left corners of the windows, as the first version of the op places them."""
    whole, half = np.array(images.shape[1:3], np.float32), np.float32(0.5)
    places = offsets * whole if normalized else offsets
    if centered:
        places = places * half + whole * half
    return places - size.astype(np.float32) * half


def _corners_v2(images: Any, size: Any, offsets: Any, centered: bool, normalized: bool) -> Any:
    """As `_corners` where offsets are both centered and normalized.

    Else an offset is the corner's, from the image's middle or from its corner.
    """
    if normalized and centered:
        return _corners(images, size, offsets, centered, normalized)
    whole = np.array(images.shape[1:3], np.float32)
    if normalized:
        return offsets * whole
    return offsets + whole * np.float32(0.5) if centered else offsets


def _glimpse_kernel(corners: Any) -> Any:
    def kernel(
        xp: Any,
        images: Any,
        size: Any,
        offsets: Any,
        *,
        centered: bool,
        normalized: bool,
        uniform_noise: bool,
        noise: str,
    ) -> Any:
        """A window of each image at an offset; noise where it reaches beyond the image."""
        _check_offsets(images, offsets)
        random = np.random.default_rng()
        made = (len(images), *size.tolist(), images.shape[3])
        if uniform_noise or noise == "uniform":
            outside = random.uniform(images.min(), images.max(), made)
        elif noise == "gaussian":
            outside = random.normal(images.mean(), images.std(), made)
        else:
            outside = np.zeros(made)
        places = corners(images, size, offsets, centered, normalized)
        return _glimpses(images, size, places, outside.astype(np.float32))

    return kernel


_glimpse, _glimpse_v2 = (
    op(
        name,
        _GLIMPSE,
        _GLIMPSE_ATTRS,
        host_only=True,
        not_differentiable=name == "ExtractGlimpse",
    )(_glimpse_kernel(corners))
    for name, corners in (("ExtractGlimpse", _corners), ("ExtractGlimpseV2", _corners_v2))
)


def _glimpse_shape(node: Operation) -> list[TensorShape]:
    images = node.inputs[0].shape.with_rank(4)
    size = static_value(node.inputs[1])
    high, wide = (None, None) if size is None else size.tolist()
    return [TensorShape([images[0], high, wide, images[3]])]


for _definition in (_glimpse, _glimpse_v2):
    _definition.shape(_glimpse_shape)
