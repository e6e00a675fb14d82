"""Irregular control flow, built by TensorFlow and run by both."""

import irregular_graphs
import numpy as np
import pytest

import opscope.runtime as ours

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("graph", irregular_graphs.GRAPHS, ids=lambda g: g.__name__)
def test_same_values(tensorflow, graph):
    def make(kind, **arguments):
        return getattr(tensorflow.raw_ops, kind)(**arguments)

    with tensorflow.Graph().as_default() as theirs:
        fetches = [t.name for t in graph(irregular_graphs.Makers(tensorflow, make))]
    with ours.Graph().as_default() as mine:
        data = theirs.as_graph_def().SerializeToString()
        ours.import_graph_def(ours.GraphDef.FromString(data), name="")
    if graph is irregular_graphs.two_loops_in_one_frame:
        with (
            tensorflow.Session(graph=theirs) as reference,
            pytest.raises(tensorflow.errors.InvalidArgumentError, match="more than one LoopCond"),
        ):
            reference.run(fetches, {"x:0": 1.0})
        return
    used = {n for n in ("p:0", "q:0", "x:0") if mine.get_tensor_by_name(n).consumers()}
    with tensorflow.Session(graph=theirs) as reference, ours.Session(graph=mine) as session:
        for values in irregular_graphs.FEEDS:
            feed = {n: v for n, v in zip(("p:0", "q:0", "x:0"), values, strict=True) if n in used}
            expected = reference.run(fetches, feed)
            np.testing.assert_allclose(session.run(fetches, feed), expected, rtol=1e-6)
