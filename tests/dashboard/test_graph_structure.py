"""Scopes built alike get one class, whatever their names and order; no others do."""

from __future__ import annotations

import itertools
import random

import networkx as nx
import numpy as np
import pytest
from graph_maker import GraphMaker, mobilenet

from opscope.dashboard.graph import structure, twins
from opscope.dashboard.graph.grouping import Grouping
from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.dashboard.graph.structure import structure_classes, structure_of
from opscope.dashboard.graph.twins import twin_kinds
from opscope.dashboard.graph.view import GraphView
from opscope.events.graph_columns import GraphColumns
from opscope.events.proto.graph_pb2 import GraphDef


def classes(maker: GraphMaker) -> dict[str, int]:
    tree = Hierarchy(GraphColumns.from_bytes(maker.data))
    return dict(
        zip(
            tree.names,
            structure_classes(tree, twin_kinds(tree, structure_of(tree))).tolist(),
            strict=True,
        )
    )


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
    wanted = structure_classes(tree, twin_kinds(tree, structure_of(tree))).tolist()
    nodes = list(graph.node)
    random.Random(3).shuffle(nodes)
    again = Hierarchy(GraphColumns.from_bytes(GraphDef(node=nodes).SerializeToString()))
    assert structure_classes(again, twin_kinds(again, structure_of(again))).tolist() == wanted
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


def nested(dice: random.Random, count: int) -> GraphMaker:
    """Small scopes of small scopes, with edges across, control edges and several of one kind.

    Half of them are an earlier one with other names in another order.
    """
    g = GraphMaker()
    plans: list[list[tuple[str, str, list[tuple[str, str]]]]] = []
    for number in range(count):
        if plans and dice.random() < 0.5:
            plan = dice.choice(plans)
            if dice.random() < 0.5:  # nearly the same
                at = dice.randrange(len(plan))
                name, op, inputs = plan[at]
                other = (name, dice.choice(("Exp", "Log")), inputs[1:])
                plan = [*plan[:at], other, *plan[at + 1 :]]
        else:
            plan, made = [], []
            for _ in range(dice.randrange(2, 8)):
                name = dice.choice(["", "p/", "q/", "p/r/"]) + f"n{len(made)}"
                ends = [(dice.choice(made), dice.choice(["", "^"])) for _ in range(2) if made]
                plan.append((name, dice.choice(("Exp", "Log")), ends[: dice.randrange(3)]))
                made.append(name)
        plans.append(plan)
        scopes = dict(zip("pqr", dice.sample("stuvwxyz", 3), strict=True))
        leaves = {f"n{k}": "m" + dice.choice("abcdefghij") * (k + 1) for k in range(9)}

        def renamed(
            name: str, number: int = number, words: dict[str, str] = scopes | leaves
        ) -> str:
            return f"s{number}/" + "/".join(words[part] for part in name.split("/"))

        rows = [
            (renamed(name), op, [mark + renamed(end) for end, mark in ends])
            for name, op, ends in plan
        ]
        dice.shuffle(rows)
        for name, op, inputs in rows:
            g.node(name, op, *inputs)
    return g


def as_networkx(g: GraphMaker, scope: str) -> nx.MultiDiGraph:
    """A scope as a graph: nodes and scopes as vertices, edges that hold, carry or order."""
    graph = nx.MultiDiGraph()
    for node in g.graph.node:
        if not node.name.startswith(f"{scope}/"):
            continue
        graph.add_node(node.name, kind=node.op)
        parts = node.name.split("/")
        for at in range(1, len(parts)):
            inner, outer = "/".join(parts[: at + 1]), "/".join(parts[:at])
            graph.add_node(outer, kind="scope")
            if at == len(parts) - 1 or not graph.has_edge(outer, inner):
                graph.add_edge(outer, inner, kind="holds")
        for text in node.input:
            kind = "control" if text.startswith("^") else "data"
            graph.add_edge(text.removeprefix("^"), node.name, kind=kind)
    return graph


@pytest.mark.parametrize("hashes", ["whole", "weak", "none"])
@pytest.mark.parametrize("seed", range(3))
def test_twin_colours_are_those_of_isomorphism(
    seed: int, hashes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if hashes != "whole":
        kept = np.uint64(3 if hashes == "weak" else 0)
        monkeypatch.setattr(structure, "_mix", lambda value: value & kept)
    g = nested(random.Random(seed), 20 if hashes == "whole" else 12)
    found = classes(g)
    graphs = {scope: as_networkx(g, scope) for scope in found if scope and "/" not in scope}
    kinds = nx.algorithms.isomorphism.categorical_node_match("kind", None)
    carry = nx.algorithms.isomorphism.categorical_multiedge_match("kind", None)
    twins = 0
    for one, other in itertools.combinations(graphs, 2):
        a, b = graphs[one], graphs[other]
        alike = nx.is_isomorphic(a, b, node_match=kinds, edge_match=carry)
        twins += alike
        assert (found[one] == found[other] >= 0) == alike, (one, other)
    assert twins


def test_branches_that_can_change_places_are_paired_without_trying(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(twins, "STEPS", 0)
    dice = random.Random(4)
    g = GraphMaker().node("x", "Placeholder")
    for block in range(12):
        scope = f"layer{'ab'[block % 2]}/cell{'cdefgh'[block // 2]}"
        letters = dice.sample("abcdefghijklmnop", 12)
        g.node(f"{scope}/in", "Add", "x")
        for _ in range(3):
            last = f"{scope}/in"
            for _ in range(4):
                name = f"{scope}/n{letters.pop()}"
                g.node(name, "Relu", last)
                last = name
    found = classes(g)
    assert len({kind for name, kind in found.items() if "/" in name}) == 1
    assert found["layera"] == found["layerb"] >= 0


def crown(g: GraphMaker, scope: str, rings: tuple[int, ...]) -> None:
    """Rings in which each of n sources feeds two of n readers: every op looks like every other."""
    for ring, size in enumerate(rings):
        for at in range(size):
            g.node(f"{scope}/s{ring}{at}", "Exp")
        for at in range(size):
            ends = [f"{scope}/s{ring}{(at + by) % size}" for by in (0, 1)]
            g.node(f"{scope}/t{ring}{at}", "Add", *ends)


def test_what_refinement_cannot_tell_apart_is_told_apart() -> None:
    g = GraphMaker()
    for scope, rings in (("a", (6,)), ("b", (3, 3)), ("c", (6,)), ("d", (3, 3))):
        crown(g, scope, rings)
    found = classes(g)
    assert found["a"] == found["c"] >= 0
    assert found["b"] == found["d"] >= 0
    assert found["a"] != found["b"]


def test_a_hash_that_collides_groups_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "_mix", lambda value: value & np.uint64(0))
    g = GraphMaker().node("x", "Placeholder")
    for number in range(20):
        last = "Relu" if number < 10 else "Tanh"
        layer(g, f"layer_{number}", "x", last)
    graph = GraphView(GraphColumns.from_bytes(g.data))
    together = graph.grouped(Grouping(together=frozenset({"layer_*", "layer_*_"})))
    members = {
        node["id"]: node["parent"] for node in together.view(["layer_*", "layer_*_"])["nodes"]
    }
    for number in range(20):
        assert members[f"layer_{number}"] == ("layer_*" if number < 10 else "layer_*_")
