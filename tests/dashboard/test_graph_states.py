"""At any set of open scopes, every edge of the graph stands in exactly one place of the picture."""

from __future__ import annotations

import random
from collections import Counter

import networkx as nx
import pytest
from function_graphs import random_functions
from graph_maker import mobilenet

from opscope.dashboard.graph.choices import NOTHING
from opscope.dashboard.graph.detail import detail
from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.dashboard.graph.level import Level
from opscope.dashboard.graph.picture import Picture
from opscope.dashboard.graph.view import GraphView
from opscope.events.graph_calls import expand_calls
from opscope.events.graph_columns import GraphColumns


def places(level: Level, a: int, b: int) -> int:
    """How often an edge between two items of a level is drawn: lines, pairs of stubs, icons."""
    lines = sum(link.src == a and link.dst == b for link in level.links)
    leaving = sum(m.kind in ("stub", "loop") and m.target == b for m in _out(level, a))
    if a == b:
        return lines + leaving
    entering = sum(
        m.kind == "stub" and m.side == "in" and m.target == a for m in level.marks.get(b, ())
    )
    assert leaving == entering
    return lines + leaving + (a in level.host or b in level.host)


def _out(level: Level, item: int) -> list[object]:
    return [mark for mark in level.marks.get(item, ()) if mark.side == "out"]


def random_state(tree: Hierarchy, dice: random.Random) -> set[int]:
    """Open scopes, each with all those around it."""
    opened: set[int] = {0}
    for scope in range(1, tree.m):
        if int(tree.parent[scope]) in opened and dice.random() < 0.5:
            opened.add(scope)
    return opened


@pytest.mark.parametrize("source", ["mobilenet", *range(8)])
def test_every_edge_is_drawn_once_in_every_state(source: str | int) -> None:
    is_mobilenet = source == "mobilenet"
    data = mobilenet() if is_mobilenet else random_functions(int(source)).SerializeToString()
    columns = expand_calls(GraphColumns.from_bytes(data))
    tree = Hierarchy(columns)
    picture = Picture(tree, NOTHING)
    graph = nx.DiGraph((tree.scope_of(item), item) for item in range(1, tree.m + tree.n))
    path = nx.single_source_shortest_path(graph, 0)
    dice = random.Random(str(source))
    for _ in range(3):
        opened = random_state(tree, dice)
        wanted: Counter[tuple[int, int, int]] = Counter()
        inside: Counter[int] = Counter()
        for a, b in zip(columns.src.tolist(), columns.dst.tolist(), strict=True):
            up, down = (path[tree.m + int(tree.rank[end])] for end in (a, b))
            shared = sum(x == y for x, y in zip(up[:-1], down[:-1], strict=False))
            scope = up[shared - 1]
            if scope in opened:
                wanted[scope, up[shared], down[shared]] += 1
            else:
                inside[scope] += 1
        got: Counter[tuple[int, int, int]] = Counter()
        for scope in opened:
            level = picture.level(scope)
            edges = tree.meta_edges(scope)
            rows = zip(edges.src.tolist(), edges.dst.tolist(), edges.count.tolist(), strict=True)
            for a, b, count in rows:
                assert places(level, a, b) == 1, (tree.name(a), tree.name(b))
                got[scope, a, b] += count
            drawn = Counter((link.src, link.dst) for link in level.links)
            assert set(drawn) <= set(zip(edges.src.tolist(), edges.dst.tolist(), strict=True))
        assert got == wanted
        assert sum(wanted.values()) + sum(inside.values()) == len(columns.src)


def test_a_library_name_leads_to_every_place_a_function_is_called() -> None:
    graph = random_functions(3)
    tree = Hierarchy(expand_calls(GraphColumns.from_bytes(graph.SerializeToString())))
    for function, scopes in tree.columns.calls.items():
        name = f"__function_library__/{function}"
        if function in tree.columns.bodies:
            continue
        assert {tree.name(item) for item in tree.called(f"{name}/x")} == {s + "x" for s in scopes}
        assert all(f"{name}/x" in tree.library_names(scope + "x") for scope in scopes)
        assert tree.find(f"{name}/x") in tree.called(f"{name}/x")
        assert tree.name(tree.find(name) or 0) == scopes[0][:-1]
    assert tree.find("__function_library__/other") is None


def test_the_card_of_a_call_leads_to_the_body_it_shows() -> None:
    graph = random_functions(3)
    view = GraphView(expand_calls(GraphColumns.from_bytes(graph.SerializeToString())))
    seen = 0
    for node in graph.node:
        tree = view.hierarchy
        card = detail(view, tree.shown[tree.rank[tree.columns.index[node.name]]])
        assert card is not None
        for function in card["functions"]:
            assert function["id"].startswith(node.name)
            assert view.hierarchy.find(function["id"] + "/x") is not None
            seen += 1
    assert seen > 5
