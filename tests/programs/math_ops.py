"""Arithmetic, comparison and reductions, with broadcasting."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    x = tf.constant(np.linspace(-2, 2, 12).reshape(3, 4), tf.float32)
    y = tf.constant([[0.5], [-1.5], [2.0]])
    n, m = tf.constant([7, -7, 6]), tf.constant([2, 2, -4])
    fetches = [
        x + y, x - y, x * y, x / y, x // y, x % y, -x, abs(x), x**2, 2.0 - x, 1.0 / y,
        n // m, n % m, tf.truediv(n, m), tf.floordiv(n, m), tf.maximum(x, y), tf.minimum(x, 0.0),
        x > y, tf.equal(n, m), tf.logical_and(x > 0, x < 1), ~(x > 0), tf.exp(x), tf.tanh(x),
        tf.sigmoid(x), tf.sin(x), tf.erf(x), tf.floor(x), tf.round(x), tf.sign(x), tf.square(x),
        tf.sqrt(abs(x)), tf.atan2(x, y), tf.reduce_sum(x), tf.reduce_mean(x, 0),
        tf.reduce_max(x, 1, keepdims=True), tf.reduce_prod(x, [0, 1]), tf.reduce_all(x > -3),
        tf.reduce_logsumexp(x, 1), tf.argmax(x, 0), tf.clip_by_value(x, -1, 1), tf.norm(x),
        tf.add_n([x, x, x]), tf.cast(x, tf.int32), tf.matmul(x, x, transpose_b=True),
        tf.einsum("ij,kj->ik", x, x), tf.squared_difference(x, y), tf.segment_sum(x, [0, 0, 1]),
    ]  # fmt: skip
    with tf.Session() as sess:
        return sess.run(fetches)
