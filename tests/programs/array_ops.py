"""Arrays joined, split, stacked, padded, tiled and turned."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    x = tf.constant(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
    a, b = tf.split(x, 2, axis=2)
    one, two, three = tf.unstack(x, axis=1)
    fetches = [
        tf.concat([a, b, a], -1), tf.stack([one, two, three], 2), tf.transpose(x, [2, 0, 1]),
        tf.pad(x[0], [[1, 0], [0, 2]], constant_values=-1),
        tf.pad(x[0], [[1, 1], [2, 0]], "REFLECT"),
        tf.tile(x[:, :1], [1, 3, 1]), tf.reverse(x, [0, 2]), tf.one_hot([0, 2, 5], 4),
        tf.where(x > 10.0, x, -x), tf.where(x > 20.0), tf.squeeze(x[:1]), tf.fill([2, 2], 7),
        tf.expand_dims(x, 1), tf.reshape(x, [4, -1]), tf.shape(x), tf.size(x), tf.rank(x),
        tf.gather(x, [1, 0, 1]), tf.gather(x, [3, 0], axis=2), tf.gather_nd(x, [[0, 1], [1, 2]]),
        tf.range(2, 11, 3), tf.linspace(0.0, 1.0, 4), tf.zeros_like(x[0]), tf.ones([2], tf.int64),
        tf.sequence_mask([1, 3], 4), tf.broadcast_to([1.0, 2.0], [3, 2]), tf.eye(2, 3),
        tf.cumsum(x, axis=1, reverse=True), tf.unique([3, 1, 3, 2, 1])[0],
        tf.setdiff1d([1, 2, 3], [2])[0],
    ]  # fmt: skip
    with tf.Session() as sess:
        return sess.run(fetches)
