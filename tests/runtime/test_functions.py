"""Functions in graphs: calls, conditions and loops of imported libraries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.events.proto.function_pb2 import FunctionDef
from opscope.runtime.make_op import make_node
from opscope.runtime.watch import Watch

DATA = Path(__file__).parents[1] / "data" / "runtime"

# What TensorFlow computes: by the fed values, called, chosen, looped, after_the_loop, case, nested.
EXPECTED = {
    (1.0, 2.0): ([2, 5], [2, 4], [10, 18], 4, [2, 4], [5, 10]),
    (-1.0, -2.0): ([2, 5], [2, 1], [-6, -14], 4, [-3, -6], [-5, -10]),
}


def functional_graph() -> Any:
    return tf.GraphDef.FromString((DATA / "functions.pb").read_bytes())


def model(session: Any) -> Any:
    return tf.saved_model.loader.load(session, ["serve"], DATA / "tf2_model")


@pytest.mark.parametrize("fed", EXPECTED)
def test_imported_functions_run(graph: tf.Graph, fed: tuple[float, ...]) -> None:
    tf.import_graph_def(functional_graph(), name="")
    names = ("called", "chosen", "looped", "after_the_loop", "case", "nested")
    with tf.Session() as session:
        for name, expected in zip(names, EXPECTED[fed], strict=True):
            session.run("init")
            np.testing.assert_allclose(session.run(f"{name}:0", {"x:0": fed}), expected)


@pytest.mark.parametrize("fed", EXPECTED)
def test_a_case_of_functions_with_effects_runs_one(graph: tf.Graph, fed: tuple[float, ...]) -> None:
    graph_def = functional_graph()
    next(n for n in graph_def.node if n.op == "StatelessCase").op = "Case"
    tf.import_graph_def(graph_def, name="")
    with tf.Session() as session:
        session.run("init")
        np.testing.assert_allclose(session.run("case:0", {"x:0": fed}), EXPECTED[fed][4])


@pytest.mark.parametrize(
    ("name", "by_x", "by_v"),
    [("looped", [8, 8], 38), ("nested", [5, 5], 0), ("after_the_loop", [0, 0], 1)],
)
def test_gradients_flow_through_loops(
    graph: tf.Graph, name: str, by_x: list[float], by_v: float
) -> None:
    tf.import_graph_def(functional_graph(), name="")
    x, v = (graph.get_tensor_by_name(f"{n}:0") for n in "xv")
    grads = tf.gradients(
        graph.get_tensor_by_name(f"{name}:0"), [x, v], unconnected_gradients="zero"
    )
    with tf.Session() as session:
        session.run("init")
        found = session.run(grads, {x: [1.0, 2.0]})
    np.testing.assert_allclose(found[0], by_x)
    np.testing.assert_allclose(found[1], by_v)


def test_a_loop_that_changes_what_its_gradient_reads_has_none(graph: tf.Graph) -> None:
    graph_def = functional_graph()
    body = next(
        f for f in graph_def.library.function if f.signature.name.startswith("while_body_37")
    )
    handle = next(n for n in body.node_def if n.op == "ReadVariableOp").input[0]
    change = body.node_def.add(
        name="change", op="AssignAddVariableOp", input=[handle, "one:output:0"]
    )
    change.attr["dtype"].type = 1
    one = body.node_def.add(name="one", op="Const")
    one.attr["dtype"].type = 1
    one.attr["value"].tensor.dtype = 1
    one.attr["value"].tensor.float_val.append(1.0)
    one.attr["value"].tensor.tensor_shape.SetInParent()
    body.signature.control_output.append("change")
    body.control_ret["change"] = "change"
    tf.import_graph_def(graph_def, name="")
    with pytest.raises(LookupError, match="would read a variable again"):
        tf.gradients(graph.get_tensor_by_name("looped:0"), graph.get_tensor_by_name("x:0"))


def test_a_loop_has_no_second_order_gradient(graph: tf.Graph) -> None:
    tf.import_graph_def(functional_graph(), name="")
    x = graph.get_tensor_by_name("x:0")
    (first,) = tf.gradients(graph.get_tensor_by_name("looped:0"), x)
    with pytest.raises(LookupError):
        tf.gradients(first * first, x)


def test_the_library_stays_as_it_was(graph: tf.Graph) -> None:
    given = functional_graph()
    tf.import_graph_def(given, name="copy")
    kept = {f.signature.name: f for f in graph.as_graph_def().library.function}
    assert kept == {f.signature.name: f for f in given.library.function}
    assert set(graph.functions) == set(kept)


def test_every_node_of_a_body_is_watched_under_its_call(graph: tf.Graph) -> None:
    tf.import_graph_def(functional_graph(), name="")
    with tf.Session() as session:
        session.run("init")
        run = session.run_watched("looped:0", {"x:0": [1.0, 1.0]}, watch=Watch())
    names = [t.node_name for t in run.tensors]
    assert names.count("while/body/mul") == 3
    assert names.count("while/body/cond/then/Const") == 1
    assert names.count("while/body/cond/else/Const") == 2
    assert names.count("while/cond/Less") == 4
    assert "while" in names
    (graph_def,) = run.partition_graphs.values()
    assert {n.op for n in graph_def.node}.isdisjoint({"While", "StatelessWhile", "If"})
    with tf.Session() as session, pytest.raises(tf.errors.FailedPreconditionError) as caught:
        session.run("chosen:0", {"x:0": [1.0]})
    assert caught.value.op.name.startswith("cond/")


def test_a_bad_value_in_a_body_is_found(graph: tf.Graph) -> None:
    tf.import_graph_def(functional_graph(), name="")
    with tf.Session() as session:
        run = session.run_watched("called:0", {"x:0": [1e30, 1.0]}, watch=Watch(check=True))
    assert [t.node_name for t in run.hits][:2] == ["MyAdd/mul", "MyAdd/add_0"]


def test_a_model_of_version_2_serves_trains_and_saves(graph: tf.Graph, tmp_path: Path) -> None:
    with tf.Session() as session:
        meta_graph = model(session)
        loss = meta_graph.signature_def["loss"]
        x = loss.inputs["x"].name
        value = graph.get_tensor_by_name(loss.outputs["loss"].name)
        handles = [graph.get_tensor_by_name(n) for n in ("w:0", "b:0")]
        start = [session.run(f"{n}/Read/ReadVariableOp:0") for n in ("w", "b")]
        batch = np.array([[0.3, -0.2]], np.float32)
        grads = tf.gradients(value, handles)
        found = session.run(grads, {x: batch})
        w, b = start
        out = np.tanh(batch @ w + b)
        slope = 2 * (out - 0.25) * (1 - out**2)
        np.testing.assert_allclose(found[1], slope[0], rtol=1e-5)
        np.testing.assert_allclose(found[0], batch.T @ slope, rtol=1e-5)

        step = [
            make_node("ResourceApplyGradientDescent", h, 0.1, g)
            for h, g in zip(handles, grads, strict=True)
        ]
        before = session.run(value, {x: batch}).sum()
        for _ in range(5):
            session.run(step, {x: batch})
        assert session.run(value, {x: batch}).sum() < before
        trained = session.run("w/Read/ReadVariableOp:0")
        saver = tf.train.Saver.from_proto(meta_graph.saver_def)
        path = saver.save(session, str(tmp_path / "model"), write_meta_graph=False)
        saver.restore(session, str(DATA / "tf2_model" / "variables" / "variables"))
        np.testing.assert_array_equal(session.run("w/Read/ReadVariableOp:0"), w)
        saver.restore(session, path)
        np.testing.assert_array_equal(session.run("w/Read/ReadVariableOp:0"), trained)


def identity_function(body: str, stateful: bool = False) -> FunctionDef:
    """A function of one float whose result is what the node `body` of it gives."""
    made = FunctionDef()
    made.signature.name = "f"
    made.signature.is_stateful = stateful
    made.signature.input_arg.add(name="x", type=1)
    made.signature.output_arg.add(name="y", type=1)
    made.ret["y"] = f"{body}:output:0"
    return made


def call_graph(function: FunctionDef, op_type: str = "f") -> Any:
    graph_def = tf.GraphDef()
    graph_def.node.add(name="x", op="Const").attr["dtype"].type = 1
    graph_def.node[0].attr["value"].tensor.dtype = 1
    graph_def.node[0].attr["value"].tensor.float_val.append(3.0)
    graph_def.node[0].attr["value"].tensor.tensor_shape.SetInParent()
    graph_def.node.add(name="call", op=op_type, input=["x"])
    if op_type != "f":
        node = graph_def.node[1]
        node.attr["f"].func.name = "f"
        node.attr["Tin"].list.type.append(1)
        node.attr["Tout"].list.type.append(1)
    graph_def.library.function.append(function)
    return graph_def


def test_a_function_that_calls_itself_is_refused(graph: tf.Graph) -> None:
    function = identity_function("again")
    again = function.node_def.add(name="again", op="PartitionedCall", input=["x"])
    again.attr["f"].func.name = "f"
    again.attr["Tin"].list.type.append(1)
    again.attr["Tout"].list.type.append(1)
    tf.import_graph_def(call_graph(function, "PartitionedCall"), name="")
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.InvalidArgumentError, match="'f' calls itself"),
    ):
        session.run("call:0")


def test_a_call_of_a_missing_function_is_refused(graph: tf.Graph) -> None:
    graph_def = call_graph(identity_function("same"), "PartitionedCall")
    del graph_def.library.function[:]
    with pytest.raises(ValueError, match="names the function 'f'"):
        tf.import_graph_def(graph_def)


def test_a_gradient_does_not_run_what_gives_another_value(graph: tf.Graph) -> None:
    function = identity_function("noisy", stateful=True)
    shape = function.node_def.add(name="shape", op="Const")
    shape.attr["dtype"].type = 3
    shape.attr["value"].tensor.dtype = 3
    shape.attr["value"].tensor.tensor_shape.dim.add(size=0)
    noise = function.node_def.add(name="noise", op="RandomUniform", input=["shape:output:0"])
    noise.attr["dtype"].type = 1
    noise.attr["T"].type = 3
    product = function.node_def.add(name="product", op="Mul", input=["x", "noise:output:0"])
    product.attr["T"].type = 1
    same = function.node_def.add(name="noisy", op="Identity", input=["product:z:0"])
    same.attr["T"].type = 1
    x, call = tf.import_graph_def(call_graph(function), return_elements=["x:0", "call:0"])
    with pytest.raises(LookupError, match=r"run 'noise' .* a second time"):
        tf.gradients(call, x)
    with tf.Session() as session:
        assert 0 <= session.run(call) <= 3
