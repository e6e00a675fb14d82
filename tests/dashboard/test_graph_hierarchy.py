"""The scope tree and its counts, against brute force."""

from __future__ import annotations

import random
from collections import Counter

import networkx as nx
import numpy as np
import pytest
from graph_maker import GraphMaker, mobilenet

from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.events.graph_columns import GraphColumns


def hierarchy(maker: GraphMaker) -> Hierarchy:
    return Hierarchy(GraphColumns.from_bytes(maker.data))


def wild(seed: int, count: int = 400) -> GraphMaker:
    """Nodes with random nested names, devices, outputs and control edges, cycles included."""
    dice = random.Random(seed)
    g = GraphMaker()
    names: dict[str, None] = {}
    while len(names) < count:
        names["/".join(dice.choice("abcdeXY") for _ in range(dice.randint(1, 5)))] = None
        count -= 1
    listed = list(names)
    for name in listed:
        ends = [dice.choice(listed) for _ in range(dice.randint(0, 3))]
        marks = [dice.choice(["{}", "{}:1", "^{}"]).format(end) for end in ends]
        op = dice.choice(["Exp", "Add", "Const", "NoOp", "ScalarSummary"])
        g.node(name, op, *marks, device=dice.choice(["", "/device:CPU:0", "/device:CPU:1"]))
    return g


def odd(seed: int) -> GraphMaker:
    """Names that no program should make: empty parts, brackets, control characters."""
    dice = random.Random(seed)
    parts = ["a", "b", "/", "/", "(a)", "_1", "_*", ":", "^", "é", "\n", "..", "[2]", " "]
    g = GraphMaker()
    names = ["".join(dice.choices(parts, k=dice.randint(0, 7))) for _ in range(60)]
    for name in names:
        ends = [dice.choice(["", "^"]) + dice.choice(names) for _ in range(dice.randint(0, 3))]
        g.node(name, dice.choice(["", "Const", "NoOp", "Assign", "VariableV2"]), *ends)
    return g


@pytest.fixture(
    scope="module", params=["mobilenet", "wild 1", "wild 2", "odd 5", "odd 220", "odd 9"]
)
def tree(request: pytest.FixtureRequest) -> Hierarchy:
    kind, _, seed = request.param.partition(" ")
    made = {"mobilenet": mobilenet, "wild": lambda: wild(int(seed)).data}
    data = made.get(kind, lambda: odd(int(seed)).data)()
    return Hierarchy(GraphColumns.from_bytes(data))


def as_digraph(tree: Hierarchy) -> nx.DiGraph:
    """Scopes and nodes as a tree: item -> item."""
    graph = nx.DiGraph()
    graph.add_node(0)
    for item in range(1, tree.m + tree.n):
        graph.add_edge(tree.scope_of(item), item)
    return graph


def test_every_scope_is_an_interval_of_its_nodes(tree: Hierarchy) -> None:
    graph = as_digraph(tree)
    assert nx.is_arborescence(graph)
    for scope in range(tree.m):
        inside = sorted(i - tree.m for i in nx.descendants(graph, scope) if i >= tree.m)
        assert inside == list(range(*tree.interval(scope)))


def test_children_are_listed_once(tree: Hierarchy) -> None:
    listed = [item for scope in range(tree.m) for item in tree.children(scope)]
    assert sorted(listed) == list(range(1, tree.m + tree.n))
    assert all(tree.scope_of(i) == s for s in range(tree.m) for i in tree.children(s))


def test_meta_edges_are_the_edges_between_children(tree: Hierarchy) -> None:
    graph = as_digraph(tree)
    paths = nx.single_source_shortest_path(graph, 0)
    columns = tree.columns
    count: Counter[tuple[int, int, int]] = Counter()
    control: Counter[tuple[int, int, int]] = Counter()
    tensors: dict[tuple[int, int, int], set[tuple[int, int]]] = {}
    for source, target, slot in zip(
        columns.src.tolist(), columns.dst.tolist(), columns.src_slot.tolist(), strict=True
    ):
        a = paths[tree.m + int(tree.rank[source])]
        b = paths[tree.m + int(tree.rank[target])]
        level = 0
        while level < min(len(a), len(b)) - 2 and a[level + 1] == b[level + 1]:
            level += 1
        key = (a[level], a[level + 1], b[level + 1])
        count[key] += 1
        control[key] += slot < 0
        if slot >= 0:
            tensors.setdefault(key, set()).add((source, slot))
    got_count, got_control, got_tensors = {}, {}, {}
    for scope in range(tree.m):
        edges = tree.meta_edges(scope)
        for row in range(len(edges.src)):
            key = (scope, int(edges.src[row]), int(edges.dst[row]))
            got_count[key] = int(edges.count[row])
            got_control[key] = int(edges.control[row])
            got_tensors[key] = int(edges.tensors[row])
            slot = int(tree.slot[edges.sample[row]])
            assert (slot < 0) == (got_count[key] == got_control[key])
    assert got_count == count
    assert {k: v for k, v in got_control.items() if v} == {k: v for k, v in control.items() if v}
    assert {k: v for k, v in got_tensors.items() if v} == {k: len(v) for k, v in tensors.items()}


def test_borders_are_the_edges_that_cross(tree: Hierarchy) -> None:
    for scope in range(0, tree.m, 1 + tree.m // 60):
        lo, hi = tree.interval(scope)
        entering, leaving = tree.border(scope)
        source_in = (tree.src >= lo) & (tree.src < hi)
        target_in = (tree.dst >= lo) & (tree.dst < hi)
        assert sorted(entering) == np.nonzero(~source_in & target_in)[0].tolist()
        assert sorted(leaving) == np.nonzero(source_in & ~target_in)[0].tolist()


def test_counts_per_device_and_op(tree: Hierarchy) -> None:
    for scope in range(0, tree.m, 1 + tree.m // 60):
        nodes = range(*tree.interval(scope))
        devices = Counter(int(tree.device[node]) for node in nodes)
        assert dict(enumerate(tree.device_counts(scope).tolist())) == {
            device: devices[device] for device in range(len(tree.columns.devices))
        }
        ops = Counter(tree.columns.ops[tree.op[node]] for node in nodes)
        assert dict(tree.op_counts(scope)) == ops


def test_names_lead_back_to_their_items(tree: Hierarchy) -> None:
    for item in range(1, tree.m + tree.n):
        assert tree.find(tree.name(item)) == item
    assert tree.find("no/such/name") is None


def test_a_node_named_like_a_scope_moves_into_it() -> None:
    tree = hierarchy(GraphMaker().node("a", "Exp").node("a/b", "Exp", "a").node("ab", "Exp", "a/b"))
    assert tree.names == ["", "a"]
    assert tree.shown == ["a/(a)", "a/b", "ab"]
    assert tree.find("a") == 1
    assert tree.find("a/(a)") == tree.m + 0


def test_constants_alone_make_no_scope_of_their_op() -> None:
    g = GraphMaker().node("s/Mean/axis", "Const").node("s/x", "Exp").node("s/Mean", "Mean", "s/x")
    tree = hierarchy(g.node("consts/only", "Const").node("w/init", "Const").node("w/read", "Exp"))
    assert tree.names == ["", "consts", "s", "w"]
    axis = tree.find("s/Mean/axis")
    assert axis is not None
    assert tree.names[tree.scope_of(axis)] == "s"


def test_crowded_scopes_get_groups() -> None:
    g = GraphMaker()
    for block in range(12):
        for part in ("conv", "bn", "relu", "add"):
            g.node(f"net/block_{block}_{part}/op", "Exp")
    for number in range(60):
        g.node(f"save/Assign{f'_{number}' if number else ''}", "Assign")
    tree = hierarchy(g)
    children = {tree.name(item) for item in tree.children(tree.scope_index["net"])}
    assert children == {f"net/block_{block}_*" for block in range(12)}
    assert [tree.name(i) for i in tree.ancestors(tree.scope_index["net/block_3_bn"])] == [
        "net/block_3_*",
        "net",
    ]
    assert tree.grouped[tree.scope_index["net/block_3_*"]]
    # A scope whose children all belong together keeps them: it is that group already.
    assert "save/Assign_*" not in tree.scope_index


def test_resource_references_lead_from_variables_to_what_changes_them() -> None:
    g = GraphMaker().node("v", "VariableV2").node("c", "Const").node("a", "Assign", "v", "c")
    g.node("h", "VarHandleOp").node("u", "AssignVariableOp", "h", "c").node("r", "Identity", "v")
    tree = hierarchy(g)
    found = {(tree.shown[a], tree.shown[b]) for a, b in zip(tree.src, tree.dst, strict=True)}
    marked = {
        (tree.shown[a], tree.shown[b])
        for a, b, reference in zip(tree.src, tree.dst, tree.reference, strict=True)
        if reference
    }
    assert marked == {("v", "a"), ("h", "u")}
    assert found - marked == {("c", "a"), ("c", "u"), ("v", "r")}


def test_a_graph_without_nodes_has_only_the_root() -> None:
    tree = Hierarchy(GraphColumns.from_bytes(b""))
    assert (tree.m, tree.n, tree.children(0)) == (1, 0, [])
