"""The graph as DOT, GraphML and JSON: they parse, and hold what the graph has."""

from __future__ import annotations

import io
import json
import re
from xml.etree import ElementTree

import networkx as nx
import pytest
from graph_maker import GraphMaker, classifier

from opscope.dashboard.graph import exporting
from opscope.dashboard.graph.exporting import (
    ExportError,
    Outline,
    dot,
    file_name,
    graphml,
    node_link,
    outline_of_nodes,
    outline_of_view,
)
from opscope.dashboard.graph.view import GraphView
from opscope.events.graph_columns import GraphColumns


@pytest.fixture(scope="module")
def view() -> GraphView:
    return GraphView(GraphColumns.from_bytes(classifier().data))


def test_graphml_is_read_by_networkx(view: GraphView) -> None:
    text = graphml(outline_of_nodes(view.hierarchy, 0))
    net = nx.read_graphml(io.BytesIO(text.encode()))
    columns = view.hierarchy.columns
    assert set(net.nodes) == set(columns.names)
    assert net.number_of_edges() == len(columns.src)
    assert net.nodes["logits/MatMul"]["op"] == "MatMul"
    assert net.nodes["logits/MatMul"]["shape"] == "?×10"
    kinds = {data["kind"] for _, _, data in net.edges(data=True)}
    assert kinds == {"data", "control", "reference"}


def test_json_is_node_link_data(view: GraphView) -> None:
    data = json.loads(node_link(outline_of_nodes(view.hierarchy, 0)))
    net = nx.node_link_graph(data, edges="edges")
    assert net.number_of_edges() == len(view.hierarchy.src)
    assert net.nodes["hidden/Relu"]["device"].endswith("CPU:0")


def test_a_scope_is_written_alone(view: GraphView) -> None:
    scope = view.hierarchy.scope_index["cross_entropy"]
    outline = outline_of_nodes(view.hierarchy, scope)
    assert {node["id"].partition("/")[0] for node in outline.nodes} == {"cross_entropy"}
    ends = {edge["source"] for edge in outline.edges} | {edge["target"] for edge in outline.edges}
    assert ends <= {node["id"] for node in outline.nodes}
    assert outline.scopes == ["cross_entropy"]


QUOTED = r'"(?:[^"\\]|\\.)*"'
STATEMENTS = [
    r"digraph NAME \{",
    r"rankdir=BT;",
    r"node \[shape=box, style=rounded\];",
    r"NAME \[label=NAME(, shape=(ellipse|point))?\];",
    r"subgraph NAME \{",
    r"label=NAME;",
    r"NAME -> NAME \[label=NAME(, style=dashed|, color=NAME)?\];",
    r"\}",
]


@pytest.mark.parametrize("drawn", [False, True])
def test_66_dot_is_made_of_its_statements(view: GraphView, drawn: bool) -> None:
    picture = view.view(["hidden", "cross_entropy"])
    outline = outline_of_view(picture) if drawn else outline_of_nodes(view.hierarchy, 0)
    text = dot(outline)
    allowed = re.compile("|".join(f"(?:{s.replace('NAME', QUOTED)})" for s in STATEMENTS))
    for line in text.splitlines():
        assert allowed.fullmatch(line.strip()), line
    assert text.count("{") == text.count("}")
    assert len(re.findall(" -> ", text)) == len(outline.edges)
    assert f'subgraph "cluster_{"hidden"}"' in text


def test_what_is_drawn_has_boxes_for_closed_scopes(view: GraphView) -> None:
    outline = outline_of_view(view.view(["hidden"]))
    nodes = {node["id"]: node for node in outline.nodes}
    assert nodes["logits"]["ops"] == 5
    assert nodes["hidden/MatMul"]["scope"] == "hidden"
    assert ("hidden", "logits") in {(e["source"], e["target"]) for e in outline.edges}
    assert set(nx.read_graphml(io.BytesIO(graphml(outline).encode())).nodes) == set(nodes)


def test_wild_names_stay_readable() -> None:
    g = GraphMaker().node('a/"q"\\', "Exp").node("a/\x01b", "Log", 'a/"q"\\')
    view = GraphView(GraphColumns.from_bytes(g.data))
    outline = outline_of_nodes(view.hierarchy, 0)
    ElementTree.fromstring(graphml(outline))
    assert r'"a/\"q\"\\"' in dot(outline)
    assert json.loads(node_link(outline))["nodes"]
    assert file_name("a/b c", "x/../y", "dot") == "a-b-c-x-..-y.dot"
    assert file_name(".", "", "json") == "graph.json"


def test_too_much_graphml_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MOST_GRAPHML", 1)
    with pytest.raises(ExportError, match="take DOT or JSON"):
        graphml(Outline("", [{"id": "a"}, {"id": "b"}], [], []))
