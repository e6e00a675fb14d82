"""Gradients through conditions and loops, against differences and known derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.watch import Watch


@pytest.fixture(autouse=True)
def _fresh_graph() -> Iterator[None]:
    with tf.Graph().as_default():
        yield


def in_loop(x: tf.Tensor) -> tf.Tensor:
    _, y = tf.while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, tf.sin(y * x) + y), [0, x])
    return y


def nested(x: tf.Tensor) -> tf.Tensor:
    def body(i: tf.Tensor, s: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        _, t = tf.while_loop(lambda j, t: j <= i, lambda j, t: (j + 1, t * x + s), [0, s])
        return i + 1, tf.tanh(t)

    _, s = tf.while_loop(lambda i, s: i < 3, body, [0, x])
    return s


def branching(x: tf.Tensor) -> tf.Tensor:
    return tf.cond(x > 1.0, lambda: x * x * x, lambda: tf.cond(x > 0.0, lambda: -x, lambda: x * 2))


def branch_in_loop(x: tf.Tensor) -> tf.Tensor:
    def body(i: tf.Tensor, s: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: tf.sin(s) * x, lambda: s + x * x)

    _, s = tf.while_loop(lambda i, s: i < 5, body, [0, x])
    return s


def loop_in_branch(x: tf.Tensor) -> tf.Tensor:
    return tf.cond(x > 0.0, lambda: in_loop(x), lambda: x * x)


@pytest.mark.parametrize("function", [in_loop, nested, branching, branch_in_loop, loop_in_branch])
@pytest.mark.parametrize("at", [1.3, 0.4, -0.7])
def test_against_differences(function: Callable[[tf.Tensor], tf.Tensor], at: float) -> None:
    x = tf.placeholder(tf.float64, [])
    y = function(x)
    (dx,) = tf.gradients(y, x)
    with tf.Session() as sess:
        got = sess.run(dx, {x: at})
        above, below = (sess.run(y, {x: at + e}) for e in (1e-6, -1e-6))
    np.testing.assert_allclose(got, (above - below) / 2e-6, rtol=1e-6, atol=1e-8)


def test_a_loop_that_never_runs() -> None:
    x = tf.placeholder(tf.float32, [])
    n = tf.placeholder(tf.int32, [])
    w = tf.Variable(3.0)
    _, y = tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * w), [0, x])
    grads = tf.gradients(y, [x, w])
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(grads, {x: 2.0, n: 0}) == [1.0, 0.0]
        assert sess.run(grads, {x: 2.0, n: 2}) == [9.0, 12.0]


def test_a_variable_of_a_loop_trains() -> None:
    w = tf.Variable(0.5)
    _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * w), [0, tf.constant(1.0)])
    step = tf.train.GradientDescentOptimizer(0.003).minimize(tf.square(y - 8.0))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(200):
            sess.run(step)
        np.testing.assert_allclose(sess.run(w), 2.0, rtol=1e-4)


def test_a_variable_set_anew_in_each_round() -> None:
    x = tf.placeholder(tf.float32, [2])
    _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, x * x), [0, x])
    (dx,) = tf.gradients(y, x)
    with tf.Session() as sess:
        assert sess.run(dx, {x: [1.0, 3.0]}).tolist() == [2.0, 6.0]


def test_back_prop_false_stops_gradients() -> None:
    x = tf.placeholder(tf.float32, [])
    _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * x), [0, x], back_prop=False)
    assert tf.gradients(y, x) == [None]


def test_second_derivatives_of_loops_are_refused() -> None:
    x = tf.placeholder(tf.float32, [])
    (dx,) = tf.gradients(in_loop(x), x)
    with pytest.raises(TypeError, match="Second-order gradient"):
        tf.gradients(dx, x)


def test_second_derivatives_of_conditions() -> None:
    x = tf.placeholder(tf.float32, [])
    (dx,) = tf.gradients(tf.cond(x > 0.0, lambda: x * x * x, lambda: x), x)
    (ddx,) = tf.gradients(dx, x)
    with tf.Session() as sess:
        assert sess.run(ddx, {x: 2.0}) == 12.0
        assert sess.run(ddx, {x: -2.0}) == 0.0


def test_a_forward_run_saves_nothing() -> None:
    x = tf.placeholder(tf.float32, [])
    y = in_loop(x)
    tf.gradients(y, x)
    with tf.Session() as sess:
        run = sess.run_watched(y, {x: 0.5}, watch=Watch())
    assert not [t for t in run.tensors if t.op_type.startswith("Stack")]


def test_the_backward_loop_is_watched() -> None:
    x = tf.placeholder(tf.float32, [])
    _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * x), [0, tf.constant(1.0)])
    (dx,) = tf.gradients(y, x)
    with tf.Session() as sess:
        run = sess.run_watched(dx, {x: 2.0}, watch=Watch())
        hit = sess.run_watched(dx, {x: 1e30}, watch=Watch(check=True))
    popped = [t.value for t in run.tensors if t.op_type == "StackPopV2"]
    assert popped == [4.0, 2.0, 1.0]
    assert run.result == 12.0
    assert hit.hits[0].node_name == "while/mul"


def test_the_loop_that_goes_back_is_generated_where_its_gradient_leaves_it() -> None:
    x = tf.placeholder(tf.float32, [2])
    weight = tf.constant([2.0, 3.0])
    _, y = tf.while_loop(lambda i, _: i < 3, lambda i, p: (i + 1, p * weight), [0, x * 2.0])
    (dx,) = tf.gradients(y, x)
    with tf.Session() as sess:
        assert sess.run(dx, {x: [1.0, 1.0]}).tolist() == [16.0, 54.0]
        (family,) = sess._families.values()
        assert "while True:" in family.plan([np.ones(2, np.float32)]).program.source
