"""Graphs of functions: fresh ones of TensorFlow 2 here, ours with their gradients there."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import opscope.runtime as ours

pytestmark = pytest.mark.interop

MAKER = Path(__file__).parents[1] / "support" / "tf2_model.py"
OUTPUTS = ["called", "chosen", "looped", "after_the_loop", "case", "nested"]


def made(kind, path):
    """What TensorFlow 2 writes; in a process of its own, for here it is version 1."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, MAKER, kind, path], check=True, env=environment)
    return path


def run_model(tf, folder):
    with tf.Graph().as_default(), tf.Session() as session:
        signatures = tf.saved_model.loader.load(session, ["serve"], str(folder)).signature_def
        found = []
        for name in ("serving_default", "loss"):
            x = signatures[name].inputs["x"].name
            outputs = {k: v.name for k, v in sorted(signatures[name].outputs.items())}
            for value in ([[1.0, 2.0]], [[-3.0, -1.0]], [[5.0, 5.0], [1.0, 1.0]]):
                found.append(session.run(outputs, {x: value}))
        return found


def test_a_fresh_model_of_version_2_runs(tensorflow, tmp_path):
    folder = made("model", tmp_path / "model")
    expected = run_model(tensorflow, folder)
    for mine, theirs in zip(run_model(ours, folder), expected, strict=True):
        for name, value in theirs.items():
            np.testing.assert_allclose(mine[name], value, rtol=1e-6)


def test_what_our_run_of_its_save_function_writes_is_tensorflows(tensorflow, tmp_path):
    folder = made("model", tmp_path / "model")
    with ours.Graph().as_default() as graph, ours.Session() as session:
        meta_graph = ours.saved_model.loader.load(session, ["serve"], str(folder))
        x = meta_graph.signature_def["serving_default"].inputs["x"].name
        y = meta_graph.signature_def["serving_default"].outputs["y"].name
        session.run(y, {x: [[1.0, 1.0]]})
        saver = ours.train.Saver.from_proto(meta_graph.saver_def)
        path = saver.save(session, str(tmp_path / "again"), write_meta_graph=False)
        assert graph.get_operation_by_name("StatefulPartitionedCall")
    before = folder / "variables" / "variables"
    names = tensorflow.train.list_variables(str(before))
    assert tensorflow.train.list_variables(path) == names
    for name, _ in names:
        old = tensorflow.train.load_variable(str(before), name)
        new = tensorflow.train.load_variable(path, name)
        if not isinstance(old, bytes):
            np.testing.assert_array_equal(new, old + 1 if name.startswith("n/") else old)


def test_tensorflow_runs_our_export_with_gradients(tensorflow, tmp_path):
    graph_def = ours.GraphDef.FromString(made("graph", tmp_path / "graph.pb").read_bytes())
    with ours.Graph().as_default() as graph, ours.Session() as session:
        ours.import_graph_def(graph_def, name="")
        x, v = graph.get_tensor_by_name("x:0"), graph.get_tensor_by_name("v:0")
        wanted = [f"{name}:0" for name in OUTPUTS]
        for name in ("called", "chosen", "case"):
            found = ours.gradients(graph.get_tensor_by_name(f"{name}:0"), [x, v])
            wanted.extend(g.name for g in found if g is not None)
        expected = []
        for name in wanted:
            session.run("init")
            expected.append(session.run(name, {x: [1.0, 2.0]}))
        exported = graph.as_graph_def(add_shapes=True)
    with tensorflow.Graph().as_default(), tensorflow.Session() as session:
        data = exported.SerializeToString()
        tensorflow.import_graph_def(tensorflow.GraphDef.FromString(data), name="")
        for name, value in zip(wanted, expected, strict=True):
            session.run("init")
            np.testing.assert_allclose(session.run(name, {"x:0": [1.0, 2.0]}), value, rtol=1e-6)


def test_gradients_that_tensorflow_made_run(tensorflow, tmp_path):
    data = made("graph", tmp_path / "graph.pb").read_bytes()
    with tensorflow.Graph().as_default() as graph, tensorflow.Session() as session:
        tensorflow.import_graph_def(tensorflow.GraphDef.FromString(data), name="")
        x = graph.get_tensor_by_name("x:0")
        (found,) = tensorflow.gradients(graph.get_tensor_by_name("called:0"), x)
        wanted = [found.name]
        expected = []
        for name in wanted:
            session.run("init")
            expected.append(session.run(name, {x: [1.0, 2.0]}))
        exported = graph.as_graph_def()
    assert "SymbolicGradient" in {node.op for node in exported.node}
    with ours.Graph().as_default(), ours.Session() as session:
        ours.import_graph_def(exported, name="")
        for name, value in zip(wanted, expected, strict=True):
            session.run("init")
            np.testing.assert_allclose(session.run(name, {"x:0": [1.0, 2.0]}), value, rtol=1e-6)


@pytest.fixture(scope="module")
def loops(tmp_path_factory):
    """A graph of loops by functions, and TensorFlow's gradients of them."""
    path = made("loops", tmp_path_factory.mktemp("loops") / "loops.pb")
    with np.load(f"{path}.npz") as found:
        return ours.GraphDef.FromString(path.read_bytes()), dict(found)


FED = {"x:0": [[0.5, 1.5], [-1.0, 2.0]]}


def test_gradients_of_loops_are_tensorflows(tensorflow, loops):
    graph_def, expected = loops
    with ours.Graph().as_default() as graph, ours.Session() as session:
        ours.import_graph_def(graph_def, name="")
        sources = [graph.get_tensor_by_name("x:0"), graph.get_tensor_by_name("v:0")]
        names = sorted({name.partition("/")[0] for name in expected})
        assert len(names) == 10
        wanted = {}
        for name in names:
            value = graph.get_tensor_by_name(f"{name}:0")
            grads = ours.gradients(value, sources, unconnected_gradients="zero")
            wanted.update(zip((f"{name}/x", f"{name}/v"), (g.name for g in grads), strict=True))
        session.run("init")
        found = session.run(wanted, FED)
        exported = graph.as_graph_def(add_shapes=True)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=2e-5, atol=1e-6, err_msg=name)
    with tensorflow.Graph().as_default(), tensorflow.Session() as session:
        data = exported.SerializeToString()
        tensorflow.import_graph_def(tensorflow.GraphDef.FromString(data), name="")
        session.run("init")
        for name, value in session.run(wanted, FED).items():
            np.testing.assert_allclose(found[name], value, rtol=2e-5, atol=1e-6, err_msg=name)
