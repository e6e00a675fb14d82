"""Options of loops and conditionals against TensorFlow; gradients of graphs it has built."""

import numpy as np
import pytest
from tests.interop.control_options import PROGRAMS, indexed_branches
from tests.interop.control_programs import PROGRAMS as CONTROL_PROGRAMS

import opscope.runtime as ours

pytestmark = pytest.mark.interop

VALUES = (1.5, 0.5, -0.25)


def gradients_of(tf, results):
    ys = [t for t in results if t.dtype.is_floating]
    return tf.gradients(ys, [ys[0].graph.get_tensor_by_name("x:0")])


def built(tf, program):
    with tf.Graph().as_default() as graph:
        results = program(tf)
        fetches = [*results, *gradients_of(tf, results)]
        init = tf.global_variables_initializer()
    return graph, fetches, init


def values_of(tf, graph, fetches, init=None):
    with tf.Session(graph=graph) as session:
        if init is not None:
            session.run(init)
        return [session.run(fetches, {"x:0": v}) for v in VALUES]


def assert_same(got, expected):
    for mine, theirs in zip(got, expected, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def nodes(graph):
    return {n.name: (n.op, list(n.input)) for n in graph.as_graph_def().node}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_values(tensorflow, program):
    assert_same(
        values_of(ours, *built(ours, program)), values_of(tensorflow, *built(tensorflow, program))
    )


# TensorFlow makes one op Case of it, whose branches are functions and not nodes of the graph.
WITH_FUNCTIONS = [indexed_branches]


@pytest.mark.parametrize(
    "program", [p for p in PROGRAMS if p not in WITH_FUNCTIONS], ids=lambda p: p.__name__
)
def test_nodes(tensorflow, program):
    assert nodes(built(ours, program)[0]) == nodes(built(tensorflow, program)[0])


@pytest.mark.parametrize(
    "program",
    [p for p in CONTROL_PROGRAMS if not p.__name__.endswith("_gradients")],
    ids=lambda p: p.__name__,
)
def test_gradients_of_an_imported_graph(tensorflow, program):
    """TensorFlow has none of a loop that came as a GraphDef; ours are those of the original."""
    graph, fetches, _ = built(tensorflow, program)
    expected = values_of(tensorflow, graph, fetches)
    with tensorflow.Graph().as_default() as plain:
        names = [t.name for t in program(tensorflow)]
    data = plain.as_graph_def().SerializeToString()
    with ours.Graph().as_default() as copy:
        results = ours.import_graph_def(
            ours.GraphDef.FromString(data), return_elements=names, name=""
        )
        found = values_of(ours, copy, [*results, *gradients_of(ours, results)])
    assert_same(found, expected)


def test_tensorflow_refuses_gradients_of_an_imported_loop(tensorflow):
    with tensorflow.Graph().as_default() as graph:
        x = tensorflow.placeholder(tensorflow.float32, [], name="x")
        _, y = tensorflow.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s * x), [0, x])
    with tensorflow.Graph().as_default():
        (z,) = tensorflow.import_graph_def(graph.as_graph_def(), return_elements=[y.name])
        with pytest.raises(AttributeError, match="outer_context"):
            tensorflow.gradients(z, z.graph.get_tensor_by_name("import/x:0"))


def test_second_order_gradients_of_a_loop_are_refused(tensorflow):
    def twice(tf):
        x = tf.placeholder(tf.float32, [], name="x")
        _, y = tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s * x), [0, x])
        return tf.gradients(tf.gradients(y, x), x)

    for tf in (ours, tensorflow):
        with (
            tf.Graph().as_default(),
            pytest.raises(TypeError, match="Second-order gradient for while loops"),
        ):
            twice(tf)
