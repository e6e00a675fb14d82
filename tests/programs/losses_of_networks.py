"""Cross entropies and their gradients, dropout off, and in_top_k."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    rng = np.random.default_rng(5)
    logits = tf.constant(rng.normal(size=(4, 5)).astype(np.float32))
    soft = tf.nn.softmax(tf.constant(rng.normal(size=(4, 5)).astype(np.float32)))
    losses = [
        tf.nn.softmax_cross_entropy_with_logits_v2(labels=soft, logits=logits),
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 1, 4, 2], logits=logits),
        tf.nn.sigmoid_cross_entropy_with_logits(labels=soft, logits=logits),
    ]
    return_values = [
        *losses,
        *[tf.gradients(loss, logits)[0] for loss in losses],
        tf.nn.log_softmax(logits), tf.nn.softmax(logits, axis=0), tf.nn.l2_loss(logits),
        tf.nn.in_top_k(logits, [0, 1, 4, 2], 2), *tf.nn.top_k(logits, 3),
        tf.nn.dropout(logits, keep_prob=1.0), tf.nn.l2_normalize(logits, 1),
    ]  # fmt: skip
    with tf.Session() as sess:
        return sess.run(return_values)
