"""In whatever state, every edge of a graph stands in exactly one place of its picture.

What is wanted comes from the GraphDef by brute force, with all calls of functions written out.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter, defaultdict
from typing import NamedTuple

import networkx as nx
import pytest
from edge_geometry import cuts
from function_graphs import random_functions, written_out
from graph_maker import keras, mobilenet
from wild_graphs import wild_graph

from opscope.dashboard.graph.choices import Choices
from opscope.dashboard.graph.detail import detail
from opscope.dashboard.graph.grouping import Grouping
from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.dashboard.graph.picture import Picture
from opscope.dashboard.graph.view import GraphView
from opscope.events.graph_calls import expand_calls
from opscope.events.graph_columns import GraphColumns
from opscope.events.proto.graph_pb2 import GraphDef


class Pair(NamedTuple):
    """An item, another one, in the scope they are drawn in."""

    scope: int
    a: int
    b: int


class Wanted:
    """How many edges of a graph each pair of items has to show, in one state of the picture."""

    def __init__(
        self,
        tree: Hierarchy,
        edges: Counter[tuple[str, str, int, bool]],
        drawn: dict[int, set[int]],
    ) -> None:
        """`drawn` has, for each scope that is seen open, the children to be drawn."""
        between: dict[bool, Counter[Pair]] = {False: Counter(), True: Counter()}
        entering: Counter[Pair] = Counter()
        leaving: Counter[Pair] = Counter()
        graph = nx.DiGraph((tree.scope_of(item), item) for item in range(1, tree.m + tree.n))
        path = nx.single_source_shortest_path(graph, 0)
        self.hidden = self.inside = 0
        self.given: Counter[Pair] = Counter()
        for (a, b, _, control), count in edges.items():
            up, down = (path[tree.m + int(tree.rank[tree.columns.index[name]])] for name in (a, b))
            at = sum(x == y for x, y in zip(up[:-1], down[:-1], strict=False))
            scope, top_a, top_b = up[at - 1], up[at], down[at]
            if scope not in drawn:
                self.inside += count
            elif not {top_a, top_b} <= drawn[scope]:
                self.hidden += count
            else:
                between[control][Pair(scope, top_a, top_b)] += count
                for ends, outside, found in ((up, top_b, leaving), (down, top_a, entering)):
                    for outer, inner in itertools.pairwise(ends[at:]):
                        if outer not in drawn or inner not in drawn[outer]:
                            break
                        found[Pair(outer, inner, outside)] += count
                        if found is leaving and not control:
                            self.given[Pair(outer, inner, outside)] += count
        self.data, self.control = between[False], between[True]
        self.entering, self.leaving = entering, leaving


class Shown:
    """What the levels of a picture show, checked against what is wanted."""

    def __init__(self, picture: Picture, wanted: Wanted, drawn: dict[int, set[int]]) -> None:
        self.tree = picture.hierarchy
        self.levels = {scope: picture.level(scope) for scope in drawn}
        self.wanted = wanted
        for scope, level in self.levels.items():
            items = {*level.main, *level.aside, *level.host}
            assert items == drawn[scope]
            assert len(items) == len(level.main) + len(level.aside) + len(level.host)

    def op(self, item: int) -> str:
        return (
            self.tree.columns.ops[self.tree.op[item - self.tree.m]] if item >= self.tree.m else ""
        )

    def check(self) -> None:
        """Raises where an edge is not shown, or more than once, or what is shown is no edge."""
        moved: Counter[Pair] = Counter()
        icons: dict[int, Counter[tuple[int, str, int]]] = defaultdict(Counter)
        loops: Counter[Pair] = Counter()
        for counts, control in ((self.wanted.data, False), (self.wanted.control, True)):
            for (scope, a, b), count in counts.items():
                host = self.levels[scope].host
                if a == b:
                    loops[Pair(scope, a, b)] += count
                elif not control and a in host and self.op(a).endswith("Const"):
                    if b not in host:  # what reads a constant has its icon
                        icons[scope][b, "const", a] = 1
                elif not control and host.get(b) == a:
                    icons[scope][a, "summary", b] = 1
                elif host.get(a, a) != host.get(b, b):
                    moved[Pair(scope, host.get(a, a), host.get(b, b))] += count
        got: Counter[Pair] = Counter()
        stubs: Counter[tuple[int, int, str, int]] = Counter()
        for scope, level in self.levels.items():
            lines = {(link.src, link.dst) for link in level.links}
            assert len(lines) == len(level.links)
            for link in level.links:
                got[Pair(scope, link.src, link.dst)] += link.count
            found: Counter[tuple[int, str, int]] = Counter()
            for item, marks in level.marks.items():
                for mark in marks:
                    if mark.kind in ("const", "summary"):
                        found[item, mark.kind, mark.target] += 1
                    elif mark.kind == "loop":
                        assert mark.count == loops.pop(Pair(scope, item, item))
                    else:
                        assert (scope, item, mark.side, mark.target) not in stubs
                        stubs[scope, item, mark.side, mark.target] = mark.count
            assert found == icons[scope], self.tree.names[scope]
        assert not loops
        for pair in moved:
            pair_of_stubs = (
                stubs.pop((pair.scope, pair.a, "out", pair.b), None),
                stubs.pop((pair.scope, pair.b, "in", pair.a), None),
            )
            if pair not in got:
                got[pair] = pair_of_stubs[0] or 0
                assert pair_of_stubs[0] == pair_of_stubs[1]
            else:
                assert pair_of_stubs == (None, None)
        assert got == moved
        self._check_borders(stubs)
        assert not stubs

    def _check_borders(self, stubs: Counter[tuple[int, int, str, int]]) -> None:
        """Inside an open scope an edge goes on to its border, or is a stub there."""
        data = defaultdict(set)
        for side, found in (("in", self.wanted.entering), ("out", self.wanted.leaving)):
            moved: Counter[Pair] = Counter()
            for (scope, item, outside), count in found.items():
                pair, host = Pair(scope, item, outside), self.levels[scope].host
                if side == "out" and item in host and self.op(item).endswith("Const"):
                    # An icon gives data to hubs alone, which no line leads to.
                    given = self.wanted.given[pair]
                    aside = self.levels[self.tree.scope_of(outside)].aside
                    assert outside in aside or not given
                    if given == count:
                        continue
                    count -= given
                moved[Pair(scope, host.get(item, item), outside)] += count
            for (scope, item, outside), count in moved.items():
                level = self.levels[scope]
                joined = level.entry if side == "in" else level.leave
                stub = stubs.pop((scope, item, side, outside), None)
                assert stub in (None, count)
                if stub is None:
                    assert item in joined, self.tree.name(item)
                    data[scope, side].add(item)
        for scope, level in self.levels.items():
            assert data[scope, "in"] == set(level.entry)
            assert data[scope, "out"] == set(level.leave)


def open_some(tree: Hierarchy, dice: random.Random) -> set[int]:
    """Open scopes, each with all those around it."""
    opened = {0}
    for scope in range(1, tree.m):
        if int(tree.parent[scope]) in opened and dice.random() < 0.6:
            opened.add(scope)
    return opened


def seen(tree: Hierarchy, opened: set[int], choices: Choices) -> dict[int, set[int]]:
    """The children drawn in each scope that is seen open."""
    drawn: dict[int, set[int]] = {}
    waiting = [0]
    while waiting:
        scope = waiting.pop()
        drawn[scope] = set()
        for item in tree.children(scope):
            alone = choices.isolated
            above = {item, *tree.ancestors(item)}
            below = any(item in tree.ancestors(other) for other in alone)
            if above & choices.hidden or (alone and not (above & alone or below)):
                continue
            drawn[scope].add(item)
            if item in opened:
                waiting.append(item)
    return drawn


def choose(tree: Hierarchy, dice: random.Random) -> Choices:
    """Things hidden, isolated, moved to the side and into the flow, as somebody might."""
    names = [tree.name(item) for item in range(1, tree.m + tree.n)]

    def some(chance: float) -> list[str]:
        return dice.sample(names, 4) if dice.random() < chance else []

    return Choices.named(tree, some(0.6), some(0.3), some(0.6), some(0.6), lr=dice.random() < 0.5)


def regroup(view: GraphView, dice: random.Random) -> GraphView:
    """The same graph with some groups taken apart and others put together."""
    apart = [
        n for n, made in zip(view.hierarchy.names, view.hierarchy.grouped, strict=True) if made
    ]
    together = sorted({n["offer"] for n in view.view()["nodes"] if "offer" in n})
    kinds = [frozenset(), frozenset({"*"}), frozenset(n for n in apart if dice.random() < 0.5)]
    return view.grouped(Grouping(dice.choice(kinds), frozenset(together)))


@pytest.mark.parametrize("source", ["keras", "mobilenet", *range(5), 36])
def test_every_edge_is_drawn_once_in_every_state(source: str | int) -> None:
    made = {"mobilenet": mobilenet, "keras": lambda: keras(30).data}.get(str(source))
    graph = GraphDef.FromString(made()) if made else wild_graph(int(source))
    data = graph.SerializeToString()
    names, edges = written_out(graph)
    whole = GraphView(expand_calls(GraphColumns.from_bytes(data)))
    assert set(whole.hierarchy.columns.names) == names
    dice = random.Random(str(source))
    places = 0
    for turn in range(1 if source == "mobilenet" else 4):
        view = regroup(whole, dice) if turn else whole
        tree = view.hierarchy
        choices = choose(tree, dice) if turn else Choices()
        drawn = seen(tree, open_some(tree, dice), choices)
        wanted = Wanted(tree, edges, drawn)
        assert sum(wanted.data.values()) + sum(
            wanted.control.values()
        ) + wanted.hidden + wanted.inside == sum(edges.values())
        Shown(Picture(tree, choices), wanted, drawn).check()
        places += sum(wanted.data.values())
    assert places > 200


@pytest.mark.parametrize("seed", range(3))
def test_1791_no_boxes_overlap_and_no_line_cuts_one_in_any_state(seed: int) -> None:
    data = wild_graph(seed).SerializeToString()
    whole = GraphView(expand_calls(GraphColumns.from_bytes(data)))
    dice = random.Random(seed)
    for _ in range(3):
        view = regroup(whole, dice)
        tree = view.hierarchy
        choices = choose(tree, dice)
        opened = [tree.names[scope] for scope in open_some(tree, dice) if scope]
        drawn = view.view(opened, choices=choices)
        families: dict[str, list[dict[str, float]]] = defaultdict(list)
        for node in drawn["nodes"]:
            families[node["parent"]].append(node)
        boxes = {node["id"]: node for node in drawn["nodes"]}
        for parent, members in families.items():
            for a, b in itertools.combinations(members, 2):
                beside = abs(a["x"] - b["x"]) >= (a["w"] + b["w"]) / 2 - 0.1
                assert beside or abs(a["y"] - b["y"]) >= (a["h"] + b["h"]) / 2 - 0.1, (a, b)
            for node in members if parent else ():
                box = boxes[parent]
                assert abs(node["x"] - box["x"]) + node["w"] / 2 <= box["w"] / 2 + 0.2
                assert abs(node["y"] - box["y"]) + node["h"] / 2 <= box["h"] / 2 + 0.2
        assert [(edge["a"], edge["b"], box) for edge, box in cuts(drawn)] == []
        again = GraphView(expand_calls(GraphColumns.from_bytes(data))).grouped(view.grouping)
        assert again.view(opened, choices=choices) == drawn


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
