"""Collections, local variables and regularization losses."""

from typing import Any


def main(tf: Any) -> Any:
    v = tf.get_variable("v", initializer=[1.0, 2.0])
    local = tf.get_variable(
        "l", initializer=3.0, trainable=False, collections=[tf.GraphKeys.LOCAL_VARIABLES]
    )
    tf.add_to_collection("losses", tf.nn.l2_loss(v))
    tf.add_to_collection("losses", tf.reduce_sum(v) * local)
    total = tf.add_n(tf.get_collection("losses"))
    with tf.Session() as sess:
        sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        value = sess.run(total)
    names = [[v.name for v in f()] for f in (tf.global_variables, tf.local_variables)]
    return value, names, [v.name for v in tf.trainable_variables()]
