"""The two graph pages as somebody at a mouse meets them: how each is served, and what to click."""

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
from urllib.parse import quote

from playwright.sync_api import Locator, Page

from benchmarks.environment import PORTIONS, ROOT
from benchmarks.processes import free_port


class GraphPage(Protocol):
    """A dashboard's graph page.

    `drawn`, `search` and `hits` are selectors of the first nodes, the search box and its hits;
    a page that draws on a canvas has no nodes to click, and what is typed there is not searched.
    """

    name: str
    alive: str
    drawn: str
    search: str
    hits: str
    flags: tuple[str, ...]

    def command(self, logdir: Path, port: int) -> list[str]:
        """How the dashboard is started."""

    def address(self, logdir: Path) -> str:
        """Where the graph is, below the server's address."""

    def node(self, page: Page, name: str) -> Locator:
        """The drawn node of that name."""

    def inside(self, page: Page, name: str) -> Locator:
        """The nodes drawn inside an expanded scope."""


class Opscope:
    """Ours. Its elements are there before what they hold, which is waited for."""

    name = "opscope"
    alive = "/api/generation"
    drawn = ".node > .box"
    search = "#graph-search"
    hits = "#graph-hits button"
    flags = ("--disable-gpu",)

    def command(self, logdir: Path, port: int) -> list[str]:
        """How the dashboard is started."""
        start = [sys.executable, "-m", "opscope.cli", "dashboard", "--logdir", str(logdir)]
        return [*start, "--port", str(port), "--reload_interval", "0"]

    def address(self, logdir: Path) -> str:
        """Where the graph is, below the server's address."""
        return "/graph"

    def node(self, page: Page, name: str) -> Locator:
        """The drawn node of that name."""
        return page.locator(f'[data-id="{name}"]').first

    def inside(self, page: Page, name: str) -> Locator:
        """The nodes drawn inside an expanded scope; those of a group have no name in common."""
        if name.endswith("_*"):
            name = name.removesuffix("*") + "0"
            return page.locator(f'[data-id="{name}"] > .box').first
        return page.locator(f'[data-id^="{name}/"] > .box').first


class TensorBoard:
    """TensorBoard, run by the Python that has it."""

    name = "TensorBoard"
    alive = "/data/environment"
    drawn = "g.node"
    search = "tf-graph-node-search input"
    hits = "tf-graph-node-search #search-match"
    flags = ("--disable-gpu",)

    def __init__(self, python: Path) -> None:
        self.python = python

    def command(self, logdir: Path, port: int) -> list[str]:
        """How the dashboard is started."""
        start = [str(self.python), "-m", "tensorboard.main", "--logdir", str(logdir)]
        return [*start, "--port", str(port), "--reload_interval", "0", "--load_fast", "false"]

    def address(self, logdir: Path) -> str:
        """Where the graph is, below the server's address."""
        return "/#graphs"

    def node(self, page: Page, name: str) -> Locator:
        """The drawn node of that name."""
        return page.locator(f'g.node[data-name="{name}"]').first

    def inside(self, page: Page, name: str) -> Locator:
        """The nodes drawn inside an expanded scope."""
        return page.locator(f'g.node[data-name^="{name}/"]').first


class ModelExplorer:
    """Google's Model Explorer, run by the Python that has it; it draws with WebGL."""

    name = "model-explorer"
    alive = "/"
    drawn = "split-panes-container:not(:has(mat-spinner)) webgl-renderer canvas"
    search = ""
    hits = ""
    flags = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")

    def __init__(self, python: Path) -> None:
        self.python = python

    def command(self, logdir: Path, port: int) -> list[str]:
        """How the server is started."""
        start = [str(self.python.with_name("model-explorer")), str(_graph_file(logdir))]
        bare = ["--no_open_in_browser", "--skip_health_check", "--host", "127.0.0.1"]
        return [*start, *bare, "--port", str(port)]

    def address(self, logdir: Path) -> str:
        """Where the graph is, below the server's address."""
        models = {"models": [{"url": str(_graph_file(logdir))}]}
        return f"/?data={quote(json.dumps(models))}"

    def node(self, page: Page, name: str) -> Locator:
        """Nothing: boxes on a canvas have no elements."""
        raise LookupError(name)

    inside = node


def _graph_file(logdir: Path) -> Path:
    return logdir.with_name(f"{logdir.name}.graphdef")


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
