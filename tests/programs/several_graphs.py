"""Several graphs and sessions side by side, and what a finalized graph refuses."""

from typing import Any


def main(tf: Any) -> Any:
    graphs = []
    for factor in (2.0, 3.0):
        graph = tf.Graph()
        with graph.as_default():
            x = tf.placeholder_with_default(1.0, [], name="x")
            tf.multiply(x, factor, name="y")
        graph.finalize()
        graphs.append(graph)
    found = []
    for graph in graphs:
        with tf.Session(graph=graph) as sess:
            found += [sess.run("y:0"), sess.run("y:0", {"x:0": 5.0})]
            double = sess.make_callable("y:0", ["x:0"])
            found.append(double(7.0))
    try:
        with graphs[0].as_default():
            tf.constant(1)
    except RuntimeError as error:
        found.append(str(error))
    return found
