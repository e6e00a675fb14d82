"""A series cut into windows, a running sum, groups by key, and a feedable iterator."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    series = tf.data.Dataset.range(12).map(lambda i: tf.cast(i, tf.float32) * 0.5)
    windows = series.window(4, shift=2, drop_remainder=True).flat_map(lambda w: w.batch(4))
    pairs = windows.map(lambda w: (w[:3], w[3]))
    sums = series.apply(tf.data.experimental.scan(0.0, lambda total, x: (total + x, total + x)))
    by_rest = tf.data.Dataset.range(12).apply(
        tf.data.experimental.group_by_window(lambda i: i % 3, lambda k, d: d.batch(3), 3)
    )
    total = tf.data.Dataset.range(5).reduce(np.int64(0), lambda s, x: s + x)
    handle = tf.placeholder(tf.string, [])
    train, test = sums.make_one_shot_iterator(), series.make_initializable_iterator()
    value = tf.data.Iterator.from_string_handle(handle, sums.output_types, []).get_next()
    inputs, target = pairs.make_one_shot_iterator().get_next()
    groups = by_rest.make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        sess.run(test.initializer)
        names = sess.run([train.string_handle(), test.string_handle()])
        found = [sess.run([inputs, target]) for _ in range(5)]
        fed = [sess.run(value, {handle: names[i]}) for i in (0, 0, 1, 0, 1, 1)]
        return found, fed, [sess.run(groups) for _ in range(4)], sess.run(total)
