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


def input_pipeline(tf):
    """A pipeline with captured tensors, a function inside a function, and a one-shot iterator."""
    scale = tf.constant(3.0)
    words = tf.data.Dataset.from_tensor_slices(np.arange(6, dtype=np.float32))

    def scaled(x):
        return x * scale + 1.0

    def repeated(x):
        return tf.data.Dataset.from_tensors(x).repeat(2)

    made = words.map(scaled).filter(_above_five).flat_map(repeated).batch(3)
    iterator = tf.data.make_initializable_iterator(made)
    return [iterator.initializer.name], iterator.get_next().name


def _above_five(x):
    return x > 5.0


def loops(tf):
    """A loop with a condition inside, and its gradient."""
    x = tf.constant(1.5, name="x")

    def go_on(i, y):
        return i < 5

    def body(i, y):
        return i + 1, tf.cond(y > 3.0, lambda: y * x, lambda: y + x)

    _, y = tf.while_loop(go_on, body, [tf.constant(0), tf.constant(1.0)])
    return [], tf.stack([y, tf.gradients(y, x)[0]]).name


@pytest.mark.parametrize("build", [input_pipeline, loops])
@pytest.mark.parametrize("way", ["ours to TensorFlow", "TensorFlow to ours"])
def test_functions_and_loops_pass_both_ways(tensorflow, build, way):
    tensorflow.disable_control_flow_v2()
    first, second = (ours, tensorflow) if way.startswith("ours") else (tensorflow, ours)
    with first.Graph().as_default() as graph:
        init, result = build(first)
    data = graph.as_graph_def(add_shapes=True).SerializeToString()
    with first.Session(graph=graph) as session:
        session.run(init)
        expected = session.run(result)
    with second.Graph().as_default(), second.Session() as session:
        second.import_graph_def(second.GraphDef.FromString(data), name="")
        session.run(init)
        np.testing.assert_allclose(session.run(result), expected, rtol=1e-5)
