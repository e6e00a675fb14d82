"""The first pages of the two dashboards as somebody meets them: how served, what is a chart."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.error import URLError
from urllib.parse import urlencode

from benchmarks.environment import NO_BYTECODE, PORTIONS, ROOT
from benchmarks.processes import free_port

# What counts the cards in view and those of them that hold their data; %s: cards, whether drawn.
COUNT = """
() => {
  const cards = [...document.querySelectorAll("%s")].filter((card) => {
    const box = card.getBoundingClientRect();
    return box.height > 0 && box.top < innerHeight && box.bottom > 0;
  });
  return [cards.length, cards.filter((card) => %s).length];
}
"""


class Dashboard(Protocol):
    """A dashboard and its page of charts."""

    name: str
    count: str

    def command(self, logdir: Path, port: int) -> list[str]:
        """How the dashboard is started."""

    def opened_when(self, url: str) -> bool:
        """Whether its page, opened now, will come to show charts."""


class Opscope:
    """Ours, with its defaults."""

    name = "opscope"
    count = COUNT % (".card", "card.querySelector('.curve, .histogram-plot svg path')")

    def command(self, logdir: Path, port: int) -> list[str]:
        """How the dashboard is started."""
        start = [sys.executable, "-m", "opscope.cli", "dashboard", "--logdir", str(logdir)]
        return [*start, "--port", str(port)]

    def opened_when(self, url: str) -> bool:
        """Whether the server answers: its page says that it reads, then shows charts."""
        return answers(url + "/")


class TensorBoard:
    """TensorBoard with its defaults, run by the Python that has it."""

    name = "TensorBoard"
    # The controller of its step marks comes with a curve's data, the spinner goes.
    count = COUNT % (
        "scalar-card, histogram-card",
        "!card.querySelector('mat-spinner') && card.querySelector("
        "'scalar-card-fob-controller, .histogram path, path.histogram, .histograms path')",
    )

    def __init__(self, python: Path) -> None:
        self.python = python

    def command(self, logdir: Path, port: int) -> list[str]:
        """How the dashboard is started."""
        start = [str(self.python), "-m", "tensorboard.main", "--logdir", str(logdir)]
        return [*start, "--port", str(port)]

    def opened_when(self, url: str) -> bool:
        """Whether the server lists a run: opened before that, the page stays empty."""
        return answers(url + "/data/runs") not in (b"", b"[]", b"[]\n")


def answers(url: str) -> bytes:
    """What is at an address; b"" where nobody answers yet."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            body: bytes = answer.read()
            return body
    except (URLError, ConnectionError, TimeoutError):
        return b""


def environment() -> dict[str, str]:
    """For our own programs: where the code is, and no cache of what was read before."""
    path = os.pathsep.join([str(ROOT), *(str(ROOT / portion) for portion in PORTIONS)])
    inherited = {key: value for key, value in os.environ.items() if key != NO_BYTECODE}
    return {**inherited, "PYTHONPATH": path, "OPSCOPE_CACHE": "off"}


@contextmanager
def started(kind: Dashboard, logdir: Path) -> Iterator[tuple[str, int, float]]:
    """Start a dashboard: its address, its process, and when its command was given (epoch).

    Goes on when its page can be opened.
    """
    port = free_port()
    quiet = subprocess.DEVNULL
    start = time.time()
    process = subprocess.Popen(
        kind.command(logdir, port), env=environment(), stdout=quiet, stderr=quiet, stdin=quiet
    )
    url = f"http://127.0.0.1:{port}"
    try:
        while not kind.opened_when(url):
            if process.poll() is not None:
                raise RuntimeError(f"{kind.name} did not start on {logdir}")
            time.sleep(0.02)
        yield url, process.pid, start
    finally:
        process.terminate()
        process.wait()


def wait_until_read(url: str, logdir: Path, limit: float) -> None:
    """Wait until a server gives the last point of every run; both answer the same addresses."""
    last_steps: dict[str, int] = json.loads(Path(f"{logdir}.json").read_text())["last_steps"]
    tag, step = next(reversed(last_steps.items()))
    runs = sorted({str(path.parent.relative_to(logdir)) for path in logdir.rglob("*tfevents*")})
    end = time.perf_counter() + limit
    while runs and time.perf_counter() < end:
        query = urlencode({"run": runs[-1], "tag": tag})
        if any(
            (body := answers(f"{url}/data/plugin/{kind}/{kind}?{query}"))
            and json.loads(body)
            and json.loads(body)[-1][1] >= step
            for kind in ("scalars", "histograms")
        ):
            runs.pop()
        else:
            time.sleep(0.1)
