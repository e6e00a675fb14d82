"""MobileNetV2 as TensorFlow wrote it runs here, forward and through a training step."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
theirs = pytest.importorskip("tensorflow.compat.v1")

pytestmark = pytest.mark.interop
theirs.disable_eager_execution()

GRAPH = Path(__file__).parents[1] / "data" / "graphs" / "MobileNetV2.pb.gz"
LOSS, LOGITS = "loss/Mean:0", "predictions/BiasAdd:0"

# Rounding puts some of 10 million units on the other side of the kink of ReLU6, where the gradient
# jumps; what one of them changes in a weight is below this.
MOST_BY_A_KINK = 6e-3


def imported(tf: Any) -> Any:
    graph_def = tf.GraphDef()
    graph_def.ParseFromString(gzip.decompress(GRAPH.read_bytes()))
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
    return graph


def names_of_variables(graph: Any) -> list[str]:
    return [op.name for op in graph.get_operations() if op.type == "VarHandleOp"]


def reads_of(graph: Any, names: list[str]) -> list[Any]:
    return [graph.get_tensor_by_name(f"{name}/Read/ReadVariableOp:0") for name in names]


def kernel_like(value: Any) -> Any:
    """Glorot's uniform initial values, the same in every run."""
    area = int(np.prod(value.shape[:-2]))
    limit = np.sqrt(6 / (area * (value.shape[-1] + value.shape[-2])))
    return np.random.default_rng(value.size).uniform(-limit, limit, value.shape).astype(np.float32)


def trained(graph: Any, session: Any, feeds: dict[str, Any], initial: dict[str, Any]) -> list[Any]:
    """Loss and logits from the initial values, and every variable after a training step."""
    assigns = {
        op.inputs[0].op.name: op
        for op in reversed(graph.get_operations())
        if op.type == "AssignVariableOp"
    }
    session.run(
        [assigns[name] for name in initial],
        {assigns[name].inputs[1]: value for name, value in initial.items()},
    )
    before = session.run([LOSS, LOGITS], feeds)
    session.run("train_op", feeds)
    return [*before, *session.run(reads_of(graph, list(initial)))]


@pytest.fixture(scope="module")
def feeds() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        "images:0": rng.uniform(-1, 1, (4, 224, 224, 3)).astype(np.float32),
        "labels:0": rng.integers(0, 1000, 4),
    }


def test_forward_and_training_step(feeds: dict[str, Any]) -> None:
    graph = imported(theirs)
    names = names_of_variables(graph)
    with theirs.Session(graph=graph) as session:
        session.run("init")
        initial = dict(zip(names, session.run(reads_of(graph, names)), strict=True))
        for name in names:
            if name.endswith("kernel"):
                initial[name] = kernel_like(initial[name])
        expected = trained(graph, session, feeds, initial)
    graph = imported(ours)
    assert names_of_variables(graph) == names
    with ours.Session(graph=graph) as session:
        session.run("global_step/Assign")
        found = trained(graph, session, feeds, initial)
    for a, b in zip(found[:2], expected[:2], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
    weights = []
    for name, a, b in zip(names, found[2:], expected[2:], strict=True):
        if name.endswith("/Momentum"):  # the gradient itself: many units near a kink add up
            assert np.linalg.norm(a - b) < 1e-3 + 0.2 * np.linalg.norm(b), name
            continue
        weights.append(np.abs(a - b).ravel())
        assert weights[-1].max() < MOST_BY_A_KINK, name
    distances = np.concatenate(weights)
    print(f"{distances.size} elements of variables, {(distances > 1e-4).sum()} beyond 1e-4")
    assert (distances > 1e-4).mean() < 5e-3
