"""TensorFlow's candidate samplers expect counts by our formulas, and draw by our distributions."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from opscope.runtime.ops.class_distributions import (
    LogUniform,
    Uniform,
    expected_counts,
    fixed_unigram,
)

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
tf = pytest.importorskip("tensorflow.compat.v1")

pytestmark = pytest.mark.interop
tf.disable_eager_execution()

UNIGRAMS = [1.0, 4.0, 9.0, 16.0, 25.0, 36.0]
TRUE = np.arange(6)[None]


def samples(op_name: str, count: int, unique: bool, size: int = 6, **kwargs: Any) -> Any:
    sampler = getattr(tf.nn, op_name)
    with tf.Graph().as_default(), tf.Session() as session:
        fetches = sampler(TRUE.astype(np.int64), 6, count, unique, size, seed=1, **kwargs)
        return [session.run(fetches) for _ in range(12)]


CASES = [
    ("uniform_candidate_sampler", Uniform(6), {}),
    ("log_uniform_candidate_sampler", LogUniform(6), {}),
    ("fixed_unigram_candidate_sampler", fixed_unigram(UNIGRAMS, 0.5, 0, 1, 0),
     {"unigrams": UNIGRAMS, "distortion": 0.5}),
    ("fixed_unigram_candidate_sampler", fixed_unigram(UNIGRAMS[2:], 1.0, 2, 1, 0),
     {"unigrams": UNIGRAMS[2:], "num_reserved_ids": 2}),
    ("fixed_unigram_candidate_sampler", fixed_unigram(UNIGRAMS * 2, 1.0, 0, 2, 1),
     {"unigrams": UNIGRAMS * 2, "num_shards": 2, "shard": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("op_name", "distribution", "kwargs"), CASES)
def test_expected_counts(op_name: str, distribution: Any, kwargs: Any) -> None:
    for drawn, true_counts, counts in samples(op_name, 50, False, **kwargs):
        mine = expected_counts(distribution, TRUE, 50, 50)
        np.testing.assert_allclose(true_counts, mine, rtol=1e-5)
        np.testing.assert_allclose(counts, mine[0][drawn], rtol=1e-5)


@pytest.mark.parametrize(("op_name", "distribution", "kwargs"), CASES)
def test_expected_counts_of_distinct_classes(op_name: str, distribution: Any, kwargs: Any) -> None:
    for drawn, true_counts, _ in samples(op_name, 3, True, **kwargs):
        assert len(set(drawn)) == 3
        # Of any number of draws that it may have taken, one gives TensorFlow's numbers.
        possible = [expected_counts(distribution, TRUE, 3, draws) for draws in range(3, 60)]
        nearest = min(float(np.abs(p - true_counts).max()) for p in possible)
        assert nearest < 1e-5


def test_learned_unigram() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        _, counts, _ = tf.nn.learned_unigram_candidate_sampler([[2, 2, 3]], 3, 4, False, 5, seed=1)
        np.testing.assert_allclose(session.run(counts), [[0.8, 0.8, 0.8]], rtol=1e-6)
        np.testing.assert_allclose(session.run(counts), [[1.5, 1.5, 1.0]], rtol=1e-6)
