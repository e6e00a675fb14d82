"""Defects of TensorBoard's graph page that no other test holds: see support/graph_defects.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from graph_maker import GraphMaker

from opscope.dashboard.app import create_app
from opscope.dashboard.graph import picture
from opscope.dashboard.graph.choices import Choices
from opscope.dashboard.graph.colouring import HUES, Colouring
from opscope.dashboard.graph.scene import PADDING
from opscope.dashboard.graph.search import search
from opscope.dashboard.graph.view import GraphView
from opscope.dashboard.store import Store
from opscope.events import EventFileWriter, make_tensor_proto
from opscope.events.graph_columns import GraphColumns
from opscope.events.merged_graph import merge_functions
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.graph_pb2 import GraphDef

ASSETS = Path(picture.__file__).parents[1] / "assets"


def view_of(maker: GraphMaker) -> GraphView:
    return GraphView(GraphColumns.from_bytes(maker.data))


def by_id(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["id"]: node for node in view["nodes"]}


@pytest.fixture
def keras(tmp_path: Path) -> Iterator[FlaskClient]:
    """A run that has a Keras model and no graph of ops, as Keras 3 writes it."""
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["in", 0, 0]}}
    layers = [
        {"class_name": "InputLayer", "name": "in", "config": {"name": "in"}, "inbound_nodes": []},
        {
            "class_name": "Dense",
            "name": "dense",
            "config": {"name": "dense"},
            "inbound_nodes": [{"args": [tensor], "kwargs": {}}],
        },
    ]
    model = {"class_name": "Functional", "config": {"name": "net", "layers": layers}}
    event = Event(wall_time=1)
    value = event.summary.value.add(tag="keras")
    value.metadata.plugin_data.plugin_name = "graph_keras_model"
    value.tensor.CopyFrom(make_tensor_proto(np.asarray(json.dumps(model).encode(), object)))
    writer = EventFileWriter(str(tmp_path / "train"))
    writer.add_event(event)
    writer.close()
    with Store(tmp_path, reload_interval=0) as store:
        store.wait()
        client: FlaskClient = create_app(store).server.test_client()
        yield client


def test_1929_a_run_with_only_a_keras_model_shows_it(keras: FlaskClient) -> None:
    listed: Any = keras.get("/api/graph/list").json
    assert [graph["kind"] for graph in listed["runs"][0]["graphs"]] == ["conceptual"]
    shown: Any = keras.get("/api/graph/view", query_string={"run": "train", "e": "net"}).json
    assert {"net", "net/in", "net/dense"} <= set(by_id(shown))


def test_producer_versions_of_functions_may_differ() -> None:
    graphs = []
    for producer in (7, 1882):
        graph = GraphDef()
        graph.versions.producer = producer
        graph.node.add(name="x", op="Placeholder")
        graphs.append(graph)
    assert [node.name for node in merge_functions(graphs).node] == ["graph_1/x", "graph_2/x"]


def test_const_regex_takes_no_other_op_for_a_constant() -> None:
    g = GraphMaker().node("x", "Placeholder").node("c", "Const")
    for op in ("ConstantOfShape", "MyConst", "ImmutableConst"):
        g.node(op.lower(), op, "x").node(f"use_{op}", "Add", op.lower(), "c")
    nodes = by_id(view_of(g).view())
    assert {"constantofshape", "myconst", "immutableconst"} <= set(nodes)
    assert "c" not in nodes


def test_edge_sizes_are_those_of_the_output_that_is_used() -> None:
    g = GraphMaker().node("split", "Split", shapes=[(2,), (3_000_000,)])
    g.node("small", "Exp", "split:0").node("large", "Exp", "split:1")
    width = {edge["b"]: edge["width"] for edge in view_of(g).view()["edges"]}
    assert width["small"] < 1.3 < 5 < width["large"]


def test_82_what_is_put_aside_is_put_aside_in_every_graph() -> None:
    rules = {"aside": ["metrics", "save"], "hidden": ["debug"]}
    for extra in ("metrics", "debug", "none of them"):
        g = (
            GraphMaker()
            .node("x/a", "Exp")
            .node("y/a", "Exp", "x/a")
            .node(f"{extra}/a", "Exp", "y/a")
        )
        graph = view_of(g)
        drawn = by_id(graph.view(choices=Choices.named(graph.hierarchy, **rules)))
        assert ("debug" in drawn, drawn.get("metrics", {}).get("aside", False)) == (
            False,
            extra == "metrics",
        )
        assert {"x", "y"} <= set(drawn)


def test_aux_longer_a_hub_takes_nothing_with_it() -> None:
    g = GraphMaker().node("hub/op", "Exp")
    for leaf in range(40):
        name = "leaf" + "abcdefgh"[leaf % 8] * (leaf // 8 + 1)
        g.node(f"{name}/op", "Log", "hub/op")
    nodes = by_id(view_of(g).view())
    assert [name for name, node in nodes.items() if node.get("aside")] == ["hub"]
    assert len(nodes) == 41


def test_1058_an_open_scope_is_no_wider_than_what_is_in_it() -> None:
    g = GraphMaker().node("x", "Placeholder")
    for name in ("kernel", "bias"):
        g.node(f"outer/inner/conv/{name}", "VariableV2")
    g.node("outer/inner/conv/Conv2D", "Conv2D", "x", "outer/inner/conv/kernel")
    g.node("outer/inner/conv/add", "BiasAdd", "outer/inner/conv/Conv2D", "outer/inner/conv/bias")
    nodes = by_id(view_of(g).view(["outer/inner/conv"]))
    for scope in ("outer", "outer/inner", "outer/inner/conv"):
        inside = [node for node in nodes.values() if node["parent"] == scope]
        left = min(node["x"] - node["w"] / 2 for node in inside)
        right = max(node["x"] + node["w"] / 2 for node in inside)
        box = nodes[scope]
        spare = (left - box["x"] + box["w"] / 2, box["x"] + box["w"] / 2 - right)
        assert max(spare) <= PADDING + 100 or box["w"] < 200, (scope, spare)
        assert abs(spare[0] - spare[1]) < 100


def test_relayout_opening_a_scope_orders_that_scope_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    build = picture.build_level

    def counted(hierarchy: Any, scope: int, *rest: Any) -> Any:
        made.append(scope)
        return build(hierarchy, scope, *rest)

    monkeypatch.setattr(picture, "build_level", counted)
    g = GraphMaker().node("x", "Placeholder")
    for scope in "abc":
        g.node(f"{scope}/in/one", "Exp", "x").node(f"{scope}/two", "Exp", f"{scope}/in/one")
    graph = view_of(g)
    graph.view(["a", "b"])
    assert len(made) == 3
    graph.view(["a", "b", "b/in"])
    graph.view(["a"])
    assert [graph.hierarchy.names[scope] for scope in made[3:]] == ["b/in"]


def test_structure_off_structure_quadratic_ten_thousand_nodes_have_their_colours() -> None:
    g = GraphMaker().node("x", "Placeholder")
    for block in range(3200):
        scope = f"tower_{block // 320}/layer_{block // 20 % 16}/cell_{block % 20}"
        g.node(f"{scope}/a", "Mul", "x").node(f"{scope}/b", "Add", f"{scope}/a")
        g.node(f"{scope}/c", "Relu", f"{scope}/b").node(f"{scope}/d", "Exp", f"{scope}/a")
    graph = view_of(g)
    assert graph.hierarchy.n > 12_000
    painted = Colouring(graph).paint("structure", ["tower_0"])
    hues = {json.dumps(painted["nodes"][f"tower_{tower}"]) for tower in range(10)}
    assert len(hues) == 1
    assert painted["legend"][0]["count"] == "10 alike"


def test_device_kinds_are_all_in_the_legend() -> None:
    devices = [
        "/job:ps/task:3",
        "/job:worker/replica:0/task:1/device:XLA_GPU:0",
        "/device:TPU_REPLICATED_CORE:0",
        "/cpu:0",
        "my accelerator",
    ]
    g = GraphMaker()
    for device in devices:
        g.node(f"on{len(g.graph.node)}", "Exp", device=device)
    legend = Colouring(view_of(g)).paint("device", [])["legend"]
    assert sorted(row["title"] for row in legend) == sorted(devices)


def test_palette_repeats_no_hue_for_another_device() -> None:
    g = GraphMaker()
    for core in range(HUES + 4):
        g.node(f"on{core}", "Exp", device=f"/device:TPU:{core:02}")
    painted = Colouring(view_of(g)).paint("device", [])
    hues = [row["hue"] for row in painted["legend"] if row["hue"] >= 0]
    assert len(hues) == len(set(hues)) == HUES
    assert painted["legend"][-1]["label"] == "4 others"


def test_palette_repeats_no_hue_for_another_structure_while_there_are_others() -> None:
    g = GraphMaker().node("x", "Placeholder")
    for kind in range(2 * HUES):
        for twin in "ab":
            for op in range(kind + 2):
                name = f"{'outer' if kind % 2 else 'in'}{chr(97 + kind)}{twin}/{'o' * (op + 1)}"
                g.node(f"wrap/{name}" if not kind % 2 else name, "Exp", "x")
    graph = view_of(g)
    for opened in ([], ["wrap"]):
        painted = Colouring(graph).paint("structure", opened)["nodes"]
        hues = {}
        for name, ((hue, _),) in painted.items():
            hues.setdefault(hue, set()).add(name[:-1])
        drawn = {name for names in hues.values() for name in names}
        assert len(hues) == min(HUES, len(drawn))
    assert len(drawn) == 2 * HUES


def test_search_42_all_hits_are_found_whatever_their_case() -> None:
    g = GraphMaker()
    for number in range(150):
        g.node(f"layer{number}/{'MatMul' if number % 2 else 'matmul'}x{number}", "Exp")
    found = search(view_of(g), "MATMUL")
    assert (found["total"], len(found["hits"])) == (150, 150)
    assert found["marks"]


def test_245_two_thousand_ops_in_a_row_are_drawn() -> None:
    word = ["op" + "".join("abcdefghij"[int(digit)] for digit in f"{n:04}") for n in range(2000)]
    chain, layered = GraphMaker(), GraphMaker()
    for number, name in enumerate(word):
        chain.node(name, "Relu", *word[max(0, number - 1) : number])
        before = [word[number - 25 - (number % 25 > 0)], word[number - 25]] if number >= 25 else []
        layered.node(name, "Add", *sorted(set(before)))
    for maker in (chain, layered):
        graph = view_of(maker)
        view = graph.view()
        assert view["nodes"]
        assert view["problems"] == []
        opened = graph.view([view["nodes"][0]["id"]])
        assert sum(node["kind"] == "op" for node in opened["nodes"]) >= 40


def test_6276_dark_colours_are_colours_of_their_own() -> None:
    style = (ASSETS / "graph.css").read_text()
    assert "invert(" not in style
    assert "--" in style


def test_minimap_serialises_nothing() -> None:
    code = (ASSETS / "graph_map.js").read_text()
    assert "getContext" in code
    assert not any(word in code for word in ("XMLSerializer", "outerHTML", "cloneNode"))
