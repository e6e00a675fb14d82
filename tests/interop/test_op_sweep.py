"""Every op type against TensorFlow on generated inputs: values, static shapes, gradients, types.

The variants come from the samples (`tests/runtime/op_variants.py`), so that an op type with a
sample is swept. `op_differences.py` lists what is not as in TensorFlow.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))

from op_differences import crashes, gradient_crashes, is_kept
from op_differences_open import LACKING, OPEN
from op_samples import SAMPLES
from op_sweep import (
    FORMS,
    OURS,
    Outcome,
    differentiable,
    gradient_difference,
    gradient_outcomes,
    our_outcomes,
    outcome_difference,
    shape_difference,
    static_shapes,
)
from op_variants import NAMES, Variant, allowed_types, types_of, variants
from tensorflow_kernels import PATH, kernel_types
from tensorflow_process import DIED, TensorFlowProcess

from opscope.runtime.op_def import OPS

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(find_spec("tensorflow") is None, reason="needs TensorFlow"),
]

# TensorFlow's kernel of it runs for tensors that its own debugger watches.
UNCOMPARED = {"DebugNumericSummary"}
SWEPT = sorted({s.op_type for s in SAMPLES} - UNCOMPARED)

TENSORFLOW = TensorFlowProcess()


@pytest.fixture(scope="module", autouse=True)
def _tensorflow() -> Iterator[None]:
    yield
    TENSORFLOW.stop()


@cache
def run_by_tensorflow(op_type: str) -> tuple[list[Variant], list[Outcome]]:
    """The variants of an op type that TensorFlow survives, and what it says to them."""
    tried = [v for v in variants(op_type) if not crashes(op_type, str(v))]
    answers = TENSORFLOW.answers("values", tried)
    pairs = [(v, a) for v, a in zip(tried, answers, strict=True) if a != DIED]
    return [v for v, _ in pairs], [a for _, a in pairs]


@cache
def their_shapes(op_type: str, form: str) -> list[Outcome]:
    found, _ = run_by_tensorflow(op_type)
    return TENSORFLOW.answers("shapes", [(v, form) for v in found])


@pytest.fixture(autouse=True)
def _deaths(record_property: Any) -> Iterator[None]:
    before = len(TENSORFLOW.died_of)
    yield
    record_property("deaths of TensorFlow", TENSORFLOW.died_of[before:])


def report(check: str, op_type: str, compared: list[tuple[Variant, str, str | None]]) -> None:
    """Fail with what differs, is not kept so on purpose, and is not known to be open."""
    found = [
        (variant, form, text)
        for variant, form, text in compared
        if text is not None and not is_kept(op_type, str(variant), text)
    ]
    if FOUND and found:
        with open(FOUND, "a") as file:
            kinds = " ".join(sorted({variant.kind for variant, _, _ in found}))
            file.write(f"{check} {op_type}: {kinds}\n")
    known = OPEN[check].get(op_type, frozenset())
    lines = [f"{v} ({form}): {text}" for v, form, text in found if v.kind not in known]
    if lines:
        more = f"\n... and {len(lines) - 30} more" if len(lines) > 30 else ""
        pytest.fail("\n".join(lines[:30]) + more, pytrace=False)


FOUND = os.environ.get("OPSCOPE_SWEEP_FOUND")


@pytest.mark.parametrize("op_type", SWEPT)
def test_values(op_type: str, record_property: Any) -> None:
    found, expected = run_by_tensorflow(op_type)
    record_property("op types", 1)
    record_property("nodes", len(found))
    their_known = their_shapes(op_type, "known")
    compared = []
    for form in ("known", "loose"):
        outcomes = our_outcomes(found, expected, form)
        for i, (variant, mine, reference) in enumerate(zip(found, outcomes, expected, strict=True)):
            if form == "known" and isinstance(their_known[i], str):
                if their_known[i] == DIED:
                    continue
                reference = their_known[i]
            text = outcome_difference(mine, reference, variant.is_special)
            compared.append((variant, form, text))
    report("values", op_type, compared)


@pytest.mark.parametrize("op_type", SWEPT)
def test_static_shapes(op_type: str, record_property: Any) -> None:
    found, values = run_by_tensorflow(op_type)
    compared = []
    for form in FORMS:
        theirs = their_shapes(op_type, form)
        for variant, value, reference in zip(found, values, theirs, strict=True):
            if variant.is_shaped and reference != DIED:
                mine = static_shapes(OURS, variant, form)
                compared.append((variant, form, shape_difference(mine, reference, value)))
    record_property("static shapes", len(compared))
    report("shapes", op_type, compared)


@pytest.mark.parametrize("op_type", SWEPT)
def test_gradients(op_type: str, record_property: Any) -> None:
    found, values = run_by_tensorflow(op_type)
    chosen = [
        i for i in differentiable(found, values) if not gradient_crashes(op_type, str(found[i]))
    ]
    compared = []
    for form in ("known", "loose"):
        theirs = their_shapes(op_type, form)
        both = [
            i
            for i in chosen
            if not isinstance(theirs[i], str)
            and not isinstance(static_shapes(OURS, found[i], form), str)
        ]
        some, results = [found[i] for i in both], [values[i] for i in both]
        mine = gradient_outcomes(OURS, some, results, form)
        reference = TENSORFLOW.gradients(some, results, form)
        for variant, a, b in zip(some, mine, reference, strict=True):
            if b != DIED:
                compared.append((variant, f"gradient, {form}", gradient_difference(a, b)))
    record_property("gradients", len(compared))
    report("gradients", op_type, compared)


@pytest.mark.parametrize("op_type", SWEPT)
def test_takes_every_type_that_tensorflow_has_a_kernel_for(op_type: str) -> None:
    lacking: set[str] = set()
    for sample in SAMPLES:
        if sample.op_type == op_type:
            for attr in types_of(sample):
                wanted = kernel_types(op_type, attr) or frozenset()
                lacking |= (wanted & set(NAMES)) - set(allowed_types(OPS[op_type], attr))
    if FOUND and lacking:
        with open(FOUND, "a") as file:
            file.write(f"types {op_type}: {' '.join(sorted(lacking))}\n")
    assert lacking <= LACKING.get(op_type, frozenset())


def test_table_of_kernels_is_tensorflows() -> None:
    from kernel_table import table

    assert PATH.read_text() == table()
