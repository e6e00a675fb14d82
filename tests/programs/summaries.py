"""Scalar, histogram and merged summaries, read back from their bytes."""

from typing import Any


def main(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [3], name="x")
    with tf.name_scope("stats"):
        tf.summary.scalar("mean", tf.reduce_mean(x))
        tf.summary.histogram("values", x)
    merged = tf.summary.merge_all()
    with tf.Session() as sess:
        text = sess.run(merged, {x: [1.0, 2.0, 6.0]})
    summary = tf.Summary()
    summary.ParseFromString(text)
    return [(v.tag, v.simple_value, v.histo.sum, v.histo.num, v.histo.min) for v in summary.value]
