"""Factors of matrices multiply to the matrix, and their gradients are the numeric ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf

RNG = np.random.default_rng(6)


def numeric(function: Any, value: np.ndarray) -> np.ndarray:
    grad = np.zeros(value.shape)
    for place in np.ndindex(*value.shape):
        sides = []
        for sign in (1, -1):
            moved = value.copy()
            moved[place] += sign * 1e-6
            sides.append(function(moved))
        grad[place] = (sides[0] - sides[1]) / 2e-6
    return grad


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 3)])
@pytest.mark.parametrize("full", [False, True])
def test_svd(graph, shape, full):
    value = RNG.normal(size=shape)
    s, u, v = tf.svd(tf.constant(value), full_matrices=full)
    with tf.Session() as session:
        values, left, right = session.run([s, u, v])
    assert (np.diff(values) <= 0).all()
    count = min(shape[-2:])
    turned = np.swapaxes(right, -1, -2)[..., :count, :]
    np.testing.assert_allclose(
        (left[..., :count] * values[..., None, :]) @ turned, value, atol=1e-9
    )
    assert [t.shape.as_list() for t in (s, u, v)] == [list(a.shape) for a in (values, left, right)]


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4)])
def test_gradient_of_svd(graph, shape):
    # What does not change with the signs of the vectors.
    value = RNG.normal(size=shape)
    x = tf.placeholder(tf.float64, shape)
    s, u, v = tf.svd(x)
    weights = RNG.normal(size=(min(shape), shape[0], shape[1]))
    outer = tf.transpose(u)[:, :, None] * tf.transpose(v)[:, None, :]
    target = tf.reduce_sum(outer * weights) + tf.reduce_sum(s * s * s)
    (grad,) = tf.gradients(target, x)
    with tf.Session() as session:
        found = session.run(grad, {x: value})
        expected = numeric(lambda a: session.run(target, {x: a}), value)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_eigenvectors_and_their_gradient(graph):
    root = RNG.normal(size=(3, 3))
    value = root + root.T
    x = tf.placeholder(tf.float64, (3, 3))
    e, v = tf.self_adjoint_eig((x + tf.transpose(x)) / 2)
    weights = RNG.normal(size=(3, 3, 3))
    outer = tf.transpose(v)[:, :, None] * tf.transpose(v)[:, None, :]
    target = tf.reduce_sum(outer * weights) + tf.reduce_sum(e * e * e)
    (grad,) = tf.gradients(target, x)
    with tf.Session() as session:
        values, vectors, found = session.run([e, v, grad], {x: value})
        expected = numeric(lambda a: session.run(target, {x: a}), value)
    np.testing.assert_allclose(vectors * values @ vectors.T, value, atol=1e-9)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_gradient_of_cholesky(graph):
    root = RNG.normal(size=(3, 3)) + 3 * np.eye(3)
    value = root @ root.T
    x = tf.placeholder(tf.float64, (3, 3))
    weights = RNG.normal(size=(3, 3))
    target = tf.reduce_sum(tf.cholesky((x + tf.transpose(x)) / 2) * weights)
    (grad,) = tf.gradients(target, x)
    with tf.Session() as session:
        found = session.run(grad, {x: value})
        expected = numeric(lambda a: session.run(target, {x: a}), value)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_cholesky_of_what_is_not_definite(graph):
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="Cholesky"):
        session.run(tf.cholesky([[1.0, 2.0], [2.0, 1.0]]))


@pytest.mark.parametrize("length", [5, 6])
def test_gradients_of_real_transforms(graph, length):
    value = RNG.normal(size=(2, length))
    x = tf.placeholder(tf.float64, (2, length))
    spectrum = tf.signal.rfft(x)
    target = tf.reduce_sum(tf.real(spectrum) ** 2 * np.arange(1.0, length // 2 + 2))
    target += tf.reduce_sum(tf.imag(spectrum))
    back = tf.signal.irfft(spectrum * np.arange(1.0, length // 2 + 2), [length])
    target += tf.reduce_sum(back**3)
    (grad,) = tf.gradients(target, x)
    with tf.Session() as session:
        found = session.run(grad, {x: value})
        expected = numeric(lambda a: session.run(target, {x: a}), value)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_values_alone(graph):
    root = RNG.normal(size=(2, 3, 3))
    value = root + np.swapaxes(root, -1, -2)
    x = tf.constant(value)
    singular, eigen = tf.svd(x, compute_uv=False), tf.self_adjoint_eigvals(x)
    slopes = [tf.gradients(tf.reduce_sum(t * t), x)[0] for t in (singular, eigen)]
    with tf.Session() as session:
        s, e, by_s, by_e = session.run([singular, eigen, *slopes])
    np.testing.assert_allclose(s, np.linalg.svd(value, compute_uv=False))
    np.testing.assert_allclose(e, np.linalg.eigvalsh(value))
    # The sum of the squares of either is that of the elements.
    np.testing.assert_allclose(by_s, 2 * value, atol=1e-9)
    np.testing.assert_allclose(by_e + np.swapaxes(by_e, -1, -2), 4 * value, atol=1e-9)


@pytest.mark.parametrize("sizes", [(4, 5), (3, 6)])
def test_gradient_of_a_real_transform_of_pictures(graph, sizes):
    value = RNG.normal(size=(2, *sizes))
    x = tf.placeholder(tf.float64, (2, *sizes))
    weights = RNG.normal(size=(sizes[0], sizes[1] // 2 + 1))
    spectrum = tf.signal.rfft2d(x)
    target = tf.reduce_sum(tf.real(spectrum) ** 2 * weights + tf.imag(spectrum) * weights)
    target += tf.reduce_sum(tf.signal.irfft2d(spectrum * weights, sizes) ** 3)
    (grad,) = tf.gradients(target, x)
    with tf.Session() as session:
        found = session.run(grad, {x: value})
        expected = numeric(lambda a: session.run(target, {x: a}), value)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)
