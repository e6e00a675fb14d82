"""PR curves over HTTP: ours against the arrays written, TensorBoard's endpoints, damage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient

from opscope.dashboard.app import create_app
from opscope.dashboard.store import Store
from opscope.events import EventFileWriter, SummaryWriter
from opscope.events.proto.event_pb2 import Event
from opscope.events.summaries.plugin_value import plugin_value
from opscope.events.summaries.pr_curve import pr_curve

LABELS = np.array([True, True, False, True, False])
GUESSES = [np.array([0.9, 0.6, 0.2, 0.4, 0.7]), np.array([0.9, 0.8, 0.1, 0.7, 0.3])]


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    for run, guess in zip(("a", "b"), GUESSES, strict=True):
        with SummaryWriter(str(tmp_path / run)) as writer:
            for step in (0, 5):
                writer.add_pr_curve("digits/1", LABELS, guess, step, 11, walltime=100.0 + step)
    damaged = EventFileWriter(str(tmp_path / "c"))
    event = Event(wall_time=1.0)
    event.summary.value.append(plugin_value("digits/1", "pr_curves", array=np.zeros((5, 3))))
    damaged.add_event(event)
    damaged.close()
    store = Store(tmp_path, reload_interval=0).start()
    store.wait()
    client: FlaskClient = create_app(store).server.test_client()
    return client


def test_curves_of_some_runs(client: FlaskClient) -> None:
    index = client.get("/api/pr_curves/tags").json["tags"]
    assert [(each["tag"], each["runs"]) for each in index] == [("digits/1", ["a", "b", "c"])]
    points = client.get("/api/pr_curves/points?tag=digits/1&run=a&run=b").json["series"]
    assert [(each["run"], each["step"], each["start"]) for each in points] == [
        ("a", [0, 5], 100.0),
        ("b", [0, 5], 100.0),
    ]
    whole = client.get("/api/pr_curves/points?tag=digits/1&run=a&run=c&curves=1&step=1").json
    first, damaged = whole["series"]
    assert (first["shown"], first["curve"]["tp"][0]) == (0, 3.0)
    assert "6 rows" in damaged["wrong"]
    curve = client.get("/api/pr_curves/curve?tag=digits/1&run=b&index=1").json
    said = pr_curve(LABELS, GUESSES[1], 11).astype(np.float32)
    called = 10  # at the last threshold, nothing is called positive
    assert curve["thresholds"] == np.linspace(0, 1, 11)[:called].tolist()
    for name, row in zip(("tp", "fp", "tn", "fn", "precision", "recall"), said, strict=True):
        assert curve[name] == row[:called].tolist()


def test_tensorboards_endpoints(client: FlaskClient) -> None:
    assert client.get("/data/plugin/pr_curves/tags").json["a"] == {
        "digits/1": {"displayName": "", "description": ""}
    }
    found = client.get("/data/plugin/pr_curves/pr_curves?tag=digits/1&run=a").json["a"]
    assert [(each["step"], each["wall_time"]) for each in found] == [(0, 100.0), (5, 105.0)]
    assert found[0]["true_positives"][:6] == [3, 3, 3, 3, 3, 2]
    assert found[0]["recall"][0] == 1.0
    assert client.get("/data/plugin/pr_curves/pr_curves?tag=digits/1").status_code == 400


def test_what_is_no_curve_is_told(client: FlaskClient) -> None:
    answer = client.get("/api/pr_curves/curve?tag=digits/1&run=c&index=0")
    assert (answer.status_code, "6 rows" in answer.json["error"]) == (422, True)
    assert client.get("/api/pr_curves/points?tag=digits/2&run=a").status_code == 404
