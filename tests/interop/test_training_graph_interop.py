"""Whole training graphs, with optimizer, summaries and saver: TensorFlow's node names and op types.

`DIFFERENCES` lists what may differ, by model, with the reason. There is nothing in it.
"""

import pytest
from tests.interop.conftest import lenet, mlp, softmax

import opscope.runtime as ours

pytestmark = pytest.mark.interop

DIFFERENCES: dict[str, dict[str, str]] = {}


def static_rnn(tf):
    """A cell unrolled over the rows of an image, trained with Adam on clipped gradients."""
    images = tf.placeholder(tf.float32, [None, 64], name="images")
    labels = tf.placeholder(tf.int64, [None], name="labels")
    steps = tf.unstack(tf.reshape(images, [-1, 8, 8]), axis=1)
    cell = tf.nn.rnn_cell.BasicLSTMCell(12)
    outputs, _ = tf.nn.static_rnn(cell, steps, dtype=tf.float32)
    with tf.variable_scope("softmax"):
        kernel = tf.get_variable("kernel", [12, 10])
        bias = tf.get_variable("bias", [10], initializer=tf.constant_initializer(0.1))
    logits = tf.nn.xw_plus_b(outputs[-1], kernel, bias, name="logits")
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    loss = tf.reduce_mean(losses, name="loss")
    rate = tf.train.exponential_decay(0.01, tf.train.get_or_create_global_step(), 100, 0.9)
    optimizer = tf.train.AdamOptimizer(rate)
    grads, variables = zip(*optimizer.compute_gradients(loss), strict=True)
    clipped, norm = tf.clip_by_global_norm(grads, 5.0)
    tf.summary.scalar("norm", norm)
    optimizer.apply_gradients(
        list(zip(clipped, variables, strict=True)), global_step=tf.train.get_global_step()
    )
    tf.global_variables_initializer()


def training_graph(tf, model):
    with tf.Graph().as_default() as graph:
        built = model(tf)
        with tf.name_scope("summaries"):
            for variable in tf.trainable_variables():
                tf.summary.histogram(variable.op.name, variable)
            if built is not None:
                tf.summary.scalar("loss", built.loss)
        tf.summary.merge_all()
        tf.train.Saver(max_to_keep=2)
        tf.global_variables_initializer()
    return {(node.name, node.op) for node in graph.as_graph_def().node}


@pytest.mark.parametrize("model", [softmax, mlp, lenet, static_rnn], ids=lambda m: m.__name__)
def test_node_names_and_op_types(tensorflow, model):
    known = DIFFERENCES.get(model.__name__, {})
    mine = {n for n in training_graph(ours, model) if n[0] not in known}
    theirs = {n for n in training_graph(tensorflow, model) if n[0] not in known}
    assert len(theirs) > 100
    assert mine - theirs == set()
    assert theirs - mine == set()
