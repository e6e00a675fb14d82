"""Losses and metrics in opscope and in TensorFlow: the same names and the same numbers."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
theirs = pytest.importorskip("tensorflow.compat.v1")

pytestmark = pytest.mark.interop
theirs.disable_eager_execution()
theirs.disable_resource_variables()
theirs.logging.set_verbosity(theirs.logging.ERROR)

RNG = np.random.default_rng(1)
LABELS, GUESSES = RNG.random((2, 4, 3)).astype(np.float32)
ONE_HOT = np.eye(3, dtype=np.float32)[[0, 2, 1, 0]]
NUMBERS = np.array([0, 2, 1, 0])
WEIGHTS: dict[str, Any] = {
    "one": 1.0,
    "zero": 0.0,
    "rows": np.float32([[1], [0], [2], [1]]),
    "all": LABELS,
    "wrong": np.float32([1, 2]),
}


def both(build: Any) -> list[Any]:
    """Name, value and collected names of a loss with each module; an error's type in its place."""
    results = []
    for tf in (ours, theirs):
        with tf.Graph().as_default(), tf.Session() as session:
            try:
                loss = build(tf)
                names = [t.name for t in tf.losses.get_losses()]
                results.append((loss.name, session.run(loss), names))
            except ValueError:
                results.append(("ValueError", np.float32(0), []))
    return results


def same(results: list[Any]) -> None:
    (name_a, value_a, all_a), (name_b, value_b, all_b) = results
    assert (name_a, all_a) == (name_b, all_b)
    np.testing.assert_allclose(value_a, value_b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("reduction", ours.losses.Reduction.all())
@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize(
    "name", ["mean_squared_error", "absolute_difference", "huber_loss", "log_loss"]
)
def test_loss_of_predictions(name: str, weights: str, reduction: str) -> None:
    same(
        both(
            lambda tf: getattr(tf.losses, name)(
                LABELS, GUESSES, weights=WEIGHTS[weights], reduction=reduction
            )
        )
    )


@pytest.mark.parametrize(
    "build",
    [
        lambda tf: tf.losses.hinge_loss(ONE_HOT, GUESSES),
        lambda tf: tf.losses.cosine_distance(LABELS, GUESSES, axis=1),
        lambda tf: tf.losses.sigmoid_cross_entropy(ONE_HOT, GUESSES, label_smoothing=0.1),
        lambda tf: tf.losses.softmax_cross_entropy(ONE_HOT, GUESSES, label_smoothing=0.2),
        lambda tf: tf.losses.softmax_cross_entropy(
            ONE_HOT, GUESSES, weights=np.float32([1, 0, 2, 1])
        ),
        lambda tf: tf.losses.sparse_softmax_cross_entropy(NUMBERS, GUESSES),
        lambda tf: tf.losses.sparse_softmax_cross_entropy(
            NUMBERS[:, None], GUESSES, weights=WEIGHTS["rows"]
        ),
        lambda tf: tf.losses.mean_squared_error(LABELS, GUESSES[:, :2]),
        lambda tf: tf.losses.mean_squared_error(None, GUESSES),
        lambda tf: tf.losses.mean_squared_error(LABELS, GUESSES, reduction="no such"),
    ],
)
def test_other_losses(build: Any) -> None:
    same(both(build))


def total(tf: Any) -> Any:
    tf.losses.mean_squared_error(LABELS, GUESSES, scope="a")
    tf.losses.add_loss(tf.constant(2.0))
    return tf.losses.get_total_loss()


def test_total_loss() -> None:
    same(both(total))


DECISIONS = [
    "accuracy",
    "precision",
    "recall",
    "true_positives",
    "false_positives",
    "false_negatives",
    "true_negatives",
]
REGRESSIONS = ["mean_squared_error", "root_mean_squared_error", "mean_absolute_error"]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", ["mean", "auc", "percentage_below", *DECISIONS, *REGRESSIONS])
def test_metric_over_three_steps(name: str, weighted: bool) -> None:
    rng = np.random.default_rng(2)
    truth, guess = rng.integers(0, 2, (2, 3, 5))
    score, weight = rng.random((2, 3, 5)).astype(np.float32)
    found = []
    for tf in (ours, theirs):
        with tf.Graph().as_default(), tf.Session() as session:
            y, p = tf.placeholder(tf.int64, [None]), tf.placeholder(tf.int64, [None])
            q, w = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.float32, [None])
            options = {"weights": w} if weighted else {}
            make = getattr(tf.metrics, name)
            if name == "mean":
                value, update = make(q, **options)
            elif name == "percentage_below":
                value, update = make(q, 0.5, **options)
            elif name in DECISIONS:
                value, update = make(y, p, **options)
            elif name == "auc":
                value, update = make(y, q, **options)
            else:
                value, update = make(tf.cast(y, tf.float32), q, **options)
            session.run(tf.local_variables_initializer())
            numbers = [session.run(value)]
            for i in range(3):
                feed = {y: truth[i], p: guess[i], q: score[i], w: weight[i]}
                numbers += [session.run(update, feed), session.run(value)]
            variables = [v.name for v in tf.get_collection("metric_variables")]
            found.append((value.name, update.name, variables, numbers))
    assert found[0][:3] == found[1][:3]
    np.testing.assert_allclose(found[0][3], found[1][3], rtol=1e-5, atol=1e-6)
