"""Boxes on pictures: drawn, cut out, suppressed, drawn by lot; and patches."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops import crop_and_resize as _crop_and_resize  # noqa: F401 - defines op types
from opscope.runtime.ops import drawn_boxes as _drawn_boxes  # noqa: F401 - defines op types
from opscope.runtime.ops import patches as _patches  # noqa: F401 - defines op types
from opscope.runtime.ops import suppression as _suppression  # noqa: F401 - defines op types
from opscope.runtime.ops.scope import op_scope

_NO_THRESHOLD = float("-inf")


def crop_and_resize(
    image: Any,
    boxes: Any,
    box_ind: Any = None,
    crop_size: Any = None,
    method: str = "bilinear",
    extrapolation_value: float = 0,
    name: str | None = None,
    box_indices: Any = None,
) -> Tensor:
    """Crops of one size of the boxes [y1, x1, y2, x2], in parts of the image of `box_ind`."""
    owner = box_ind if box_indices is None else box_indices
    return make_tensor(
        "CropAndResize",
        image,
        boxes,
        owner,
        crop_size,
        method=method,
        extrapolation_value=float(extrapolation_value),
        name=name,
    )


def draw_bounding_boxes(
    images: Any, boxes: Any, name: str | None = None, colors: Any = None
) -> Tensor:
    """Images with the outlines of boxes [batch, n, 4], in ten colours or those given."""
    if colors is None:
        return make_tensor("DrawBoundingBoxes", images, boxes, name=name)
    return make_tensor("DrawBoundingBoxesV2", images, boxes, colors, name=name)


def non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = _NO_THRESHOLD,
    name: str | None = None,
) -> Tensor:
    """The indices of boxes, best first, that overlap no better one by more than a threshold."""
    with op_scope(name, "non_max_suppression"):
        iou = convert_to_tensor(iou_threshold, name="iou_threshold")
        score = convert_to_tensor(score_threshold, name="score_threshold")
        return make_tensor("NonMaxSuppressionV3", boxes, scores, max_output_size, iou, score)


def non_max_suppression_with_scores(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = _NO_THRESHOLD,
    soft_nms_sigma: Any = 0.0,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """As `non_max_suppression`, and the scores; a sigma above 0 lowers scores instead."""
    with op_scope(name, "non_max_suppression_with_scores"):
        iou = convert_to_tensor(iou_threshold, name="iou_threshold")
        score = convert_to_tensor(score_threshold, name="score_threshold")
        sigma = convert_to_tensor(soft_nms_sigma, name="soft_nms_sigma")
        indices, kept, _ = make_op(
            "NonMaxSuppressionV5", boxes, scores, max_output_size, iou, score, sigma
        )
        return indices, kept


def non_max_suppression_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: Any = 0.5,
    score_threshold: Any = _NO_THRESHOLD,
    name: str | None = None,
) -> Tensor:
    """As `non_max_suppression` of boxes of which only their overlaps [n, n] are known."""
    with op_scope(name, "non_max_suppression_overlaps"):
        most = convert_to_tensor(overlap_threshold, name="overlap_threshold")
        return make_tensor(
            "NonMaxSuppressionWithOverlaps",
            overlaps,
            scores,
            max_output_size,
            most,
            score_threshold,
        )


def combined_non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = _NO_THRESHOLD,
    pad_per_class: bool = False,
    clip_boxes: bool = True,
    name: str | None = None,
) -> tuple[Tensor, ...]:
    """The best boxes of all classes of a batch: boxes, scores, classes, and how many count."""
    with op_scope(name, "combined_non_max_suppression"):
        iou = convert_to_tensor(iou_threshold, dtypes.float32, name="iou_threshold")
        score = convert_to_tensor(score_threshold, dtypes.float32, name="score_threshold")
        total = convert_to_tensor(max_total_size)
        made: tuple[Tensor, ...] = make_op(
            "CombinedNonMaxSuppression",
            boxes,
            scores,
            max_output_size_per_class,
            total,
            iou,
            score,
            pad_per_class=pad_per_class,
            clip_boxes=clip_boxes,
        )
        return made


def sample_distorted_bounding_box(
    image_size: Any,
    bounding_boxes: Any,
    seed: int | None = None,
    seed2: int | None = None,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = None,
    area_range: Any = None,
    max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """A crop by lot: begin and size for `tf.slice`, and its box for `draw_bounding_boxes`."""
    with op_scope(name, "sample_distorted_bounding_box"):
        begin, size, box = make_op(
            "SampleDistortedBoundingBoxV2",
            image_size,
            bounding_boxes,
            min_object_covered,
            seed=seed,
            seed2=seed2,
            aspect_ratio_range=aspect_ratio_range,
            area_range=area_range,
            max_attempts=max_attempts,
            use_image_if_no_bounding_boxes=use_image_if_no_bounding_boxes,
            name=name,
        )
        return begin, size, box


def extract_glimpse(
    input: Any,  # noqa: A002 - TensorFlow's name
    size: Any,
    offsets: Any,
    centered: bool = True,
    normalized: bool = True,
    uniform_noise: bool = True,
    name: str | None = None,
) -> Tensor:
    """A window of each image at an offset; noise where it reaches beyond the image."""
    return make_tensor(
        "ExtractGlimpse",
        input,
        size,
        offsets,
        centered=centered,
        normalized=normalized,
        uniform_noise=uniform_noise,
        name=name,
    )


def extract_image_patches(
    images: Any,
    ksizes: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: str | None = None,
    name: str | None = None,
    sizes: Any = None,
) -> Tensor:
    """The windows of images, each flattened into the channels."""
    return make_tensor(
        "ExtractImagePatches",
        images,
        ksizes=ksizes if sizes is None else sizes,
        strides=strides,
        rates=rates,
        padding=padding,
        name=name,
    )


def extract_patches(
    images: Any, sizes: Any, strides: Any, rates: Any, padding: str, name: str | None = None
) -> Tensor:
    """The windows of images, each flattened into the channels."""
    return extract_image_patches(images, sizes, strides, rates, padding, name)
