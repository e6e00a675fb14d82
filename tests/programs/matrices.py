"""Diagonals, bands, traces, inverses and solutions of matrices."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    rng = np.random.default_rng(4)
    a = tf.constant(rng.normal(size=(2, 3, 3)).astype(np.float32) + 3 * np.eye(3, dtype=np.float32))
    b = tf.constant(rng.normal(size=(2, 3, 2)).astype(np.float32))
    loss = tf.reduce_sum(tf.matrix_solve(a, b)) + tf.reduce_sum(tf.matrix_determinant(a))
    with tf.Session() as sess:
        return sess.run(
            [
                tf.matrix_diag_part(a), tf.matrix_diag([[1.0, 2.0]]), tf.matrix_band_part(a, 1, 0),
                tf.linalg.trace(a), tf.linalg.inv(a), tf.eye(3, batch_shape=[2]),
                tf.matrix_set_diag(a, b[..., 0]), *tf.gradients(loss, [a, b]),
            ]
        )  # fmt: skip
