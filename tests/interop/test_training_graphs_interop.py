"""What training code adds to a graph: TensorFlow's nodes, with their inputs and attributes."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours

pytestmark = pytest.mark.interop

IGNORED_ATTRS = {"_has_manual_control_dependencies", "value"}


def nodes_of(tf: Any, build: Any) -> dict[str, Any]:
    with tf.Graph().as_default() as graph:
        build(tf)
    return {
        node.name: (
            node.op,
            list(node.input),
            node.device,
            {
                key: value.SerializeToString(deterministic=True)
                for key, value in node.attr.items()
                if key not in IGNORED_ATTRS
            },
        )
        for node in graph.as_graph_def().node
    }


def parts(tf: Any) -> None:
    with tf.variable_scope("s", partitioner=tf.fixed_size_partitioner(3)):
        w = tf.get_variable("w", [7, 2])
        tf.get_variable("v", initializer=tf.constant(np.arange(8, dtype=np.float32)))
        tf.get_variable("z", [], initializer=tf.zeros_initializer())
    tf.get_variable(
        "u",
        [4, 6],
        partitioner=tf.min_max_variable_partitioner(4, 1, min_slice_size=16),
        initializer=tf.uniform_unit_scaling_initializer(),
    )
    tf.convert_to_tensor(w)
    tf.nn.embedding_lookup(w, [1, 2])
    with tf.variable_scope("s", reuse=True):
        tf.multiply(tf.get_variable("w", [7, 2]), 2.0)
    w.assign(tf.ones([7, 2]))
    tf.create_partitioned_variables([4, 2], [2, 1], tf.zeros_initializer(), name="p")
    tf.create_partitioned_variables([4, 2], [1, 1], tf.zeros_initializer())


def trained_parts(tf: Any) -> None:
    w = tf.get_variable("w", [7, 2], partitioner=tf.fixed_size_partitioner(2))
    tf.train.AdamOptimizer().minimize(tf.reduce_sum(tf.square(w)))
    tf.train.Saver()


def templates(tf: Any) -> None:
    def f(x: Any) -> Any:
        return tf.get_variable("w", [2]) * x

    for now in (False, True, False):
        template = tf.make_template("t", f, create_scope_now_=now)
        template(1.0)
        template(2.0)


def getters(tf: Any) -> None:
    def outer(getter: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        return tf.identity(getter(name, *args, **kwargs), name="seen")

    def inner(getter: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        return getter(name, *args, **kwargs) * 2.0

    with tf.variable_scope("o", custom_getter=outer):
        with tf.variable_scope("i", custom_getter=inner):
            tf.get_variable("w", [2])
        tf.get_variable("v", [2])


def model(tf: Any) -> Any:
    step = tf.train.create_global_step()
    w = tf.get_variable("w", [2])
    tf.summary.scalar("loss", tf.reduce_sum(w))
    return tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(w * w), step)


def supervisor(tf: Any) -> None:
    model(tf)
    with tempfile.TemporaryDirectory() as folder:
        tf.train.Supervisor(logdir=folder)


def monitored_training(tf: Any) -> None:
    train = model(tf)
    hooks = [tf.train.StopAtStepHook(2)]
    with (
        tempfile.TemporaryDirectory() as folder,
        tf.train.MonitoredTrainingSession(checkpoint_dir=folder, hooks=hooks) as session,
    ):
        while not session.should_stop():
            session.run(train)


def monitored(tf: Any) -> None:
    train = model(tf)
    with tf.train.MonitoredSession() as session:
        session.run(train)


@pytest.mark.parametrize(
    "build",
    [parts, trained_parts, templates, getters, supervisor, monitored_training, monitored],
)
def test_same_nodes(tensorflow: Any, build: Any) -> None:
    assert nodes_of(ours, build) == nodes_of(tensorflow, build)
