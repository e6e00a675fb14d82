"""Updates in the order that control dependencies give."""

from typing import Any


def main(tf: Any) -> Any:
    counter = tf.Variable(0.0)
    add = tf.assign_add(counter, 1.0)
    with tf.control_dependencies([add]):
        double = tf.assign(counter, counter.read_value() * 2.0)
    with tf.control_dependencies([double]):
        after = tf.identity(counter.read_value())
    both = tf.group(add, double)
    with tf.Session() as sess:
        sess.run(counter.initializer)
        values = [sess.run(after) for _ in range(3)]
        sess.run(both)
        return [*values, sess.run(counter)]
