"""Functions that bring their own gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf


@pytest.fixture(autouse=True)
def _in_graph(graph: Any) -> None:
    """Every test builds in a graph of its own."""


def test_the_gradient_is_the_functions_own() -> None:
    @tf.custom_gradient
    def clipped(x: Any) -> Any:
        return tf.identity(x), lambda grad: tf.clip_by_value(grad, -0.1, 0.1)

    x = tf.constant([1.0, -2.0])
    y = clipped(x) * [3.0, 0.05]
    with tf.Session() as session:
        value, grad = session.run([y, tf.gradients(y, x)[0]])
    np.testing.assert_allclose(value, [3, -0.1])
    np.testing.assert_allclose(grad, [0.1, 0.05])


def test_resource_variables_get_gradients_too() -> None:
    w = tf.Variable(2.0, use_resource=True)

    @tf.custom_gradient
    def scaled(x: Any) -> Any:
        def gradient(grad: Any, variables: Any) -> Any:
            assert variables == [w]
            return 10 * grad, [100 * grad]

        return x * w.read_value(), gradient

    x = tf.constant(3.0)
    y = scaled(x)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run([y, *tf.gradients(y, [x, w.handle])]) == [6, 10, 100]


def test_what_is_refused() -> None:
    function = tf.custom_gradient(lambda x: (x, lambda grad: grad))
    with pytest.raises(ValueError, match="keywords arguments"):
        function(x=1.0)
    with pytest.raises(TypeError, match="ResourceVariable"):
        tf.custom_gradient(
            lambda x: (x * tf.get_variable("v", [], use_resource=False), lambda grad: grad)
        )(1.0)
    w = tf.Variable(2.0, use_resource=True)
    with pytest.raises(TypeError, match="keyword argument 'variables'"):
        tf.custom_gradient(lambda x: (x * w.read_value(), lambda grad: grad))(1.0)


def test_swish_has_the_numeric_gradient() -> None:
    x = tf.placeholder(tf.float64, [5])
    values = np.linspace(-3, 3, 5)
    with tf.Session():
        error = tf.test.compute_gradient_error(x, [5], tf.nn.swish(x, 1.3), [5], values)
    assert error < 1e-6
