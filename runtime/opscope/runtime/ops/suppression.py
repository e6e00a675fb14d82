"""Boxes that overlap better ones left out: non-maximum suppression in its versions."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.tensor_shape import TensorShape, scalar

F32 = np.float32
_KINDS = "T: {float16, float32} = float32, T_threshold: {float16, float32} = float32"


def overlap(boxes: Any, box: Any) -> Any:
    """Intersection over union of each box [y1, x1, y2, x2] with one; corners in either order."""
    low, high = _ordered(boxes)
    mine_low, mine_high = _ordered(box)
    area = (high - low).prod(-1)
    my_area = (mine_high - mine_low).prod(-1)
    shared = np.maximum(np.minimum(high, mine_high) - np.maximum(low, mine_low), F32(0)).prod(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = shared / (area + my_area - shared)
    return np.where((area > 0) & (my_area > 0), found, F32(0))


def _ordered(boxes: Any) -> tuple[Any, Any]:
    first, second = boxes[..., :2], boxes[..., 2:]
    return np.minimum(first, second), np.maximum(first, second)


Similarity = Callable[[Any, int], Any]


def selected(
    similarity: Similarity, scores: Any, count: int, threshold: float, lowest: float
) -> list[int]:
    """The indices of at most `count` boxes, best first, none too similar to a better one.

    similarity(indices, i) gives that of the boxes `indices` with box i.
    """
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] > lowest]
    kept: list[int] = []
    while len(order) and len(kept) < count:
        best = int(order[0])
        kept.append(best)
        rest = order[1:]
        order = rest[similarity(rest, best) <= threshold]
    return kept


def softly_selected(
    similarity: Similarity, scores: Any, count: int, sigma: float, lowest: float
) -> tuple[list[int], list[Any]]:
    """As `selected`, but similar boxes lose score by a Gaussian of width sigma instead."""
    scale = F32(-0.5) / F32(sigma)
    waiting = [(-s, i, 0) for i, s in enumerate(scores.tolist()) if s > lowest]
    heapq.heapify(waiting)
    kept: list[int] = []
    found: list[Any] = []
    while waiting and len(kept) < count:
        negative, index, begin = heapq.heappop(waiting)
        before = score = F32(-negative)
        for better in reversed(kept[begin:]):
            alike = F32(similarity(np.array([index]), better)[0])
            score = score * np.exp(scale * alike * alike)
            if score <= lowest:
                break
        if score == before:
            kept.append(index)
            found.append(score)
        elif score > lowest:
            heapq.heappush(waiting, (-float(score), index, len(kept)))
    return kept, found


def _checked(boxes: Any, scores: Any, count: Any, threshold: Any) -> tuple[Any, Any, int]:
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise errors.InvalidArgumentError(None, None, "boxes must be 2-D with 4 columns")
    if scores.shape != boxes.shape[:1]:
        raise errors.InvalidArgumentError(None, None, "scores has incompatible shape")
    if not 0 <= threshold <= 1:
        raise errors.InvalidArgumentError(None, None, "iou_threshold must be in [0, 1]")
    return boxes.astype(F32), scores.astype(F32), max(int(count), 0)


def _hard(boxes: Any, scores: Any, count: Any, threshold: Any, lowest: Any) -> Any:
    exact, ranks, most = _checked(boxes, scores, count, threshold)
    kept = selected(
        lambda rest, i: overlap(exact[rest], exact[i]), ranks, most, float(threshold), float(lowest)
    )
    return np.array(kept, np.int32)


_BOXES = "boxes: T, scores: T, max_output_size: int32"


@op(
    "NonMaxSuppression",
    "boxes: float32, scores: float32, max_output_size: int32 -> selected_indices: int32",
    "iou_threshold: float = 0.5",
    host_only=True,
    not_differentiable=True,
)
def _version_1(xp: Any, boxes: Any, scores: Any, count: Any, *, iou_threshold: float) -> Any:
    """The indices of boxes, best first, that overlap no better one by more than a threshold."""
    return _hard(boxes, scores, count, F32(iou_threshold), -np.inf)


@op(
    "NonMaxSuppressionV2",
    f"{_BOXES}, iou_threshold: T_threshold -> selected_indices: int32",
    _KINDS,
    host_only=True,
    not_differentiable=True,
)
def _version_2(xp: Any, boxes: Any, scores: Any, count: Any, threshold: Any) -> Any:
    """As NonMaxSuppression, the threshold an input."""
    return _hard(boxes, scores, count, threshold, -np.inf)


@op(
    "NonMaxSuppressionV3",
    f"{_BOXES}, iou_threshold: T_threshold, score_threshold: T_threshold "
    "-> selected_indices: int32",
    _KINDS,
    host_only=True,
    not_differentiable=True,
)
def _version_3(xp: Any, boxes: Any, scores: Any, count: Any, threshold: Any, lowest: Any) -> Any:
    """As NonMaxSuppressionV2, of boxes with more than a score."""
    return _hard(boxes, scores, count, threshold, lowest)


@op(
    "NonMaxSuppressionV4",
    f"{_BOXES}, iou_threshold: T_threshold, score_threshold: T_threshold "
    "-> selected_indices: int32, valid_outputs: int32",
    f"{_KINDS}, pad_to_max_output_size: bool = false",
    host_only=True,
    not_differentiable=True,
)
def _version_4(
    xp: Any,
    boxes: Any,
    scores: Any,
    count: Any,
    threshold: Any,
    lowest: Any,
    *,
    pad_to_max_output_size: bool,
) -> Any:
    """As NonMaxSuppressionV3, the indices filled up with 0 when asked for, and their number."""
    kept = _hard(boxes, scores, count, threshold, lowest)
    return _filled(kept, int(count), pad_to_max_output_size), np.int32(len(kept))


@op(
    "NonMaxSuppressionV5",
    f"{_BOXES}, iou_threshold: T, score_threshold: T, soft_nms_sigma: T "
    "-> selected_indices: int32, selected_scores: T, valid_outputs: int32",
    "T: {float16, float32} = float32, pad_to_max_output_size: bool = false",
    host_only=True,
)
def _version_5(
    xp: Any,
    boxes: Any,
    scores: Any,
    count: Any,
    threshold: Any,
    lowest: Any,
    sigma: Any,
    *,
    pad_to_max_output_size: bool,
) -> Any:
    """As NonMaxSuppressionV4 with the scores, lowered and not cut where sigma is above 0."""
    if sigma < 0:
        raise errors.InvalidArgumentError(None, None, "soft_nms_sigma must be non-negative")
    if sigma == 0:
        kept = _hard(boxes, scores, count, threshold, lowest)
        values = scores[kept]
    else:
        exact, ranks, most = _checked(boxes, scores, count, threshold)
        indices, found = softly_selected(
            lambda rest, i: overlap(exact[rest], exact[i]), ranks, most, float(sigma), float(lowest)
        )
        kept, values = np.array(indices, np.int32), np.array(found, scores.dtype)
    pads = pad_to_max_output_size
    return (
        _filled(kept, int(count), pads),
        _filled(values, int(count), pads),
        np.int32(len(kept)),
    )


def _filled(values: Any, count: int, pads: bool) -> Any:
    return np.pad(values, (0, max(count - len(values), 0))) if pads else values


@op(
    "NonMaxSuppressionWithOverlaps",
    "overlaps: float32, scores: float32, max_output_size: int32, overlap_threshold: float32, "
    "score_threshold: float32 -> selected_indices: int32",
    host_only=True,
    not_differentiable=True,
)
def _with_overlaps(
    xp: Any, overlaps: Any, scores: Any, count: Any, threshold: Any, lowest: Any
) -> Any:
    """As NonMaxSuppressionV3 for boxes of which only their overlaps [n, n] are known."""
    if overlaps.ndim != 2 or overlaps.shape[0] != overlaps.shape[1]:
        raise errors.InvalidArgumentError(None, None, "overlaps must be square")
    if scores.shape != overlaps.shape[:1]:
        raise errors.InvalidArgumentError(
            None, None, f"scores must be one for each of {len(overlaps)} boxes: {scores.shape}"
        )
    kept = selected(
        lambda rest, i: overlaps[rest, i],
        scores,
        max(int(count), 0),
        float(threshold),
        float(lowest),
    )
    return np.array(kept, np.int32)


def _check_classes(boxes: Any, scores: Any) -> None:
    """InvalidArgumentError unless each class of the scores has boxes, or all have the same."""
    fits = boxes.ndim == 4 and scores.ndim == 3 and boxes.shape[:2] == scores.shape[:2]
    if not fits or boxes.shape[3] != 4 or boxes.shape[2] not in (1, scores.shape[2]):
        raise errors.InvalidArgumentError(
            None,
            None,
            "boxes must be [batch, n, 1 or classes, 4] and scores [batch, n, classes]: "
            f"{list(boxes.shape)} and {list(scores.shape)}",
        )


@op(
    "CombinedNonMaxSuppression",
    "boxes: float32, scores: float32, max_output_size_per_class: int32, max_total_size: int32, "
    "iou_threshold: float32, score_threshold: float32 -> nmsed_boxes: float32, "
    "nmsed_scores: float32, nmsed_classes: float32, valid_detections: int32",
    "pad_per_class: bool = false, clip_boxes: bool = true",
    host_only=True,
)
def _combined(
    xp: Any,
    boxes: Any,
    scores: Any,
    per_class: Any,
    total: Any,
    threshold: Any,
    lowest: Any,
    *,
    pad_per_class: bool,
    clip_boxes: bool,
) -> Any:
    """The best boxes [batch, size, 4] of all classes, suppressed class by class, then ranked."""
    _check_classes(boxes, scores)
    if per_class <= 0 or total <= 0:
        raise errors.InvalidArgumentError(
            None, None, "max_output_size_per_class and max_total_size must be positive"
        )
    classes = scores.shape[2]
    size = min(int(total), int(per_class) * classes) if pad_per_class else int(total)
    batch = len(boxes)
    out_boxes = np.zeros((batch, size, 4), F32)
    out_scores, out_classes = np.zeros((batch, size), F32), np.zeros((batch, size), F32)
    valid = np.zeros(batch, np.int32)
    for b in range(batch):
        found: list[tuple[float, int, Any]] = []
        for c in range(classes):
            mine = boxes[b, :, c if boxes.shape[2] > 1 else 0]
            kept = _hard(mine, scores[b, :, c], per_class, threshold, lowest)
            found += [(float(scores[b, i, c]), c, mine[i]) for i in kept]
        found.sort(key=lambda f: -f[0])
        valid[b] = min(len(found), size)
        for row, (score, label, box) in enumerate(found[:size]):
            out_boxes[b, row] = np.clip(box, 0, 1) if clip_boxes else box
            out_scores[b, row], out_classes[b, row] = score, label
    return out_boxes, out_scores, out_classes, valid


def _a_vector(node: Operation) -> list[TensorShape]:
    return [TensorShape([None])]


def _padded(node: Operation) -> TensorShape:
    size = static_value(node.inputs[2]) if node.attrs["pad_to_max_output_size"] else None
    return TensorShape([None if size is None else int(size)])


for _definition in (_version_1, _version_2, _version_3, _with_overlaps):
    _definition.shape(_a_vector)


@_version_4.shape
def _(node: Operation) -> list[TensorShape]:
    return [_padded(node), scalar()]


@_version_5.shape
def _(node: Operation) -> list[TensorShape]:
    return [_padded(node), _padded(node), scalar()]


@_combined.shape
def _(node: Operation) -> list[TensorShape]:
    boxes = node.inputs[0].shape.with_rank(4)
    rows, classes = boxes[:1], node.inputs[1].shape.with_rank(3)[2].value
    if boxes[2].value not in (None, 1) and classes is not None:
        boxes[2:3].assert_is_compatible_with([classes])
    total, each = static_value(node.inputs[3]), static_value(node.inputs[2])
    if any(limit is not None and limit <= 0 for limit in (each, total)):
        raise ValueError("max_output_size_per_class and max_total_size must be positive")
    size = None if total is None else int(total)
    if node.attrs["pad_per_class"]:
        known = size is not None and each is not None and classes is not None
        size = min(size or 0, int(each) * (classes or 0)) if known else None
    return [
        rows.concatenate([size, 4]),
        rows.concatenate([size]),
        rows.concatenate([size]),
        rows,
    ]
