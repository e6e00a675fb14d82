"""The benchmarks run and compare the same computation, at a small size."""

import json
import os
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
    names = [row["name"] for row in rows]
    assert names[:3] == ["constant", "constant, checked", "adds"]
    assert {"lenet, health", "lstm, checked", "10,000 ops, first run", "import"} <= {*names}
    assert all(row["ratio"] > 0 for row in rows)


def test_writing_scalars_is_compared_with_every_writer() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.event_writers"),
            *("--events", "1000", "--rounds", "1", "--json"),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [row["writer"] for row in rows][:2] == ["opscope", "TensorFlow FileWriter"]
    assert len(rows) == 5
    assert rows[0]["cpu_ratio"] == 1
    assert all(row["cpu_ratio"] > 1 for row in rows[1:])


def test_the_readers_are_timed_on_logdirs_of_all_sorts(tmp_path):
    pytest.importorskip("tensorboard_data_server")
    pytest.importorskip("tbparse")
    answer = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.events", "--size", "0.002", "--rounds", "1"),
            *("--folder", str(tmp_path), "--logdirs", "wide,long", "--json", "--slow"),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPSCOPE_CACHE": "off"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found = json.loads(answer.stdout)
    readers = {"opscope", "rust+crc", "rust", "EventAccumulator", "tbparse"}
    by_logdir = {}
    for row in found["readings"]:
        by_logdir.setdefault(row["logdir"], set()).add(row["reader"])
        assert row["wall_ratio"] > 0
    assert by_logdir == dict.fromkeys(("wide", "long"), readers)
    assert found["appended_event_seconds"] > 0
    assert found["second_start_seconds"] > 0


def test_dumps_and_their_opening_are_compared() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.dumps", "--rounds", "1", "--steps", "1"),
            *("--tensors", "200", "--model", "softmax", "--json"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout.splitlines()[-1])
    names = [row["name"] for row in rows]
    assert {"plain", "packed dump", "traced", "TensorFlow dump", "open: packed"} <= set(names)
    assert all(row["ratio"] > 0 for row in rows)
    assert all((row["size"] > 0) == row["name"].endswith("dump") for row in rows)
