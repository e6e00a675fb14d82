"""Programs with loops and branches, built in both languages: `tf` is opscope's or TensorFlow's."""

from __future__ import annotations

from typing import Any


def power(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    return tf.while_loop(
        lambda i, p: i < 10, lambda i, p: (i + 1, p * x), [tf.constant(0), tf.constant(1.0)]
    )


def limited(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    return tf.while_loop(
        lambda i, s: s < 100.0,
        lambda i, s: [i + 1, tf.abs(s * x) + 1.0],
        [tf.constant(0), x],
        maximum_iterations=6,
    )


def nested(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")

    def body(i: Any, s: Any) -> Any:
        _, t = tf.while_loop(lambda j, t: j < 3, lambda j, t: (j + 1, t * x), [tf.constant(0), s])
        return i + 1, tf.tanh(t)

    return tf.while_loop(lambda i, s: i < 2, body, [tf.constant(0), tf.constant(1.0)])


def branches(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.constant(2.0, name="y")
    simple = tf.cond(x > y, lambda: x * y, lambda: tf.square(x) + 1.0)
    deep = tf.cond(
        x > 0.0,
        lambda: tf.cond(x > 1.0, lambda: x * x, lambda: x / y),
        lambda: tf.exp(x),
        name="deep",
    )
    outer = tf.cond(x > y, lambda: [x, y], lambda: [y, x + x])
    return [simple, deep, *outer]


def cases(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    return [tf.case([(x > 1.0, lambda: x * 2.0), (x > 0.0, lambda: x * 3.0)], default=lambda: -x)]


def branch_in_loop(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")

    def body(i: Any, s: Any) -> Any:
        return i + 1, tf.cond(s > 3.0, lambda: s + x, lambda: s * x)

    return tf.while_loop(lambda i, s: i < 10, body, [tf.constant(0), tf.constant(1.0)])


def loop_in_branch(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")

    def doubled() -> Any:
        return tf.while_loop(lambda s: s < 100.0, lambda s: s * 2.0 + x, [x])

    return [tf.cond(x > 0.0, doubled, lambda: -x)]


def matrices(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    w = tf.constant([[0.5, -0.25], [0.125, 1.0]], name="w")

    def body(i: Any, state: Any) -> Any:
        return i + 1, tf.tanh(tf.matmul(state, w) * x + tf.cast(i, tf.float32))

    _, state = tf.while_loop(
        lambda i, _: i < 4, body, [tf.constant(0), tf.ones([3, 2])], parallel_iterations=1
    )
    return [tf.reduce_sum(state, axis=1), tf.reduce_mean(state)]


PROGRAMS = [
    power,
    limited,
    nested,
    branches,
    cases,
    branch_in_loop,
    loop_in_branch,
    matrices,
]
