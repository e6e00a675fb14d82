"""Embeddings looked up, trained through their rows, and put back by scatter."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    table = tf.Variable(np.arange(10, dtype=np.float32).reshape(5, 2))
    ids = tf.placeholder(tf.int32, [None])
    rows = tf.nn.embedding_lookup(table, ids)
    grads = tf.gradients(tf.reduce_sum(rows**2), table)[0]
    update = tf.scatter_sub(table, grads.indices, 0.1 * grads.values)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for batch in ([0, 3], [3, 3], [4]):
            sess.run(update, {ids: batch})
        return sess.run([table, rows], {ids: [1, 3]})
