"""NumPy's slices on tensors: steps, ellipsis, newaxis, masks."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    x = tf.constant(np.arange(60).reshape(3, 4, 5))
    i = tf.constant(1)
    parts = [
        x[1], x[-1, 1:3], x[..., 2], x[:, ::-1, :2], x[1:, tf.newaxis, ..., 0], x[::2, 1],
        x[i, i + 1], x[:, :i], tf.boolean_mask(x, tf.constant([True, False, True])),
        tf.slice(x, [0, 1, 2], [2, -1, 2]), tf.strided_slice(x, [0, 0], [3, 4], [2, 3]),
    ]  # fmt: skip
    with tf.Session() as sess:
        return [p.shape.as_list() for p in parts], sess.run(parts)
