"""A value read before an update keeps what it was, and one read after it is new."""

from typing import Any


def main(tf: Any) -> Any:
    v = tf.Variable([1.0, 2.0])
    twice = v.value() * 2.0
    with tf.control_dependencies([twice]):
        add = tf.assign_add(v, [10.0, 10.0])
    with tf.control_dependencies([add]):
        after = v.read_value() + 0.5
        put = tf.scatter_update(v, [1], [0.0])
    missing = tf.report_uninitialized_variables()
    with tf.Session() as sess:
        sess.run(v.initializer)
        first = sess.run([twice, after])
        second = sess.run([twice, put.op])[0]
        return first, second, sess.run(v), sess.run(missing)
