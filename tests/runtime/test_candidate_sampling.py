"""Candidate samplers draw by their distribution and expect what they draw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf

WEIGHTS = [1.0, 4.0, 9.0, 16.0, 0.0, 25.0]
LOG = np.log(np.arange(2, 8) / np.arange(1, 7)) / np.log(7)
DRAWS = 6000


@pytest.fixture(autouse=True)
def _in_graph(graph: Any) -> None:
    """Every test builds in a graph of its own."""


def fixed(*args: Any, **kwargs: Any) -> Any:
    return tf.nn.fixed_unigram_candidate_sampler(*args, unigrams=WEIGHTS, **kwargs)


SAMPLERS = [
    (tf.nn.uniform_candidate_sampler, np.full(6, 1 / 6)),
    (tf.nn.log_uniform_candidate_sampler, LOG),
    (tf.nn.learned_unigram_candidate_sampler, np.full(6, 1 / 6)),
    (fixed, np.array(WEIGHTS) / sum(WEIGHTS)),
]


@pytest.mark.parametrize(("sampler", "expected"), SAMPLERS)
def test_frequencies_and_expected_counts(sampler: Any, expected: Any) -> None:
    true = tf.constant([[0, 1], [2, 5]], tf.int64)
    drawn, true_counts, counts = sampler(true, 2, DRAWS, False, 6, seed=3)
    with tf.Session() as session:
        drawn, true_counts, counts = session.run([drawn, true_counts, counts])
    assert drawn.dtype == np.int64
    assert counts.dtype == true_counts.dtype == np.float32
    np.testing.assert_allclose(np.bincount(drawn, minlength=6) / DRAWS, expected, atol=0.03)
    np.testing.assert_allclose(counts, expected[drawn] * DRAWS, rtol=1e-5)
    np.testing.assert_allclose(true_counts, expected[[[0, 1], [2, 5]]] * DRAWS, rtol=1e-5)


@pytest.mark.parametrize(("sampler", "expected"), SAMPLERS[:2])
def test_distinct_classes_come_as_often_as_expected(sampler: Any, expected: Any) -> None:
    drawn, true_counts, _ = sampler([[0, 1, 2, 3, 4, 5]], 6, 3, True, 6, seed=8)
    seen, told = np.zeros(6), np.zeros(6)
    with tf.Session() as session:
        for _ in range(600):
            classes, estimate = session.run([drawn, true_counts])
            assert len(set(classes)) == 3
            seen[classes] += 1
            told += estimate[0]
    # The estimate is TensorFlow's, which is too high where few draws were needed.
    np.testing.assert_allclose(seen / 600, told / 600, atol=0.2)


def test_learned_unigram_learns() -> None:
    drawn, counts, _ = tf.nn.learned_unigram_candidate_sampler([[2, 2, 3]], 3, 4, False, 5, seed=1)
    with tf.Session() as session:
        first = session.run(counts)
        second = session.run(counts)
        for _ in range(300):
            classes = session.run(drawn)
    np.testing.assert_allclose(first, [[0.8, 0.8, 0.8]], rtol=1e-6)
    np.testing.assert_allclose(second, [[1.5, 1.5, 1.0]], rtol=1e-6)
    assert set(classes) <= {2, 3}


def test_vocabulary_file_with_distortion_and_reserved_ids(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.csv"
    path.write_text("the,4\nof,9\nand,16\n")
    _, counts, _ = tf.nn.fixed_unigram_candidate_sampler(
        [[0, 1, 2, 3]], 4, 9, False, 4, vocab_file=str(path), distortion=0.5, num_reserved_ids=1
    )
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(counts), [[0, 2, 3, 4]], rtol=1e-6)


def test_what_does_not_fit_is_refused() -> None:
    labels = tf.placeholder(tf.int64, [None, None])
    few = tf.nn.uniform_candidate_sampler(labels, 1, 5, True, 4)
    neither = tf.nn.fixed_unigram_candidate_sampler(labels, 1, 2, True, 4)
    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match="range is too small"):
            session.run(few, {labels: [[0]]})
        with pytest.raises(tf.errors.InvalidArgumentError, match="num_true columns"):
            session.run(few, {labels: [[0, 1]]})
        with pytest.raises(tf.errors.InvalidArgumentError, match="exactly one of"):
            session.run(neither, {labels: [[0]]})


def test_sampled_softmax_over_all_classes_is_softmax() -> None:
    rng = np.random.default_rng(2)
    weights, bias, inputs = (
        tf.constant(rng.normal(size=shape).astype(np.float32)) for shape in ((7, 3), (7,), (4, 3))
    )
    labels = tf.constant([[0], [3], [6], [2]], tf.int64)
    loss = tf.nn.sampled_softmax_loss(
        weights, bias, labels, inputs, 7, 7,
        sampled_values=tf.nn.all_candidate_sampler(labels, 1, 7, True),
    )  # fmt: skip
    logits = tf.matmul(inputs, weights, transpose_b=True) + bias
    whole = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels[:, 0], logits=logits)
    with tf.Session() as session:
        np.testing.assert_allclose(*session.run([loss, whole]), rtol=1e-5)
