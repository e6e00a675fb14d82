"""Boxes drawn on pictures, and boxes drawn by lot for crops."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.binding import Binding
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.tensor_shape import TensorShape

F32 = np.float32
_COLOURS = np.array(
    [
        (1, 1, 0, 1), (0, 0, 1, 1), (1, 0, 0, 1), (0, 1, 0, 1), (0.5, 0, 0.5, 1),
        (0.5, 0.5, 0, 1), (0.5, 0, 0, 1), (0, 0, 0.5, 1), (0, 1, 1, 1), (1, 0, 1, 1),
    ],
    F32,
)  # fmt: skip


def _default_colours(depth: int) -> Any:
    if depth > 1:
        return _COLOURS
    return np.ones((len(_COLOURS), 1), F32)


def _drawn(images: Any, boxes: Any, colours: Any) -> Any:
    """Copies of images with the outlines of boxes [y1, x1, y2, x2] in parts of their size."""
    if images.ndim != 4 or boxes.ndim != 3 or len(images) != len(boxes) or boxes.shape[2] != 4:
        raise errors.InvalidArgumentError(
            None,
            None,
            "images must be 4-dimensional and boxes [batch, boxes, 4] of the same batch: "
            f"{list(images.shape)} and {list(boxes.shape)}",
        )
    height, width, depth = images.shape[1:]
    if depth not in (1, 3, 4):
        raise errors.InvalidArgumentError(
            None, None, f"Channel depth should be 1 (grey), 3 (RGB) or 4 (RGBA), got {depth}"
        )
    out = images.copy()
    table = (_default_colours(depth) if colours is None else colours).astype(images.dtype)
    for b, mine in enumerate(boxes):
        for n, box in enumerate(mine):
            scaled = box * np.array([height - 1, width - 1, height - 1, width - 1], F32)
            top, left, bottom, right = np.trunc(scaled).astype(np.int64).tolist()
            if top > bottom or left > right or top >= height or left >= width:
                continue
            if bottom < 0 or right < 0:
                continue
            colour = table[n % len(table)][:depth]
            down = slice(max(top, 0), min(bottom, height - 1) + 1)
            across = slice(max(left, 0), min(right, width - 1) + 1)
            if top >= 0:
                out[b, top, across] = colour
            if bottom < height:
                out[b, bottom, across] = colour
            if left >= 0:
                out[b, down, left] = colour
            if right < width:
                out[b, down, right] = colour
    return out


@op(
    "DrawBoundingBoxes",
    "images: T, boxes: float32 -> output: T",
    "T: {float32, float16} = float32",
    host_only=True,
    not_differentiable=True,
)
def _draw(xp: Any, images: Any, boxes: Any) -> Any:
    """Images with outlines of boxes in ten colours."""
    return _drawn(images, boxes, None)


@op(
    "DrawBoundingBoxesV2",
    "images: T, boxes: float32, colors: float32 -> output: T",
    "T: {float32, float16} = float32",
    host_only=True,
)
def _draw_in_colours(xp: Any, images: Any, boxes: Any, colours: Any) -> Any:
    """Images with outlines of boxes in the colours of a table [n, channels]."""
    if colours.ndim != 2 or colours.shape[1] < images.shape[-1]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"colors [n, channels] must have at least the channels of the images "
            f"({images.shape[-1]}): {list(colours.shape)}",
        )
    return _drawn(images, boxes, colours if colours.size else None)


@_draw.shape
def _(node: Operation) -> list[TensorShape]:
    images = node.inputs[0].shape.with_rank(4)
    channels = images[3].value
    if channels not in (None, 1, 3, 4):
        raise ValueError(f"Channels must be 1, 3 or 4 but are {channels}")
    return [images]


_draw_in_colours.shape(same_shape)


# -- boxes by lot --------------------------------------------------------------------------


def _covered(box: Any, boxes: Any, smallest: float) -> bool:
    """True when enough of one of `boxes` (pixels, y1 x1 y2 x2) lies within `box`."""
    if smallest <= 0:
        return True
    low, high = np.maximum(boxes[:, :2], box[:2]), np.minimum(boxes[:, 2:], box[2:])
    shared = np.maximum(high - low, 0).prod(1)
    areas = np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(1), 1e-12)
    return bool((shared / areas >= smallest).any())


def _by_lot(
    random: np.random.Generator,
    height: int,
    width: int,
    boxes: Any,
    smallest: float,
    aspects: Any,
    areas: Any,
    attempts: int,
) -> tuple[int, int, int, int]:
    """A box (y, x, height, width) of an area and an aspect in the ranges; else all the image."""
    for _ in range(attempts):
        aspect = random.uniform(*aspects)
        least = areas[0] * height * width
        most = areas[1] * height * width
        tallest = int(np.rint(np.sqrt(most / aspect)))
        if int(np.rint(tallest * aspect)) > width:
            tallest = int((width + 0.5 - 1e-7) / aspect)
        tallest = min(tallest, height)
        shortest = min(int(np.rint(np.sqrt(least / aspect))), tallest)
        high = int(random.integers(shortest, tallest + 1))
        wide = int(np.rint(high * aspect))
        if not (0 < high <= height and 0 < wide <= width and least <= high * wide <= most):
            continue
        y = int(random.integers(0, height - high + 1))
        x = int(random.integers(0, width - wide + 1))
        if _covered(np.array([y, x, y + high, x + wide], np.float64), boxes, smallest):
            return y, x, high, wide
    return 0, 0, height, width


_RANGES = (
    "T: {uint8, int8, int16, int32, int64}, seed: int = 0, seed2: int = 0, {}"
    "aspect_ratio_range: list(float) = [0.75, 1.33], area_range: list(float) = [0.05, 1.0], "
    "max_attempts: int = 100, use_image_if_no_bounding_boxes: bool = false"
)
_SAMPLED = "begin: T, size: T, bboxes: float32"


def _no_session(xp: Any, *inputs: Any) -> Any:
    raise errors.InternalError(None, None, "a box by lot belongs to a session")


@op(
    "SampleDistortedBoundingBox",
    f"image_size: T, bounding_boxes: float32 -> {_SAMPLED}",
    _RANGES.replace("{}", "min_object_covered: float = 0.1, "),
    stateful=True,
    host_only=True,
    not_differentiable=True,
)
def _sample(xp: Any, size: Any, boxes: Any) -> Any:
    """A box by lot that covers enough of one of the boxes, for a distorted crop."""
    return _no_session(xp)


@op(
    "SampleDistortedBoundingBoxV2",
    f"image_size: T, bounding_boxes: float32, min_object_covered: float32 -> {_SAMPLED}",
    _RANGES.replace("{}", ""),
    stateful=True,
    host_only=True,
    not_differentiable=True,
)
def _sample_v2(xp: Any, size: Any, boxes: Any, min_object_covered: Any) -> Any:
    """A box by lot that covers enough of one of the boxes, for a distorted crop."""
    return _no_session(xp)


def _bound(binding: Binding) -> Any:
    attrs = binding.attrs
    seeds = attrs["seed"], attrs["seed2"]
    random = binding.state(
        ("boxes by lot", binding.node.name),
        lambda: np.random.default_rng(list(seeds) if any(seeds) else None),
    )

    def kernel(size: Any, boxes: Any, smallest: Any = None) -> Any:
        height, width, *_ = (int(n) for n in size.tolist())
        pixels = boxes.reshape(-1, 4) * np.array([height, width, height, width], F32)
        if not len(pixels):
            if not attrs["use_image_if_no_bounding_boxes"]:
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    "No bounding boxes provided as input. One must enable "
                    "use_image_if_no_bounding_boxes if you wish to not provide any bounding boxes.",
                )
            pixels = np.array([[0, 0, height, width]], F32)
        least = attrs["min_object_covered"] if smallest is None else float(smallest)
        y, x, high, wide = _by_lot(
            random,
            height,
            width,
            pixels,
            least,
            attrs["aspect_ratio_range"],
            attrs["area_range"],
            attrs["max_attempts"],
        )
        ends = [y / height, x / width, (y + high) / height, (x + wide) / width]
        return (
            np.array([y, x, 0], size.dtype),
            np.array([high, wide, -1], size.dtype),
            np.array([[ends]], F32),
        )

    return kernel


def _sampled_shapes(node: Operation) -> list[TensorShape]:
    return [TensorShape([3]), TensorShape([3]), TensorShape([1, 1, 4])]


for _definition in (_sample, _sample_v2):
    _definition.bind(_bound)
    _definition.shape(_sampled_shapes)
