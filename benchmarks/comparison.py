"""Rounds of interleaved timings by two worker processes, and their ratios."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
PORTIONS = ("events", "runtime", "tfdbg", "dashboard", "cli")
THREAD_SETTINGS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
ONE_THREAD = dict.fromkeys(THREAD_SETTINGS, "1")
# What would hold NumPy's BLAS to another machine's kernels, while TensorFlow chooses freely.
KERNEL_SETTINGS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def worker_environment(path: str) -> dict[str, str]:
    """One thread each, and each side with the fastest kernels it has for this machine."""
    inherited = {k: v for k, v in os.environ.items() if k not in KERNEL_SETTINGS}
    return {**inherited, **ONE_THREAD, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"}


class Comparison(NamedTuple):
    """A model's medians over the rounds; ratios are medians of the rounds' own ratios."""

    model: str
    ours_seconds: float
    tensorflow_seconds: float
    watched_seconds: float
    ours_by_tensorflow: float
    watched_by_plain: float


class Process:
    """A worker process, asked for one timing at a time."""

    def __init__(self, module: str) -> None:
        path = os.pathsep.join([str(ROOT), *(str(ROOT / portion) for portion in PORTIONS)])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=worker_environment(path),
        )

    def time(self, model: str, watched: bool, seconds: float) -> dict[str, Any]:
        """One timing; a worker that ended is an error, its own message is on standard error."""
        assert self._process.stdin
        assert self._process.stdout
        request = {"model": model, "watched": watched, "seconds": seconds}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the worker {self._process.args!r} ended while it timed {model}")
        timing: dict[str, Any] = json.loads(answer)
        return timing

    def close(self) -> None:
        """Let the worker end and wait for it."""
        self._process.communicate()


@contextmanager
def workers() -> Iterator[tuple[Process, Process]]:
    """Our worker and TensorFlow's, ended on leaving."""
    pair = Process("opscope"), Process("tensorflow")
    try:
        yield pair
    finally:
        for process in pair:
            process.close()


def compare(pair: tuple[Process, Process], model: str, rounds: int, seconds: float) -> Comparison:
    """Time a model `rounds` times in turn: ours, TensorFlow's, ours watched.

    Whatever else the machine does falls on all three of a round alike, so the ratio is taken
    inside each round and the median over the rounds.
    """
    ours, theirs = pair
    plain, tensorflow, watched = [], [], []
    for _ in range(rounds):
        plain.append(ours.time(model, False, seconds))
        tensorflow.append(theirs.time(model, False, seconds))
        watched.append(ours.time(model, True, seconds))

    values = [timings[0]["value"] for timings in (plain, tensorflow, watched)]
    if not all(math.isclose(value, values[0], rel_tol=1e-3) for value in values):
        raise RuntimeError(f"{model} computes different values: {values}; nothing to compare")

    def ratio(above: list[dict[str, Any]], below: list[dict[str, Any]]) -> float:
        return median(a["seconds"] / b["seconds"] for a, b in zip(above, below, strict=True))

    return Comparison(
        model,
        median(timing["seconds"] for timing in plain),
        median(timing["seconds"] for timing in tensorflow),
        median(timing["seconds"] for timing in watched),
        ratio(plain, tensorflow),
        ratio(watched, plain),
    )
