"""What the hparams page is told of sessions: against other readers, and where runs differ."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from event_oracle import oracle, unpack_logs
from flask.testing import FlaskClient

from opscope.dashboard.app import create_app
from opscope.dashboard.hparam_sessions import nearest_session
from opscope.dashboard.store import Store
from opscope.events import EventFileWriter, SummaryWriter
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.hparams_pb2 import (
    DATASET_VALIDATION,
    STATUS_FAILURE,
    Experiment,
    HParamInfo,
    HParamsPluginData,
    MetricInfo,
    MetricName,
    SessionEndInfo,
    SessionStartInfo,
)
from opscope.events.summaries.plugin_value import plugin_value


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack_logs(tmp_path_factory.mktemp("logs"))


def client_of(folder: Path) -> FlaskClient:
    store = Store(folder, reload_interval=0).start()
    store.wait()
    client: FlaskClient = create_app(store).server.test_client()
    return client


@pytest.fixture(scope="module")
def table(logs: Path) -> Any:
    return client_of(logs).get("/api/hparams/table").json


def write(folder: Path, **messages: HParamsPluginData) -> None:
    """An event file with a summary for each message, by the end of its tag."""
    writer = EventFileWriter(str(folder))
    for name, message in messages.items():
        event = Event(wall_time=1.0)
        tag = f"_hparams_/{name.rstrip('_')}"
        event.summary.value.append(plugin_value(tag, "hparams", message.SerializeToString()))
        writer.add_event(event)
    writer.close()


def start(group: str = "", **hparams: object) -> HParamsPluginData:
    info = SessionStartInfo(group_name=group, start_time_secs=100.0)
    for name, value in hparams.items():
        info.hparams[name].CopyFrom(_value(value))
    return HParamsPluginData(session_start_info=info)


def _value(value: Any) -> Any:
    from google.protobuf.struct_pb2 import Value

    if isinstance(value, bool):
        return Value(bool_value=value)
    return Value(string_value=value) if isinstance(value, str) else Value(number_value=value)


def session(table: Mapping[str, Any], run: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in table["sessions"] if each["run"] == run)
    return found


@pytest.mark.parametrize("run", ["tf2/hparams/run-2", "torch/hparam/trial1"])
def test_metrics_are_what_another_reader_found(logs: Path, table: dict[str, Any], run: str) -> None:
    said: dict[str, list[float]] = {}
    for (tag, _), value in oracle(logs, run).items():
        if not tag.startswith("_hparams_"):
            said.setdefault(f"m::{tag}", []).append(
                value["value"] if "value" in value else value["tensor"]["values"][0]
            )
    shown = session(table, run)["metrics"]
    found = {
        name: tuple(each[key] for key in ("last", "min", "max", "count"))
        for name, each in shown.items()
    }
    assert found == {name: (at[-1], min(at), max(at), len(at)) for name, at in said.items()}


def test_the_sessions_of_tensorflow_and_pytorch(table: dict[str, Any]) -> None:
    assert [each["run"] for each in table["sessions"]] == [
        *(f"tf2/hparams/run-{i}" for i in range(4)),
        *(f"torch/hparam/trial{i}" for i in range(3)),
    ]
    assert session(table, "tf2/hparams/run-1")["hparams"] == {
        "lr": 0.02,
        "units": 16,
        "opt": "sgd",
        "bn": False,
    }
    assert session(table, "torch/hparam/trial2")["status"] == "success"
    assert [(each["name"], each["type"]) for each in table["hparams"]] == [
        ("lr", "number"),
        ("units", "number"),
        ("opt", "string"),
        ("bn", "string"),
        ("bsize", "number"),
    ]
    lr = table["hparams"][0]
    assert lr["domain"] == {"interval": [pytest.approx(1e-4), 1.0]}


def test_what_later_runs_bring_is_not_lost(tmp_path: Path) -> None:
    first = Experiment(
        name="sweep",
        hparam_infos=[HParamInfo(name="lr", display_name="learning rate")],
        metric_infos=[
            MetricInfo(name=MetricName(group="eval", tag="loss"), dataset_type=DATASET_VALIDATION)
        ],
    )
    later = Experiment(hparam_infos=[HParamInfo(name="lr"), HParamInfo(name="depth")])
    write(tmp_path, experiment=HParamsPluginData(experiment=first))
    write(tmp_path / "a", session_start_info=start(lr=0.1))
    end = HParamsPluginData(
        session_end_info=SessionEndInfo(status=STATUS_FAILURE, end_time_secs=160.0)
    )
    write(
        tmp_path / "b",
        experiment=HParamsPluginData(experiment=later),
        session_start_info=start("pair", lr=0.2, depth=3),
        session_start_info_=start("pair", heads="many"),
        session_end_info=end,
    )
    with SummaryWriter(str(tmp_path / "b" / "eval")) as writer:
        for step, value in enumerate([0.5, 0.25, float("nan")]):
            writer.add_scalar("loss", value, step)
    (tmp_path / "c").mkdir()
    client = client_of(tmp_path)
    table = client.get("/api/hparams/table").json
    assert (table["name"], [each["title"] for each in table["hparams"]]) == (
        "sweep",
        ["learning rate", "depth", "heads"],
    )
    assert table["metrics"] == [
        {
            "id": "m:eval:loss",
            "group": "eval",
            "tag": "loss",
            "title": "eval/loss",
            "description": "",
            "dataset": "validation",
            "declared": True,
        }
    ]
    a, b = (session(table, run) for run in "ab")
    assert (a["hparams"], a["metrics"], a["status"], a["group"]) == (
        {"lr": 0.1},
        {},
        "unknown",
        "a",
    )
    assert b["hparams"] == {"lr": 0.2, "depth": 3, "heads": "many"}
    assert (b["status"], b["started"], b["ended"], b["group"]) == ("failure", 100.0, 160.0, "pair")
    assert b["metrics"]["m:eval:loss"] == {
        "last": "NaN",
        "step": 2,
        "min": 0.25,
        "max": 0.5,
        "count": 3,
    }
    by_run = client.get("/api/hparams/runs").json
    assert by_run["hparams"] == ["depth", "heads", "lr"]
    assert by_run["runs"]["b/eval"] == b["hparams"]
    assert "." not in by_run["runs"]


def test_damaged_messages_take_nothing_else_along(tmp_path: Path) -> None:
    writer = EventFileWriter(str(tmp_path / "bad"))
    event = Event(wall_time=1.0)
    event.summary.value.append(plugin_value("_hparams_/session_start_info", "hparams", b"\xff\xff"))
    event.summary.value.append(plugin_value("_hparams_/experiment", "hparams", b"\xff\xff"))
    writer.add_event(event)
    writer.close()
    write(tmp_path / "good", session_start_info=start(lr=1.0))
    table = client_of(tmp_path).get("/api/hparams/table").json
    assert [each["run"] for each in table["sessions"]] == ["good"]


def test_a_run_belongs_to_the_nearest_session_above() -> None:
    assert nearest_session("a/b/c", {"a", "a/b"}) == "a/b"
    assert nearest_session("ab", {"a"}) is None
    assert nearest_session("x/y", {"."}) == "."
