"""Metrics of decisions at several thresholds: curves, the area below them, points on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.math import (
    abs,  # noqa: A004 - TensorFlow's name
    argmin,
    cast,
    divide,
    greater,
    log,
    logical_and,
    logical_not,
    maximum,
    minimum,
    multiply,
    reduce_sum,
)
from opscope.runtime.metrics.streaming import (
    Metric,
    collected,
    matched,
    metric_variable,
    weighted,
)
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.arrangement import reverse
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.comparison import where_v2
from opscope.runtime.ops.filling import ones_like
from opscope.runtime.ops.shape import reshape
from opscope.runtime.variable_scope import variable_scope
from opscope.runtime.variables import assign_add

Counts = dict[str, Tensor]

# Keeps 0 and 1 themselves inside the thresholds.
_MARGIN = 1e-7
_NAMES = {
    "tp": "true_positives",
    "fn": "false_negatives",
    "tn": "true_negatives",
    "fp": "false_positives",
}


def _evenly(count: int) -> list[float]:
    inner = [(i + 1) / (count - 1) for i in range(count - 2)]
    return [-_MARGIN, *inner, 1.0 + _MARGIN]


def _counts(
    labels: Any, predictions: Any, thresholds: Sequence[float], weights: Any, wanted: Sequence[str]
) -> tuple[Counts, Counts]:
    """What is counted for each threshold so far, and with one more batch."""
    truth, guess = matched(labels, predictions)
    positive = reshape(cast(truth, dtypes.bool), [1, -1])
    edges = constant([[t] for t in thresholds], dtypes.float32)
    above = greater(reshape(cast(guess, dtypes.float32), [1, -1]), edges)
    factors = None if weights is None else reshape(weighted(guess, weights), [1, -1])
    values: Counts = {}
    updates: Counts = {}
    for key in wanted:
        hits = logical_and(
            positive if key in ("tp", "fn") else logical_not(positive),
            above if key in ("tp", "fp") else logical_not(above),
        )
        number = metric_variable([len(thresholds)], _NAMES[key])
        found = cast(hits, dtypes.float32)
        if factors is not None:
            found = multiply(found, factors)
        values[key] = convert_to_tensor(number)
        updates[key] = convert_to_tensor(assign_add(number, reduce_sum(found, axis=1)))
    return values, updates


def _at_thresholds(
    which: str,
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any,
    metrics_collections: Any,
    updates_collections: Any,
    name: str | None,
) -> Metric:
    with variable_scope(name, _NAMES[which]):
        values, updates = _counts(labels, predictions, thresholds, weights, [which])
        result = identity(values[which]), updates[which]
        return collected(result, metrics_collections, updates_collections)


def true_positives_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many were true and above each threshold."""
    rest = (predictions, thresholds, weights, metrics_collections, updates_collections, name)
    return _at_thresholds("tp", labels, *rest)


def false_negatives_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many were true and not above each threshold."""
    rest = (predictions, thresholds, weights, metrics_collections, updates_collections, name)
    return _at_thresholds("fn", labels, *rest)


def true_negatives_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many were false and not above each threshold."""
    rest = (predictions, thresholds, weights, metrics_collections, updates_collections, name)
    return _at_thresholds("tn", labels, *rest)


def false_positives_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many were false and above each threshold."""
    rest = (predictions, thresholds, weights, metrics_collections, updates_collections, name)
    return _at_thresholds("fp", labels, *rest)


def precision_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many of those above each threshold were true."""
    with variable_scope(name, "precision_at_thresholds"):
        counts = _counts(labels, predictions, thresholds, weights, ["tp", "fp"])
        value, update = (
            divide(c["tp"], _MARGIN + c["tp"] + c["fp"], name=f"precision_{label}")
            for c, label in zip(counts, ("value", "update_op"), strict=True)
        )
        return collected((value, update), metrics_collections, updates_collections)


def recall_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many of those that were true lay above each threshold."""
    with variable_scope(name, "recall_at_thresholds"):
        counts = _counts(labels, predictions, thresholds, weights, ["tp", "fn"])
        value, update = (
            divide(c["tp"], _MARGIN + c["tp"] + c["fn"], name=f"recall_{label}")
            for c, label in zip(counts, ("value", "update_op"), strict=True)
        )
        return collected((value, update), metrics_collections, updates_collections)


def _point_on_curve(
    edges: Sequence[float],
    labels: Any,
    predictions: Any,
    weights: Any,
    place: Callable[[Counts], Any],
    there: Callable[[Counts, Any, str], Tensor],
    metrics_collections: Any,
    updates_collections: Any,
) -> Metric:
    """What `there` says at the threshold that `place` finds."""
    counts = _counts(labels, predictions, edges, weights, ["tp", "fn", "tn", "fp"])
    value, update = (
        there(c, cast(place(c), dtypes.int32), label)
        for c, label in zip(counts, ("value", "update_op"), strict=True)
    )
    return collected((value, update), metrics_collections, updates_collections)


def sensitivity_at_specificity(
    labels: Any,
    predictions: Any,
    specificity: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The share of true ones found, at the threshold whose specificity comes nearest."""
    if not 0 <= specificity <= 1:
        raise ValueError(f"`specificity` must be in the range [0, 1], got {specificity}.")

    def place(c: Counts) -> Any:
        return argmin(abs(divide(c["tn"], c["tn"] + c["fp"] + _MARGIN) - specificity), 0)

    def sensitivity(c: Counts, i: Any, label: str) -> Tensor:
        return divide(c["tp"][i], c["tp"][i] + c["fn"][i] + _MARGIN, name=label)

    with variable_scope(name, "sensitivity_at_specificity"):
        return _point_on_curve(
            _evenly(num_thresholds),
            labels,
            predictions,
            weights,
            place,
            sensitivity,
            metrics_collections,
            updates_collections,
        )


def specificity_at_sensitivity(
    labels: Any,
    predictions: Any,
    sensitivity: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The share of false ones told so, at the threshold whose sensitivity comes nearest.

    Of several thresholds with that sensitivity the last one counts.
    """
    if not 0 <= sensitivity <= 1:
        raise ValueError(f"`sensitivity` must be in the range [0, 1], got {sensitivity}.")

    def place(c: Counts) -> Any:
        off = abs(divide(c["tp"], c["tp"] + c["fn"] + _MARGIN) - sensitivity)
        return num_thresholds - 1 - argmin(reverse(off, [0]), 0)

    def specificity(c: Counts, i: Any, label: str) -> Tensor:
        return divide(c["tn"][i], c["tn"][i] + c["fp"][i] + _MARGIN, name=label)

    with variable_scope(name, "specificity_at_sensitivity"):
        return _point_on_curve(
            [*_evenly(num_thresholds)[:-1], 1.0 - _MARGIN],
            labels,
            predictions,
            weights,
            place,
            specificity,
            metrics_collections,
            updates_collections,
        )


def auc(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    curve: str = "ROC",
    name: str | None = None,
    summation_method: str = "trapezoidal",
    thresholds: Sequence[float] | None = None,
) -> Metric:
    """The area under a curve of decisions at `num_thresholds` thresholds, or at those given.

    curve: "ROC" (recall over the share of false alarms) or "PR" (precision over recall).
    summation_method: "trapezoidal", "careful_interpolation" (of precision, for "PR"), "minoring" or
    "majoring". ValueError for others.
    """
    if curve not in ("ROC", "PR"):
        raise ValueError(f"Curve must be either ROC or PR. Curve {curve} is unknown.")
    if summation_method not in ("careful_interpolation", *_HEIGHTS):
        raise ValueError(f"Invalid summation_method: {summation_method}")
    with variable_scope(name, "auc"):
        edges = _evenly(num_thresholds)
        if thresholds is not None:
            edges = [-_MARGIN, *sorted(thresholds), 1.0 + _MARGIN]
        counts = _counts(labels, predictions, edges, weights, ["tp", "fn", "tn", "fp"])
        value, update = (
            _area(c, curve, summation_method, label)
            for c, label in zip(counts, ("value", "update_op"), strict=True)
        )
        return collected((value, update), metrics_collections, updates_collections)


_HEIGHTS: dict[str, Callable[[Any, Any], Any]] = {
    "trapezoidal": lambda left, right: (left + right) / 2.0,
    "minoring": minimum,
    "majoring": maximum,
}


def _area(c: Counts, curve: str, method: str, name: str) -> Tensor:
    if curve == "PR" and method == "careful_interpolation":
        return _interpolated_area(c)
    epsilon = 1e-6
    recall = divide(c["tp"] + epsilon, c["tp"] + c["fn"] + epsilon)
    if curve == "ROC":
        x, y = divide(c["fp"], c["fp"] + c["tn"] + epsilon), recall
    else:
        x, y = recall, divide(c["tp"] + epsilon, c["tp"] + c["fp"] + epsilon)
    height = _HEIGHTS.get(method, _HEIGHTS["trapezoidal"])
    return reduce_sum(multiply(x[:-1] - x[1:], height(y[:-1], y[1:])), name=name)


def _interpolated_area(c: Counts) -> Tensor:
    """Between two thresholds true positives follow false ones linearly (Davis and Goadrich)."""

    def ratio(above: Any, below: Any, name: str) -> Tensor:
        return make_tensor("DivNoNan", above, maximum(below, 0), name=name)

    tp, chosen = c["tp"], c["tp"] + c["fp"]
    gained = tp[:-1] - tp[1:]
    slope = ratio(gained, chosen[:-1] - chosen[1:], "prec_slope")
    intercept = tp[1:] - multiply(slope, chosen[1:])
    relative = where_v2(
        logical_and(chosen[:-1] > 0, chosen[1:] > 0),
        ratio(chosen[:-1], chosen[1:], "recall_relative_ratio"),
        ones_like(chosen[1:]),
    )
    parts = slope * (gained + intercept * log(relative))
    each = ratio(parts, tp[1:] + c["fn"][1:], "pr_auc_increment")
    return reduce_sum(each, name="interpolate_pr_auc")
