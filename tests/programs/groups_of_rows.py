"""Rows parted, put together again, and summed by segment."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    x = tf.constant(np.arange(12, dtype=np.float32).reshape(6, 2))
    part = tf.constant([0, 1, 0, 2, 1, 0])
    parts = tf.dynamic_partition(x, part, 3)
    places = tf.dynamic_partition(tf.range(6), part, 3)
    together = tf.dynamic_stitch(places, [p * 2.0 for p in parts])
    values, index, counts = tf.unique_with_counts(part)
    ordered = tf.constant([0, 0, 1, 1, 1, 3])
    with tf.Session() as sess:
        return sess.run(
            [
                *parts, together, values, index, counts, tf.segment_mean(x, ordered),
                tf.segment_max(x, ordered), tf.unsorted_segment_sum(x, part, 3),
                tf.gradients(tf.segment_min(x, ordered), x)[0],
                tf.gradients(together, x)[0],
                tf.reverse_sequence(x, [2, 5], seq_axis=0, batch_axis=1),
            ]
        )  # fmt: skip
