"""Sequence to sequence, letter by letter: encoder, attention by hand, greedy decoding in a loop."""

from typing import Any

import numpy as np

LETTERS, WIDTH, LENGTH, BATCH = 7, 5, 4, 3
GO = 0


def main(tf: Any) -> Any:
    rng = np.random.default_rng(12)
    source = tf.placeholder(tf.int32, [None, LENGTH], name="source")
    lengths = tf.placeholder(tf.int32, [None], name="lengths")
    target = tf.placeholder(tf.int32, [None, LENGTH], name="target")

    def weight(name: str, *shape: int) -> Any:
        start = rng.normal(0, 0.5, shape).astype(np.float32)
        return tf.get_variable(name, initializer=tf.constant(start))

    embedding = weight("embedding", LETTERS, WIDTH)
    query, memory_weights = weight("query", WIDTH, WIDTH), weight("memory", WIDTH, WIDTH)
    energy, mixed = weight("energy", WIDTH), weight("mixed", 2 * WIDTH, WIDTH)
    out = weight("out", WIDTH, LETTERS)

    def constant_start(shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        size = int(np.prod([int(s) for s in shape]))
        values = np.sin(np.arange(size, dtype=np.float32)).reshape([int(s) for s in shape])
        return tf.constant(values * np.float32(0.4))

    with tf.variable_scope("encoder", initializer=constant_start):
        cell = tf.nn.rnn_cell.GRUCell(WIDTH)
        memory, state = tf.nn.dynamic_rnn(
            cell, tf.nn.embedding_lookup(embedding, source), lengths, dtype=tf.float32
        )
    keys = tf.tensordot(memory, memory_weights, [[2], [0]])
    hidden = tf.where(
        tf.sequence_mask(lengths, LENGTH),
        tf.zeros_like(source, tf.float32),
        tf.fill(tf.shape(source), -1e9),
    )

    def attend(state: Any) -> Any:
        scores = tf.reduce_sum(energy * tf.tanh(keys + tf.expand_dims(state @ query, 1)), 2)
        weights = tf.nn.softmax(scores + hidden)
        return tf.reduce_sum(memory * tf.expand_dims(weights, 2), 1), weights

    with tf.variable_scope("decoder", initializer=constant_start):
        decoder = tf.nn.rnn_cell.GRUCell(WIDTH)

        def step(letters: Any, state: Any) -> Any:
            context, weights = attend(state)
            given = tf.concat([tf.nn.embedding_lookup(embedding, letters), context], 1)
            output, state = decoder(tf.matmul(given, mixed), state)
            return tf.matmul(output, out), state, weights

        previous = tf.concat([tf.fill([tf.shape(target)[0], 1], GO), target[:, :-1]], 1)
        logits, taught, attention = [], state, []
        for i in range(LENGTH):
            if i:
                tf.get_variable_scope().reuse_variables()
            result, taught, weights = step(previous[:, i], taught)
            logits.append(result)
            attention.append(weights)

        def decode(i: Any, letters: Any, state: Any, written: Any) -> Any:
            result, state, _ = step(letters, state)
            best = tf.cast(tf.argmax(result, 1), tf.int32)
            return i + 1, best, state, written.write(i, best)

        first = tf.fill([tf.shape(source)[0]], GO)
        _, _, _, written = tf.while_loop(
            lambda i, *_: i < LENGTH,
            decode,
            (0, first, state, tf.TensorArray(tf.int32, LENGTH)),
        )
        greedy = tf.transpose(written.stack())
    mask = tf.cast(tf.sequence_mask(lengths, LENGTH), tf.float32)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=target, logits=tf.stack(logits, 1)
    )
    loss = tf.reduce_sum(losses * mask) / tf.reduce_sum(mask)
    optimizer = tf.train.AdamOptimizer(0.05)
    pairs = [(tf.clip_by_norm(g, 1.0), v) for g, v in optimizer.compute_gradients(loss)]
    train = optimizer.apply_gradients(pairs)
    texts = rng.integers(1, LETTERS, (BATCH, LENGTH))
    sizes = np.array([4, 2, 3])
    feed = {source: texts, lengths: sizes, target: texts[:, ::-1].copy()}
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        found = [sess.run([loss, train], feed)[0] for _ in range(6)]
        return {
            "losses": found,
            "attention": sess.run(tf.stack(attention, 1), feed),
            "greedy": sess.run(greedy, {source: texts, lengths: sizes}),
            "names": sorted(v.op.name for v in tf.global_variables()),
        }
