"""Files opened in the page, and logdirs of other things than event files: the routes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from graph_maker import GraphMaker, classifier

from opscope.dashboard.app import create_app
from opscope.dashboard.graph.uploads import Uploads
from opscope.dashboard.store import Store
from opscope.events import DumpWriter, EventFileWriter, health_summary
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.meta_graph_pb2 import MetaGraphDef

GRAPH = classifier().data
BYTES = "application/octet-stream"


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[FlaskClient]:
    with Store(tmp_path, reload_interval=0) as store:
        store.wait()
        client: FlaskClient = create_app(store).server.test_client()
        yield client


def send(client: FlaskClient, name: str, data: bytes, mimetype: str = BYTES) -> tuple[int, str]:
    answer = client.post(
        "/api/graph/upload", query_string={"name": name}, data=data, content_type=mimetype
    )
    assert answer.json is not None
    return answer.status_code, answer.json.get("run") or answer.json["error"]


def event_file(folder: Path, graph: bytes | None) -> bytes:
    writer = EventFileWriter(str(folder))
    if graph is not None:
        writer.add_event(Event(wall_time=1, graph_def=graph))
    writer.close()
    return Path(writer.path).read_bytes()


def test_upload_pbtxt_only_is_over_any_graph_is_a_run(
    asking: FlaskClient, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("elsewhere")
    meta = MetaGraphDef(graph_def=GraphDef.FromString(GRAPH)).SerializeToString()
    files = {"a.pb": GRAPH, "dir/b.meta": meta, "events": event_file(folder, GRAPH)}
    for name, data in files.items():
        status, run = send(asking, name, data)
        assert (status, run) == (200, f"(uploaded) {name.rpartition('/')[2]}")
        view = asking.get("/api/graph/view", query_string={"run": run}).json
        assert view is not None
        assert view["totals"]["nodes"] == len(classifier().graph.node)
        query = {"run": run, "name": "hidden/MatMul", "q": "MatMul", "c": "time"}
        for route in ("node", "search", "health", "colours"):
            assert asking.get(f"/api/graph/{route}", query_string=query).status_code == 200
    listed = asking.get("/api/graph/list").json
    assert listed is not None
    assert [run["run"] for run in listed["runs"]] == [
        "(uploaded) a.pb",
        "(uploaded) b.meta",
        "(uploaded) events",
    ]


def test_an_upload_replaces_the_one_of_its_name(asking: FlaskClient) -> None:
    send(asking, "a.pb", GRAPH)
    _, run = send(asking, "a.pb", GraphMaker().node("only", "Exp").data)
    view = asking.get("/api/graph/view", query_string={"run": run}).json
    assert view is not None
    assert [node["id"] for node in view["nodes"]] == ["only"]


@pytest.mark.parametrize(
    ("name", "data", "mimetype", "status", "message"),
    [
        ("a.pb", b"\xff" * 9, BYTES, 422, "a.pb holds no graph"),
        ("a.pb", GRAPH[:-5], BYTES, 422, "a.pb holds no graph"),
        ("a.pbtxt", b"no { graph", BYTES, 422, "a.pbtxt is not the text of a GraphDef: line 1"),
        ("a.pb", GRAPH, "text/plain", 415, "application/octet-stream"),
        ("a.pb", b"\x0a\x05\x12\x01A\x0a\x05", BYTES, 422, "a.pb"),
    ],
)
def test_what_cannot_be_opened_is_told(
    asking: FlaskClient, name: str, data: bytes, mimetype: str, status: int, message: str
) -> None:
    got, said = send(asking, name, data, mimetype)
    assert got == status
    assert message in said
    assert asking.get("/api/graph/list").json["runs"] == []  # type: ignore[index]


def test_an_event_file_without_a_graph_is_told(
    asking: FlaskClient, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = event_file(tmp_path_factory.mktemp("elsewhere"), None)
    assert send(asking, "e", data) == (422, "e is an event file without a graph")


def test_a_file_that_is_too_large_is_told(
    asking: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opscope.dashboard.pages.graph.MOST_BYTES", 100)
    status, said = send(asking, "a.pb", GRAPH)
    assert status == 413
    assert "can be opened here" in said


def test_the_oldest_upload_goes_first() -> None:
    uploads = Uploads(kept_bytes=2 * len(GRAPH))
    for name in "abc":
        uploads.add(name, GRAPH)
    assert [run for run, _ in uploads.runs()] == ["(uploaded) b", "(uploaded) c"]
    assert "(uploaded) a" not in uploads


def test_a_graph_without_nodes_is_a_view(asking: FlaskClient) -> None:
    _, run = send(asking, "empty.pb", b"")
    view = asking.get("/api/graph/view", query_string={"run": run}).json
    assert view is not None
    assert (view["totals"]["nodes"], view["nodes"]) == (0, [])


def test_cycles_doubles_and_missing_inputs_are_drawn_as_far_as_they_go(
    asking: FlaskClient,
) -> None:
    g = GraphMaker().node("a", "Unheard", "b").node("b", "Of", "a", "gone").node("a", "Exp", "a")
    _, run = send(asking, "odd.pb", g.data)
    view = asking.get("/api/graph/view", query_string={"run": run}).json
    assert view is not None
    assert {node["id"] for node in view["nodes"]} == {"a", "b", "a [2]"}
    assert len(view["edges"]) == 3
    assert view["problems"] == [
        "node name 'a' is used 2 times",
        "input 1 of node 'b' names no node: 'gone'",
    ]


def test_a_folder_of_dumps_has_a_graph_with_health(tmp_path: Path) -> None:
    import numpy as np

    cpu = "/job:localhost/replica:0/task:0/device:CPU:0"
    writer = DumpWriter(tmp_path / "run_1")
    graph = GraphMaker().node("x", "Placeholder", device=cpu).node("y", "Log", "x", device=cpu)
    writer.write_graph(cpu, graph.graph)
    for node, value in (("x", -1.0), ("y", np.nan)):
        writer.write_tensor(cpu, node, 0, np.array([value]), 5)
    assert health_summary(np.array([np.nan]))[2] == 1
    writer.close()
    with Store(tmp_path, reload_interval=0) as store:
        store.wait()
        client = create_app(store).server.test_client()
        listed = client.get("/api/graph/list").json
        assert listed is not None
        assert listed["runs"] == [{"run": ".", "graphs": [{"tag": "run_1", "kind": "dump"}]}]
        health = client.get("/api/graph/health", query_string={"run": "."}).json
        assert health is not None
        assert health["source"] == "dumps"
        assert [bad["tensor"] for bad in health["bad"]] == ["y:0"]
        assert health["nodes"]["y"]["origin"]
