"""tf.losses: scalar losses, weighted and collected."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.make_op import make_tensor
from opscope.runtime.math import (
    abs as absolute,
)
from opscope.runtime.math import (
    add_n,
    cast,
    equal,
    log,
    maximum,
    minimum,
    multiply,
    reduce_sum,
    squared_difference,
    subtract,
)
from opscope.runtime.nn import (
    relu,
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
    sparse_softmax_cross_entropy_with_logits,
)
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.comparison import where
from opscope.runtime.ops.filling import ones_like, zeros_like
from opscope.runtime.ops.passing import stop_gradient
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import size, squeeze


class Reduction:
    """How losses become one number."""

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_OVER_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_BY_NONZERO_WEIGHTS = SUM_OVER_NONZERO_WEIGHTS

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """Every way."""
        return (
            cls.NONE,
            cls.SUM,
            cls.MEAN,
            cls.SUM_OVER_BATCH_SIZE,
            cls.SUM_OVER_NONZERO_WEIGHTS,
            cls.SUM_BY_NONZERO_WEIGHTS,
        )

    @classmethod
    def validate(cls, key: str) -> None:
        """Raise ValueError for what is none of them."""
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key {key}.")


_BY_NONZERO = Reduction.SUM_BY_NONZERO_WEIGHTS


def compute_weighted_loss(
    losses: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """`losses` times `weights`, brought to one number and added to the collection of losses.

    weights: a scalar, or of the rank of `losses` with sizes that are 1 or equal.
    """
    Reduction.validate(reduction)
    with op_scope(scope, "weighted_loss", losses, weights):
        values = convert_to_tensor(losses)
        dtype = values.dtype.base_dtype
        given = convert_to_tensor(weights)
        _require_broadcastable(given, values)
        wide = cast(values, dtypes.float32)
        factor = cast(given, dtypes.float32)
        weighted = multiply(wide, factor)
        if reduction == Reduction.NONE:
            loss = cast(weighted, dtype)
        else:
            loss = cast(_reduced(weighted, factor, reduction), dtype)
        if loss_collection:
            get_default_graph().add_to_collection(loss_collection, loss)
        return loss


def _reduced(weighted: Tensor, factor: Tensor, reduction: str) -> Tensor:
    total = reduce_sum(weighted)
    if reduction == Reduction.SUM:
        return total
    if reduction == Reduction.MEAN:
        count = reduce_sum(multiply(ones_like(weighted), factor))
    elif reduction == Reduction.SUM_OVER_BATCH_SIZE:
        count = cast(size(weighted), dtypes.float32)
    else:
        with op_scope(None, "num_present"):
            zero = constant(0, dtypes.float32)
            present = where(equal(factor, zero), zeros_like(factor), ones_like(factor))
            count = reduce_sum(multiply(present, ones_like(weighted)))
    return make_tensor("DivNoNan", total, count, name="value")


def _require_broadcastable(weights: Tensor, values: Tensor) -> None:
    """ValueError when the static shapes say that weights do not go with values."""
    mine, theirs = weights.shape.sizes, values.shape.sizes
    if mine is None or theirs is None or mine == ():
        return
    fits = len(mine) == len(theirs) and all(
        w in (1, None) or v is None or w == v for w, v in zip(mine, theirs, strict=True)
    )
    if not fits:
        raise ValueError(
            f"weights can not be broadcast to values. values.shape={values.shape}. "
            f"weights.shape={weights.shape}."
        )


def _pair(first: Any, second: Any, names: tuple[str, str]) -> tuple[Tensor, Tensor]:
    """Both as float32 tensors of one shape; ValueError when one is missing."""
    for value, name in zip((first, second), names, strict=True):
        if value is None:
            raise ValueError(f"{name} must not be None.")
    a = cast(convert_to_tensor(first), dtypes.float32)
    b = cast(convert_to_tensor(second), dtypes.float32)
    a.shape.assert_is_compatible_with(b.shape)
    return a, b


_PREDICTED = ("labels", "predictions")


def absolute_difference(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """The mean of |predictions - labels|."""
    with op_scope(scope, "absolute_difference", predictions, labels) as name:
        truth, guess = _pair(labels, predictions, _PREDICTED)
        losses = absolute(subtract(guess, truth))
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction)


def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """The mean of (predictions - labels)²."""
    with op_scope(scope, "mean_squared_error", predictions, labels) as name:
        truth, guess = _pair(labels, predictions, _PREDICTED)
        losses = squared_difference(guess, truth)
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction)


def mean_pairwise_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
) -> Tensor:
    """The squared differences of the differences between all pairs of elements of a row.

    weights: one, or one per row [batch, 1, ...]; elements of weight 0 do not count.
    """
    if labels is None:
        raise ValueError("Argument `labels` must not be None.")
    if predictions is None:
        raise ValueError("Argument `predictions` must not be None.")
    with op_scope(scope, "mean_pairwise_squared_error", predictions, labels, weights):
        factors = cast(weights, dtypes.float32)
        truth, guess = cast(labels, dtypes.float32), cast(predictions, dtypes.float32)
        guess.shape.assert_is_compatible_with(truth.shape)
        _require_broadcastable(factors, truth)
        errors = guess - truth
        axes = list(range(1, errors.shape.ndims or 1))
        present = where(equal(factors, 0.0), zeros_like(factors), ones_like(factors))
        counts = reduce_sum(present * ones_like(errors), axis=axes, keepdims=True)
        squares = reduce_sum(errors * errors, axis=axes, keepdims=True)
        sums = reduce_sum(errors, axis=axes, keepdims=True)
        one = make_tensor("DivNoNan", squares, maximum(counts - 1, 0))
        two = make_tensor("DivNoNan", sums * sums, maximum(counts * (counts - 1), 0))
        total = reduce_sum((2.0 * one - 2.0 * two) * factors)
        loss = where(reduce_sum(counts) > 0, total, zeros_like(total), name="value")
        add_loss(loss, loss_collection)
        return loss


def huber_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    delta: float = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """The mean of a loss that is square up to an error of `delta`, and linear beyond."""
    with op_scope(scope, "huber_loss", predictions, labels) as name:
        truth, guess = _pair(labels, predictions, _PREDICTED)
        error = absolute(subtract(guess, truth))
        near = minimum(error, delta)
        losses = multiply(0.5, multiply(near, near)) + multiply(delta, error - near)
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction)


def log_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    epsilon: float = 1e-7,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """The mean cross entropy of predicted probabilities."""
    with op_scope(scope, "log_loss", predictions, labels) as name:
        truth, guess = _pair(labels, predictions, _PREDICTED)
        losses = -multiply(truth, log(guess + epsilon)) - multiply(
            1 - truth, log(1 - guess + epsilon)
        )
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction)


def hinge_loss(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """The mean of max(0, 1 - y logits), y being -1 and 1 for labels 0 and 1."""
    with op_scope(scope, "hinge_loss", logits, labels) as name:
        truth, guess = _pair(labels, logits, ("labels", "logits"))
        sign = subtract(2 * truth, ones_like(truth))
        losses = relu(subtract(1.0, multiply(sign, guess)))
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction)


def cosine_distance(
    labels: Any,
    predictions: Any,
    axis: int | None = None,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
    dim: int | None = None,
) -> Tensor:
    """The mean of 1 - labels·predictions along an axis, both of length 1."""
    along = dim if axis is None else axis
    if along is None:
        raise ValueError("You must specify argument `axis`.")
    with op_scope(scope, "cosine_distance_loss", predictions, labels) as name:
        truth, guess = _pair(labels, predictions, _PREDICTED)
        losses = 1 - reduce_sum(multiply(guess, truth), axis=(along,), keepdims=True)
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction)


def sigmoid_cross_entropy(
    multi_class_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """The mean cross entropy of independent classes."""
    with op_scope(scope, "sigmoid_cross_entropy_loss", logits, multi_class_labels) as name:
        scores = convert_to_tensor(logits)
        truth = cast(convert_to_tensor(multi_class_labels), scores.dtype)
        scores.shape.assert_is_compatible_with(truth.shape)
        if label_smoothing > 0:
            truth = truth * (1 - label_smoothing) + 0.5 * label_smoothing
        losses = sigmoid_cross_entropy_with_logits(labels=truth, logits=scores, name="xentropy")
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction)


def softmax_cross_entropy(
    onehot_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """The mean cross entropy of exclusive classes."""
    with op_scope(scope, "softmax_cross_entropy_loss", logits, onehot_labels) as name:
        scores = convert_to_tensor(logits)
        truth = cast(convert_to_tensor(onehot_labels), scores.dtype)
        scores.shape.assert_is_compatible_with(truth.shape)
        if label_smoothing > 0:
            classes = truth.shape.as_list()[1]
            if classes is None:
                raise ValueError("label_smoothing needs a known number of classes")
            truth = truth * (1 - label_smoothing) + label_smoothing / classes
        losses = softmax_cross_entropy_with_logits_v2(
            labels=stop_gradient(truth), logits=scores, name="xentropy"
        )
        return compute_weighted_loss(losses, weights, name, loss_collection, reduction)


def sparse_softmax_cross_entropy(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """The mean cross entropy of exclusive classes, given by their numbers."""
    with op_scope(scope, "sparse_softmax_cross_entropy_loss", logits, labels) as name:
        scores, truth = convert_to_tensor(logits), convert_to_tensor(labels)
        factors = convert_to_tensor(weights)
        if truth.shape.ndims is not None and truth.shape.ndims == scores.shape.ndims:
            truth = squeeze(truth, [-1])
        if factors.shape.ndims and factors.shape.ndims - 1 == truth.shape.ndims:
            factors = squeeze(factors, [-1])
        losses = sparse_softmax_cross_entropy_with_logits(
            labels=truth, logits=scores, name="xentropy"
        )
        return compute_weighted_loss(losses, factors, name, loss_collection, reduction)


# -- the collection of losses --------------------------------------------------------------


def add_loss(loss: Any, loss_collection: Any = GraphKeys.LOSSES) -> None:
    """Add a loss to the collection."""
    if loss_collection:
        get_default_graph().add_to_collection(loss_collection, loss)


def get_losses(scope: str | None = None, loss_collection: Any = GraphKeys.LOSSES) -> list[Any]:
    """The losses of the collection."""
    return get_default_graph().get_collection(loss_collection, scope)


def get_regularization_losses(scope: str | None = None) -> list[Any]:
    """The losses that keep weights small."""
    return get_default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


def get_regularization_loss(
    scope: str | None = None, name: str = "total_regularization_loss"
) -> Tensor:
    """The sum of the regularization losses; 0 without any."""
    losses = get_regularization_losses(scope)
    return add_n(losses, name=name) if losses else constant(0.0)


def get_total_loss(
    add_regularization_losses: bool = True, name: str = "total_loss", scope: str | None = None
) -> Tensor:
    """The sum of all losses; ValueError without any."""
    losses = get_losses(scope)
    if add_regularization_losses:
        losses += get_regularization_losses(scope)
    return add_n(losses, name=name)


__all__ = [
    "Reduction",
    "absolute_difference",
    "add_loss",
    "compute_weighted_loss",
    "cosine_distance",
    "get_losses",
    "get_regularization_loss",
    "get_regularization_losses",
    "get_total_loss",
    "hinge_loss",
    "huber_loss",
    "log_loss",
    "mean_squared_error",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
]
