"""Graphs: TensorFlow takes ours, and builds the same nodes from the same program."""

import numpy as np
import pytest

import opscope.runtime as ours

pytestmark = pytest.mark.interop

# What TensorFlow notes for its own optimizer, and tensors: they are compared as arrays.
IGNORED_ATTRS = {"_has_manual_control_dependencies", "value", "bad_color"}


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
        if k not in IGNORED_ATTRS
    }
    return node.op, list(node.input), node.device, attrs


def variables(tf):
    w = tf.Variable(np.ones((2, 3), np.float32), name="W")
    v = tf.Variable(3, name="v", trainable=False)
    w.assign(np.zeros((2, 3)))
    v.assign_add(1)
    tf.assign_sub(v, 2)
    w.read_value()
    w.read_value()
    tf.global_variables_initializer()
    tf.is_variable_initialized(w)
    with tf.name_scope("s"), tf.device("/cpu:1"):
        tf.Variable(tf.random_normal([2]))
        tf.Variable(lambda: tf.zeros([2]), name="q")
        tf.Variable([1, 2], name="W")
    tf.local_variables_initializer()


def scopes(tf):
    initializers = [
        tf.zeros_initializer(),
        tf.ones_initializer(),
        tf.constant_initializer(0.1),
        tf.constant_initializer([[1.0, 2.0], [3.0, 4.0]]),
        tf.random_normal_initializer(stddev=2.0),
        tf.random_uniform_initializer(-1.0, 1.0),
        tf.truncated_normal_initializer(stddev=0.1),
        tf.glorot_normal_initializer(),
        tf.variance_scaling_initializer(2.0, distribution="untruncated_normal"),
        None,
    ]
    with tf.variable_scope("a") as a:
        for i, initializer in enumerate(initializers):
            tf.get_variable(f"v{i}", [2, 2], initializer=initializer)
        tf.get_variable("large", [40, 40], initializer=tf.zeros_initializer())
        tf.get_variable("count", [3], tf.int32)
        with tf.variable_scope("b"):
            tf.get_variable("value", initializer=np.float32(3.0))
            tf.get_variable("tensor", initializer=tf.constant(3.0, tf.float64))
    with tf.variable_scope("a", reuse=True):
        tf.get_variable("v0") + 1.0
    with tf.variable_scope(a, reuse=tf.AUTO_REUSE), tf.variable_scope("b"):
        tf.get_variable("value") + 1.0
    for _ in range(2):
        with tf.variable_scope(None, "dense"):
            tf.get_variable("w", [1])


def optimizers(tf):
    with tf.name_scope("layer"):
        w = tf.Variable(np.ones((2, 3), np.float32), name="w")
    b = tf.Variable(1.0, name="b")
    step = tf.train.create_global_step()
    rate = tf.train.exponential_decay(0.1, step, 10, 0.9, staircase=True)
    loss = tf.reduce_sum(w * b)
    for optimizer in (
        tf.train.GradientDescentOptimizer(rate),
        tf.train.MomentumOptimizer(0.1, 0.9),
        tf.train.AdamOptimizer(),
        tf.train.AdamOptimizer(),
        tf.train.AdagradOptimizer(0.1),
        tf.train.RMSPropOptimizer(0.1, centered=True),
    ):
        with tf.name_scope("train"):
            grads, wanted = zip(*optimizer.compute_gradients(loss, [w, b]), strict=True)
            clipped, _ = tf.clip_by_global_norm(list(grads), 1.0)
            pairs = list(zip(clipped, wanted, strict=True))
            optimizer.apply_gradients(pairs, global_step=step)
        optimizer.apply_gradients(pairs, name="again")
    tf.clip_by_norm(w, 2.0)
    tf.group(w.initializer, b.initializer, name="both")


def summaries(tf):
    with tf.name_scope("s"):
        tf.summary.scalar("a b", 3.0)
        tf.summary.histogram("h", [1.0, 2.0])
        tf.summary.histogram("h", np.zeros(3))
    tf.summary.scalar("a", tf.constant(2.0), family="f")
    tf.summary.image("im", tf.zeros([2, 4, 4, 3]))
    tf.summary.text("t", tf.constant("hi"))
    tf.summary.merge_all()
    with tf.name_scope("t"):
        tf.summary.merge(tf.get_collection("summaries", "s/"), name="some")


@pytest.mark.parametrize("program", [variables, scopes, optimizers, summaries])
def test_nodes_of_a_program(tensorflow, program):
    compare(tensorflow, program)


def test_nodes_of_a_model(tensorflow, model):
    compare(tensorflow, model)


def compare(tensorflow, build):
    mine = {n.name: n for n in graph_of(ours, build).node}
    theirs = {n.name: n for n in graph_of(tensorflow, build).node}
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
