"""Layouts over HTTP: what they show, several as one, damaged ones told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from event_oracle import oracle, unpack_logs
from flask.testing import FlaskClient

from opscope.dashboard.app import create_app
from opscope.dashboard.store import Store
from opscope.events import EventFileWriter, SummaryWriter
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.layout_pb2 import Layout
from opscope.events.summaries.plugin_value import plugin_value


def client_of(folder: Path) -> FlaskClient:
    store = Store(folder, reload_interval=0).start()
    store.wait()
    client: FlaskClient = create_app(store).server.test_client()
    return client


def write(folder: Path, *layouts: bytes) -> None:
    writer = EventFileWriter(str(folder))
    for step, content in enumerate(layouts):
        event = Event(wall_time=1.0, step=step)
        array = np.array(content, dtype=object)
        event.summary.value.append(
            plugin_value("custom_scalars__config__", "custom_scalars", array=array)
        )
        writer.add_event(event)
    writer.close()


def layout(**charts: list[str]) -> bytes:
    """A layout of one category for each word, with charts of these titles."""
    message = Layout()
    for title, names in charts.items():
        category = message.category.add(title=title, closed=title == "rest")
        for name in names:
            category.chart.add(title=name).multiline.tag.append(name)
    return message.SerializeToString()


def test_layouts_of_other_writers(tmp_path: Path) -> None:
    logs = unpack_logs(tmp_path)
    told = client_of(logs).get("/api/custom_scalars/tags").json
    charts = {chart["title"]: chart for each in told["layout"] for chart in each["charts"]}
    assert charts == {
        "both": {"title": "both", "kind": "multiline", "tags": ["loss", "metrics/.*"]},
        "twse": {"title": "twse", "kind": "multiline", "tags": ["loss/train", "new_style"]},
        "dow": {
            "title": "dow",
            "kind": "margin",
            "series": [{"value": "a", "lower": "b", "upper": "c"}],
        },
    }
    # The strings that TensorFlow's reader found hold them.
    for run in ("tf2/main", "torch/all"):
        said = oracle(logs, run)["custom_scalars__config__", 0]["tensor"]["strings"][0]
        ours = [each["title"] for each in told["layout"] if each["title"] in said]
        assert len(ours) == (1 if run == "tf2/main" else 2)
    assert "loss/train" in {each["tag"] for each in told["tags"]}


def test_layouts_of_several_runs_become_one(tmp_path: Path) -> None:
    write(tmp_path / "a", layout(old=["x"]), layout(first=["x", "y"], rest=["z"]))
    write(tmp_path / "b", layout(first=["y", "w"], last=["v"]))
    write(tmp_path / "c", b"\xff\xff")
    client = client_of(tmp_path)
    told = client.get("/api/custom_scalars/tags").json
    found = [
        (each["title"], each["closed"], [chart["title"] for chart in each["charts"]])
        for each in told["layout"]
    ]
    assert found == [
        ("first", False, ["x", "y", "w"]),
        ("rest", True, ["z"]),
        ("last", False, ["v"]),
    ]
    assert [text.startswith("the layout of run 'c' is damaged") for text in told["wrong"]] == [True]
    theirs: Any = client.get("/data/plugin/custom_scalars/layout").json
    assert [each["title"] for each in theirs["category"]] == ["first", "rest", "last"]


def test_a_log_without_layouts(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_scalar("loss", 1.0, 0)
    client = client_of(tmp_path)
    assert client.get("/data/plugin/custom_scalars/layout").json == {}
    assert client.get("/api/custom_scalars/tags").json["layout"] == []
