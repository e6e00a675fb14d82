"""The graph page's routes, from a logdir to JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from graph_maker import GraphMaker, classifier

from opscope.dashboard.app import create_app
from opscope.dashboard.pages.graph import PAGE
from opscope.dashboard.store import Store
from opscope.events import EventFileWriter
from opscope.events.proto.event_pb2 import Event


def write_graph(folder: Path, graph: bytes | None) -> None:
    writer = EventFileWriter(str(folder))
    if graph is not None:
        writer.add_event(Event(wall_time=1, graph_def=graph))
    writer.close()


@pytest.fixture
def graphs(tmp_path: Path) -> Path:
    write_graph(tmp_path / "train", classifier().data)
    write_graph(tmp_path / "bare", None)
    write_graph(tmp_path / "damaged", classifier().data[:-3])
    return tmp_path


@pytest.fixture
def opened(graphs: Path) -> Iterator[Store]:
    with Store(graphs, reload_interval=0) as store:
        store.wait()
        yield store


@pytest.fixture
def asking(opened: Store) -> FlaskClient:
    client: FlaskClient = create_app(opened).server.test_client()
    return client


def ask(client: FlaskClient, path: str, **query: Any) -> Any:
    answer = client.get(path, query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json


def test_runs_and_their_graphs_are_listed(asking: FlaskClient) -> None:
    runs = {run["run"]: run["graphs"] for run in ask(asking, "/api/graph/list")["runs"]}
    assert runs["train"] == [{"tag": "__run_graph__", "kind": "run_graph"}]
    assert runs["bare"] == []


def test_a_view_knows_which_graph_it_is_of(asking: FlaskClient) -> None:
    first = ask(asking, "/api/graph/view", run="train")
    second = ask(asking, "/api/graph/view", run="train", e=["hidden", "logits"], s="logits/Relu")
    assert first["graph"] == second["graph"]
    assert second["expanded"] == ["hidden", "logits"]
    assert second["selected"] == "logits/Relu"


def test_details_and_search(asking: FlaskClient) -> None:
    assert ask(asking, "/api/graph/node", run="train", name="hidden/MatMul")["op"] == "MatMul"
    assert ask(asking, "/api/graph/search", run="train", q="MatMul")["total"] == 2


@pytest.mark.parametrize(
    ("path", "query", "status", "message"),
    [
        ("view", {}, 400, "run"),
        ("view", {"run": "gone"}, 404, "gone"),
        ("view", {"run": "bare"}, 404, "bare"),
        ("view", {"run": "train", "tag": "other"}, 404, "other"),
        ("view", {"run": "damaged"}, 422, "the graph of run 'damaged': the graph is cut"),
        ("node", {"run": "train"}, 400, "name"),
        ("node", {"run": "train", "name": "gone"}, 404, "'gone'"),
        ("search", {"run": "train"}, 400, "q"),
    ],
)
def test_errors_say_what_is_wrong(
    asking: FlaskClient, path: str, query: dict[str, str], status: int, message: str
) -> None:
    answer = asking.get(f"/api/graph/{path}", query_string=query)
    assert answer.status_code == status
    assert answer.json is not None
    assert message in answer.json["error"]


def test_views_are_compressed_and_validated(asking: FlaskClient) -> None:
    query = {"run": "train", "e": "hidden"}
    answer = asking.get("/api/graph/view", query_string=query, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    again = asking.get(
        "/api/graph/view",
        query_string=query,
        headers={"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]},
    )
    assert again.status_code == 304


def test_no_reload_is_needed_to_see_a_new_graph(
    graphs: Path, opened: Store, asking: FlaskClient
) -> None:
    before = ask(asking, "/api/graph/view", run="train")["graph"]
    write_graph(graphs / "train", GraphMaker().node("only", "Exp").data)
    opened.reload()
    after = ask(asking, "/api/graph/view", run="train")
    assert after["graph"] != before
    assert [node["id"] for node in after["nodes"]] == ["only"]


def test_frozen_weights_are_not_sent(graphs: Path, opened: Store, asking: FlaskClient) -> None:
    g = GraphMaker().node("weights", "Const")
    g.graph.node[0].attr["value"].tensor.tensor_content = bytes(3_000_000)
    g.graph.node[0].attr["value"].tensor.dtype = 1
    g.graph.node[0].attr["value"].tensor.tensor_shape.dim.add(size=750_000)
    write_graph(graphs / "frozen", g.data)
    opened.reload()
    for path, query in (("view", {}), ("node", {"name": "weights"})):
        answer = asking.get(f"/api/graph/{path}", query_string={"run": "frozen", **query})
        assert len(answer.data) < 2000
    assert b"750,000 elements" in answer.data


def test_the_page_knows_whether_there_is_a_graph(opened: Store) -> None:
    assert PAGE.has_data(opened)


def test_a_view_comes_with_its_colours(asking: FlaskClient) -> None:
    view = ask(asking, "/api/graph/view", run="train", c="device")
    assert view["colours"]["nodes"]["hidden"] == [[0, 1.0]]
    again = ask(asking, "/api/graph/colours", run="train", c="device")
    assert again == view["colours"]
    closed = {mode["name"]: mode["why"] for mode in again["modes"]}
    assert closed["time"] == "the run has no RunMetadata"
    assert closed["op"] == ""


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", ["list", "view?run=train&tag=__run_graph__"]),
        ("?run=gone&v=1,2,3", ["list", "view?run=train&tag=__run_graph__"]),
        ("?e=hidden", ["list"]),
    ],
)
def test_the_page_names_what_it_asks_first(
    graph_logdir: Path, query: str, asked: list[str]
) -> None:
    with Store(graph_logdir, reload_interval=0) as store:
        store.wait()
        answer = create_app(store).server.test_client().get(f"/graph{query}")
        assert re.findall(r"<api/graph/([^>]+)>", " ".join(answer.headers.getlist("Link"))) == asked
