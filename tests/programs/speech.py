"""Labels without times learned by connectionist temporal classification, and decoded."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    rng = np.random.default_rng(9)
    sounds = tf.placeholder(tf.float32, [None, None, 5])
    lengths = tf.placeholder(tf.int32, [None])
    labels = tf.sparse_placeholder(tf.int32)
    inner = tf.Variable(rng.normal(size=(3, 5, 8)).astype(np.float32) / 2)
    outer = tf.Variable(rng.normal(size=(8, 4)).astype(np.float32) / 2)
    hidden = tf.nn.relu(tf.nn.conv1d(sounds, inner, 1, "SAME"))
    logits = tf.tensordot(hidden, outer, 1)
    by_time = tf.transpose(logits, [1, 0, 2])
    loss = tf.reduce_mean(tf.nn.ctc_loss(labels, by_time, lengths))
    step = tf.train.GradientDescentOptimizer(0.2).minimize(loss)
    (greedy,), score = tf.nn.ctc_greedy_decoder(by_time, lengths)
    (first, second), beams = tf.nn.ctc_beam_search_decoder(by_time, lengths, 8, 2, False)
    feed = {
        sounds: rng.normal(size=(2, 7, 5)).astype(np.float32),
        lengths: [7, 5],
        labels: tf.SparseTensorValue(
            np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([2, 2, 0, 1], np.int32), [2, 2]
        ),
    }
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        losses = [sess.run([loss, step], feed)[0] for _ in range(6)]
        decoded = [tf.sparse_tensor_to_dense(t, -1) for t in (greedy, first, second)]
        return losses, sess.run([*decoded, score, beams], feed)
