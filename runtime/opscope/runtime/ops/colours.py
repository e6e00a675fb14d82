"""Colours of pictures: RGB and HSV, and contrast, hue and saturation changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.joining import stack
from opscope.runtime.tensor_shape import TensorShape

_FLOATS = "T: {float16, bfloat16, float32, float64} = float32"
_ADJUSTED = "T: {float16, float32} = float32"


def _three(images: Any, error: Any = errors.InvalidArgumentError) -> Any:
    if images.ndim < 1 or images.shape[-1] != 3:
        raise error(
            None, None, f"input must have 3 channels but instead has shape {list(images.shape)}"
        )
    return images


def _to_hsv(xp: Any, images: Any) -> tuple[Any, Any, Any]:
    kind = images.dtype.type
    red, green, blue = images[..., 0], images[..., 1], images[..., 2]
    value = images.max(-1)
    spread = value - images.min(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        saturation = xp.where(value > 0, spread / value, kind(0))
        norm = kind(1) / spread * kind(1 / 6)
        hue = xp.where(
            red == value,
            norm * (green - blue),
            xp.where(
                green == value,
                norm * (blue - red) + kind(2 / 6),
                norm * (red - green) + kind(4 / 6),
            ),
        )
    hue = xp.where(spread > 0, hue, kind(0))
    return xp.where(hue < 0, hue + kind(1), hue), saturation, value


def _to_rgb(xp: Any, hue: Any, saturation: Any, value: Any) -> Any:
    kind = hue.dtype.type
    angle = hue * kind(6)
    parts = (
        abs(angle - kind(3)) - kind(1),
        kind(2) - abs(angle - kind(2)),
        kind(2) - abs(angle - kind(4)),
    )
    rest = kind(1) - saturation
    inside = [xp.minimum(xp.maximum(p, kind(0)), kind(1)) for p in parts]
    return xp.stack([(rest + saturation * p) * value for p in inside], -1)


@op("RGBToHSV", "images: T -> output: T", _FLOATS)
def _rgb_to_hsv(xp: Any, images: Any) -> Any:
    """Hue, saturation and value, each in [0, 1], of red, green and blue along the last axis."""
    return xp.stack(_to_hsv(xp, _three(images, errors.FailedPreconditionError)), -1)


@op("HSVToRGB", "images: T -> output: T", _FLOATS, not_differentiable=True)
def _hsv_to_rgb(xp: Any, images: Any) -> Any:
    """Red, green and blue of hue, saturation and value along the last axis."""
    _three(images, errors.FailedPreconditionError)
    return _to_rgb(xp, *(images[..., i] for i in range(3)))


@op("AdjustContrastv2", "images: T, contrast_factor: float32 -> output: T", _ADJUSTED)
def _adjust_contrast(xp: Any, images: Any, factor: Any) -> Any:
    """Pixels moved away from the mean of their channel, or towards it, by a factor."""
    if images.ndim < 3:
        raise errors.InvalidArgumentError(
            None, None, f"input must be at least 3-D, got shape{list(images.shape)}"
        )
    exact = images.astype(xp.float32)
    mean = exact.mean((-3, -2), keepdims=True)
    return ((exact - mean) * factor + mean).astype(images.dtype)


@op("AdjustHue", "images: T, delta: float32 -> output: T", _ADJUSTED)
def _adjust_hue(xp: Any, images: Any, delta: Any) -> Any:
    """RGB images with their hues turned by `delta` of a whole turn."""
    exact = _three(images).astype(xp.float32)
    hue, _, top = _to_hsv(xp, exact)
    bottom = exact.min(-1)
    angle = (hue * np.float32(6) + delta * np.float32(6)) % np.float32(6)
    one, zero = np.float32(1), np.float32(0)
    parts = (abs(angle - 3) - one, 2 - abs(angle - 2), 2 - abs(angle - 4))
    turned = [bottom + xp.clip(p.astype(xp.float32), zero, one) * (top - bottom) for p in parts]
    return xp.stack(turned, -1).astype(images.dtype)


@op("AdjustSaturation", "images: T, scale: float32 -> output: T", _ADJUSTED)
def _adjust_saturation(xp: Any, images: Any, scale: Any) -> Any:
    """RGB images with their saturations multiplied."""
    hue, saturation, value = _to_hsv(xp, _three(images).astype(xp.float32))
    scaled = xp.clip(saturation * scale, np.float32(0), np.float32(1))
    return _to_rgb(xp, hue, scaled, value).astype(images.dtype)


def _with_three_channels(node: Operation) -> list[TensorShape]:
    sizes = node.inputs[0].shape.with_rank_at_least(1)
    if sizes.ndims is None:
        return [sizes]
    return [sizes[:-1].concatenate(sizes[-1:].merge_with([3]))]


def _of_three_axes_or_more(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape.with_rank_at_least(3)]


for _definition in (_rgb_to_hsv, _hsv_to_rgb):
    _definition.shape(_with_three_channels)
for _definition in (_adjust_hue, _adjust_saturation):
    _definition.shape(_of_three_axes_or_more)
_adjust_contrast.shape(same_shape)


@_rgb_to_hsv.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    # The derivatives of each of H, S and V by the case of which channel is largest and smallest;
    # cases at a tie are those of TensorFlow's gradient.
    image, hsv = node.inputs[0], node.outputs[0]
    channels = [image[..., i] for i in range(3)]
    red, green, blue = channels
    saturation, value = hsv[..., 1], hsv[..., 2]
    dtype = image.dtype.base_dtype

    def flag(condition: Tensor) -> Tensor:
        return cast(condition, dtype)

    largest = [
        flag((red >= blue) & (red >= green)),
        flag((green > red) & (green >= blue)),
        flag((blue > red) & (blue > green)),
    ]
    smallest = [
        flag((red < blue) & (red < green)),
        flag((green <= red) & (green < blue)),
        flag((blue <= red) & (blue <= green)),
    ]
    positive = [flag(c > 0) for c in channels]
    by_value = stack([grad[..., 2] * m for m in largest], -1)
    by_saturation = [
        grad[..., 1] * _saturation_derivative(i, channels, largest, smallest, positive)
        for i in range(3)
    ]
    squares = _inverse(saturation * saturation) * _inverse(value * value)
    by_hue = [
        grad[..., 0] * (_hue_derivative(i, channels, largest, smallest, positive, squares) / 6)
        for i in range(3)
    ]
    return [by_value + stack(by_saturation, -1) + stack(by_hue, -1)]


def _inverse(x: Tensor) -> Tensor:
    from opscope.runtime.math import div_no_nan

    return div_no_nan(cast(1.0, x.dtype), x)


def _saturation_derivative(
    i: int, channels: Any, largest: Any, smallest: Any, positive: Any
) -> Tensor:
    j, k = [n for n in range(3) if n != i]
    mine = channels[i]
    as_largest = largest[i] * (smallest[j] * channels[j] + smallest[k] * channels[k])
    as_smallest = _inverse(largest[j] * channels[j] + largest[k] * channels[k])
    made: Tensor = positive[i] * (as_largest * _inverse(mine * mine) - smallest[i] * as_smallest)
    return made


def _hue_derivative(
    i: int, channels: Any, largest: Any, smallest: Any, positive: Any, squares: Tensor
) -> Tensor:
    """Sixths of a turn per unit of channel i; j follows i in the circle of colours, k precedes."""
    j, k = (i + 1) % 3, (i + 2) % 3
    mine, following, preceding = channels[i], channels[j], channels[k]
    total: Tensor = positive[i] * largest[i] * (preceding - following) * squares
    for other, third in ((j, k), (k, j)):
        # Another channel is the largest: mine is the smallest, or between the two.
        turn = 1 if other == j else -1
        difference = channels[other] - mine
        total += (
            positive[other]
            * largest[other]
            * smallest[i]
            * (channels[third] - channels[other])
            * turn
            * _inverse(difference * difference)
        )
        total += (
            positive[other]
            * largest[other]
            * smallest[third]
            * -turn
            * _inverse(channels[other] - channels[third])
        )
    return total
