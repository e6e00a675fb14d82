"""Rounds of interleaved timings by two worker processes, and their ratios."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, NamedTuple

from benchmarks import imports, many_ops
from benchmarks.environment import PORTIONS, ROOT, worker_environment

TENSORFLOW = "TensorFlow"

# The ratios that the design asks for.
AIMS = {
    "constant": 0.03,
    "adds": 0.15,
    "softmax": 0.25,
    "rnn": 1.0,
    "while_loop": 0.05,
    "10,000 ops, build": 0.1,
    "10,000 ops, first run": 0.5,
    "10,000 ops, step": 1.5,
    "import": 0.15,
    "mlp, checked": 1.08,
    "lenet, checked": 1.08,
    "softmax, checked": 1.5,
    "adds, checked": 1.5,
    "mlp, health": 1.5,
    "lenet, health": 1.5,
}

# The models whose every tensor is also summarized.
SUMMARIZED = ("mlp", "lenet")


class Row(NamedTuple):
    """What was timed, in two ways: medians over the rounds, and the median of their ratios."""

    name: str
    seconds: float
    compared_with: str
    compared_seconds: float
    ratio: float
    aim: float | None = None


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

    def time(self, model: str, mode: str, seconds: float) -> dict[str, Any]:
        """One timing; a worker that ended is an error, its own message is on standard error."""
        assert self._process.stdin
        assert self._process.stdout
        request = {"model": model, "mode": mode, "seconds": seconds}
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


def step_rows(pair: tuple[Process, Process], model: str, rounds: int, seconds: float) -> list[Row]:
    """Time a model `rounds` times in turn: ours, TensorFlow's, ours checked, ours summarized.

    Whatever else the machine does falls on all of a round alike, so the ratio is taken inside each
    round and the median over the rounds.
    """
    ours, theirs = pair
    modes = ["plain", "checked", *(["health"] if model in SUMMARIZED else [])]
    timings: dict[str, list[dict[str, Any]]] = {mode: [] for mode in (*modes, TENSORFLOW)}
    for _ in range(rounds):
        timings["plain"].append(ours.time(model, "plain", seconds))
        timings[TENSORFLOW].append(theirs.time(model, "plain", seconds))
        for mode in modes[1:]:
            timings[mode].append(ours.time(model, mode, seconds))
    values = [answers[0]["value"] for answers in timings.values()]
    if not all(math.isclose(value, values[0], rel_tol=1e-3) for value in values):
        raise RuntimeError(f"{model} computes different values: {values}; nothing to compare")
    seconds_of = {mode: [a["seconds"] for a in answers] for mode, answers in timings.items()}
    rows = [row(model, seconds_of["plain"], TENSORFLOW, seconds_of[TENSORFLOW])]
    for mode in modes[1:]:
        rows.append(row(f"{model}, {mode}", seconds_of[mode], "plain", seconds_of["plain"]))
    return rows


def many_ops_rows(pair: tuple[Process, Process], rounds: int, seconds: float) -> list[Row]:
    """Building, first running and running a graph of many small ops."""
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(pair[0].time(many_ops.NAME, "plain", seconds))
        theirs.append(pair[1].time(many_ops.NAME, "plain", seconds))
    if not math.isclose(ours[0]["value"], theirs[0]["value"], rel_tol=1e-3):
        raise RuntimeError(f"{many_ops.NAME}: {ours[0]} and {theirs[0]}; nothing to compare")
    return [
        row(
            f"{many_ops.NAME}, {what}",
            [a[what] for a in ours],
            TENSORFLOW,
            [a[what] for a in theirs],
        )
        for what in ("build", "first run", "step")
    ]


def import_rows(rounds: int) -> list[Row]:
    """Importing the module, in fresh processes in turn, the files being in memory already."""
    for module in (imports.OURS, imports.THEIRS):
        imports.import_seconds(module)
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(imports.import_seconds(imports.OURS))
        theirs.append(imports.import_seconds(imports.THEIRS))
    return [row("import", ours, TENSORFLOW, theirs)]


def row(name: str, seconds: list[float], other: str, other_seconds: list[float]) -> Row:
    """The medians of two series of one length."""
    ratio = median(a / b for a, b in zip(seconds, other_seconds, strict=True))
    return Row(name, median(seconds), other, median(other_seconds), ratio, AIMS.get(name))
