"""Skip-gram embeddings trained by noise-contrastive estimation with negatives from outside."""

from typing import Any

import numpy as np

WORDS, WIDTH, NEGATIVES = 12, 4, 5
TEXT = [0, 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4, 6, 2, 6, 10, 11, 0, 7]


def pairs() -> tuple[np.ndarray, np.ndarray]:
    """Each word with its neighbours."""
    centers, contexts = [], []
    for i, word in enumerate(TEXT):
        for j in (i - 1, i + 1):
            if 0 <= j < len(TEXT):
                centers.append(word)
                contexts.append(TEXT[j])
    return np.array(centers), np.array(contexts)[:, None]


def main(tf: Any) -> Any:
    rng = np.random.default_rng(6)
    centers = tf.placeholder(tf.int32, [None])
    contexts = tf.placeholder(tf.int64, [None, 1])
    negatives = tf.placeholder(tf.int64, [NEGATIVES])
    table = tf.Variable(rng.uniform(-1, 1, (WORDS, WIDTH)).astype(np.float32))
    weights = tf.Variable(rng.normal(size=(WORDS, WIDTH)).astype(np.float32) / 2)
    biases = tf.Variable(tf.zeros([WORDS]))
    embedded = tf.nn.embedding_lookup(table, centers)
    log_range = np.log(WORDS + 1)
    sampled = [
        negatives,
        *(
            NEGATIVES * tf.log((tf.to_float(c) + 2) / (tf.to_float(c) + 1)) / log_range
            for c in (contexts, negatives)
        ),
    ]
    noise = tf.reduce_mean(
        tf.nn.nce_loss(
            weights, biases, contexts, embedded, NEGATIVES, WORDS, sampled_values=sampled
        )
    )
    softmax = tf.reduce_mean(
        tf.nn.sampled_softmax_loss(
            weights, biases, contexts, embedded, NEGATIVES, WORDS, sampled_values=sampled
        )
    )
    step = tf.train.GradientDescentOptimizer(0.5).minimize(noise)
    norm = tf.sqrt(tf.reduce_sum(tf.square(table), 1, keepdims=True))
    unit = table / norm
    similar = tf.matmul(tf.nn.embedding_lookup(unit, [1, 2]), unit, transpose_b=True)
    losses = []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        words, near = pairs()
        for start in range(0, len(words) - 8, 8):
            batch = slice(start, start + 8)
            feed = {
                centers: words[batch],
                contexts: near[batch],
                negatives: rng.permutation(WORDS)[:NEGATIVES],
            }
            losses.append(sess.run([noise, softmax, step], feed)[:2])
        return {"losses": losses, "table": sess.run(table), "similar": sess.run(similar)}
