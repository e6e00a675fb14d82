"""Assertions and numeric checks, and the errors they raise."""

from typing import Any


def main(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [2])
    with tf.control_dependencies([tf.Assert(tf.reduce_all(x > -1.0), [x])]):
        checked = tf.check_numerics(tf.log(x), "log went wrong")
    found = []
    with tf.Session() as sess:
        found.append(sess.run(checked, {x: [1.0, 2.0]}))
        for value in ([0.0, 1.0], [-5.0, 1.0]):
            try:
                sess.run(checked, {x: value})
            except tf.errors.InvalidArgumentError as error:
                found.append(type(error).__name__)
    return found
