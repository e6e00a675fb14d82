"""Assertions on values and shapes, and what they say when they do not hold."""

from typing import Any

import numpy as np


def caught(session: Any, tf: Any, fetch: Any, feed: Any) -> Any:
    try:
        return session.run(fetch, feed)
    except tf.errors.InvalidArgumentError as error:
        return str(error.message)


def refused(kind: Any, build: Any) -> str:
    try:
        build()
    except kind as error:
        return str(error)
    return "nothing"


def main(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    n = tf.placeholder(tf.int32, [], name="n")
    checks = [
        tf.assert_positive(x, message="only positive"),
        tf.assert_less(n, 5, data=["n is", n]),
        tf.assert_equal(tf.shape(x)[0], n),
        tf.assert_rank(x, 2),
        tf.debugging.assert_shapes([(x, ("N", 2))]),
    ]
    with tf.control_dependencies(checks):
        total = tf.reduce_sum(x)
    near = tf.assert_near(x, tf.round(x), atol=0.1)
    with tf.control_dependencies([near]):
        rounded = tf.identity(x)
    finite = tf.verify_tensor_all_finite(x, "not finite")
    messages = [
        refused(ValueError, lambda: tf.assert_rank(x, 3, message="cube")),
        refused(ValueError, lambda: tf.assert_rank_in(x, [0, 1])),
        refused(tf.errors.InvalidArgumentError, lambda: tf.assert_less([3, 1], [2, 2])),
        refused(ValueError, lambda: tf.assert_scalar(tf.zeros([2], name="two"))),
        refused(TypeError, lambda: tf.assert_proper_iterable("text")),
        refused(ValueError, lambda: tf.ensure_shape(x, [None, 3])),
    ]
    with tf.Session() as session:
        ones = np.ones((2, 2), np.float32)
        runs = [
            caught(session, tf, total, {x: ones, n: 2}),
            "assertion failed: [n is] [7]"
            in caught(session, tf, total, {x: np.ones((7, 2)), n: 7}),
            caught(session, tf, rounded, {x: ones * 1.05}),
            "assertion failed" in caught(session, tf, rounded, {x: ones * 1.5}),
            "not finite" in caught(session, tf, finite, {x: ones * np.inf}),
            session.run(tf.is_non_decreasing([1, 1, 2])),
            session.run(tf.is_strictly_increasing([1, 1, 2])),
            session.run(tf.confusion_matrix([0, 1, 2, 2], [0, 2, 2, 1])),
        ]
    return runs, messages[:2], messages[2:5]
