"""The two graph pages as somebody at a mouse meets them: how each is served, and what to click."""

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

from playwright.sync_api import Locator, Page

from benchmarks.environment import PORTIONS, ROOT
from benchmarks.processes import free_port


class GraphPage(Protocol):
    """A dashboard's graph page."""

    name: str
    address: str
    alive: str
    drawn: str
    search: str
    hits: str

    def command(self, logdir: Path, port: int) -> list[str]:
        """How the dashboard is started."""

    def node(self, page: Page, name: str) -> Locator:
        """The drawn node of that name."""

    def inside(self, page: Page, name: str) -> Locator:
        """The nodes drawn inside an expanded scope."""


class Opscope:
    """Ours."""

    name = "opscope"
    address = "/graph"
    alive = "/api/generation"
    drawn = "[data-id]"
    search = "#graph-search"
    hits = "#graph-hits button"

    def command(self, logdir: Path, port: int) -> list[str]:
        """How the dashboard is started."""
        start = [sys.executable, "-m", "opscope.cli", "dashboard", "--logdir", str(logdir)]
        return [*start, "--port", str(port), "--reload_interval", "0"]

    def node(self, page: Page, name: str) -> Locator:
        """The drawn node of that name."""
        return page.locator(f'[data-id="{name}"]').first

    def inside(self, page: Page, name: str) -> Locator:
        """The nodes drawn inside an expanded scope."""
        return page.locator(f'[data-id^="{name}/"]').first


class TensorBoard:
    """TensorBoard, run by the Python that has it."""

    name = "TensorBoard"
    address = "/#graphs"
    alive = "/data/environment"
    drawn = "g.node"
    search = "tf-graph-node-search input"
    hits = "tf-graph-node-search #search-match"

    def __init__(self, python: Path) -> None:
        self.python = python

    def command(self, logdir: Path, port: int) -> list[str]:
        """How the dashboard is started."""
        start = [str(self.python), "-m", "tensorboard.main", "--logdir", str(logdir)]
        return [*start, "--port", str(port), "--reload_interval", "0", "--load_fast", "false"]

    def node(self, page: Page, name: str) -> Locator:
        """The drawn node of that name."""
        return page.locator(f'g.node[data-name="{name}"]').first

    def inside(self, page: Page, name: str) -> Locator:
        """The nodes drawn inside an expanded scope."""
        return page.locator(f'g.node[data-name^="{name}/"]').first


@contextmanager
def serving(kind: GraphPage, logdir: Path) -> Iterator[tuple[str, int]]:
    """Start a dashboard; gives its address and its process."""
    port = free_port()
    path = os.pathsep.join(str(ROOT / portion) for portion in PORTIONS)
    environment = {**os.environ, "PYTHONPATH": path, "OPSCOPE_CACHE": "off"}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        kind.command(logdir, port), env=environment, stdout=quiet, stderr=quiet, stdin=quiet
    )
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                urllib.request.urlopen(url + kind.alive, timeout=5).close()
                break
            except (URLError, ConnectionError, TimeoutError):
                if process.poll() is not None:
                    raise RuntimeError(f"{kind.name} did not start on {logdir}") from None
                time.sleep(0.1)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()
