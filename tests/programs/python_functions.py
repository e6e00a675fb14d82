"""Python functions as ops."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    x = tf.constant([3.0, 1.0, 2.0])
    ordered = tf.py_func(lambda v: np.sort(v), [x], tf.float32)
    low, high = tf.py_func(lambda v: (v.min(), v.max()), [x], [tf.float32, tf.float32])
    with tf.Session() as sess:
        return sess.run([ordered, low, high])
