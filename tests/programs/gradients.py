"""Gradients: of several targets, stopped, weighted, second ones, and of gathers."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    x = tf.constant([1.0, 2.0, 3.0])
    w = tf.constant(np.arange(6, dtype=np.float32).reshape(3, 2))
    y = tf.tanh(x * x)
    z = tf.reduce_sum(tf.gather(w, [0, 2, 0]) ** 2)
    first = tf.gradients(y, x)[0]
    fetches = [
        first,
        tf.gradients(first, x)[0],
        tf.gradients([y, x * 3.0], x)[0],
        tf.gradients(y, x, grad_ys=tf.constant([0.0, 1.0, 2.0]))[0],
        tf.gradients(tf.stop_gradient(y) * x, x)[0],
        tf.convert_to_tensor(tf.gradients(z, w)[0]),
        tf.gradients(tf.nn.top_k(x, 2)[0], x)[0],
        tf.gradients(tf.matrix_inverse(tf.eye(2) + w[:2]), w)[0],
    ]
    assert tf.gradients(y, w) == [None]
    with tf.Session() as sess:
        return sess.run(fetches)
