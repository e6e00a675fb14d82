"""Variable scopes, reuse and the names they give."""

from typing import Any


def dense(tf: Any, x: Any, units: int) -> Any:
    with tf.variable_scope("dense"):
        w = tf.get_variable("w", [x.shape[1], units], initializer=tf.constant_initializer(0.5))
        b = tf.get_variable("b", [units], initializer=tf.zeros_initializer())
        return tf.nn.relu(tf.matmul(x, w) + b)


def main(tf: Any) -> Any:
    x = tf.ones([2, 3])
    with tf.variable_scope("tower"):
        first = dense(tf, x, 4)
    with tf.variable_scope("tower", reuse=True):
        second = dense(tf, x * 2.0, 4)
    with tf.variable_scope("tower", reuse=tf.AUTO_REUSE) as scope:
        third = tf.get_variable("c", [], initializer=tf.ones_initializer())
        assert scope.name == "tower"
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        values = sess.run([first, second, third])
    return [v.name for v in tf.trainable_variables()], first.name, second.name, values
