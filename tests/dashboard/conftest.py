"""Logdirs written by our own writer, and a server on them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import CHROMIUM, PATIENCE_MS, QUIET, graph_ready, watched_context
from flask.testing import FlaskClient
from graph_maker import classifier
from run_writer import RunWriter

from opscope.dashboard.app import create_app
from opscope.dashboard.server import Server, open_server
from opscope.dashboard.store import Store
from opscope.events import EventFileWriter
from opscope.events.proto.event_pb2 import Event


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    """Two runs: `train` with a NaN, an infinity and histograms, `test` with one tag."""
    noise = np.random.default_rng(0)
    train, test = RunWriter(tmp_path / "train"), RunWriter(tmp_path / "test")
    loss = [(step, float(np.exp(-step / 40) + noise.normal(0, 0.05))) for step in range(200)]
    loss[150], loss[151] = (150, float("nan")), (151, float("inf"))
    train.scalars("loss/total", loss)
    train.scalars("accuracy", [(step, 1 - float(np.exp(-step / 40))) for step in range(0, 200, 5)])
    test.scalars("loss/total", [(step, float(np.exp(-step / 60))) for step in range(0, 200, 10)])
    spread = {step: noise.normal(step / 50, 1 + step / 100, 500) for step in range(0, 200, 20)}
    train.histograms("layer/weights", {k: v.tolist() for k, v in spread.items()})
    train.close()
    test.close()
    return tmp_path


@pytest.fixture
def store(logdir: Path) -> Iterator[Store]:
    with Store(logdir, reload_interval=0) as opened:
        opened.wait()
        yield opened


@pytest.fixture
def client(store: Store) -> FlaskClient:
    made: FlaskClient = create_app(store).server.test_client()
    return made


@pytest.fixture
def served() -> Iterator[Callable[..., Server]]:
    """Serves logdirs, each on a free port and in a thread, until the test ends."""
    running: list[tuple[Server, threading.Thread]] = []

    def serve(logdir: Path, **settings: object) -> Server:
        server = open_server(logdir, port=0, **settings)  # type: ignore[arg-type]
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        running.append((server, thread))
        server.store.wait()
        return server

    yield serve
    for server, thread in running:
        server.close()
        thread.join(timeout=5)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    playwright.expect.set_options(timeout=PATIENCE_MS)
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def graph_logdir(tmp_path: Path) -> Path:
    """A run `train` with the classifier's graph."""
    writer = EventFileWriter(str(tmp_path / "train"))
    writer.add_event(Event(wall_time=1, graph_def=classifier().data))
    writer.close()
    return tmp_path


@pytest.fixture
def visit_graph(
    browser: Any, served: Callable[..., Server], graph_logdir: Path
) -> Iterator[Callable[..., Any]]:
    """Opens the graph page of `graph_logdir`; `before` gets each tab before it goes there."""
    server = served(graph_logdir, reload_interval=0.2)
    with watched_context(browser, viewport={"width": 1500, "height": 950}) as context:

        def opened(query: str = "?run=train", before: Callable[[Any], object] = bool) -> Any:
            page = context.new_page()
            before(page)
            page.goto(
                f"{server.url}graph{query}", wait_until="domcontentloaded"
            )  # held scripts hold "load"
            graph_ready(page)
            return page

        yield opened
