"""Every op type against TensorFlow on generated inputs: values, static shapes, gradients, types.

The variants come from the samples (`tests/runtime/op_variants.py`), so that an op type with a
sample is swept. `op_differences.py` lists what is not as in TensorFlow.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow")
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))

from kernel_table import table
from op_differences import NOT_YET, crashes, gradient_crashes, is_kept
from op_samples import SAMPLES
from op_sweep import (
    FORMS,
    Outcome,
    differentiable,
    gradient_difference,
    gradient_outcomes,
    our_outcomes,
    ours,
    outcome_difference,
    same_node,
    shape_difference,
    static_shapes,
    their_outcome,
    theirs,
)
from op_variants import Variant, allowed_types, types_of, variants
from tensorflow_kernels import PATH, kernel_types

from opscope.runtime.op_def import OPS

pytestmark = pytest.mark.interop
theirs.disable_eager_execution()

# TensorFlow's kernel of it runs for tensors that its own debugger watches.
UNCOMPARED = {"DebugNumericSummary"}
SWEPT = sorted({s.op_type for s in SAMPLES} - UNCOMPARED)


@lru_cache(maxsize=2)
def run_by_tensorflow(op_type: str) -> tuple[list[Variant], list[Outcome]]:
    """The variants of an op type that TensorFlow survives, and what it says to them."""
    found = [v for v in variants(op_type) if not crashes(op_type, str(v))]
    return found, [their_outcome(v) for v in found]


def op_types(check: str) -> list[Any]:
    waits = pytest.mark.xfail(reason="not yet as in TensorFlow", strict=False)
    return [pytest.param(t, marks=[waits] if t in NOT_YET[check] else []) for t in SWEPT]


def report(op_type: str, found: list[tuple[Variant, str, str | None]]) -> None:
    """Fail with what differs and is not kept so on purpose."""
    lines = [
        f"{variant} ({form}): {text}"
        for variant, form, text in found
        if text is not None and not is_kept(op_type, str(variant), text)
    ]
    if lines:
        more = f"\n... and {len(lines) - 30} more" if len(lines) > 30 else ""
        pytest.fail("\n".join(lines[:30]) + more, pytrace=False)


@pytest.mark.parametrize("op_type", op_types("values"))
def test_values(op_type: str, record_property: Any) -> None:
    found, expected = run_by_tensorflow(op_type)
    record_property("op types", 1)
    record_property("nodes", len(found))
    their_known = static_shapes(theirs, found, "known")
    compared = []
    for form in ("known", "loose"):
        outcomes = our_outcomes(found, expected, form)
        for i, (variant, mine, reference) in enumerate(zip(found, outcomes, expected, strict=True)):
            if form == "known" and isinstance(their_known[i], str):
                reference = their_known[i]
            text = outcome_difference(mine, reference, variant.is_special)
            compared.append((variant, form, text))
    report(op_type, compared)


@pytest.mark.parametrize("op_type", op_types("shapes"))
def test_static_shapes(op_type: str, record_property: Any) -> None:
    pairs = [p for p in zip(*run_by_tensorflow(op_type), strict=True) if p[0].is_shaped]
    found = [variant for variant, _ in pairs]
    record_property("static shapes", len(found) * len(FORMS))
    compared = []
    for form in FORMS:
        mine, reference = static_shapes(ours, found, form), static_shapes(theirs, found, form)
        for (variant, values), a, b in zip(pairs, mine, reference, strict=True):
            compared.append((variant, form, shape_difference(a, b, values)))
    report(op_type, compared)


@pytest.mark.parametrize("op_type", op_types("gradients"))
def test_gradients(op_type: str, record_property: Any) -> None:
    found, values = run_by_tensorflow(op_type)
    chosen = [
        i for i in differentiable(found, values) if not gradient_crashes(op_type, str(found[i]))
    ]
    compared = []
    for form in ("known", "loose"):
        pairs = [(found[i], values[i]) for i in chosen if same_node(found[i], form)]
        some, results = [v for v, _ in pairs], [r for _, r in pairs]
        mine = gradient_outcomes(ours, some, results, form)
        reference = gradient_outcomes(theirs, some, results, form)
        for variant, a, b in zip(some, mine, reference, strict=True):
            compared.append((variant, f"gradient, {form}", gradient_difference(a, b)))
    record_property("gradients", len(compared))
    report(op_type, compared)


@pytest.mark.parametrize("op_type", op_types("types"))
def test_takes_every_type_that_tensorflow_has_a_kernel_for(op_type: str) -> None:
    definition = OPS[op_type]
    for sample in SAMPLES:
        if sample.op_type == op_type:
            for attr in types_of(sample):
                wanted = kernel_types(op_type, attr)
                if wanted is not None:
                    lacking = (
                        wanted - set(allowed_types(definition, attr)) - {"resource", "variant"}
                    )
                    assert not lacking, attr


def test_table_of_kernels_is_tensorflows() -> None:
    assert PATH.read_text() == table()
