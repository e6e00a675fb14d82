"""A dataset mapped, filtered, repeated and batched, until it ends."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    data = tf.data.Dataset.from_tensor_slices((np.arange(7), np.arange(7.0)))
    data = data.filter(lambda a, b: tf.not_equal(a, 3)).map(lambda a, b: (a * 2, b + 0.5))
    element = data.repeat(2).batch(5).make_one_shot_iterator().get_next()
    found = []
    with tf.Session() as sess:
        while True:
            try:
                found.append(sess.run(element))
            except tf.errors.OutOfRangeError:
                return found
