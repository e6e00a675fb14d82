"""Bags of features as sparse tensors: merged, filled, normalized, and learnt from."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    ids = tf.SparseTensor(
        [[0, 0], [0, 1], [2, 0], [3, 0]], np.array([2, 0, 1, 3], np.int64), [5, 2]
    )
    counts = tf.SparseTensor(ids.indices, [1.0, 2.0, 0.5, 4.0], ids.dense_shape)
    bag = tf.sparse_merge(ids, counts, vocab_size=4)
    indicator = tf.sparse_to_indicator(ids, 4)
    filled, empty = tf.sparse_fill_empty_rows(bag, 0.25)
    shares = tf.sparse_softmax(filled)
    table = tf.Variable(np.arange(12, dtype=np.float32).reshape(4, 3) / 10)
    means = tf.sparse_segment_mean(table, ids.values, tf.cast(ids.indices[:, 0], tf.int32))
    scores = tf.sparse_tensor_dense_matmul(shares, table)
    loss = tf.reduce_sum(scores**2) + tf.reduce_sum(means)
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    by_column = tf.sparse_split(sp_input=bag, num_split=2, axis=1)
    common = tf.sets.set_intersection([[1, 2, 3], [4, 5, 6]], [[3, 1], [7, 8]])
    fetches = {
        "bag": bag, "indicator": indicator, "empty": empty, "shares": shares, "scores": scores,
        "right": by_column[1], "joined": tf.sparse_concat(0, [bag, filled]),
        "turned": tf.sparse_transpose(bag), "total": tf.sparse_reduce_sum(bag, 1),
        "sum": tf.sparse_add(bag, filled), "common": tf.sparse_tensor_to_dense(common),
        "reshaped": tf.sparse_reshape(bag, [2, -1]),
        "kept": tf.sparse_retain(bag, bag.values > 0.9),
    }  # fmt: skip
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        losses = [session.run([loss, train])[0] for _ in range(5)]
        found = session.run(fetches)
    return losses, {k: tuple(v) if hasattr(v, "values") else v for k, v in found.items()}
