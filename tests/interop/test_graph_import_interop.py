"""TensorFlow's graphs run in opscope and say the same; nodes come out as they went in."""

import numpy as np
import pytest

import opscope.runtime as ours

pytestmark = pytest.mark.interop


def test_we_run_tensorflows_graph(tensorflow, model, batches):
    with tensorflow.Graph().as_default() as graph, tensorflow.Session() as session:
        built = model(tensorflow)
        session.run(built.init)
        expected = [session.run([built.loss, built.step], built.feed(b))[0] for b in batches]
    with ours.Graph().as_default(), ours.Session() as session:
        names = [built.init.name, built.loss.name, built.step.name]
        init, loss, step = ours.import_graph_def(
            graph.as_graph_def(), return_elements=names, name=""
        )
        session.run(init)
        losses = []
        for batch in batches:
            feed = {built.images.name: batch.images, built.labels.name: batch.one_hot()}
            losses.append(session.run([loss, step], feed)[0])
    np.testing.assert_allclose(losses, expected, atol=1e-5, rtol=0)


def importing(tf, graph_def, as_type):
    """Every node after an import with a mapped input under a device scope, as comparable text."""
    with tf.Graph().as_default() as graph:
        given = tf.placeholder(tf.float32, [5, 64], name="given")
        with tf.device("/job:localhost"):
            tf.import_graph_def(as_type.FromString(graph_def), {"images": given}, name="again")
    return {
        n.name: (n.op, list(n.input), n.device, list(n.attr["_class"].list.s))
        for n in graph.as_graph_def().node
    }


def test_an_import_makes_the_nodes_that_tensorflow_makes(tensorflow, model):
    with tensorflow.Graph().as_default() as graph:
        model(tensorflow)
    data = graph.as_graph_def().SerializeToString()
    expected = importing(tensorflow, data, tensorflow.GraphDef)
    assert importing(ours, data, ours.GraphDef) == expected
