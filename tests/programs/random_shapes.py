"""Random ops: shapes, ranges, and the same numbers for the same seeds."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    tf.set_random_seed(3)
    uniform = tf.random_uniform([200], -1.0, 1.0, seed=5)
    normal = tf.truncated_normal([200], stddev=0.1, seed=6)
    mixed = tf.random_shuffle(tf.range(10), seed=7)
    found = []
    for _ in range(2):
        with tf.Session() as sess:
            found.append(sess.run([uniform, normal, mixed]))
    same = all(np.array_equal(a, b) for a, b in zip(*found, strict=True))
    u, n, m = found[0]
    return same, bool((abs(u) <= 1).all()), bool((abs(n) <= 0.2).all()), sorted(m.tolist())
