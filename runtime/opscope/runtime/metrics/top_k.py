"""Metrics of the best k predictions against sets of labels.

Labels are class numbers [..., n], dense or a SparseTensor; predictions are scores [..., classes].
The labels of one row are a set: one that comes twice counts once.
"""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.make_op import make_tensor
from opscope.runtime.math import (
    add,
    cast,
    cumsum,
    divide,
    equal,
    greater_equal,
    logical_and,
    logical_not,
    maximum,
    minimum,
    multiply,
    reduce_any,
    reduce_sum,
)
from opscope.runtime.metrics.streaming import Metric, collected, metric_variable
from opscope.runtime.nn import top_k
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.filling import ones_like
from opscope.runtime.ops.matrices import matrix_band_part
from opscope.runtime.ops.shape import expand_dims, shape, size
from opscope.runtime.ops.sparse import sparse_tensor_to_dense
from opscope.runtime.scopes import name_scope
from opscope.runtime.sparse_tensor import SparseTensor
from opscope.runtime.variables import assign_add

# Stands in a dense row of labels where a sparse one has none.
_NO_LABEL = -(2**62)


def _at_k(name: str, k: int | None, class_id: int | None = None) -> str:
    text = f"{name}_at_{'k' if k is None else k}"
    return text if class_id is None else f"{text}_class{class_id}"


class _Sets:
    """Which predictions [..., k] are labels, and which labels [..., n] are among them."""

    def __init__(self, labels: Any, predictions: Any, class_id: int | None = None) -> None:
        self.predictions = cast(predictions, dtypes.int64)
        dense: Any = labels
        if isinstance(labels, SparseTensor):
            dense = sparse_tensor_to_dense(labels, default_value=_NO_LABEL)
        self.labels: Tensor = cast(convert_to_tensor(dense), dtypes.int64)
        if self.labels.shape.ndims == (self.predictions.shape.ndims or 0) - 1:
            self.labels = expand_dims(self.labels, -1)
        same = equal(expand_dims(self.predictions, -1), expand_dims(self.labels, -2))
        self.is_label = reduce_any(same, axis=-1)
        self.is_found = reduce_any(same, axis=-2)
        self.counts = logical_and(logical_not(_repeated(self.labels)), self.labels > _NO_LABEL)
        self.asked: Any = None if class_id is None else class_id

    def _number(self, chosen: Tensor, ids: Tensor) -> Tensor:
        if self.asked is not None:
            chosen = logical_and(chosen, equal(ids, self.asked))
        return reduce_sum(cast(chosen, dtypes.float64), axis=-1)

    def true_positive(self) -> Tensor:
        return self._number(self.is_label, self.predictions)

    def false_positive(self) -> Tensor:
        return self._number(logical_not(self.is_label), self.predictions)

    def false_negative(self) -> Tensor:
        return self._number(logical_and(self.counts, logical_not(self.is_found)), self.labels)


def _repeated(labels: Tensor) -> Tensor:
    """True where the same label stands further left in the row."""
    same = equal(expand_dims(labels, -1), expand_dims(labels, -2))
    lower = matrix_band_part(cast(same, dtypes.float32), -1, 0)
    return reduce_sum(lower, axis=-1) > 1.0


def _streamed(numbers: Tensor, weights: Any, name: str) -> Metric:
    with name_scope(name) as scope:
        if weights is not None:
            numbers = multiply(numbers, cast(convert_to_tensor(weights), dtypes.float64))
        total = metric_variable([], scope, dtypes.float64)
        update = assign_add(total, reduce_sum(numbers), name="update")
        return total.value(), update


def _ratio_of_sums(true: Metric, false: Metric, scope: str, values: Any, updates: Any) -> Metric:
    result = (
        divide(true[0], add(true[0], false[0]), name=scope),
        divide(true[1], add(true[1], false[1]), name="update"),
    )
    return collected(result, values, updates)


def recall_at_top_k(
    labels: Any,
    predictions_idx: Any,
    k: int | None = None,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many of the labels are among the predicted classes [..., k]; of one class if given."""
    with name_scope(name, _at_k("recall", k, class_id), [predictions_idx]) as scope:
        sets = _Sets(labels, predictions_idx, class_id)
        found = _streamed(sets.true_positive(), weights, _at_k("true_positive", k, class_id))
        missed = _streamed(sets.false_negative(), weights, _at_k("false_negative", k, class_id))
        return _ratio_of_sums(found, missed, scope, metrics_collections, updates_collections)


def recall_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many of the labels are among the k classes with the highest scores."""
    with name_scope(name, _at_k("recall", k, class_id), [predictions]) as scope:
        best = top_k(predictions, k)[1]
        return recall_at_top_k(
            labels, best, k, class_id, weights, metrics_collections, updates_collections, scope
        )


def precision_at_top_k(
    labels: Any,
    predictions_idx: Any,
    k: int | None = None,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many of the predicted classes [..., k] are labels; of one class if given."""
    with name_scope(name, _at_k("precision", k, class_id), [predictions_idx]) as scope:
        sets = _Sets(labels, predictions_idx, class_id)
        right = _streamed(sets.true_positive(), weights, _at_k("true_positive", k, class_id))
        wrong = _streamed(sets.false_positive(), weights, _at_k("false_positive", k, class_id))
        return _ratio_of_sums(right, wrong, scope, metrics_collections, updates_collections)


def precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many of the k classes with the highest scores are labels."""
    with name_scope(name, _at_k("precision", k, class_id), [predictions]) as scope:
        best = top_k(predictions, k)[1]
        return precision_at_top_k(
            labels, best, k, class_id, weights, metrics_collections, updates_collections, scope
        )


def average_precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The mean over all rows of the average precision of the k best classes.

    That of a row is the precision among the best i, summed over the i-th that are labels, over
    the number of labels, k at most.
    """
    if k < 1:
        raise ValueError(f"Invalid k={k}. `k` should be >= 1.")
    with name_scope(name, _at_k("average_precision", k), [predictions]) as scope:
        best = top_k(predictions, k)[1]
        sets = _Sets(labels, best)
        hits = cast(sets.is_label, dtypes.float64)
        precision = divide(cumsum(hits, axis=-1), cumsum(ones_like(hits), axis=-1))
        classes = cast(shape(convert_to_tensor(predictions))[-1], dtypes.int64)
        valid = logical_and(greater_equal(sets.labels, 0), sets.labels < classes)
        relevant = reduce_sum(cast(valid, dtypes.int64), axis=-1)
        average = divide(
            reduce_sum(multiply(precision, hits), axis=-1),
            cast(minimum(relevant, k), dtypes.float64),
        )
        if weights is None:
            most: Any = cast(size(average), dtypes.float64)
        else:
            factors = multiply(cast(convert_to_tensor(weights), dtypes.float64), ones_like(average))
            average, most = multiply(average, factors), reduce_sum(factors)
        # In TensorFlow's graph a node Max, of its check of the labels, has the name first.
        get_default_graph().unique_name("Max")
        largest, total = _streamed(most, None, "max"), _streamed(average, None, "total")
        result = (
            make_tensor("DivNoNan", total[0], maximum(largest[0], 0.0), name="mean"),
            make_tensor("DivNoNan", total[1], largest[1], name=scope),
        )
        return collected(result, metrics_collections, updates_collections)


sparse_average_precision_at_k = average_precision_at_k
sparse_precision_at_k = precision_at_k
