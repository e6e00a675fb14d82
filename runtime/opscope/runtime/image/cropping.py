"""Parts of pictures, and pictures in larger frames."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import constant_value
from opscope.runtime.constant import convert_to_tensor as as_tensor
from opscope.runtime.group import with_dependencies
from opscope.runtime.image.shape_checks import (
    as_batch,
    as_it_was,
    checked_picture,
    checks_of_pictures,
    dimensions,
    is_tensor,
    require,
)
from opscope.runtime.math import cast, equal, logical_or, maximum, minimum
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.arrangement import pad
from opscope.runtime.ops.joining import stack
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import reshape, shape
from opscope.runtime.ops.slicing import slice_block


def _static(*sizes: Any) -> list[Any]:
    return [None if is_tensor(s) else s for s in sizes]


def central_crop(image: Any, central_fraction: Any) -> Tensor:
    """The middle of an image or of a batch: `central_fraction` of its height and width."""
    with op_scope(None, "central_crop", image):
        picture = as_tensor(image, name="image")
        fraction = central_fraction
        if is_tensor(fraction):
            fraction = constant_value(fraction)
        if fraction is not None:
            if not 0 < fraction <= 1:
                raise ValueError("central_fraction must be within (0, 1]")
            if fraction == 1:
                return picture
        else:
            checks = require(
                logical_or(central_fraction > 0.0, central_fraction <= 1.0),
                "central_fraction must be within (0, 1]",
            )
            picture = with_dependencies(checks, picture)
        checked_picture(picture)
        ndims = picture.shape.ndims
        if ndims not in (3, 4):
            raise ValueError(
                f"`image` should either be a Tensor with rank = 3 or rank = 4. Had rank = {ndims}."
            )
        begins: list[Any] = [0] * (ndims - 3)
        sizes: list[Any] = [-1] * (ndims - 3)
        known = picture.shape.as_list()
        first = ndims - 3
        whole = [_size(picture, axis) for axis in (first, first + 1)]
        starts = [_start(size, fraction, central_fraction) for size in whole]
        parts = [size - start * 2 for size, start in zip(whole, starts, strict=True)]
        cropped = slice_block(picture, stack([*begins, *starts, 0]), stack([*sizes, *parts, -1]))
        cropped.set_shape([*known[:first], *_static(*parts), known[-1]])
        return cropped


def _size(image: Tensor, axis: int) -> Any:
    known = image.shape.as_list()[axis]
    return shape(image)[axis] if known is None else known


def _start(size: Any, fraction: Any, given: Any) -> Any:
    if is_tensor(size) or fraction is None:
        exact = cast(size, dtypes.float64)
        return cast((exact - exact * cast(given, dtypes.float64)) / 2, dtypes.int32)
    return int((float(size) - float(size) * fraction) / 2)


def pad_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Tensor:
    """An image or a batch with zeros around it: its corner at the offsets, of the target size."""
    with op_scope(None, "pad_to_bounding_box", image):
        batch_of, was_batch = as_batch(image)
        batch, height, width, depth = dimensions(batch_of, 4)
        right = target_width - offset_width - width
        bottom = target_height - offset_height - height
        checks = checks_of_pictures(batch_of)
        checks += require(offset_height >= 0, "offset_height must be >= 0")
        checks += require(offset_width >= 0, "offset_width must be >= 0")
        checks += require(right >= 0, "width must be <= target - offset")
        checks += require(bottom >= 0, "height must be <= target - offset")
        batch_of = with_dependencies(checks, batch_of)
        paddings = reshape(stack([0, 0, offset_height, bottom, offset_width, right, 0, 0]), [4, 2])
        padded = pad(batch_of, paddings)
        padded.set_shape(_static(batch, target_height, target_width, depth))
        return as_it_was(padded, was_batch)


def crop_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Tensor:
    """The part of an image or of a batch with its corner at the offsets, of the target size."""
    with op_scope(None, "crop_to_bounding_box", image):
        batch_of, was_batch = as_batch(image)
        checks = checks_of_pictures(batch_of)
        batch, height, width, depth = dimensions(batch_of, 4)
        checks += require(offset_width >= 0, "offset_width must be >= 0.")
        checks += require(offset_height >= 0, "offset_height must be >= 0.")
        checks += require(target_width > 0, "target_width must be > 0.")
        checks += require(target_height > 0, "target_height must be > 0.")
        checks += require(width >= target_width + offset_width, "width must be >= target + offset.")
        checks += require(
            height >= target_height + offset_height, "height must be >= target + offset."
        )
        batch_of = with_dependencies(checks, batch_of)
        begin = stack([0, offset_height, offset_width, 0])
        size = stack([shape(batch_of)[0], target_height, target_width, shape(batch_of)[3]])
        cropped = slice_block(batch_of, begin, size)
        cropped.set_shape(_static(batch, target_height, target_width, depth))
        return as_it_was(cropped, was_batch)


def _larger(x: Any, y: Any) -> Any:
    return maximum(x, y) if is_tensor(x) or is_tensor(y) else max(x, y)


def _smaller(x: Any, y: Any) -> Any:
    return minimum(x, y) if is_tensor(x) or is_tensor(y) else min(x, y)


def _equal(x: Any, y: Any) -> Any:
    return equal(x, y) if is_tensor(x) or is_tensor(y) else x == y


def resize_image_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Tensor:
    """An image or a batch in the target size: what is too large is cropped, else zeros around."""
    with op_scope(None, "resize_image_with_crop_or_pad", image):
        batch_of, was_batch = as_batch(image)
        checks = checks_of_pictures(batch_of)
        checks += require(target_width > 0, "target_width must be > 0.")
        checks += require(target_height > 0, "target_height must be > 0.")
        batch_of = with_dependencies(checks, batch_of)
        if is_tensor(target_height):
            target_height = with_dependencies(checks, target_height)
        if is_tensor(target_width):
            target_width = with_dependencies(checks, target_width)
        _, height, width, _ = dimensions(batch_of, 4)
        wider = target_width - width
        crop_left = _larger(-wider // 2, 0)
        pad_left = _larger(wider // 2, 0)
        higher = target_height - height
        crop_top = _larger(-higher // 2, 0)
        pad_top = _larger(higher // 2, 0)
        cropped = crop_to_bounding_box(
            batch_of,
            crop_top,
            crop_left,
            _smaller(target_height, height),
            _smaller(target_width, width),
        )
        resized = pad_to_bounding_box(cropped, pad_top, pad_left, target_height, target_width)
        _, high, wide, _ = dimensions(resized, 4)
        checks = require(_equal(high, target_height), "resized height is not correct.")
        checks += require(_equal(wide, target_width), "resized width is not correct.")
        return as_it_was(with_dependencies(checks, resized), was_batch)
