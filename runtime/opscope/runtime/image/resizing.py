"""Pictures of another size (`tf.image.resize_images` and its kin)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import constant_value_as_shape, convert_to_tensor
from opscope.runtime.group import with_dependencies
from opscope.runtime.image.cropping import pad_to_bounding_box
from opscope.runtime.image.shape_checks import (
    as_batch,
    as_it_was,
    checks_of_pictures,
    dimensions,
    is_tensor,
    require,
)
from opscope.runtime.make_op import make_tensor
from opscope.runtime.math import cast, floor, maximum, minimum, round  # noqa: A004 - TensorFlow's name
from opscope.runtime.operation import Tensor
from opscope.runtime.ops import resizing as _resizing  # noqa: F401 - defines the op types
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import expand_dims


class ResizeMethod:
    """How a picture is resized."""

    BILINEAR = 0
    NEAREST_NEIGHBOR = 1
    BICUBIC = 2
    AREA = 3


_OPS = {
    ResizeMethod.BILINEAR: "ResizeBilinear",
    "bilinear": "ResizeBilinear",
    ResizeMethod.NEAREST_NEIGHBOR: "ResizeNearestNeighbor",
    "nearest": "ResizeNearestNeighbor",
    ResizeMethod.BICUBIC: "ResizeBicubic",
    "bicubic": "ResizeBicubic",
    ResizeMethod.AREA: "ResizeArea",
    "area": "ResizeArea",
}


def resize_images(
    images: Any,
    size: Any,
    method: Any = ResizeMethod.BILINEAR,
    align_corners: bool = False,
    preserve_aspect_ratio: bool = False,
    name: str | None = None,
) -> Tensor:
    """An image or a batch in the size [height, width], as float32 unless nearest neighbour.

    preserve_aspect_ratio: `size` is what the result fits into. Where the size is the image's own,
    the image itself comes back.
    """
    if method not in _OPS:
        raise ValueError(f"Resize method is not implemented: {method}")
    with op_scope(name, "resize", images, size):
        batch, was_batch = _batch(images)
        _, height, width, _ = batch.shape.as_list()
        try:
            wanted = convert_to_tensor(size, dtypes.int32, name="size")
        except (TypeError, ValueError):
            raise ValueError("'size' must be a 1-D int32 Tensor") from None
        if not wanted.shape.is_compatible_with([2]):
            raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
        if preserve_aspect_ratio:
            wanted = _fitting(batch, wanted)
        known = constant_value_as_shape(wanted).as_list()
        if None not in known and known == [height, width]:
            return as_it_was(batch, was_batch)
        resized = make_tensor(_OPS[method], batch, wanted, align_corners=align_corners)
        resized.set_shape([None, *known, None])
        return as_it_was(resized, was_batch)


def _batch(images: Any) -> tuple[Tensor, bool]:
    tensor = convert_to_tensor(images, name="images")
    if tensor.shape.ndims is None:
        raise ValueError("'images' contains no shape.")
    if tensor.shape.ndims == 3:
        return expand_dims(tensor, 0), False
    if tensor.shape.ndims != 4:
        raise ValueError("'images' must have either 3 or 4 dimensions.")
    return tensor, True


def _fitting(images: Tensor, size: Tensor) -> Tensor:
    """The largest size within `size` that has the images' proportions."""
    _, height, width, _ = dimensions(images, 4)
    by_height = cast(size[0], dtypes.float32) / cast(height, dtypes.float32)
    by_width = cast(size[1], dtypes.float32) / cast(width, dtypes.float32)
    scale = minimum(by_height, by_width)
    scaled = [
        cast(round(scale * cast(side, dtypes.float32)), dtypes.int32) for side in (height, width)
    ]
    return convert_to_tensor(scaled, dtypes.int32, name="size")


def resize_image_with_pad(
    image: Any,
    target_height: Any,
    target_width: Any,
    method: Any = ResizeMethod.BILINEAR,
    align_corners: bool = False,
) -> Tensor:
    """An image or a batch resized to fit into the target size, and zeros around it."""
    with op_scope(None, "resize_image_with_pad", image):
        batch, was_batch = as_batch(image)
        checks = checks_of_pictures(batch)
        checks += require(target_width > 0, "target_width must be > 0.")
        checks += require(target_height > 0, "target_height must be > 0.")
        batch = with_dependencies(checks, batch)
        _, height, width, _ = dimensions(batch, 4)
        high, wide, target_high, target_wide = (
            cast(size, dtypes.float32) for size in (height, width, target_height, target_width)
        )
        ratio = _larger(wide / target_wide, high / target_high)
        exact_high, exact_wide = high / ratio, wide / ratio
        resized_high = cast(floor(exact_high), dtypes.int32)
        resized_wide = cast(floor(exact_wide), dtypes.int32)
        top, left = (target_high - exact_high) / 2, (target_wide - exact_wide) / 2
        top, left = floor(top), floor(left)
        top = _larger(0, cast(top, dtypes.int32))
        left = _larger(0, cast(left, dtypes.int32))
        resized = resize_images(
            batch, [resized_high, resized_wide], method, align_corners=align_corners
        )
        padded = pad_to_bounding_box(resized, top, left, target_height, target_width)
        dimensions(padded, 4)
        return as_it_was(padded, was_batch)


def _larger(x: Any, y: Any) -> Any:
    return maximum(x, y) if is_tensor(x) or is_tensor(y) else max(x, y)


def _resize(op_type: str, what: str) -> Callable[..., Tensor]:
    def function(
        images: Any,
        size: Any,
        align_corners: bool = False,
        name: str | None = None,
        half_pixel_centers: bool = False,
    ) -> Tensor:
        return make_tensor(
            op_type,
            images,
            size,
            align_corners=align_corners,
            half_pixel_centers=half_pixel_centers,
            name=name,
        )

    function.__doc__ = f"Images [batch, height, width, channels] of another size, {what}."
    return function


resize_bilinear = _resize("ResizeBilinear", "by linear interpolation")
resize_bicubic = _resize("ResizeBicubic", "by cubic convolution")
resize_nearest_neighbor = _resize("ResizeNearestNeighbor", "of copies of their pixels")


def resize_area(
    images: Any, size: Any, align_corners: bool = False, name: str | None = None
) -> Tensor:
    """Images [batch, height, width, channels] of another size: means of what a pixel covers."""
    return make_tensor("ResizeArea", images, size, align_corners=align_corners, name=name)
