"""Ops with state against TensorFlow, over every element type that its CPU kernels take."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import opscope.runtime as ours
from opscope.runtime.make_op import make_node
from opscope.runtime.op_def import OPS

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))

from op_sweep import difference
from stateful_ops import CASES, Side, outcomes, types_of
from tensorflow_process import DIED, TensorFlowProcess

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(find_spec("tensorflow") is None, reason="needs TensorFlow"),
]

# What differs on purpose: op types, case and difference, and why.
KEPT = (
    (
        {"ResourceGather", "ResourceGatherNd", "VariableShape", "ResourceCountUpTo"},
        "uninitialized|to two",
        "FailedPreconditionError, expected NotFoundError",
        "a variable that was never assigned is not there for these; for every read of ours it is "
        "uninitialized",
    ),
)


def is_kept(op_type: str, label: str, text: str) -> bool:
    return any(
        op_type in op_types and re.fullmatch(labels, label) and text == known
        for op_types, labels, known, _ in KEPT
    )


TENSORFLOW = TensorFlowProcess()


@pytest.fixture(scope="module", autouse=True)
def _tensorflow() -> Iterator[None]:
    yield
    TENSORFLOW.stop()


def their_outcomes(op_type: str, name: str) -> dict[str, Any]:
    """TensorFlow's outcomes of all cases; one by one where one of them ends its process."""
    (found,) = TENSORFLOW.answers("states", [(op_type, name)])
    if found != DIED:
        return dict(found)
    labels = [label for label, _ in CASES[op_type](op_type)]
    answers = TENSORFLOW.answers("states", [(op_type, name, label) for label in labels])
    return {
        label: DIED if answer == DIED else answer[label]
        for label, answer in zip(labels, answers, strict=True)
    }


def our_make(op_type: str, **arguments: Any) -> Any:
    inputs = [arguments.pop(arg.name) for arg in OPS[op_type].inputs]
    node = make_node(op_type, *inputs, **arguments)
    if not node.outputs:
        return node
    return node.outputs[0] if len(node.outputs) == 1 else list(node.outputs)


def result_difference(mine: Any, reference: Any) -> str | None:
    if isinstance(mine, str) or isinstance(reference, str):
        return None if mine == reference else f"{mine}, expected {reference}"
    if len(mine) != len(reference):
        return f"{len(mine)} values, expected {len(reference)}"
    texts = [difference(a, b, False) for a, b in zip(mine, reference, strict=True)]
    return next((t for t in texts if t), None)


@pytest.mark.parametrize("op_type", sorted(CASES))
def test_state_is_tensorflows(op_type: str, record_property: Any) -> None:
    lines = []
    count = 0
    names = types_of(op_type)
    assert names
    for name in names:
        mine = outcomes(Side(ours, our_make), op_type, name)
        theirs = their_outcomes(op_type, name)
        for label, reference in theirs.items():
            if reference == DIED:
                continue
            count += 1
            if len(mine[label]) != len(reference):
                lines.append(f"{op_type} {name}, {label}: {mine[label]}, expected {reference}")
                continue
            for step, (a, b) in enumerate(zip(mine[label], reference, strict=True)):
                text = result_difference(a, b)
                if text and not is_kept(op_type, label, text):
                    lines.append(f"{op_type} {name}, {label}, step {step}: {text}")
    record_property("op types with state", 1)
    record_property("cases of theirs", count)
    if lines:
        pytest.fail("\n".join(lines[:40]), pytrace=False)
