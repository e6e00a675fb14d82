"""Branches by cond and case, with gradients through the branch taken."""

from typing import Any


def main(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [])
    y = tf.cond(x > 0, lambda: x * x, lambda: -3.0 * x)
    z = tf.case(
        [(x > 10, lambda: tf.constant(1)), (x > 0, lambda: tf.constant(2))],
        default=lambda: tf.constant(3),
    )
    grad = tf.gradients(y, x)[0]
    with tf.Session() as sess:
        return [sess.run([y, z, grad], {x: v}) for v in (-2.0, 3.0, 20.0)]
