"""Recurrent networks: TensorFlow's nodes, values, gradients and training steps."""

import numpy as np
import pytest
from tests.interop.rnn_programs import PROGRAMS, RANDOM_PROGRAMS

import opscope.runtime as ours

pytestmark = pytest.mark.interop


def built(tf, program):
    """The graph of a program with its training step; results, gradients, the step."""
    with tf.Graph().as_default() as graph:
        results = program(tf)
        floating = [t for t in results if t.dtype.is_floating]
        loss = tf.add_n([tf.reduce_sum(tf.sin(t)) for t in floating], name="loss")
        step = tf.train.MomentumOptimizer(0.1, 0.5).minimize(loss)
        gradients = tf.gradients(loss, [graph.get_tensor_by_name("rows:0")])
    return graph, [*results, *gradients, loss], step


def trained(tf, graph, fetches, step):
    """Three training steps from the same values of the variables."""
    rng = np.random.default_rng(5)
    found = []
    with graph.as_default(), tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for variable in tf.trainable_variables():
            value = rng.normal(scale=0.5, size=variable.shape.as_list()).astype(np.float32)
            session.run(variable.initializer, {variable.initializer.inputs[1]: value})
        for _ in range(3):
            found.append(session.run(fetches))
            session.run(step)
    return found


def nodes(graph):
    return {n.name: (n.op, list(n.input)) for n in graph.as_graph_def().node}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_values(tensorflow, program):
    expected = trained(tensorflow, *built(tensorflow, program))
    for got, want in zip(trained(ours, *built(ours, program)), expected, strict=True):
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("program", PROGRAMS + RANDOM_PROGRAMS, ids=lambda p: p.__name__)
def test_nodes(tensorflow, program):
    got, expected = nodes(built(ours, program)[0]), nodes(built(tensorflow, program)[0])
    assert sorted(expected.keys() - got.keys()) == []
    assert sorted(got.keys() - expected.keys()) == []
    assert {n: got[n] for n in got if got[n] != expected[n]} == {}
