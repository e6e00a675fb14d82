"""Sentences as bags of words: weighted embeddings, some rows empty, some ids unknown, trained."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    rng = np.random.default_rng(3)
    words = tf.sparse_placeholder(tf.int64)
    weights = tf.sparse_placeholder(tf.float32)
    target = tf.placeholder(tf.float32, [None, 1])
    even, odd, whole = (
        tf.Variable(rng.normal(size=(rows, 3)).astype(np.float32)) for rows in (4, 4, 8)
    )
    summed = tf.nn.embedding_lookup_sparse([even, odd], words, weights, combiner="sum")
    safe = tf.nn.safe_embedding_lookup_sparse(whole, words, weights, combiner="mean")
    plain = tf.nn.embedding_lookup_sparse(whole, words, None, combiner="sqrtn")
    rounded = tf.fake_quant_with_min_max_args(summed + safe + plain, -4.0, 4.0, num_bits=6)
    dense = tf.Variable(rng.normal(size=(3, 1)).astype(np.float32))
    loss = tf.reduce_mean(tf.square(tf.matmul(rounded, dense) - target))
    step = tf.train.GradientDescentOptimizer(0.05).minimize(loss)
    at = np.array([[0, 0], [0, 2], [1, 1], [2, 0], [2, 1]])
    feed = {
        words: tf.SparseTensorValue(at, np.array([1, 6, 3, 3, 7]), [3, 3]),
        weights: tf.SparseTensorValue(at, np.array([1, 0.5, 2, 1, 3], np.float32), [3, 3]),
        target: [[0.5], [-1.0], [2.0]],
    }
    some = tf.SparseTensorValue(at[:3], np.array([1, -6, -3]), [3, 3])
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        losses = [sess.run([loss, step], feed)[0] for _ in range(5)]
        thin = {words: some, weights: tf.SparseTensorValue(at[:3], np.float32([1, 1, 1]), [3, 3])}
        return losses, sess.run(safe, thin), sess.run([even, odd, whole], feed)
