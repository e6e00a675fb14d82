"""Pictures made brighter, richer, of another dtype or of other colours."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.group import with_dependencies
from opscope.runtime.image.shape_checks import (
    checked_grayscale,
    checked_picture,
    is_tensor,
    require,
)
from opscope.runtime.make_op import make_tensor
from opscope.runtime.math import (
    add,
    cast,
    divide,
    floordiv,
    maximum,
    multiply,
    reduce_mean,
    reduce_prod,
    reduce_std,
    rsqrt,
)
from opscope.runtime.operation import Tensor
from opscope.runtime.ops import colours as _colours  # noqa: F401 - defines the op types
from opscope.runtime.ops.arrangement import tile
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.filling import ones
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.products import tensordot
from opscope.runtime.ops.random import random_uniform
from opscope.runtime.ops.saturation import saturate_cast
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import expand_dims, rank, shape

_FLOATS = (dtypes.float16, dtypes.float32)


def convert_image_dtype(
    image: Any, dtype: Any, saturate: bool = False, name: str | None = None
) -> Tensor:
    """An image in another dtype: floats in [0, 1], whole numbers from 0 to their largest.

    saturate: values beyond the range of the new dtype become its ends.
    """
    picture = convert_to_tensor(image, name="image")
    wanted, given = dtypes.as_dtype(dtype), picture.dtype.base_dtype
    for kind, what in ((wanted, "dtype"), (given, "image dtype")):
        if not kind.is_floating and not kind.is_integer:
            raise AttributeError(f"{what} must be either floating point or integer")
    if wanted is given:
        return identity(picture, name=name)
    with op_scope(name, "convert_image", picture) as scope:
        if given.is_integer and wanted.is_integer:
            if given.max > wanted.max:
                scaled = floordiv(picture, (int(given.max) + 1) // (int(wanted.max) + 1))
                return _cast(scaled, wanted, saturate, scope)
            wide = _cast(picture, wanted, saturate)
            return multiply(wide, (int(wanted.max) + 1) // (int(given.max) + 1), name=scope)
        if given.is_floating and wanted.is_floating:
            return cast(picture, wanted, name=scope)
        if given.is_integer:
            return multiply(cast(picture, wanted), 1.0 / int(given.max), name=scope)
        scaled = multiply(picture, int(wanted.max) + 0.5)
        return _cast(scaled, wanted, saturate, scope)


def _cast(value: Tensor, dtype: dtypes.DType, saturate: bool, name: str | None = None) -> Tensor:
    return saturate_cast(value, dtype, name=name) if saturate else cast(value, dtype, name=name)


def _in_floats(picture: Tensor) -> Tensor:
    if picture.dtype.base_dtype in _FLOATS:
        return picture
    return convert_image_dtype(picture, dtypes.float32)


def per_image_standardization(image: Any) -> Tensor:
    """Each image with mean 0 and standard deviation 1, as float32; a flat one is not blown up."""
    with op_scope(None, "per_image_standardization", image) as scope:
        picture = checked_picture(convert_to_tensor(image, name="image"))
        picture = cast(picture, dtypes.float32)
        pixels = reduce_prod(shape(picture)[-3:])
        mean = reduce_mean(picture, axis=[-1, -2, -3], keepdims=True)
        spread = reduce_std(picture, axis=[-1, -2, -3], keepdims=True)
        least = rsqrt(cast(pixels, dtypes.float32))
        adjusted = maximum(spread, least)
        return divide(picture - mean, adjusted, name=scope)


def adjust_brightness(image: Any, delta: Any) -> Tensor:
    """An image with `delta` added, in parts of the largest value."""
    with op_scope(None, "adjust_brightness", image, delta) as scope:
        picture = convert_to_tensor(image, name="image")
        floats = _in_floats(picture)
        adjusted = add(floats, cast(delta, floats.dtype), name=scope)
        return convert_image_dtype(adjusted, picture.dtype.base_dtype, saturate=True)


def adjust_contrast(images: Any, contrast_factor: Any) -> Tensor:
    """Images with the distances from each channel's mean multiplied."""
    with op_scope(None, "adjust_contrast", images, contrast_factor) as scope:
        pictures = convert_to_tensor(images, name="images")
        floats = _in_floats(pictures)
        adjusted = make_tensor("AdjustContrastv2", floats, contrast_factor, name=scope)
        return convert_image_dtype(adjusted, pictures.dtype.base_dtype, saturate=True)


def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Tensor:
    """Gain * image ** gamma, of values in [0, 1]."""
    with op_scope(None, "adjust_gamma", image, gamma, gain):
        picture = convert_to_tensor(image, name="image")
        floats = _in_floats(picture)
        checks = require(gamma >= 0, "Gamma should be a non-negative real number.")
        if checks:
            gamma = with_dependencies(checks, gamma)
        adjusted = gain * floats**gamma
        return convert_image_dtype(adjusted, picture.dtype.base_dtype, saturate=True)


def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Tensor:
    """RGB images with their hues turned by `delta`, from -1 to 1, of a whole turn."""
    with op_scope(name, "adjust_hue", image):
        picture = convert_to_tensor(image, name="image")
        turned = make_tensor("AdjustHue", _in_floats(picture), delta)
        return convert_image_dtype(turned, picture.dtype.base_dtype)


def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Tensor:
    """RGB images with their saturations multiplied."""
    with op_scope(name, "adjust_saturation", image):
        picture = convert_to_tensor(image, name="image")
        richer = make_tensor("AdjustSaturation", _in_floats(picture), saturation_factor)
        return convert_image_dtype(richer, picture.dtype.base_dtype)


def adjust_jpeg_quality(
    image: Any, jpeg_quality: Any, dct_method: str = "", name: str | None = None
) -> Tensor:
    """An image as it looks after JPEG of a quality of 0 to 100."""
    from opscope.runtime.ops.image_files import decode_jpeg

    with op_scope(name, "adjust_jpeg_quality", image):
        picture = convert_to_tensor(image, name="image")
        whole = convert_image_dtype(picture, dtypes.uint8, saturate=True)
        if not is_tensor(jpeg_quality):
            jpeg_quality = convert_to_tensor(jpeg_quality, dtypes.int32)
        text = make_tensor("EncodeJpegVariableQuality", whole, jpeg_quality)
        seen = decode_jpeg(text, channels=picture.shape.as_list()[-1] or 0, dct_method=dct_method)
        return convert_image_dtype(seen, picture.dtype.base_dtype, saturate=True)


# -- by lot --------------------------------------------------------------------------------


def random_brightness(image: Any, max_delta: float, seed: int | None = None) -> Tensor:
    """`adjust_brightness` by a delta from -max_delta to max_delta."""
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_brightness(image, random_uniform([], -max_delta, max_delta, seed=seed))


def random_contrast(image: Any, lower: float, upper: float, seed: int | None = None) -> Tensor:
    """`adjust_contrast` by a factor from `lower` to `upper`."""
    return adjust_contrast(image, _factor(lower, upper, seed))


def random_saturation(image: Any, lower: float, upper: float, seed: int | None = None) -> Tensor:
    """`adjust_saturation` by a factor from `lower` to `upper`."""
    return adjust_saturation(image, _factor(lower, upper, seed))


def _factor(lower: float, upper: float, seed: int | None) -> Tensor:
    if upper <= lower:
        raise ValueError("upper must be > lower.")
    if lower < 0:
        raise ValueError("lower must be non-negative.")
    return random_uniform([], lower, upper, seed=seed)


def random_hue(image: Any, max_delta: float, seed: int | None = None) -> Tensor:
    """`adjust_hue` by a delta from -max_delta to max_delta, at most 0.5."""
    if max_delta > 0.5:
        raise ValueError("max_delta must be <= 0.5.")
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_hue(image, random_uniform([], -max_delta, max_delta, seed=seed))


def random_jpeg_quality(
    image: Any, min_jpeg_quality: int, max_jpeg_quality: int, seed: int | None = None
) -> Tensor:
    """`adjust_jpeg_quality` of a quality from the first to before the second."""
    ends = (min_jpeg_quality, max_jpeg_quality)
    if not all(0 <= q <= 100 for q in ends):
        raise ValueError("jpeg encoding range must be between 0 and 100.")
    if min_jpeg_quality >= max_jpeg_quality:
        raise ValueError("`min_jpeg_quality` must be less than `max_jpeg_quality`.")
    return adjust_jpeg_quality(image, random_uniform([], *ends, seed=seed, dtype=dtypes.int32))


# -- colour spaces -------------------------------------------------------------------------


def rgb_to_grayscale(images: Any, name: str | None = None) -> Tensor:
    """Images of one channel: the brightness of red, green and blue."""
    with op_scope(name, "rgb_to_grayscale", images) as scope:
        pictures = convert_to_tensor(images, name="images")
        floats = convert_image_dtype(pictures, dtypes.float32)
        gray = tensordot(floats, [0.2989, 0.587, 0.114], [-1, -1])
        gray = expand_dims(gray, -1)
        return convert_image_dtype(gray, pictures.dtype.base_dtype, name=scope)


def grayscale_to_rgb(images: Any, name: str | None = None) -> Tensor:
    """Images of one channel with that channel three times."""
    with op_scope(name, "grayscale_to_rgb", images) as scope:
        pictures = checked_grayscale(convert_to_tensor(images, name="images"))
        others = expand_dims(rank(pictures) - 1, 0)
        multiples = concat([ones(others, dtypes.int32), expand_dims(3, 0)], 0)
        made = tile(pictures, multiples, name=scope)
        made.set_shape(pictures.shape[:-1].concatenate([3]))
        return made


def hsv_to_rgb(images: Any, name: str | None = None) -> Tensor:
    """Red, green and blue of hue, saturation and value, all in [0, 1]."""
    return make_tensor("HSVToRGB", images, name=name)


def rgb_to_hsv(images: Any, name: str | None = None) -> Tensor:
    """Hue, saturation and value of red, green and blue, all in [0, 1]."""
    return make_tensor("RGBToHSV", images, name=name)


def _mixed(images: Any, kernel: Any) -> Tensor:
    pictures = convert_to_tensor(images, name="images")
    matrix = convert_to_tensor(kernel, pictures.dtype.base_dtype, name="kernel")
    mixed: Tensor = tensordot(pictures, matrix, axes=[[len(pictures.shape) - 1], [0]])
    return mixed


def rgb_to_yiq(images: Any) -> Tensor:
    """The colours of NTSC television of red, green and blue."""
    return _mixed(
        images,
        [
            [0.299, 0.59590059, 0.2115],
            [0.587, -0.27455667, -0.52273617],
            [0.114, -0.32134392, 0.31119955],
        ],
    )


def yiq_to_rgb(images: Any) -> Tensor:
    """Red, green and blue of the colours of NTSC television."""
    return _mixed(
        images,
        [[1, 1, 1], [0.95598634, -0.27201283, -1.10674021], [0.6208248, -0.64720424, 1.70423049]],
    )


def rgb_to_yuv(images: Any) -> Tensor:
    """The colours of PAL television of red, green and blue."""
    return _mixed(
        images,
        [
            [0.299, -0.14714119, 0.61497538],
            [0.587, -0.28886916, -0.51496512],
            [0.114, 0.43601035, -0.10001026],
        ],
    )


def yuv_to_rgb(images: Any) -> Tensor:
    """Red, green and blue of the colours of PAL television."""
    return _mixed(images, [[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]])
