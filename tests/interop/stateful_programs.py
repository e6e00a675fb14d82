"""Programs in which loops and branches meet variables, optimizers and each other's gradients."""

from __future__ import annotations

from typing import Any

import numpy as np


def optimizer_in_a_branch(tf: Any, x: Any) -> Any:
    w = tf.Variable([1.0, 2.0], name="w")
    optimizer = tf.train.AdamOptimizer(0.1)
    pairs = optimizer.compute_gradients(tf.reduce_sum(tf.square(w - x)))
    done = tf.cond(x > 0.0, lambda: optimizer.apply_gradients(pairs), lambda: tf.no_op())
    with tf.control_dependencies([done]):
        return [w.read_value()]


def minimize_in_a_branch(tf: Any, x: Any) -> Any:
    w = tf.Variable([1.0, 2.0], name="w")

    def train() -> Any:
        loss = tf.reduce_sum(tf.square(w * x - 1.0))
        return tf.train.GradientDescentOptimizer(0.1).minimize(loss)

    with tf.control_dependencies([tf.cond(x > 0.0, train, lambda: tf.no_op())]):
        return [w.read_value()]


def moving_average_in_a_branch(tf: Any, x: Any) -> Any:
    mean = tf.Variable(0.0, trainable=False)
    return [
        tf.cond(x > 0.0, lambda: tf.assign(mean, mean * 0.9 + x * 0.1), lambda: mean.read_value())
    ]


def updates_in_a_loop(tf: Any, x: Any) -> Any:
    total = tf.Variable(0.0, name="total")

    def body(i: Any) -> Any:
        with tf.control_dependencies([tf.assign_add(total, x * tf.cast(i, tf.float32))]):
            return i + 1

    count = tf.while_loop(lambda i: i < 4, body, [0])
    with tf.control_dependencies([count]):
        return [count, total.read_value()]


def a_loop_after_an_update(tf: Any, x: Any) -> Any:
    v = tf.Variable(1.0)
    with tf.control_dependencies([tf.assign_add(v, x)]):
        _, s = tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s + v.read_value()), [0, x])
    return [s]


def a_body_that_waits_for_an_update(tf: Any, x: Any) -> Any:
    v = tf.Variable(1.0)
    update = tf.assign_add(v, x)

    def body(i: Any, s: Any) -> Any:
        with tf.control_dependencies([update]):
            return i + 1, s + tf.identity(x)

    return [tf.while_loop(lambda i, s: i < 3, body, [0, x])[1]]


def descent_in_a_loop(tf: Any, x: Any) -> Any:
    """Gradients asked for inside of the body of a loop."""

    def body(i: Any, v: Any) -> Any:
        positive = tf.reduce_sum(v) > 0.0
        loss = tf.cond(positive, lambda: tf.reduce_sum(v * v) * x, lambda: tf.reduce_sum(v) * 2.0)
        (grad,) = tf.gradients(loss + tf.reduce_sum(tf.sin(v) * x), v)
        return i + 1, v - 0.1 * grad

    return tf.while_loop(lambda i, v: i < 5, body, [0, tf.constant([1.0, -0.5])])


def weights_in_a_loop(tf: Any, x: Any) -> Any:
    w = tf.Variable(np.eye(3, dtype=np.float32) * 0.5, name="W")

    def body(i: Any, h: Any) -> Any:
        return i + 1, tf.nn.relu(tf.matmul(h, w)) + x

    _, h = tf.while_loop(lambda i, h: i < 4, body, [0, tf.ones([2, 3])])
    loss = tf.reduce_sum(h)
    return [loss, *tf.gradients(loss, [w, x])]


def rows_in_a_loop(tf: Any, x: Any) -> Any:
    table = tf.constant(np.arange(6, dtype=np.float32).reshape(3, 2)) * x

    def body(i: Any, s: Any) -> Any:
        return i + 1, tf.tanh(s * x) + table[i, :] * tf.gather(table, i)

    _, s = tf.while_loop(lambda i, s: i < 3, body, [0, tf.zeros([2])])
    return [s, *tf.gradients(s, [x])]


def one_loop_after_the_other(tf: Any, x: Any) -> Any:
    _, a = tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s * x), [0, x])
    _, b = tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s + a * x), [0, a])
    return [b, *tf.gradients(b, [x])]


def an_array_filled_by_nested_loops(tf: Any, x: Any) -> Any:
    def body(i: Any, array: Any) -> Any:
        _, s = tf.while_loop(lambda j, s: j <= i, lambda j, s: (j + 1, s * x), [0, x])
        return i + 1, array.write(i, s)

    _, array = tf.while_loop(lambda i, _: i < 3, body, [0, tf.TensorArray(tf.float32, size=3)])
    values = array.stack()
    return [values, *tf.gradients(values, [x])]


def one_predicate_for_two_branches(tf: Any, x: Any) -> Any:
    positive = x > 0.0
    a = tf.cond(positive, lambda: x * 2.0, lambda: x - 1.0)
    b = tf.cond(positive, lambda: a + 1.0, lambda: a * a)
    return [a, b, *tf.gradients(b, [x])]


def maps_in_maps(tf: Any, x: Any) -> Any:
    rows = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    sums = tf.map_fn(lambda r: tf.reduce_sum(tf.map_fn(lambda e: e * x, r)), rows)
    return [sums, *tf.gradients(sums, [x])]


def a_count_that_leaves(tf: Any, x: Any) -> Any:
    limit = tf.cast(tf.abs(x) * 4, tf.int32)
    i, s = tf.while_loop(
        lambda i, s: i < limit, lambda i, s: (i + 1, s + x * tf.cast(i, tf.float32)), [0, x]
    )
    y = s * tf.cast(i, tf.float32)
    return [y, *tf.gradients(y, [x])]


PROGRAMS = [
    optimizer_in_a_branch,
    minimize_in_a_branch,
    moving_average_in_a_branch,
    updates_in_a_loop,
    a_loop_after_an_update,
    a_body_that_waits_for_an_update,
    descent_in_a_loop,
    weights_in_a_loop,
    rows_in_a_loop,
    one_loop_after_the_other,
    an_array_filled_by_nested_loops,
    one_predicate_for_two_branches,
    maps_in_maps,
    a_count_that_leaves,
]
