"""Every op type is swept against TensorFlow on variants of its samples, or names its test."""

from __future__ import annotations

import sys
from pathlib import Path

import opscope.runtime  # noqa: F401 - it defines the op types
from opscope.runtime.op_def import OPS

sys.path.insert(0, str(Path(__file__).parent))

from op_recorder import ROOT, read_table
from op_samples import SAMPLES
from op_variants import variants

OURS = sorted(t for t in OPS if OPS[t].kernels["ANY"].__module__.startswith("opscope."))
SAMPLED = {s.op_type for s in SAMPLES}

# Sampled with types that only a debugger's tensors or another device have kernels for.
NO_CPU_KERNEL = {"DebugNumericSummary", "MaxPoolGradGradWithArgmax"}


def test_every_op_type_has_a_sample_or_a_test_that_runs_it() -> None:
    table = read_table()
    uncovered = {t for t in OURS if t not in SAMPLED and t not in table}
    assert not uncovered, (
        "give these op types samples (tests/runtime/op_samples*.py), or, where they have state, "
        "files or effects, a test; then `pytest -p op_recorder <that test>` notes that it runs them"
    )


def test_tests_that_run_op_types_are_there() -> None:
    assert {f for f in read_table().values() if not (ROOT / f).exists()} == set()


def test_every_sampled_op_type_is_swept() -> None:
    counts = {t: len(variants(t)) for t in sorted(SAMPLED)}
    assert {t for t, count in counts.items() if not count} - NO_CPU_KERNEL == set()
    print(f"{len(OURS)} op types, {len(counts)} swept in {sum(counts.values())} nodes")
