"""Unique names, name scopes and what the graph calls its operations."""

from typing import Any


def main(tf: Any) -> Any:
    with tf.name_scope("outer") as scope:
        a = tf.constant(1.0, name="c")
        b = tf.constant(2.0, name="c")
        with tf.name_scope("inner"):
            total = tf.add(a, b)
        with tf.name_scope("inner"):
            again = a * b
        with tf.name_scope(None):
            top = tf.identity(total, name="top")
        with tf.name_scope(scope):
            back = tf.negative(again)
    graph = tf.get_default_graph()
    found = graph.get_tensor_by_name("outer/inner/Add:0")
    assert found is total
    return [t.name for t in (a, b, total, again, top, back)], sorted(
        op.name for op in graph.get_operations()
    )
