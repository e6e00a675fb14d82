"""Loops and branches: the same nodes as TensorFlow's, run alike by either from either graph."""

import numpy as np
import pytest
from tests.interop.control_programs import PROGRAMS
from tests.interop.stateful_programs import PROGRAMS as STATEFUL_PROGRAMS

import opscope.runtime as ours

pytestmark = pytest.mark.interop

VALUES = (1.5, 0.5, -1.25)


def built(tf, program):
    with tf.Graph().as_default() as graph:
        fetches = program(tf)
    return graph, fetches


def results(tf, graph, names):
    with tf.Session(graph=graph) as session:
        return [session.run(names, {"x:0": v}) for v in VALUES]


def imported(tf, graph):
    with tf.Graph().as_default() as copy:
        tf.import_graph_def(
            tf.GraphDef.FromString(graph.as_graph_def().SerializeToString()), name=""
        )
    return copy


def assert_same(got, expected):
    for ours_, theirs in zip(got, expected, strict=True):
        for a, b in zip(ours_, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_programs(tensorflow, program):
    graph, fetches = built(ours, program)
    their_graph, their_fetches = built(tensorflow, program)
    names = [t.name for t in fetches]
    assert names == [t.name for t in their_fetches]
    expected = results(tensorflow, their_graph, names)
    assert_same(results(ours, graph, names), expected)
    assert_same(results(tensorflow, imported(tensorflow, graph), names), expected)
    assert_same(results(ours, imported(ours, their_graph), names), expected)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_nodes(tensorflow, program):
    def nodes(graph):
        return {n.name: (n.op, list(n.input)) for n in graph.as_graph_def().node}

    assert nodes(built(ours, program)[0]) == nodes(built(tensorflow, program)[0])


@pytest.mark.parametrize("program", STATEFUL_PROGRAMS, ids=lambda p: p.__name__)
def test_programs_with_state(tensorflow, program):
    def steps(tf):
        with tf.Graph().as_default():
            x = tf.placeholder(tf.float32, [], name="x")
            fetches = program(tf, x)
            init = tf.global_variables_initializer()
            with tf.Session() as session:
                session.run(init)
                return [session.run(fetches, {x: v}) for v in (*VALUES, -0.5)]

    assert_same(steps(ours), steps(tensorflow))
