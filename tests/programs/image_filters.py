"""Image layers made of other ops: separable, transposed, one-dimensional, LRN."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    rng = np.random.default_rng(2)

    def some(*shape: int) -> Any:
        return tf.constant(rng.normal(size=shape).astype(np.float32))

    x = some(2, 6, 6, 3)
    apart = tf.nn.separable_conv2d(x, some(3, 3, 3, 2), some(1, 1, 6, 4), [1, 2, 2, 1], "SAME")
    larger = tf.nn.conv2d_transpose(apart, some(3, 3, 2, 4), [2, 6, 6, 2], [1, 2, 2, 1])
    row = tf.nn.conv1d(some(2, 9, 3), some(3, 3, 2), 2, "VALID")
    local = tf.nn.local_response_normalization(x, 1, 1.0, 0.5, 0.75)
    grads = tf.gradients(tf.reduce_sum(larger**2) + tf.reduce_sum(local**3), x)
    with tf.Session() as sess:
        return sess.run([apart, larger, row, local, *grads])
