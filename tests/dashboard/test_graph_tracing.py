"""Traces through a graph, checked against networkx."""

from __future__ import annotations

import random
from typing import Any

import networkx as nx
import numpy as np
import pytest
from graph_maker import GraphMaker, classifier, mobilenet

from opscope.dashboard.graph.tracing import Tracer
from opscope.dashboard.graph.view import GraphView
from opscope.events.graph_columns import GraphColumns


def viewed(graph: GraphMaker) -> GraphView:
    return GraphView(GraphColumns.from_bytes(graph.data))


def traced(view: GraphView, answer: dict[str, Any]) -> set[str]:
    names = view.hierarchy.shown
    return {names[node] for low, high in answer["ranges"] for node in range(low, high)}


def tangle(seed: int) -> GraphMaker:
    """Nodes in three scopes with data and control edges, loops among them."""
    dice = random.Random(seed)
    names = [f"{dice.choice(['a', 'a/b', 'c'])}/n{i}" for i in range(60)]
    g = GraphMaker()
    for name in names:
        inputs = dice.sample(names, dice.choice([0, 1, 1, 2]))
        ordered = [f"^{other}" for other in dice.sample(names, dice.choice([0, 0, 1]))]
        g.node(name, "Op", *inputs, *ordered)
    return g


def networks(view: GraphView, control: bool) -> nx.DiGraph:
    tree = view.hierarchy
    net = nx.DiGraph()
    net.add_nodes_from(tree.shown)
    for source, target, slot in zip(tree.src, tree.dst, tree.slot, strict=True):
        if control or slot >= 0:
            net.add_edge(tree.shown[source], tree.shown[target])
    return net


@pytest.mark.parametrize("control", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_outputs_untraced_traces_equal_reachability(seed: int, control: bool) -> None:
    view = viewed(tangle(seed))
    net, tracer = networks(view, control), Tracer(view)
    one, other = view.hierarchy.shown[seed], view.hierarchy.shown[-1 - seed]
    before = traced(view, tracer.trace("inputs", [one], control))
    assert before == nx.ancestors(net, one) | {one}
    after = traced(view, tracer.trace("outputs", [one], control))
    assert after == nx.descendants(net, one) | {one}
    answer = tracer.trace("path", [one, other], control)
    if answer["backward"]:
        one, other = other, one
    forth, back = nx.descendants(net, one) | {one}, nx.ancestors(net, other) | {other}
    between = forth & back
    assert traced(view, answer) == between
    assert answer["total"] == len(between)


def test_a_scope_is_traced_as_a_whole_and_edges_are_named_as_drawn() -> None:
    view = viewed(classifier())
    tracer = Tracer(view)
    answer = tracer.trace("inputs", ["cross_entropy"], False)
    assert ["logits", "cross_entropy"] in answer["edges"]
    assert ["hidden", "init"] not in answer["edges"]
    assert "hidden/Assign" not in traced(view, answer)
    inner = tracer.trace("inputs", ["cross_entropy/Log"], False, ["cross_entropy"])
    assert ["cross_entropy/Softmax", "cross_entropy/Log"] in inner["edges"]
    assert ["cross_entropy/Log", "cross_entropy/mul"] not in inner["edges"]
    ordered = tracer.trace("outputs", ["hidden"], True)
    assert ["hidden", "init"] in ordered["edges"]


def test_ways_through_a_summary_are_those_of_its_host() -> None:
    g = GraphMaker().node("loss", "Sum").node("told", "ScalarSummary", "loss")
    view = viewed(g.node("merged", "MergeSummary", "told").node("end", "Identity", "merged"))
    answer = Tracer(view).trace("inputs", ["end"], False)
    assert answer["edges"] == [["loss", "merged"], ["merged", "end"]]
    drawn = {(edge["a"], edge["b"]) for edge in view.view()["edges"]}
    assert drawn == {("loss", "merged"), ("merged", "end")}


def test_nothing_is_traced_from_what_is_not_there() -> None:
    tracer = Tracer(viewed(classifier()))
    for kind, names in (("inputs", ["gone"]), ("outputs", []), ("path", ["hidden"])):
        assert tracer.trace(kind, names, True)["ranges"] == []


def test_ranges_are_apart_and_rise() -> None:
    tracer = Tracer(GraphView(GraphColumns.from_bytes(mobilenet())))
    answer = tracer.trace("inputs", ["block_4_*"], True)
    ranges = np.array(answer["ranges"])
    assert (ranges[:, 0] < ranges[:, 1]).all()
    assert (ranges[1:, 0] > ranges[:-1, 1]).all()
    assert answer["total"] == (ranges[:, 1] - ranges[:, 0]).sum()
