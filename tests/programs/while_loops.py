"""Loops, one in another, and gradients through them."""

from typing import Any


def main(tf: Any) -> Any:
    x = tf.constant(1.5)
    _, power = tf.while_loop(lambda i, p: i < 4, lambda i, p: (i + 1, p * x), [0, x])

    def outer(i: Any, total: Any) -> Any:
        _, inner = tf.while_loop(lambda j, t: j < i, lambda j, t: (j + 1, t + x), [0, 0.0])
        return i + 1, total + inner

    _, total = tf.while_loop(lambda i, t: i < 4, outer, [0, 0.0])
    with tf.Session() as sess:
        return sess.run([power, tf.gradients(power, x)[0], total, tf.gradients(total, x)[0]])
