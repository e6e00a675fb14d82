"""map_fn, scan, foldl and foldr over the rows of tensors."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    x = tf.constant(np.arange(6, dtype=np.float32).reshape(3, 2))
    squares = tf.map_fn(lambda row: row * row, x)
    sums = tf.scan(lambda a, row: a + row, x)
    left = tf.foldl(lambda a, row: a * 2.0 + row, x)
    right = tf.foldr(lambda a, row: a * 2.0 + row, x)
    with tf.Session() as sess:
        return sess.run([squares, sums, left, right, tf.gradients(sums, x)[0]])
