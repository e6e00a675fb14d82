"""Functions of the Python interface make the nodes that TensorFlow's make."""

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

import name_programs  # noqa: E402, F401 - it adds its programs
from node_programs import PROGRAMS  # noqa: E402

pytestmark = pytest.mark.interop

# What TensorFlow notes for its own optimizer, and tensors: they are compared as arrays.
IGNORED_ATTRS = {"_has_manual_control_dependencies", "value"}


@pytest.fixture(scope="module", autouse=True)
def _as_in_version_1() -> None:
    theirs.disable_v2_behavior()
    theirs.disable_resource_variables()


def nodes_of(tf: Any, name: str) -> dict[str, Any]:
    with tf.Graph().as_default() as graph:
        PROGRAMS[name](tf)
    return {n.name: n for n in graph.as_graph_def().node}


def described(node: Any) -> Any:
    attrs = {
        k: v.SerializeToString(deterministic=True)
        for k, v in node.attr.items()
        if k not in IGNORED_ATTRS
    }
    return node.op, list(node.input), attrs


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_nodes(name: str) -> None:
    mine, reference = nodes_of(ours, name), nodes_of(theirs, name)
    assert sorted(mine) == sorted(reference)
    for key, node in reference.items():
        assert described(mine[key]) == described(node), key
        if "value" in node.attr:
            data = mine[key].attr["value"].tensor.SerializeToString()
            tensor = type(node.attr["value"].tensor).FromString(data)
            found, expected = (
                theirs.make_ndarray(tensor),
                theirs.make_ndarray(node.attr["value"].tensor),
            )
            np.testing.assert_array_equal(found, expected, err_msg=key)
