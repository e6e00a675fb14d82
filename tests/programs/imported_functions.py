"""Graphs whose control flow is functions: imported, run, differentiated, exported again."""

from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data" / "runtime"
OUTPUTS = ["called", "chosen", "looped", "after_the_loop", "case", "nested"]
INPUTS = ([1.0, 2.0], [-1.0, -2.0], [2.0, 0.0])


def functional_graph(tf: Any) -> Any:
    graph_def = tf.GraphDef.FromString((DATA / "functions.pb").read_bytes())
    found = []
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
        x, v = graph.get_tensor_by_name("x:0"), graph.get_tensor_by_name("v:0")
        outputs = [graph.get_tensor_by_name(f"{name}:0") for name in OUTPUTS]
        grads = [
            tf.gradients(graph.get_tensor_by_name(f"{name}:0"), [x, v])
            for name in ("called", "chosen", "case")
        ]
        with tf.Session() as sess:
            for value in INPUTS:
                sess.run("init")
                found.append([sess.run(y, {x: value}) for y in outputs])
                sess.run("init")
                found.append(
                    [
                        [None if g is None else sess.run(g, {x: value}) for g in pair]
                        for pair in grads
                    ]
                )
        names = {f.signature.name for f in graph.as_graph_def().library.function}
    return found, {f.signature.name for f in graph_def.library.function} <= names


def scoped(tf: Any) -> Any:
    """Two copies of one graph have their variable by one name, and loops of their own."""
    graph_def = tf.GraphDef.FromString((DATA / "functions.pb").read_bytes())
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.constant([1.0, 1.0])
        copies = [
            tf.import_graph_def(
                graph_def, {"x": x * (i + 1.0)}, ["looped:0", "nested:0", "init"], name=f"copy{i}"
            )
            for i in range(2)
        ]
        sess.run([copy[2] for copy in copies])
        return sess.run([copy[:2] for copy in copies])


def version_2_model(tf: Any) -> Any:
    found = []
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        meta_graph = tf.saved_model.loader.load(sess, ["serve"], str(DATA / "tf2_model"))
        serve = meta_graph.signature_def["serving_default"]
        wanted = {name: info.name for name, info in sorted(serve.outputs.items())}
        for x in ([[1.0, 2.0]], [[-3.0, -1.0]], [[5.0, 5.0], [1.0, 1.0]]):
            found.append(sess.run(wanted, {serve.inputs["x"].name: x}))
        loss = meta_graph.signature_def["loss"]
        value = graph.get_tensor_by_name(loss.outputs["loss"].name)
        for x in ([[0.1, 0.2]], [[-0.1, 0.3]]):
            found.append(sess.run(value, {loss.inputs["x"].name: x}))
    return found


def main(tf: Any) -> Any:
    return functional_graph(tf), scoped(tf), version_2_model(tf)
