"""A TensorArray written in a loop, stacked, and read."""

from typing import Any


def main(tf: Any) -> Any:
    x = tf.constant([1.0, 2.0, 3.0])
    array = tf.TensorArray(tf.float32, size=3)
    _, array = tf.while_loop(
        lambda i, a: i < 3, lambda i, a: (i + 1, a.write(i, x[i] * 2.0)), [0, array]
    )
    stacked = array.stack()
    given = tf.TensorArray(tf.float32, size=3).unstack(x)
    with tf.Session() as sess:
        return sess.run([stacked, given.read(1), given.size(), tf.gradients(stacked, x)[0]])
