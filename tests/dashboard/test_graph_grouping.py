"""Series of nodes and of scopes: what becomes one, and how it is taken apart."""

from __future__ import annotations

from typing import Any

import pytest
from graph_maker import GraphMaker, keras, mobilenet

from opscope.dashboard.graph.grouping import Grouping
from opscope.dashboard.graph.view import GraphView
from opscope.events.graph_columns import GraphColumns


def view_of(maker: GraphMaker | bytes) -> GraphView:
    data = maker if isinstance(maker, bytes) else maker.data
    return GraphView(GraphColumns.from_bytes(data))


def by_id(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["id"]: node for node in view["nodes"]}


def steps(stem: str, numbers: list[int], op: str = "Exp") -> GraphMaker:
    """A chain of numbered nodes of one op; 0 is the bare name."""
    g = GraphMaker().node("x", "Placeholder")
    last = "x"
    for number in numbers:
        name = f"{stem}_{number}" if number else stem
        g.node(name, op, last)
        last = name
    return g.node("y", "Neg", last)


def test_bare_name_and_numbered_nodes_are_a_series() -> None:
    nodes = by_id(view_of(steps("step", [0, *range(1, 8)])).view())
    assert set(nodes) == {"x", "step_*", "y"}
    assert (nodes["step_*"]["count"], nodes["step_*"]["series"]) == ("8 × Exp", "connected")


def test_digit_inside_a_name_does_not_hinder() -> None:
    assert "conv2d_*" in by_id(view_of(steps("conv2d", [0, 1, 2, 3, 4])).view())


@pytest.mark.parametrize(
    ("numbers", "series"),
    [([1, 2, 3, 4], False), ([1, 2, 3, 4, 5], True), ([1, 2, 3, 5, 6, 7], False)],
)
def test_five_numbers_in_a_row_make_a_series(numbers: list[int], series: bool) -> None:
    assert ("step_*" in by_id(view_of(steps("step", numbers)).view())) == series


def test_nodes_of_several_ops_are_no_series() -> None:
    g = GraphMaker().node("x", "Placeholder")
    for number in range(6):
        g.node(f"n_{number}", "Exp" if number % 2 else "Log", "x")
    assert not any(node.get("group") for node in view_of(g).view()["nodes"])


def test_a_series_without_edges_between_its_nodes_is_loose() -> None:
    g = GraphMaker().node("x", "Placeholder")
    for number in range(6):
        g.node(f"n_{number}", "Exp", "x")
    assert by_id(view_of(g).view())["n_*"]["series"] == "loose"


def test_constants_stay_beside_what_reads_them() -> None:
    g = GraphMaker().node("x", "Placeholder")
    for number in range(6):
        g.node(f"c_{number}", "Const").node(f"{'abcdef'[number]}", "Add", "x", f"c_{number}")
    view = view_of(g).view()
    assert "c_*" not in by_id(view)
    assert sum(sign[0] == "const" for node in view["nodes"] for sign in node.get("signs", [])) == 6


def test_a_series_taken_apart_and_put_together_again() -> None:
    graph = view_of(steps("a/step", [0, *range(1, 8)]).node("a/other", "Log", "x"))
    apart = graph.grouped(Grouping(apart=frozenset({"a/step_*", "no/such"})))
    nodes = by_id(apart.view(["a"]))
    assert {f"a/step_{n}" for n in range(1, 8)} <= set(nodes)
    assert nodes["a/step"]["offer"] == "a/step_*"
    assert graph.grouped(Grouping(apart=frozenset({"no/such"}))) is graph
    again = apart.grouped(Grouping())
    assert again.view(["a"]) == graph.view(["a"])


def net(count: int, stem: str, extra: int = 0) -> GraphMaker:
    g = GraphMaker().node("x", "Placeholder")
    last = "x"
    for number in range(count):
        scope = f"{stem}_{number}" if stem else "qwertyuiop"[number] + "_cell"
        g.node(f"{scope}/mul", "Mul", last).node(f"{scope}/relu", "Relu", f"{scope}/mul")
        last = f"{scope}/relu"
    for number in range(extra):
        g.node(f"other{'abcdefghij'[number % 10] * (number // 10 + 1)}/op", "Neg", "x")
    return g.node("y", "Neg", last)


def test_repeated_scopes_are_grouped_where_there_are_too_many() -> None:
    few, many = view_of(net(12, "layer")), view_of(net(12, "layer", 32))
    assert {"layer_0", "layer_11"} <= set(by_id(few.view()))
    nodes = by_id(many.view())
    assert "layer_*" in nodes
    assert "layer_3" not in nodes
    assert nodes["layer_*"]["count"] == "24 ops"
    opened = by_id(many.view(["layer_*"]))
    assert opened["layer_3"]["parent"] == "layer_*"


def test_ungroup_collapses_nothing_and_scopes_are_grouped_by_hand() -> None:
    graph = view_of(net(12, "layer"))
    assert by_id(graph.view())["layer_4"]["offer"] == "layer_*"
    together = graph.grouped(Grouping(together=frozenset({"layer_*"})))
    assert set(by_id(together.view())) == {"x", "layer_*", "y"}
    # What was open inside stays open.
    view = together.view(["layer_3"])
    assert view["expanded"] == ["layer_*", "layer_3"]


def test_a_chain_of_twins_needs_no_numbers() -> None:
    graph = view_of(net(6, ""))
    offer = by_id(graph.view())["q_cell"]["offer"]
    assert offer == "q_cell…y_cell"
    together = graph.grouped(Grouping(together=frozenset({offer})))
    assert set(by_id(together.view())) == {"x", offer, "y"}


def test_scopes_built_otherwise_are_no_series() -> None:
    g = net(6, "layer")
    g.node("layer_2/more", "Exp", "layer_2/mul")
    assert not any("offer" in node for node in view_of(g).view()["nodes"])


def test_groups_by_prefix_are_taken_apart_too() -> None:
    graph = view_of(mobilenet())
    apart = graph.grouped(Grouping(apart=frozenset({"block_3_*"})))
    nodes = by_id(apart.view())
    assert "block_3_*" not in nodes
    inside = [name for name in nodes if name.startswith("block_3_")]
    assert inside
    assert all(nodes[name]["offer"] == "block_3_*" for name in inside)


def test_layers_named_by_kind_are_cut_along_the_flow() -> None:
    graph = view_of(keras(30))
    view = graph.view()
    nodes = by_id(view)
    blocks = [name for name in nodes if nodes[name].get("group")]
    assert len(blocks) >= 4
    assert not any(name.endswith("_*") for name in nodes)
    # Each passes on to one other: a chain from the input to the loss.
    pairs = [(edge["a"], edge["b"]) for edge in view["edges"]]
    assert len(pairs) == len(nodes) - 1
    assert (
        len({source for source, _ in pairs}) == len({target for _, target in pairs}) == len(pairs)
    )
    inside = by_id(graph.view([blocks[0]]))
    assert {name for name in inside if inside[name]["parent"] == blocks[0]} > {"conv2d"}
    apart = by_id(graph.grouped(Grouping(apart=frozenset({blocks[0]}))).view())
    assert apart["conv2d"]["offer"] == blocks[0]
    assert set(blocks[1:]) <= set(apart)


def test_a_few_such_layers_are_left_as_they_are() -> None:
    assert not any(node.get("group") for node in view_of(keras(10)).view()["nodes"])


def test_many_repeated_scopes_are_grouped_though_their_number_stands_amid_the_name() -> None:
    g = GraphMaker().node("x", "Placeholder")
    last = "x"
    for number in range(1, 17):
        scope = f"stage{number}_conv2d_unit"
        g.node(f"{scope}/mul", "Mul", last).node(f"{scope}/relu", "Relu", f"{scope}/mul")
        last = f"{scope}/relu"
    graph = view_of(g.node("y", "Neg", last))
    assert set(by_id(graph.view())) == {"x", "stage*_conv2d_unit", "y"}
    apart = graph.grouped(Grouping(apart=frozenset({"stage*_conv2d_unit"})))
    assert by_id(apart.view())["stage7_conv2d_unit"]["offer"] == "stage*_conv2d_unit"


def crowd(names: list[str]) -> GraphMaker:
    """A scope of one op for each name, no two ops joined."""
    g = GraphMaker().node("x", "Placeholder")
    for at, name in enumerate(names):
        g.node(f"{name}/op", ("Exp", "Log", "Neg")[at % 3], "x")
    return g


def test_a_group_that_is_crowded_is_divided() -> None:
    names = [f"conv4_block{block}_{part}" for block in range(9) for part in "abcdef"]
    tree = view_of(
        crowd([*names, "pool", *(f"conv5_block1_{part}" for part in "abcdef")])
    ).hierarchy
    assert tree.name(tree.scope_of(tree.find("conv4_block7_c") or 0)) == "conv4_block7_*"
    assert tree.name(tree.scope_of(tree.find("conv4_block7_*") or 0)) == "conv4_*"
    assert tree.name(tree.scope_of(tree.find("conv5_block1_c") or 0)) == "conv5_*"


def test_groups_that_are_too_many_go_into_one() -> None:
    names = [f"block_{block}_{part}" for block in range(50) for part in "abc"]
    graph = view_of(crowd([*names, "stem", "head"]))
    assert set(by_id(graph.view())) >= {"block_*", "stem", "head"}
    assert "block_7_*" not in by_id(graph.view())
    opened = by_id(graph.view(["block_7_*"]))
    assert opened["block_7_a"]["parent"] == "block_7_*"
    assert opened["block_7_*"]["parent"] == "block_*"


def test_572_nothing_is_grouped_for_who_wants_no_groups() -> None:
    g = net(12, "layer", 32)
    for number in range(6):
        g.node(f"step_{number}", "Exp", "x")
    graph = view_of(g)
    assert {"layer_*", "step_*"} <= set(by_id(graph.view()))
    apart = graph.grouped(Grouping(apart=frozenset({"*"})))
    nodes = by_id(apart.view())
    assert not any(node.get("group") for node in nodes.values())
    assert {"layer_3", "step_5"} <= set(nodes)
    assert nodes["step_5"]["offer"] == "step_*"
    one = graph.grouped(Grouping(frozenset({"*"}), frozenset({"step_*"})))
    groups = {name for name, node in by_id(one.view()).items() if node.get("group")}
    assert groups == {"step_*"}
