"""Batches of two sources, of chosen values, and elements by priority."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    first = tf.train.range_input_producer(4, shuffle=False, num_epochs=1).dequeue()
    kept = tf.train.maybe_batch(
        {"n": first, "square": first * first}, tf.not_equal(first, 2), 3, capacity=8
    )
    many = tf.train.maybe_batch(
        [tf.constant([1, 2, 3, 4])], [True, False, True, True], 3, enqueue_many=True
    )
    sources = [[tf.constant([i, i + 1], tf.int32), tf.constant(f"source {i}")] for i in (10, 20)]
    joined = tf.train.batch_join(sources, 2, capacity=4)
    mixed = tf.train.shuffle_batch_join(sources, 4, capacity=20, min_after_dequeue=4)
    line = tf.PriorityQueue(10, [tf.string, tf.int32], [[], [2]])
    put = line.enqueue_many(
        [np.int64([3, 1, 2]), ["c", "a", "b"], np.arange(6, dtype=np.int32).reshape(3, 2)]
    )
    with tf.Session() as sess:
        sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess, coordinator)
        found = [sess.run(kept), sess.run(many)]
        both = sess.run(joined)
        rows = {(tuple(r.tolist()), w) for r, w in zip(*both, strict=True)}
        rows |= {(tuple(r.tolist()), w) for r, w in zip(*sess.run(mixed), strict=True)}
        coordinator.request_stop()
        coordinator.join(threads, stop_grace_period_secs=20)
        sess.run(put)
        ordered = [sess.run(line.dequeue()), sess.run(line.dequeue_many(2)), sess.run(line.size())]
    return found, rows <= {((10, 11), b"source 10"), ((20, 21), b"source 20")}, ordered
