"""Functions that share their variables, getters in place of get_variable, starts from a file."""

import os
import tempfile
from typing import Any


def main(tf: Any) -> Any:
    def layer(x: Any, units: int) -> Any:
        w = tf.get_variable("w", [2, units], initializer=tf.ones_initializer())
        return tf.matmul(x, w)

    shared = tf.make_template("layer", layer, units=3)
    one, two = shared(tf.ones([1, 2])), shared(tf.zeros([1, 2]))

    def doubled(getter: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        return 2.0 * getter(name, *args, **kwargs)

    with tf.variable_scope("twice", custom_getter=doubled):
        seen = tf.get_variable("v", [2], initializer=tf.ones_initializer())
    names = [v.name for v in tf.global_variables()]
    with tempfile.TemporaryDirectory() as folder:
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            values = sess.run([one, two, seen])
            path = tf.train.Saver().save(sess, os.path.join(folder, "model"))
        with tf.Graph().as_default(), tf.Session() as sess:
            with tf.variable_scope("new/twice"):
                v = tf.get_variable("v", [2])
            w = tf.get_variable("weights", [2, 3])
            tf.train.init_from_checkpoint(path, {"twice/": "new/twice/", "layer/w": "weights"})
            try:
                tf.train.init_from_checkpoint(path, {"nothing": w})
                missing = ""
            except ValueError:
                missing = "ValueError"
            sess.run(tf.global_variables_initializer())
            started = sess.run([v, w])
    return names, values, started, missing, [v.name for v in shared.variables]
