"""MobileNetV2 as TensorFlow wrote it runs here, forward and through a training step.

Three comparisons together say that the step is TensorFlow's: every op of it gives, on TensorFlow's
inputs, what TensorFlow's kernel gives; in float64 the whole step agrees to rounding; in float32,
where rounding puts units on the other side of a kink of ReLU6, the result is as near to the one in
float64 as TensorFlow's is.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours
from opscope.runtime.binding import Binding
from opscope.runtime.kernels import bound_kernel

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
theirs = pytest.importorskip("tensorflow.compat.v1")
sys.path.insert(0, str(Path(__file__).parent))

from mobilenet_graph import imported  # noqa: E402

pytestmark = pytest.mark.interop
theirs.disable_eager_execution()

LOSS, LOGITS = "loss/Mean:0", "predictions/BiasAdd:0"


def names_of_variables(graph: Any) -> list[str]:
    return [op.name for op in graph.get_operations() if op.type == "VarHandleOp"]


def reads_of(graph: Any, names: list[str]) -> list[Any]:
    return [graph.get_tensor_by_name(f"{name}/Read/ReadVariableOp:0") for name in names]


def kernel_like(value: Any) -> Any:
    """Glorot's uniform initial values, the same in every run."""
    area = int(np.prod(value.shape[:-2]))
    limit = np.sqrt(6 / (area * (value.shape[-1] + value.shape[-2])))
    return np.random.default_rng(value.size).uniform(-limit, limit, value.shape).astype(np.float32)


def in_dtype(values: dict[str, Any], dtype: Any) -> dict[str, Any]:
    return {k: v.astype(dtype) if v.dtype.kind == "f" else v for k, v in values.items()}


def initialize(graph: Any, session: Any, initial: dict[str, Any]) -> None:
    assigns = {
        op.inputs[0].op.name: op
        for op in reversed(graph.get_operations())
        if op.type == "AssignVariableOp"
    }
    session.run(
        [assigns[name] for name in initial],
        {assigns[name].inputs[1]: value for name, value in initial.items()},
    )
    session.run("global_step/Assign")


def trained(
    tf: Any, feeds: dict[str, Any], initial: dict[str, Any], dtype: Any = np.float32
) -> dict[str, Any]:
    """Loss and logits from the initial values, and every variable after a training step."""
    graph = imported(tf, precise=dtype is np.float64)
    names = names_of_variables(graph)
    assert set(names) == set(initial)
    feeds, initial = in_dtype(feeds, dtype), in_dtype(initial, dtype)
    with tf.Session(graph=graph) as session:
        initialize(graph, session, initial)
        loss, logits = session.run([LOSS, LOGITS], feeds)
        session.run("train_op", feeds)
        after = dict(zip(names, session.run(reads_of(graph, names)), strict=True))
    return {"loss": loss, "logits": logits, **after}


@pytest.fixture(scope="module")
def feeds() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        "images:0": rng.uniform(-1, 1, (2, 224, 224, 3)).astype(np.float32),
        "labels:0": rng.integers(0, 1000, 2),
    }


@pytest.fixture(scope="module")
def initial() -> dict[str, Any]:
    graph = imported(theirs)
    names = names_of_variables(graph)
    with theirs.Session(graph=graph) as session:
        session.run("init")
        values = dict(zip(names, session.run(reads_of(graph, names)), strict=True))
    return {n: kernel_like(v) if n.endswith("kernel") else v for n, v in values.items()}


@pytest.fixture(scope="module")
def exact(feeds: dict[str, Any], initial: dict[str, Any]) -> dict[str, Any]:
    """TensorFlow's step in float64."""
    return trained(theirs, feeds, initial, np.float64)


# -- op by op ------------------------------------------------------------------------------

# What is not computed from inputs.
RESERVED = {"FusedBatchNormV3": {5}, "FusedBatchNormGradV3": {3, 4}}
SOURCES = {"Const", "Placeholder", "VarHandleOp", "ReadVariableOp"}


def ops_of_the_step(graph: Any) -> list[Any]:
    """Every op that a variable's update needs, and those of the loss."""
    found: dict[str, Any] = {}
    todo = [graph.get_tensor_by_name(LOSS).op]
    for op in graph.get_operations():
        if op.type in ("ResourceApplyMomentum", "AssignSubVariableOp"):
            todo.extend(t.op for t in op.inputs)
    while todo:
        op = todo.pop()
        if op.name not in found:
            found[op.name] = op
            todo.extend(t.op for t in op.inputs)
    return list(found.values())


def scale_of(op: Any, slot: int, values: dict[str, Any]) -> float:
    """What an output is measured by: its largest element, or for a sum that cancels its terms."""
    inputs = [values[t.name] for t in op.inputs]
    if op.type == "FusedBatchNormV3" and slot in (1, 3):
        return float(np.abs(inputs[0]).mean())
    if op.type == "FusedBatchNormGradV3" and slot in (1, 2):
        return float(np.abs(inputs[0]).sum(axis=(0, 1, 2)).max())
    return float(np.abs(values[op.outputs[slot].name]).max(initial=0)) or 1.0


def test_every_op_gives_what_tensorflows_gives(
    feeds: dict[str, Any], initial: dict[str, Any]
) -> None:
    graph = imported(theirs)
    ops = ops_of_the_step(graph)
    with theirs.Session(graph=graph) as session:
        initialize(graph, session, initial)
        tensors = [t for op in ops for t in op.outputs if t.dtype != theirs.resource]
        found = session.run(tensors, feeds)
    values = {t.name: np.asarray(v)[()] for t, v in zip(tensors, found, strict=True)}
    mine = imported(ours)
    worst: dict[str, float] = {}
    for op in ops:
        if op.type in SOURCES:
            continue
        kernel = bound_kernel(Binding(mine.get_operation_by_name(op.name), np, "CPU", {}))
        results = kernel(*(values[t.name] for t in op.inputs))
        for slot, result in enumerate(results if len(op.outputs) > 1 else [results]):
            if slot in RESERVED.get(op.type, ()):
                continue  # what a kernel keeps for its own gradient
            expected = values[op.outputs[slot].name]
            assert result.shape == expected.shape, op.name
            scale = scale_of(op, slot, values)
            error = float(np.abs(result - expected).max(initial=0)) / scale
            worst[op.type] = max(worst.get(op.type, 0.0), error)
            assert error < 2e-5, f"{op.name}:{slot}"
    inexact = {t: f"{e:.1e}" for t, e in sorted(worst.items(), key=lambda i: -i[1]) if e}
    print(f"{len(ops)} ops of {len(worst)} types, largest relative errors {inexact}")
    assert {"FusedBatchNormGradV3", "DepthwiseConv2dNativeBackpropFilter", "Relu6Grad"} <= set(
        worst
    )


# -- whole steps ---------------------------------------------------------------------------


def distance(found: dict[str, Any], exact: dict[str, Any]) -> float:
    """How far a training step went from the exact one, by that step's momentum (its gradient)."""
    names = [name for name in exact if name.endswith("/Momentum")]
    apart = sum(float(((found[n] - exact[n]) ** 2).sum()) for n in names)
    return float(np.sqrt(apart / sum(float((exact[n] ** 2).sum()) for n in names)))


def test_step_in_float64(
    feeds: dict[str, Any], initial: dict[str, Any], exact: dict[str, Any]
) -> None:
    found = trained(ours, feeds, initial, np.float64)
    for name, expected in exact.items():
        scale = max(1e-3, float(np.abs(expected).max()))
        np.testing.assert_allclose(
            found[name], expected, rtol=1e-9, atol=1e-9 * scale, err_msg=name
        )


def test_step_in_float32(
    feeds: dict[str, Any], initial: dict[str, Any], exact: dict[str, Any]
) -> None:
    expected = trained(theirs, feeds, initial)
    found = trained(ours, feeds, initial)
    for name in ("loss", "logits"):
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, atol=1e-4)
    ours_apart, theirs_apart = distance(found, exact), distance(expected, exact)
    print(f"gradient against float64: ours {ours_apart:.2e}, TensorFlow's {theirs_apart:.2e}")
    assert ours_apart < 1.5 * theirs_apart + 1e-3
