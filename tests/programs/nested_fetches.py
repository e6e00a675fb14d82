"""Fetches nested in lists, tuples, dicts and named tuples."""

import collections
from typing import Any


def main(tf: Any) -> Any:
    pair = collections.namedtuple("pair", ["first", "second"])
    a, b = tf.constant([1, 2]), tf.constant(3.0)
    with tf.Session() as sess:
        found = sess.run({"a": a, "both": [a, (b, pair(a * 2, b * 2))], "op": b.op})
        assert found["both"][1][1].second == 6
        assert found["op"] is None
        return found["a"], list(found["both"][1][1]), sess.run("Const:0"), sess.run([])
