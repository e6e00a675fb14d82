"""Made-up programs of nested loops, branches and arrays: TensorFlow's nodes, values, gradients."""

import numpy as np
import pytest
import random_programs

import opscope.runtime as ours

pytestmark = pytest.mark.interop


def built(tf, seed):
    with tf.Graph().as_default() as graph:
        return graph, random_programs.build(tf, seed)


@pytest.mark.parametrize("seed", range(40))
def test_same_values_and_nodes(tensorflow, seed):
    graph, fetches = built(ours, seed)
    their_graph, their_fetches = built(tensorflow, seed)
    mine = {n.name: (n.op, list(n.input)) for n in graph.as_graph_def().node}
    theirs = {n.name: (n.op, list(n.input)) for n in their_graph.as_graph_def().node}
    assert mine == theirs
    with ours.Session(graph=graph) as session, tensorflow.Session(graph=their_graph) as reference:
        for feed in random_programs.FEEDS:
            expected = reference.run(their_fetches, feed)
            for a, b in zip(session.run(fetches, feed), expected, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
