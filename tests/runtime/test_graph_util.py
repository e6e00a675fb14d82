"""graph_util and write_graph: sub-graphs, frozen graphs, graphs in files."""

import pytest

import opscope.runtime as tf


@pytest.fixture
def model(graph):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.Variable([[1.0], [2.0]], name="w")
    y = tf.matmul(x, w, name="y")
    tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(y))
    return graph


def test_a_frozen_graph_needs_no_variables(model):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        frozen = tf.graph_util.convert_variables_to_constants(session, model.as_graph_def(), ["y"])
    assert {n.name: n.op for n in frozen.node} == {
        "x": "Placeholder",
        "w": "Const",
        "w/read": "Identity",
        "y": "MatMul",
    }
    lean = tf.graph_util.remove_training_nodes(frozen, ["y"])
    assert [n.name for n in lean.node] == ["x", "w", "y"]
    for graph_def in (frozen, lean):
        with tf.Graph().as_default(), tf.Session() as session:
            (y,) = tf.import_graph_def(graph_def, return_elements=["y:0"])
            assert session.run(y, {"import/x:0": [[3.0, 4.0]]}).tolist() == [[11.0]]


def test_some_variables_may_stay(model):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        made = tf.graph_util.convert_variables_to_constants(
            session, model.as_graph_def(), ["y"], variable_names_blacklist=["w"]
        )
    assert {n.name: n.op for n in made.node}["w"] == "VariableV2"


def test_a_sub_graph(model):
    made = tf.graph_util.extract_sub_graph(model.as_graph_def(), ["w/read"])
    assert [n.name for n in made.node] == ["w", "w/read"]
    with pytest.raises(AssertionError, match="nope is not in graph"):
        tf.graph_util.extract_sub_graph(model.as_graph_def(), ["nope"])
    with pytest.raises(TypeError, match="must be a list"):
        tf.graph_util.extract_sub_graph(model.as_graph_def(), "w")


def test_a_graph_is_written(model, tmp_path):
    from google.protobuf import text_format

    path = tf.train.write_graph(model, tmp_path / "new", "g.pbtxt")
    assert path == str(tmp_path / "new/g.pbtxt")
    text = (tmp_path / "new/g.pbtxt").read_text()
    assert text_format.Parse(text, tf.GraphDef()) == model.as_graph_def()
    tf.train.write_graph(model.as_graph_def(), tmp_path, "g.pb", as_text=False)
    data = (tmp_path / "g.pb").read_bytes()
    assert tf.GraphDef.FromString(data) == model.as_graph_def()
