"""Variables in parts: cut, looked up, trained, saved, and read whole from the checkpoint."""

import os
import tempfile
from typing import Any


def main(tf: Any) -> Any:
    cut = tf.fixed_size_partitioner(3)
    with tf.variable_scope("layer", partitioner=cut):
        table = tf.get_variable("table", initializer=tf.reshape(tf.range(14.0), [7, 2]))
        scale = tf.get_variable("scale", [], initializer=tf.ones_initializer())
    with tf.variable_scope("layer", reuse=True):
        again = tf.get_variable("table", [7, 2])
    whole = tf.convert_to_tensor(table)
    loss = tf.reduce_sum(tf.square(whole * scale))
    train = tf.train.MomentumOptimizer(0.01, 0.9).minimize(loss)
    rows = tf.nn.embedding_lookup(table, [0, 3, 6], partition_strategy="div")
    sizes = tf.variable_axis_size_partitioner(16, axis=1)(tf.TensorShape([2, 8]), tf.float32)
    saver = tf.train.Saver()
    with tempfile.TemporaryDirectory() as folder:
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            before = sess.run([whole, rows])
            for _ in range(3):
                sess.run(train)
            path = saver.save(sess, os.path.join(folder, "model"))
            after = sess.run(whole)
            sess.run(table.assign(tf.zeros([7, 2])))
            emptied = sess.run(whole)
            saver.restore(sess, path)
            restored = sess.run(again.as_tensor())
        saved = tf.train.load_variable(path, "layer/table")
        listed = tf.train.list_variables(path)
        with tf.Graph().as_default(), tf.Session() as sess:
            with tf.variable_scope("other"):
                one = tf.get_variable("table", [7, 2])
            tf.train.init_from_checkpoint(path, {"layer/table": one})
            sess.run(tf.global_variables_initializer())
            started = sess.run(one)
    parts = [(v.name, v.shape.as_list()) for v in table]
    return before, after, emptied, restored, saved, listed, started, parts, sizes
