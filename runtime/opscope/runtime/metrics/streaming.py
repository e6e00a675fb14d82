"""Means, and counts of right and wrong decisions, over many steps."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.make_op import make_tensor
from opscope.runtime.math import (
    abs as absolute,
)
from opscope.runtime.math import (
    cast,
    equal,
    less,
    logical_and,
    logical_not,
    maximum,
    multiply,
    reduce_sum,
    sqrt,
    squared_difference,
)
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.filling import ones_like, zeros
from opscope.runtime.ops.shape import expand_dims, size, squeeze
from opscope.runtime.variable_scope import variable_scope
from opscope.runtime.variables import Variable, assign_add

Metric = tuple[Tensor, Tensor]


def metric_variable(shape: Any, name: str, dtype: dtypes.DType = dtypes.float32) -> Variable:
    """A local variable of zeros."""
    return Variable(
        lambda: zeros(shape, dtype),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
        name=name,
    )


def collected(result: Metric, values: Any, updates: Any) -> Metric:
    """The metric, noted in the collections named for its value and its update."""
    graph = get_default_graph()
    graph.add_to_collections(values or (), result[0])
    graph.add_to_collections(updates or (), result[1])
    return result


def weighted(values: Tensor, weights: Any) -> Tensor:
    """The weights in the shape of the values."""
    factors = cast(convert_to_tensor(weights), dtypes.float32)
    rank = values.shape.ndims
    if factors.shape.ndims and rank and factors.shape.ndims == rank - 1:
        factors = expand_dims(factors, -1)
    return multiply(factors, ones_like(values))


def matched(labels: Any, predictions: Any) -> tuple[Tensor, Tensor]:
    """Both as tensors, an extra last axis of size 1 of one of them dropped."""
    truth, guess = convert_to_tensor(labels), convert_to_tensor(predictions)
    mine, theirs = truth.shape.ndims, guess.shape.ndims
    if mine is not None and theirs is not None:
        if theirs - mine == 1:
            guess = squeeze(guess, [-1])
        elif mine - theirs == 1:
            truth = squeeze(truth, [-1])
    truth.shape.assert_is_compatible_with(guess.shape)
    return truth, guess


def _ratio(total: Any, count: Any, name: str) -> Tensor:
    return make_tensor("DivNoNan", total, maximum(count, 0), name=name)


def mean(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The mean of all values so far."""
    with variable_scope(name, "mean"):
        numbers = cast(convert_to_tensor(values), dtypes.float32)
        total, count = metric_variable([], "total"), metric_variable([], "count")
        if weights is None:
            added = cast(size(numbers), dtypes.float32)
        else:
            factors = weighted(numbers, weights)
            numbers = multiply(numbers, factors)
            added = reduce_sum(factors)
        new_total = assign_add(total, reduce_sum(numbers))
        with get_default_graph().control_dependencies([numbers]):
            new_count = assign_add(count, added)
        result = _ratio(total, count, "value"), _ratio(new_total, new_count, "update_op")
        return collected(result, metrics_collections, updates_collections)


def accuracy(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How often predictions equal labels."""
    truth, guess = matched(labels, predictions)
    if truth.dtype.base_dtype is not guess.dtype.base_dtype:
        guess = cast(guess, truth.dtype)
    right = cast(equal(guess, truth), dtypes.float32)
    return mean(right, weights, metrics_collections, updates_collections, name or "accuracy")


def mean_absolute_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The mean of |predictions - labels|."""
    truth, guess = matched(labels, predictions)
    errors = absolute(guess - truth)
    label = name or "mean_absolute_error"
    return mean(errors, weights, metrics_collections, updates_collections, label)


def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The mean of (predictions - labels)²."""
    truth, guess = matched(labels, predictions)
    errors = squared_difference(truth, guess)
    label = name or "mean_squared_error"
    return mean(errors, weights, metrics_collections, updates_collections, label)


def root_mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The root of the mean of (predictions - labels)²."""
    label = name or "root_mean_squared_error"
    value, update = mean_squared_error(labels, predictions, weights, None, None, label)
    result = sqrt(value), sqrt(update)
    return collected(result, metrics_collections, updates_collections)


def percentage_below(
    values: Any,
    threshold: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many of the values lie below a threshold, as a fraction."""
    below = cast(less(values, threshold), dtypes.float32)
    label = name or "percentage_below_threshold"
    return mean(below, weights, metrics_collections, updates_collections, label)


# -- decisions -----------------------------------------------------------------------------


def _count(hits: Tensor, weights: Any, name: str) -> Metric:
    """The (weighted) number of hits so far, and its update."""
    with variable_scope(None, name):
        number = metric_variable([], "count")
        values = cast(hits, dtypes.float32)
        if weights is not None:
            values = multiply(values, weighted(values, weights))
        return identity(number), convert_to_tensor(assign_add(number, reduce_sum(values)))


def _decisions(labels: Any, predictions: Any) -> tuple[Tensor, Tensor]:
    truth, guess = matched(labels, predictions)
    return cast(truth, dtypes.bool), cast(guess, dtypes.bool)


def _counted(
    which: tuple[bool, bool],
    scope_name: str,
    labels: Any,
    predictions: Any,
    weights: Any,
    metrics_collections: Any,
    updates_collections: Any,
    name: str | None,
) -> Metric:
    truth, guess = _decisions(labels, predictions)
    hits = logical_and(
        truth if which[0] else logical_not(truth), guess if which[1] else logical_not(guess)
    )
    result = _count(hits, weights, name or scope_name)
    return collected(result, metrics_collections, updates_collections)


def true_positives(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many were true and predicted so."""
    rest = (labels, predictions, weights, metrics_collections, updates_collections, name)
    return _counted((True, True), "true_positives", *rest)


def false_positives(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many were false and predicted to be true."""
    rest = (labels, predictions, weights, metrics_collections, updates_collections, name)
    return _counted((False, True), "false_positives", *rest)


def false_negatives(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many were true and predicted to be false."""
    rest = (labels, predictions, weights, metrics_collections, updates_collections, name)
    return _counted((True, False), "false_negatives", *rest)


def true_negatives(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many were false and predicted so."""
    rest = (labels, predictions, weights, metrics_collections, updates_collections, name)
    return _counted((False, False), "true_negatives", *rest)


def precision(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many of those predicted to be true were."""
    with variable_scope(name, "precision"):
        hits = true_positives(labels, predictions, weights)
        misses = false_positives(labels, predictions, weights)
        result = _share(hits, misses)
        return collected(result, metrics_collections, updates_collections)


def recall(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How many of those that were true were predicted so."""
    with variable_scope(name, "recall"):
        hits = true_positives(labels, predictions, weights)
        misses = false_negatives(labels, predictions, weights)
        result = _share(hits, misses)
        return collected(result, metrics_collections, updates_collections)


def _share(hits: Metric, misses: Metric) -> Metric:
    value = make_tensor("DivNoNan", hits[0], hits[0] + misses[0], name="value")
    update = make_tensor("DivNoNan", hits[1], hits[1] + misses[1], name="update_op")
    return value, update
