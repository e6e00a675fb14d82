"""Metrics of several classes, of distances and of whole tensors."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.make_op import make_tensor
from opscope.runtime.math import (
    abs,  # noqa: A004 - TensorFlow's name
    cast,
    divide,
    equal,
    greater,
    maximum,
    multiply,
    not_equal,
    reduce_mean,
    reduce_sum,
    subtract,
)
from opscope.runtime.metrics.streaming import (
    Metric,
    collected,
    matched,
    mean,
    metric_variable,
    weighted,
)
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.comparison import where
from opscope.runtime.ops.filling import one_hot, ones_like, zeros_like
from opscope.runtime.ops.matrices import matrix_diag_part
from opscope.runtime.ops.scattering import scatter_add
from opscope.runtime.ops.shape import reshape
from opscope.runtime.variable_scope import variable_scope
from opscope.runtime.variables import assign_add


def _flat(values: Any) -> Tensor:
    tensor: Tensor = convert_to_tensor(values)
    return tensor if tensor.shape.ndims == 1 else reshape(tensor, [-1])


def _share(part: Any, whole: Any, name: str | None = None) -> Tensor:
    return make_tensor("DivNoNan", part, maximum(whole, 0), name=name)


def mean_per_class_accuracy(
    labels: Any,
    predictions: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The mean over the classes of the share of each class that was predicted rightly.

    The update is the share of each class.
    """
    with variable_scope(name, "mean_accuracy"):
        truth = _flat(cast(labels, dtypes.int64))
        guess = _flat(predictions)
        total = metric_variable([num_classes], "total")
        count = metric_variable([num_classes], "count")
        each = ones_like(cast(truth, dtypes.float32))
        right = cast(equal(cast(guess, dtypes.int64), truth), dtypes.float32)
        if weights is not None:
            factors = cast(_flat(weights), dtypes.float32)
            each, right = multiply(each, factors), multiply(right, factors)
        new_total = scatter_add(total, truth, each)
        new_count = scatter_add(count, truth, right)
        result = (
            reduce_mean(_share(count, total), name="mean_accuracy"),
            _share(new_count, new_total, "update_op"),
        )
        return collected(result, metrics_collections, updates_collections)


def mean_iou(
    labels: Any,
    predictions: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The mean over the classes of intersection over union; the update is the confusion matrix."""
    with variable_scope(name, "mean_iou"):
        matrix = metric_variable(
            [num_classes, num_classes], "total_confusion_matrix", dtypes.float64
        )
        truth = one_hot(_flat(cast(labels, dtypes.int64)), num_classes, dtype=dtypes.float64)
        guess = one_hot(_flat(cast(predictions, dtypes.int64)), num_classes, dtype=dtypes.float64)
        if weights is not None:
            truth = multiply(truth, reshape(cast(_flat(weights), dtypes.float64), [-1, 1]))
        update = assign_add(matrix, make_tensor("MatMul", truth, guess, transpose_a=True))
        rows = cast(reduce_sum(matrix, 0), dtypes.float32)
        columns = cast(reduce_sum(matrix, 1), dtypes.float32)
        both = cast(matrix_diag_part(matrix.value()), dtypes.float32)
        union = rows + columns - both
        seen = reduce_sum(cast(not_equal(union, 0), dtypes.float32))
        overlap = divide(both, where(greater(union, 0), union, ones_like(union)))
        found = reduce_sum(overlap, name="mean_iou") / seen
        value = where(greater(seen, 0), found, 0.0)
        return collected((value, update), metrics_collections, updates_collections)


def mean_cosine_distance(
    labels: Any,
    predictions: Any,
    dim: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """1 - the mean product of unit vectors along the axis `dim`."""
    truth, guess = matched(labels, predictions)
    products = reduce_sum(multiply(guess, truth), axis=[dim], keepdims=True)
    value, update = mean(products, weights, None, None, name or "mean_cosine_distance")
    result = subtract(1.0, value), subtract(1.0, update)
    return collected(result, metrics_collections, updates_collections)


def mean_relative_error(
    labels: Any,
    predictions: Any,
    normalizer: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The mean of |labels - predictions| / normalizer, 0 where the normalizer is 0."""
    truth, guess = matched(labels, predictions)
    guess, scale = matched(guess, normalizer)
    errors = where(equal(scale, 0.0), zeros_like(truth), divide(abs(truth - guess), scale))
    label = name or "mean_relative_error"
    return mean(errors, weights, metrics_collections, updates_collections, label)


def mean_tensor(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The mean of each element over the steps."""
    with variable_scope(name, "mean"):
        numbers = cast(convert_to_tensor(values), dtypes.float32)
        total = metric_variable(numbers.shape, "total_tensor")
        count = metric_variable(numbers.shape, "count_tensor")
        added = ones_like(numbers)
        if weights is not None:
            factors = weighted(numbers, weights)
            numbers, added = multiply(numbers, factors), multiply(added, factors)
        new_total = assign_add(total, numbers)
        with get_default_graph().control_dependencies([numbers]):
            new_count = assign_add(count, added)
        result = _share(total, count, "value"), _share(new_total, new_count, "update_op")
        return collected(result, metrics_collections, updates_collections)
