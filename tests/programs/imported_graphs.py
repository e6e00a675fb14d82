"""A graph written out and imported with another input."""

from typing import Any


def main(tf: Any) -> Any:
    with tf.Graph().as_default() as source:
        x = tf.placeholder(tf.float32, [2], name="x")
        tf.identity(tf.tanh(x) * 2.0 + 1.0, name="y")
    graph_def = source.as_graph_def()
    given = tf.constant([0.5, -0.5])
    (y,) = tf.import_graph_def(
        graph_def, input_map={"x:0": given}, return_elements=["y:0"], name="part"
    )
    with tf.Session() as sess:
        return y.name, sess.run([y, tf.gradients(y, given)[0]])
