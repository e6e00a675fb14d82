"""Health laid over a graph: counts, origins, spread, from every kind of source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from graph_maker import GraphMaker, classifier

from opscope.dashboard.app import create_app
from opscope.dashboard.graph import health_readings
from opscope.dashboard.graph.health import Health
from opscope.dashboard.graph.health_readings import COUNTS, HealthReader, Reading, of_summary
from opscope.dashboard.graph.view import GraphView
from opscope.dashboard.store import Store
from opscope.events import EventFileWriter, health_summary, make_tensor_proto, open_logdir
from opscope.events.dump_root import open_dump
from opscope.events.dump_writer import DumpWriter
from opscope.events.graph_columns import GraphColumns
from opscope.events.health import health_value
from opscope.events.proto.debug_event_pb2 import DebugEvent, TensorDebugMode
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.record import frame

GOOD, BAD = np.array([1.0, 2.0, 0.0]), np.array([1.0, -np.inf, np.nan])
CPU = "/job:localhost/replica:0/task:0/device:CPU:0"


def reading(node: str, value: Any, order: int = 0, slot: int = 0) -> Reading:
    return of_summary(node, slot, order, health_summary(np.asarray(value, np.float32)))


def classified(*rows: Reading) -> Health:
    return Health(GraphView(GraphColumns.from_bytes(classifier().data)), rows)


def test_a_scope_has_the_elements_of_its_nodes() -> None:
    health = classified(reading("hidden/MatMul", GOOD), reading("hidden/Relu", BAD))
    found = health.paint()["nodes"]["hidden"]
    assert dict(zip(COUNTS, found["counts"], strict=True)) == {
        "nan": 1,
        "-inf": 1,
        "negative": 0,
        "zero": 1,
        "positive": 3,
        "+inf": 0,
    }
    assert (found["bad"], found["known"], found["origin"]) == (1, 2, True)
    assert set(health.paint()["nodes"]) == {"hidden"}


def test_the_origin_is_bad_though_what_it_reads_is_finite() -> None:
    health = classified(
        reading("cross_entropy/Softmax", GOOD, 1),
        reading("cross_entropy/Log", BAD, 2),
        reading("cross_entropy/mul", BAD, 3),
        reading("cross_entropy/Sum", BAD, 4),
        reading("report", BAD, 5),
        reading("nowhere", BAD, 6),
    )
    painted = health.paint(["cross_entropy"])
    assert [row["id"] for row in painted["bad"]] == [
        "cross_entropy/Log",
        "cross_entropy/mul",
        "cross_entropy/Sum",
        "report",
    ]
    assert [row["id"] for row in painted["bad"] if row["origin"]] == ["cross_entropy/Log"]
    assert {name for name, row in painted["nodes"].items() if row.get("origin")} == {
        "cross_entropy",
        "cross_entropy/Log",
    }
    assert painted["missing"] == 1
    assert {tuple(ends) for ends in painted["spread"]} == {
        ("cross_entropy/Log", "cross_entropy/mul"),
        ("cross_entropy/mul", "cross_entropy/Sum"),
        ("cross_entropy/Sum", "cross_entropy"),
        ("cross_entropy", "report"),
    }
    assert {tuple(ends) for ends in health.paint()["spread"]} == {("cross_entropy", "report")}


def test_only_the_output_that_is_bad_spreads() -> None:
    g = (
        GraphMaker()
        .node("split", "Split")
        .node("a", "Relu", "split:0")
        .node("b", "Relu", "split:1")
    )
    view = GraphView(GraphColumns.from_bytes(g.data))
    rows = [reading("split", GOOD), reading("split", BAD, slot=1), reading("a", GOOD)]
    health = Health(view, [*rows, reading("b", BAD, 1)])
    assert health.paint()["spread"] == [["split", "b"]]
    outputs = health.of_node("split")
    assert [(row["slot"], row["bad"]) for row in outputs] == [(0, False), (1, True)]
    assert outputs[1]["numbers"] == [1.0, 1.0, 1.0, 0.0]


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    """A run with health summaries of two steps and a dump of a third."""
    writer = EventFileWriter(str(tmp_path / "train"))
    writer.add_event(Event(wall_time=1, graph_def=classifier().data))
    for step, value in ((10, GOOD), (20, BAD)):
        event = Event(wall_time=step, step=step)
        summary = health_summary(value.astype(np.float32))
        event.summary.value.append(health_value("cross_entropy/Log", 0, summary))
        writer.add_event(event)
    writer.close()
    dump = DumpWriter(tmp_path / "train" / "tfdbg" / "run_1_30")
    dump.write_graph(CPU, GraphDef.FromString(classifier().data))
    dump.write_core_metadata(session_run_index=30, global_step=30)
    dump.write_tensor(CPU, "cross_entropy/Softmax", 0, GOOD.astype(np.float32), 1)
    dump.write_tensor(CPU, "cross_entropy/Log", 0, BAD.astype(np.float32), 2)
    dump.close()
    return tmp_path


def test_summaries_and_dumps_are_sources(logdir: Path) -> None:
    opened, reader = open_logdir(logdir), HealthReader()
    readings = reader.readings
    found = {source.name: source.steps for source in reader.sources(opened, "train")}
    assert found == {"dumps": [30], "summaries": [10, 20]}
    (row,) = readings(opened, "train", "summaries", 20)
    assert (row.node, row.slot, row.bad) == ("cross_entropy/Log", 0, True)
    assert not readings(opened, "train", "summaries", 10)[0].bad
    rows = readings(opened, "train", "dumps", 30)
    assert [(row.node, row.bad) for row in rows] == [
        ("cross_entropy/Softmax", False),
        ("cross_entropy/Log", True),
    ]
    assert readings(opened, "train", "dumps", 31) == []


def test_a_dump_is_read_once_until_it_grows(logdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []

    def counted(root: Path) -> Any:
        opened.append(root)
        return open_dump(root)

    monkeypatch.setattr(health_readings, "open_dump", counted)
    reader, runs = HealthReader(), open_logdir(logdir)
    for _ in range(3):
        assert reader.sources(runs, "train")[0].steps == [30]
        assert len(reader.readings(runs, "train", "dumps", 30)) == 2
    assert len(opened) == 2
    dump = DumpWriter(logdir / "train" / "tfdbg" / "run_1_30")
    dump.write_tensor(CPU, "cross_entropy/mul", 0, GOOD.astype(np.float32), 3)
    dump.close()
    assert len(reader.readings(runs, "train", "dumps", 30)) == 3


def test_debugger_v2_opens_where_most_was_computed_and_is_of_its_run(tmp_path: Path) -> None:
    for run in ("one", "other"):
        EventFileWriter(str(tmp_path / run)).close()

    def written(suffix: str, *events: DebugEvent) -> None:
        path = tmp_path / "one" / f"tfdbg_events.1700000000.host.{suffix}"
        path.write_bytes(b"".join(frame(event.SerializeToString()) for event in events))

    written("metadata", DebugEvent())
    rows = []
    for op, times in (("a", 3), ("b", 3), ("c", 1), ("loop", 9)):
        for number in range(times):
            event = DebugEvent(wall_time=number)
            told = event.graph_execution_trace
            told.op_name, told.tfdbg_context_id = op, "g1"
            told.tensor_debug_mode = TensorDebugMode.CURT_HEALTH
            told.tensor_proto.CopyFrom(make_tensor_proto(np.array([0.0, 0.0])))
            rows.append(event)
    written("graph_execution_traces", *rows)
    (source,) = HealthReader().sources(open_logdir(tmp_path), "one")
    assert HealthReader().sources(open_logdir(tmp_path), "other") == []
    assert (source.name, source.steps, source.opens) == ("debugger-v2", list(range(9)), 2)


def test_tf458_the_route_follows_source_and_step(logdir: Path) -> None:
    with Store(logdir, reload_interval=0) as store:
        store.wait()
        client: FlaskClient = create_app(store).server.test_client()

        def ask(**query: Any) -> Any:
            answer = client.get("/api/graph/health", query_string={"run": "train", **query})
            assert answer.status_code == 200, answer.json
            return answer.json

        newest = ask()
        assert (newest["source"], newest["step"], newest["bad_total"]) == ("dumps", 30, 1)
        assert ask(source="summaries")["step"] == 20
        assert ask(source="summaries", step=10)["bad_total"] == 0
        assert ask(source="summaries", step=11)["step"] == 20
        (output,) = ask(name="cross_entropy/Log")["outputs"]
        assert output["command"].startswith("opscope debug ")
        assert output["command"].endswith("-c 'print_tensor cross_entropy/Log:0'")
        (output,) = ask(name="cross_entropy/Log", source="summaries")["outputs"]
        assert output["command"] is None
        assert client.get("/api/graph/health?run=none").status_code == 404
