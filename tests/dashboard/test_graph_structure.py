"""Scopes built alike get one class, whatever their names and order."""

from __future__ import annotations

import random

from graph_maker import GraphMaker, mobilenet

from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.dashboard.graph.structure import structure_classes
from opscope.events.graph_columns import GraphColumns
from opscope.events.proto.graph_pb2 import GraphDef


def classes(maker: GraphMaker) -> dict[str, int]:
    tree = Hierarchy(GraphColumns.from_bytes(maker.data))
    return dict(zip(tree.names, structure_classes(tree).tolist(), strict=True))


def layer(g: GraphMaker, name: str, source: str, last: str = "Relu") -> None:
    g.node(f"{name}/w/var", "VariableV2").node(f"{name}/w/read", "Identity", f"{name}/w/var")
    g.node(f"{name}/MatMul", "MatMul", source, f"{name}/w/read")
    g.node(f"{name}/out", last, f"{name}/MatMul")


def test_twins_share_a_class_and_others_do_not() -> None:
    g = GraphMaker().node("x", "Placeholder")
    layer(g, "a", "x")
    layer(g, "b", "a/out")
    layer(g, "c", "b/out", last="Tanh")
    found = classes(g)
    assert found["a"] == found["b"] >= 0
    assert found["c"] == -1
    assert found["a/w"] == found["b/w"] == found["c/w"] >= 0
    assert found["a/w"] != found["a"]


def test_the_same_ops_joined_otherwise_are_another_structure() -> None:
    g = GraphMaker()
    for name, second in (("a", "a/p"), ("b", "b/p"), ("c", "c/q"), ("d", "d/q")):
        g.node(f"{name}/p", "Exp").node(f"{name}/q", "Exp", f"{name}/p")
        g.node(f"{name}/r", "Log", second)
    found = classes(g)
    assert found["a"] == found["b"] != found["c"] == found["d"]


def test_classes_do_not_depend_on_the_order_of_nodes() -> None:
    graph = GraphDef.FromString(mobilenet())
    tree = Hierarchy(GraphColumns.from_bytes(graph.SerializeToString()))
    wanted = structure_classes(tree).tolist()
    nodes = list(graph.node)
    random.Random(3).shuffle(nodes)
    again = Hierarchy(GraphColumns.from_bytes(GraphDef(node=nodes).SerializeToString()))
    assert structure_classes(again).tolist() == wanted
    by_name = dict(zip(tree.names, wanted, strict=True))
    blocks = {by_name[f"block_{block}_*"] for block in (2, 4, 5, 7, 8, 9, 11, 12, 14, 15)}
    assert len(blocks) == 1
    assert blocks != {-1}


def test_twins_at_other_depths_are_twins() -> None:
    g = GraphMaker().node("x", "Placeholder")
    layer(g, "a", "x")
    layer(g, "deep/inside/b", "a/out")
    for at in range(9):
        g.node(f"deep/{'i' * (at + 1)}", "Exp", f"deep/{'i' * at}" if at else "x")
    found = classes(g)
    assert found["a"] == found["deep/inside/b"] >= 0
