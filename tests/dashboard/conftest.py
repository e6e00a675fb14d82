"""Logdirs written by our own writer, and a server on them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from run_writer import RunWriter

from opscope.dashboard.app import create_app
from opscope.dashboard.server import Server, open_server
from opscope.dashboard.store import Store


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
