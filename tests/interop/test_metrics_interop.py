"""Metrics over several batches: the values, variables and names of TensorFlow's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours

pytestmark = pytest.mark.interop

RNG = np.random.default_rng(0)


def batches(first: Any, second: Any) -> list[tuple[Any, Any]]:
    return [(first(), second()) for _ in range(4)]


def floats(*shape: int) -> Any:
    return lambda: RNG.random(shape).astype(np.float32)


def ints(high: int, *shape: int) -> Any:
    return lambda: RNG.integers(0, high, shape)


DECISIONS = batches(ints(2, 6), floats(6))
CLASSES = batches(ints(3, 6), ints(3, 6))
RANKED = batches(ints(5, 4, 2), floats(4, 5))
NUMBERS = batches(floats(4, 3), floats(4, 3))
WEIGHTS = RNG.random(6).astype(np.float32)
SCALE = (NUMBERS[0][0] * (NUMBERS[0][0] > 0.3)).astype(np.float32)
THRESHOLDS = [0.1, 0.5, 0.9]

CASES: dict[str, tuple[Any, Any]] = {}


def case(name: str, data: Any, build: Any) -> None:
    """A metric of (tf, labels, predictions, weights), weights None or one per row."""
    CASES[name] = data, build


for curve in ("ROC", "PR"):
    for method in ("trapezoidal", "careful_interpolation", "minoring", "majoring"):
        case(
            f"auc_{curve}_{method}",
            DECISIONS,
            lambda tf, a, b, w, c=curve, m=method: tf.metrics.auc(
                a, b, w, 20, curve=c, summation_method=m
            ),
        )
for which in (
    "precision",
    "recall",
    "true_positives",
    "false_positives",
    "true_negatives",
    "false_negatives",
):
    case(
        f"{which}_at_thresholds",
        DECISIONS,
        lambda tf, a, b, w, n=which: getattr(tf.metrics, f"{n}_at_thresholds")(a, b, THRESHOLDS, w),
    )
case(
    "sensitivity",
    DECISIONS,
    lambda tf, a, b, w: tf.metrics.sensitivity_at_specificity(a, b, 0.6, w),
)
case(
    "specificity",
    DECISIONS,
    lambda tf, a, b, w: tf.metrics.specificity_at_sensitivity(a, b, 0.6, w),
)
case("iou", CLASSES, lambda tf, a, b, w: tf.metrics.mean_iou(a, b, 3, w))
case("classes", CLASSES, lambda tf, a, b, w: tf.metrics.mean_per_class_accuracy(a, b, 3, w))
for k in (1, 3):
    case(
        f"average_{k}",
        RANKED,
        lambda tf, a, b, w, k=k: tf.metrics.average_precision_at_k(a, b, k, w),
    )
    for chosen in (None, 2):
        case(
            f"recall_{k}_{chosen}",
            RANKED,
            lambda tf, a, b, w, k=k, c=chosen: tf.metrics.recall_at_k(a, b, k, c, w),
        )
        case(
            f"precision_{k}_{chosen}",
            RANKED,
            lambda tf, a, b, w, k=k, c=chosen: tf.metrics.precision_at_k(a, b, k, c, w),
        )
case("cosine", NUMBERS, lambda tf, a, b, w: tf.metrics.mean_cosine_distance(a, b, 1))
case(
    "relative",
    NUMBERS,
    lambda tf, a, b, w: tf.metrics.mean_relative_error(
        a, b, tf.constant(SCALE), None if w is None else tf.reshape(w, [-1, 1])
    ),
)
case(
    "tensor",
    NUMBERS,
    lambda tf, a, b, w: tf.metrics.mean_tensor(b, None if w is None else tf.reshape(w, [-1, 1])),
)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("name", CASES)
def test_metrics(tensorflow: Any, name: str, weighted: bool) -> None:
    data, build = CASES[name]

    def gathered(tf: Any) -> tuple[Any, Any]:
        with tf.Graph().as_default(), tf.Session() as session:
            labels, guesses = (tf.placeholder(d.dtype, d.shape) for d in data[0])
            weights = tf.constant(WEIGHTS[: len(data[0][0])]) if weighted else None
            value, update = build(tf, labels, guesses, weights)
            session.run(tf.local_variables_initializer())
            found = []
            for truth, guess in data:
                feed = {labels: truth, guesses: guess}
                found += [session.run(update, feed), session.run(value, feed)]
            names = [v.name for v in tf.get_collection(tf.GraphKeys.METRIC_VARIABLES)]
            return found, (names, value.name, update.name)

    (mine, my_names), (theirs, their_names) = gathered(ours), gathered(tensorflow)
    assert my_names == their_names
    for a, b in zip(mine, theirs, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
