"""A model saved, changed and restored, also into another graph."""

import os
import tempfile
from typing import Any


def main(tf: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        v = tf.get_variable("v", initializer=[1.0, 2.0])
        change = v.assign(v * 10.0)
        saver = tf.train.Saver()
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            path = saver.save(sess, os.path.join(folder, "model"), global_step=7)
            sess.run(change)
            changed = sess.run(v)
            saver.restore(sess, path)
            restored = sess.run(v)
        listed = tf.train.list_variables(path)
        with tf.Graph().as_default(), tf.Session() as sess:
            other = tf.train.import_meta_graph(path + ".meta")
            other.restore(sess, tf.train.latest_checkpoint(folder))
            again = sess.run("v:0")
        return changed, restored, again, listed, os.path.basename(path)
