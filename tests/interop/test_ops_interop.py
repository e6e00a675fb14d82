"""The same program in opscope and in TensorFlow: the same nodes and the same values."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
theirs = pytest.importorskip("tensorflow.compat.v1")
sys.path.insert(0, str(Path(__file__).parent))

import graph_programs  # noqa: E402
import nn_programs  # noqa: E402

pytestmark = pytest.mark.interop
theirs.disable_eager_execution()

PROGRAMS = [*graph_programs.PROGRAMS, *nn_programs.PROGRAMS]

# TensorFlow marks ops that something else was told to wait for; nothing reads that mark.
_MARK = "_has_manual_control_dependencies"


def described(graph_def: Any) -> dict[str, tuple[Any, ...]]:
    """Every node as comparable values, Const payloads as arrays in lists."""
    nodes = {}
    for node in graph_def.node:
        attrs = {}
        for key, value in node.attr.items():
            if key == _MARK:
                continue
            if value.WhichOneof("value") == "tensor":
                tensor = theirs.make_tensor_proto(0).__class__()
                tensor.ParseFromString(value.tensor.SerializeToString())
                array = theirs.make_ndarray(tensor)
                attrs[key] = (str(array.dtype), array.shape, array.tolist())
            else:
                attrs[key] = value.SerializeToString(deterministic=True)
        nodes[node.name] = (node.op, tuple(node.input), node.device, attrs)
    return nodes


def difference(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    """What TensorFlow has and opscope has not, and the other way round."""
    lines = [f"- {n} {b[n][:3]}" for n in b if n not in a]
    lines += [f"+ {n} {a[n][:3]}" for n in a if n not in b]
    lines += [f"! {n} {a[n]} != {b[n]}" for n in a if n in b and a[n] != b[n]]
    return lines


@pytest.mark.parametrize(
    "program", [*PROGRAMS, *nn_programs.RANDOM_PROGRAMS], ids=lambda p: p.__name__
)
def test_same_nodes(program: Any) -> None:
    with ours.Graph().as_default() as our_graph:
        program(ours)
    with theirs.Graph().as_default() as their_graph:
        program(theirs)
    mine = described(our_graph.as_graph_def())
    reference = described(their_graph.as_graph_def())
    assert difference(mine, reference) == []
    assert list(mine) == list(reference)


def feeds_for(graph: Any) -> dict[str, Any]:
    """Reproducible values for every placeholder, by name."""
    rng = np.random.default_rng(3)
    feeds = {}
    for op in graph.get_operations():
        if op.type != "Placeholder":
            continue
        shape = [4 if d is None else d for d in op.outputs[0].shape.as_list()]
        dtype = op.outputs[0].dtype.as_numpy_dtype
        if np.issubdtype(dtype, np.integer):
            feeds[op.name + ":0"] = rng.integers(0, 4, shape).astype(dtype)
        elif op.name == "y":
            row = rng.random(shape) + 0.1
            feeds[op.name + ":0"] = (row / row.sum(-1, keepdims=True)).astype(dtype)
        elif op.name == "keep_prob":
            feeds[op.name + ":0"] = dtype(1)
        else:
            feeds[op.name + ":0"] = (rng.standard_normal(shape) * 0.5).astype(dtype)
    return feeds


@pytest.mark.parametrize(
    "program", [*PROGRAMS, *nn_programs.VALUE_PROGRAMS], ids=lambda p: p.__name__
)
def test_same_values(program: Any) -> None:
    with theirs.Graph().as_default() as graph:
        fetches = program(theirs)
        feeds = feeds_for(graph)
        with theirs.Session() as session:
            expected = session.run(fetches, feeds)
    with ours.Graph().as_default():
        fetches = program(ours)
        with ours.Session() as session:
            found = session.run(fetches, feeds)
    for fetch, a, b in zip(fetches, found, expected, strict=True):
        assert np.asarray(a).dtype == np.asarray(b).dtype, fetch
        assert np.shape(a) == np.shape(b), fetch
        # Sums are added up in another order: errors are relative to the largest element.
        scale = max(1.0, float(np.abs(np.asarray(b, np.float64)).max(initial=0)))
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=2e-6 * scale, err_msg=str(fetch))


@pytest.mark.parametrize(
    "values",
    [
        [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0],
        [np.inf, 1.0, -2.0, 0.0],
        [-np.inf, 3.0, 100.0, -100.0],
        [np.nan, np.nan],
        [0.0, -1e-30, 88.0, 1e38],
    ],
    ids=str,
)
def test_same_special_values(values: list[float]) -> None:
    with theirs.Graph().as_default():
        x = theirs.placeholder(theirs.float32, [len(values)])
        fetches = graph_programs.special_values(theirs, x)
        with theirs.Session() as session:
            expected = session.run(fetches, {x: values})
    with ours.Graph().as_default():
        x = ours.placeholder(ours.float32, [len(values)])
        fetches = graph_programs.special_values(ours, x)
        with ours.Session() as session:
            found = session.run(fetches, {x: values})
    wrong = {
        name: (found[name], expected[name])
        for name in expected
        if not np.allclose(found[name], expected[name], rtol=2e-6, atol=1e-7, equal_nan=True)
    }
    assert wrong == {}
