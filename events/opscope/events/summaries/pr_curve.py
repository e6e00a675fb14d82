"""Precision-recall curves."""

from typing import Any

import numpy as np
import numpy.typing as npt

from opscope.events.proto.pr_curve_pb2 import PrCurvePluginData
from opscope.events.proto.summary_pb2 import Summary
from opscope.events.summaries.plugin_value import plugin_value

_LEAST_COUNT = 1e-7  # keeps precision and recall defined, as in TensorBoard


def pr_curve_value(tag: str, curve: npt.NDArray[Any]) -> Summary.Value:
    """A value that holds a curve: float32[6, thresholds], rows as in `pr_curve`."""
    if curve.ndim != 2 or len(curve) != 6:
        raise ValueError(f"a PR curve has 6 rows of equal length, this has shape {curve.shape}")
    content = PrCurvePluginData(num_thresholds=curve.shape[1]).SerializeToString()
    return plugin_value(tag, "pr_curves", content, curve.astype(np.float32))


def pr_curve(
    labels: npt.NDArray[Any],
    predictions: npt.NDArray[Any],
    num_thresholds: int,
    weights: npt.NDArray[Any] | float | None = None,
) -> npt.NDArray[np.float64]:
    """The curve of a binary classifier, float64[6, num_thresholds].

    The rows are true positives, false positives, true negatives, false negatives, precision and
    recall. Threshold i is i / (num_thresholds - 1). `labels` are true or false, `predictions`
    between 0 and 1, both of one shape. Source: TensorBoard's `plugins/pr_curve/summary.py`.
    """
    if labels.shape != predictions.shape:
        raise ValueError(f"labels {labels.shape} and predictions {predictions.shape} differ")
    if num_thresholds < 2:
        raise ValueError("a PR curve has at least 2 thresholds")
    guess = predictions.astype(np.float64).reshape(-1)
    if not ((guess >= 0) & (guess <= 1)).all():
        raise ValueError("predictions lie between 0 and 1")
    bucket = np.floor(guess * (num_thresholds - 1)).astype(np.int64)
    truth = labels.astype(bool).reshape(-1).astype(np.float64)
    weight = np.broadcast_to(1.0 if weights is None else weights, labels.shape).reshape(-1)
    above = [
        np.bincount(bucket, counted * weight, num_thresholds)[::-1].cumsum()[::-1]
        for counted in (truth, 1 - truth)
    ]
    true_positives, false_positives = above
    false_negatives = true_positives[0] - true_positives
    precision = true_positives / np.maximum(_LEAST_COUNT, true_positives + false_positives)
    recall = true_positives / np.maximum(_LEAST_COUNT, true_positives + false_negatives)
    true_negatives = false_positives[0] - false_positives
    return np.stack([*above, true_negatives, false_negatives, precision, recall])
