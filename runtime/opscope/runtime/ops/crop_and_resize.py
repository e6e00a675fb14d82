"""Boxes cut out of pictures and resized to one size, with gradients of picture and boxes."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.shape import shape
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.tensor_shape import TensorShape

F32 = np.float32
_IMAGE = "T: {uint8, uint16, int8, int16, int32, int64, float16, float32, float64}"
_METHOD = "method: {'bilinear', 'nearest'} = 'bilinear'"


def _lines(low: Any, high: Any, size: int, count: int) -> Any:
    """Where `count` lines from `low` to `high` lie on an axis of `size`, for every box."""
    last = F32(size - 1)
    if count <= 1:
        return (F32(0.5) * (low + high) * last)[:, None]
    step = (high - low) * last / F32(count - 1)
    return (low * last)[:, None] + np.arange(count, dtype=F32) * step[:, None]


class _Places:
    """Where the pixels of every crop lie on an axis: inside or not, both neighbours, nearness."""

    def __init__(self, places: Any, size: int) -> None:
        self.inside = (places >= 0) & (places <= size - 1)
        safe = np.where(self.inside, places, F32(0))
        below = np.floor(safe)
        self.low = below.astype(np.int64)
        self.high = np.ceil(safe).astype(np.int64)
        self.part = safe - below
        self.nearest = np.floor(safe + F32(0.5)).astype(np.int64)


def _places(boxes: Any, image_size: Any, crop_size: Any) -> tuple[_Places, _Places]:
    height, width = image_size
    rows = _lines(boxes[:, 0], boxes[:, 2], height, crop_size[0])
    columns = _lines(boxes[:, 1], boxes[:, 3], width, crop_size[1])
    return _Places(rows, height), _Places(columns, width)


def _owners(boxes: Any, box_ind: Any, batch: int) -> Any:
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise errors.InvalidArgumentError(
            None, None, f"boxes must be 2-D of 4 columns, got {list(boxes.shape)}"
        )
    if len(box_ind) != len(boxes):
        raise errors.InvalidArgumentError(None, None, "box_index has incompatible shape")
    if ((box_ind < 0) | (box_ind >= batch)).any():
        raise errors.OutOfRangeError(
            None, None, f"box_index has values outside [0, batch_size = {batch})"
        )
    return box_ind[:, None, None]


def _check_crops(grads: Any, boxes: Any, box_ind: Any, channels: int) -> None:
    """InvalidArgumentError unless the gradients are those of a crop for each box."""
    count = 0 if not boxes.size and not len(box_ind) else len(boxes)
    if grads.ndim != 4 or grads.shape[0] != count or grads.shape[3] != channels:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"grads must be of {count} crops with {channels} channels: {list(grads.shape)}",
        )


@op(
    "CropAndResize",
    "image: T, boxes: float32, box_ind: int32, crop_size: int32 -> crops: float32",
    f"{_IMAGE}, {_METHOD}, extrapolation_value: float = 0.0",
    host_only=True,
)
def _crop_and_resize(
    xp: Any,
    image: Any,
    boxes: Any,
    box_ind: Any,
    crop_size: Any,
    *,
    method: str,
    extrapolation_value: float,
) -> Any:
    """Boxes [y1, x1, y2, x2] of images, in parts of their size, as crops [box, height, width]."""
    high, wide = crop_size.tolist()
    if high <= 0 or wide <= 0:
        raise errors.InvalidArgumentError(None, None, "crop dimensions must be positive")
    if not boxes.size and not len(box_ind):
        return np.zeros((0, high, wide, image.shape[3]), F32)
    rows, columns = _places(boxes, image.shape[1:3], (high, wide))
    owner = _owners(boxes, box_ind, len(image))

    def at(y: Any, x: Any) -> Any:
        return image[owner, y[:, :, None], x[:, None, :]].astype(F32)

    if method == "nearest":
        crops = at(rows.nearest, columns.nearest)
    else:
        across, down = columns.part[:, None, :, None], rows.part[:, :, None, None]
        top = at(rows.low, columns.low)
        top += (at(rows.low, columns.high) - top) * across
        bottom = at(rows.high, columns.low)
        bottom += (at(rows.high, columns.high) - bottom) * across
        crops = top + (bottom - top) * down
    inside = rows.inside[:, :, None] & columns.inside[:, None, :]
    crops[~inside] = F32(extrapolation_value)
    return crops


@op(
    "CropAndResizeGradImage",
    "grads: float32, boxes: float32, box_ind: int32, image_size: int32 -> output: T",
    f"T: {{float32, float16, float64}}, {_METHOD}",
    host_only=True,
)
def _grad_image(
    xp: Any,
    grads: Any,
    boxes: Any,
    box_ind: Any,
    image_size: Any,
    *,
    T: dtypes.DType,  # noqa: N803
    method: str,
) -> Any:
    """The gradient of CropAndResize with respect to the images."""
    size = image_size.tolist()
    if min(*size[1:3], *grads.shape[1:3]) <= 0:
        raise errors.InvalidArgumentError(None, None, "image and grads must not be empty")
    _check_crops(grads, boxes, box_ind, size[3])
    if not len(grads):
        return np.zeros(size, T.numpy_dtype)
    rows, columns = _places(boxes, size[1:3], grads.shape[1:3])
    owner = _owners(boxes, box_ind, size[0])
    # Products are rounded to float32 whatever T is.
    out = np.zeros(size, T.numpy_dtype if T is dtypes.float64 else np.dtype(F32))
    inside = rows.inside[:, :, None] & columns.inside[:, None, :]
    flowing = np.where(inside[..., None], grads, F32(0))

    def add(y: Any, x: Any, weight: Any) -> None:
        place = (owner, y[:, :, None], x[:, None, :])
        np.add.at(out, place, flowing * weight)

    if method == "nearest":
        add(rows.nearest, columns.nearest, 1)
        return out.astype(T.numpy_dtype)
    across, down = columns.part[:, None, :, None], rows.part[:, :, None, None]
    for y, by_row in ((rows.low, 1 - down), (rows.high, down)):
        for x, by_column in ((columns.low, 1 - across), (columns.high, across)):
            add(y, x, by_row * by_column)
    return out.astype(T.numpy_dtype)


@op(
    "CropAndResizeGradBoxes",
    "grads: float32, image: T, boxes: float32, box_ind: int32 -> output: float32",
    f"{_IMAGE}, method: {{'bilinear'}} = 'bilinear'",
    host_only=True,
)
def _grad_boxes(xp: Any, grads: Any, image: Any, boxes: Any, box_ind: Any) -> Any:
    """The gradient of CropAndResize with respect to the boxes."""
    high, wide = grads.shape[1:3]
    if min(high, wide, *image.shape[1:3]) <= 0:
        raise errors.InvalidArgumentError(None, None, "image and crops must not be empty")
    _check_crops(grads, boxes, box_ind, image.shape[3])
    if not len(grads):
        return np.zeros((0, 4), F32)
    rows, columns = _places(boxes, image.shape[1:3], (high, wide))
    owner = _owners(boxes, box_ind, len(image))

    def at(y: Any, x: Any) -> Any:
        return image[owner, y[:, :, None], x[:, None, :]].astype(F32)

    corners = [[at(y, x) for x in (columns.low, columns.high)] for y in (rows.low, rows.high)]
    across, down = columns.part[:, None, :, None], rows.part[:, :, None, None]
    (top_left, top_right), (bottom_left, bottom_right) = corners
    by_y = (1 - across) * (bottom_left - top_left) + across * (bottom_right - top_right)
    by_x = (1 - down) * (top_right - top_left) + down * (bottom_right - bottom_left)
    inside = (rows.inside[:, :, None] & columns.inside[:, None, :])[..., None]
    flowing = np.where(inside, grads, F32(0))
    down_flow = (flowing * by_y).sum((2, 3))  # [box, row]
    across_flow = (flowing * by_x).sum((1, 3))  # [box, column]
    y1, y2 = _ends(down_flow, image.shape[1], high)
    x1, x2 = _ends(across_flow, image.shape[2], wide)
    return np.stack([y1, x1, y2, x2], 1).astype(F32)


def _ends(flow: Any, size: int, count: int) -> tuple[Any, Any]:
    """The gradients of the first and last line from those of all lines of an axis."""
    last = F32(size - 1)
    if count <= 1:
        half = flow.sum(1) * F32(0.5) * last
        return half, half
    ratio = np.arange(count, dtype=F32) * (last / F32(count - 1))
    return (flow * (last - ratio)).sum(1), (flow * ratio).sum(1)


@_crop_and_resize.shape
def _(node: Operation) -> list[TensorShape]:
    image, boxes = node.inputs[0].shape.with_rank(4), node.inputs[1].shape.with_rank(2)
    rows = boxes[:1].merge_with(node.inputs[2].shape.with_rank(1))
    size = static_value(node.inputs[3])
    high, wide = (None, None) if size is None else size.tolist()
    return [rows.concatenate([high, wide]).concatenate(image[3:])]


@_grad_image.shape
def _(node: Operation) -> list[TensorShape]:
    size = static_value(node.inputs[3])
    return [TensorShape([None] * 4 if size is None else size.tolist())]


@_grad_boxes.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[2].shape]


@_crop_and_resize.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    image, boxes, owner = node.inputs[:3]
    kind = image.dtype.base_dtype
    by_image = None
    if kind in (dtypes.float16, dtypes.float32, dtypes.float64):
        known = image.shape
        size = known.as_list() if known.is_fully_defined() else shape(image)
        by_image = make_tensor(
            "CropAndResizeGradImage", grad, boxes, owner, size, T=kind, method=node.attrs["method"]
        )
    by_boxes = make_tensor("CropAndResizeGradBoxes", grad, image, boxes, owner)
    return [by_image, by_boxes, None, None]
