"""Every op type against TensorFlow on generated inputs: values, static shapes, gradients, types.

The variants come from the samples (`tests/runtime/op_variants.py`), so that an op type with a
sample is swept. `op_differences.py` lists what is not as in TensorFlow.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))

from op_differences import NOT_YET, crashes, gradient_crashes, is_kept
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
from op_variants import Variant, allowed_types, types_of, variants
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


@lru_cache(maxsize=2)
def run_by_tensorflow(op_type: str) -> tuple[list[Variant], list[Outcome]]:
    """The variants of an op type that TensorFlow survives, and what it says to them."""
    tried = [v for v in variants(op_type) if not crashes(op_type, str(v))]
    answers = TENSORFLOW.answers("values", tried)
    pairs = [(v, a) for v, a in zip(tried, answers, strict=True) if a != DIED]
    return [v for v, _ in pairs], [a for _, a in pairs]


@lru_cache(maxsize=8)
def their_shapes(op_type: str, form: str) -> list[Outcome]:
    found, _ = run_by_tensorflow(op_type)
    return TENSORFLOW.answers("shapes", [(v, form) for v in found])


def op_types(check: str) -> list[Any]:
    waits = pytest.mark.xfail(reason="not yet as in TensorFlow", strict=False)
    return [pytest.param(t, marks=[waits] if t in NOT_YET[check] else []) for t in SWEPT]


@pytest.fixture(autouse=True)
def _deaths(record_property: Any) -> Iterator[None]:
    before = len(TENSORFLOW.died_of)
    yield
    record_property("deaths of TensorFlow", TENSORFLOW.died_of[before:])


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
    report(op_type, compared)


@pytest.mark.parametrize("op_type", op_types("shapes"))
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
    report(op_type, compared)


@pytest.mark.parametrize("op_type", op_types("gradients"))
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
    from kernel_table import table

    assert PATH.read_text() == table()
