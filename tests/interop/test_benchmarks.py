"""The benchmarks run and compare the same computation, at a small size."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.interop
pytest.importorskip("tensorflow")
ROOT = Path(__file__).parents[2]


def test_every_benchmark_gives_its_ratios() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--rounds", "1", "--seconds", "0.02", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [row["model"] for row in rows] == ["constant", "adds", "softmax", "mlp", "lenet"]
    assert all(row["ours_by_tensorflow"] > 0 and row["watched_by_plain"] > 0 for row in rows)
