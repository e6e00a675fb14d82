"""Samples of distributions: their moments, their seeds, and random parts of a tensor."""

from __future__ import annotations

import numpy as np
import pytest

import opscope.runtime as tf


def test_multinomial_draws_by_probability(graph):
    logits = np.log(np.array([[0.1, 0.6, 0.3], [1e-9, 1e-9, 1.0]], np.float32))
    drawn = tf.multinomial(logits, 4000, seed=3)
    assert drawn.dtype == tf.int64
    assert drawn.shape.as_list() == [2, 4000]
    with tf.Session() as session:
        first, second = session.run(drawn)
    np.testing.assert_allclose(np.bincount(first, minlength=3) / 4000, [0.1, 0.6, 0.3], atol=0.03)
    assert (second == 2).all()


def test_categorical_of_no_rows_and_of_impossible_classes(graph):
    none = tf.random.categorical(np.zeros((0, 3), np.float32), 2, dtype=tf.int32)
    sure = tf.random.categorical([[-np.inf, 0.0, -np.inf]], 5)
    with tf.Session() as session:
        empty, ones = session.run([none, sure])
    assert empty.shape == (0, 2)
    assert empty.dtype == np.int32
    assert ones.tolist() == [[1] * 5]


def test_gamma_has_its_moments(graph):
    drawn = tf.random_gamma([5000], [0.5, 3.0], beta=[1.0, 2.0], seed=1)
    assert drawn.shape.as_list() == [5000, 2]
    with tf.Session() as session:
        values = session.run(drawn)
    np.testing.assert_allclose(values.mean(axis=0), [0.5, 1.5], rtol=0.1)
    np.testing.assert_allclose(values.var(axis=0), [0.5, 0.75], rtol=0.2)


def test_gamma_can_be_differentiated(graph):
    alpha = tf.constant([2.0, 5.0])
    drawn = tf.random_gamma([4000], alpha, seed=1)
    (slope,) = tf.gradients(tf.reduce_mean(drawn, axis=0), [alpha])
    with tf.Session() as session:
        # The mean of a gamma distribution is alpha.
        np.testing.assert_allclose(session.run(slope), [1, 1], atol=0.1)


def test_poisson_has_its_moments(graph):
    drawn = tf.random_poisson([0.5, 8.0], [4000], seed=1)
    assert drawn.dtype == tf.float32
    with tf.Session() as session:
        values = session.run(drawn)
    np.testing.assert_allclose(values.mean(axis=0), [0.5, 8.0], rtol=0.1)
    np.testing.assert_allclose(values.var(axis=0), [0.5, 8.0], rtol=0.2)


def test_seeds_are_reproducible(graph):
    tf.set_random_seed(5)
    drawn = [
        tf.multinomial([[0.0, 0.0]], 30),
        tf.random_gamma([3], 1.0),
        tf.random_poisson(2.0, [9]),
    ]
    with tf.Session() as session:
        first = session.run(drawn)
    with tf.Session() as session:
        second = session.run(drawn)
        third = session.run(drawn)
    for a, b, c in zip(first, second, third, strict=True):
        np.testing.assert_array_equal(a, b)
        assert (a != c).any()


def test_random_crop_is_a_part(graph):
    picture = np.arange(60).reshape(5, 6, 2)
    crop = tf.random_crop(picture, [3, 4, 2], seed=1)
    assert crop.shape.as_list() == [3, 4, 2]
    with tf.Session() as session:
        seen = set()
        for _ in range(20):
            part = session.run(crop)
            row, column, _ = np.argwhere(picture == part[0, 0, 0])[0]
            np.testing.assert_array_equal(part, picture[row : row + 3, column : column + 4])
            seen.add((row, column))
    assert len(seen) > 3


def test_random_crop_that_does_not_fit(graph):
    crop = tf.random_crop(tf.placeholder(tf.float32), [3])
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="Need value"):
        session.run(crop, {crop.graph.get_operations()[0].outputs[0]: [1.0, 2.0]})


def test_timestamp_goes_on(graph):
    now = tf.timestamp()
    with tf.Session() as session:
        first, second = session.run(now), session.run(now)
    assert 1.6e9 < first <= second
