"""Graphs: TensorFlow takes ours, and builds the same nodes from the same program."""

import numpy as np
import pytest

import opscope.runtime as ours

pytestmark = pytest.mark.interop

# What TensorFlow notes for its own optimizer, and the default attributes it leaves out or adds.
IGNORED_ATTRS = {"_has_manual_control_dependencies", "grad_a", "grad_b", "index_type"}


def graph_of(tf, build):
    with tf.Graph().as_default() as graph:
        build(tf)
    return graph.as_graph_def()


def test_tensorflow_runs_our_graph(tensorflow, model, batches):
    with ours.Graph().as_default() as graph, ours.Session() as session:
        built = model(ours)
        session.run(built.init)
        expected = [session.run([built.loss, built.step], built.feed(b))[0] for b in batches]
    data = graph.as_graph_def(add_shapes=True).SerializeToString()
    with tensorflow.Graph().as_default(), tensorflow.Session() as session:
        tensorflow.import_graph_def(tensorflow.GraphDef.FromString(data), name="")
        session.run(built.init.name)
        losses = []
        for batch in batches:
            feed = {built.images.name: batch.images, built.labels.name: batch.one_hot()}
            losses.append(session.run([built.loss.name, built.step.name], feed)[0])
    np.testing.assert_allclose(losses, expected, atol=1e-5, rtol=0)


def described(node):
    """A node as comparable text: inputs, device and attributes."""
    attrs = {
        k: v.SerializeToString(deterministic=True)
        for k, v in node.attr.items()
        if k not in IGNORED_ATTRS and k != "value"
    }
    return node.op, list(node.input), node.device, attrs


def test_nodes_are_those_of_tensorflow(tensorflow, model):
    mine = {n.name: n for n in graph_of(ours, model).node}
    theirs = {n.name: n for n in graph_of(tensorflow, model).node}
    assert list(mine) == list(theirs)
    for name, node in theirs.items():
        assert described(mine[name]) == described(node), name
        if "value" in node.attr:
            np.testing.assert_array_equal(
                tensorflow.make_ndarray(node.attr["value"].tensor),
                tensorflow.make_ndarray(
                    type(node.attr["value"].tensor).FromString(
                        mine[name].attr["value"].tensor.SerializeToString()
                    )
                ),
            )
