"""What is hidden, isolated and moved in a picture."""

from __future__ import annotations

from typing import Any

import pytest
from graph_maker import GraphMaker, classifier, mobilenet

from opscope.dashboard.graph.choices import Choices
from opscope.dashboard.graph.view import GraphView
from opscope.events.graph_columns import GraphColumns


@pytest.fixture(scope="module")
def whole() -> GraphView:
    return GraphView(GraphColumns.from_bytes(classifier().data))


def drawn(view: dict[str, Any]) -> set[str]:
    return {node["id"] for node in view["nodes"]}


def edges(view: dict[str, Any]) -> set[tuple[str, str]]:
    return {(edge["a"], edge["b"]) for edge in view["edges"]}


def signed(view: dict[str, Any]) -> set[str]:
    return {sign[3] for node in view["nodes"] for sign in node.get("signs", [])}


def choose(graph: GraphView, **names: list[str]) -> Choices:
    return Choices.named(graph.hierarchy, **names)


def test_what_is_hidden_is_gone_with_its_edges(whole: GraphView) -> None:
    before = whole.view(["logits"])
    view = whole.view(["logits"], choices=choose(whole, hidden=["hidden", "init", "nowhere"]))
    assert drawn(before) - drawn(view) == {"hidden", "init"}
    # The line from the scope's border to `MatMul` stood for `hidden`, too.
    border = {("logits", "logits/MatMul")}
    assert edges(view) == {e for e in edges(before) if not {"hidden", "init"} & {*e}} - border
    assert not {"hidden", "init"} & signed(view)
    assert view["hidden"] == ["hidden", "init"]
    assert drawn(whole.view(["logits"])) == drawn(before)


def test_a_hidden_node_inside_a_scope_leaves_no_line_to_the_border(whole: GraphView) -> None:
    choices = choose(whole, hidden=["logits/MatMul"])
    view = whole.view(["logits"], choices=choices)
    assert "logits/MatMul" not in drawn(view)
    assert not any("logits/MatMul" in edge for edge in edges(view))


def test_566_what_is_isolated_stands_alone_with_what_is_around_it(whole: GraphView) -> None:
    choices = choose(whole, isolated=["logits/Relu", "cross_entropy"])
    view = whole.view(["logits", "cross_entropy"], choices=choices)
    inside = {"cross_entropy/Softmax", "cross_entropy/Log", "cross_entropy/mul"}
    assert {"logits", "logits/Relu", "cross_entropy", *inside} <= drawn(view)
    assert not {"logits/MatMul", "hidden", "input", "report"} & drawn(view)
    assert not {"hidden", "input", "train"} & signed(view)
    assert ("logits", "cross_entropy") in edges(view)


def test_looking_for_a_node_brings_it_back(whole: GraphView) -> None:
    choices = choose(whole, hidden=["hidden"], isolated=["logits"])
    view = whole.view([], "hidden/MatMul", choices)
    assert view["revealed"] == "hidden/MatMul"
    assert view["hidden"] == []
    assert set(view["isolated"]) == {"logits", "hidden/MatMul"}
    assert {"logits", "hidden", "hidden/MatMul"} <= drawn(view)


def test_a_hub_comes_into_the_flow_and_a_node_goes_to_the_side() -> None:
    g = GraphMaker()
    for layer in range(12):
        source = [f"layer{layer - 1}/out"] if layer else []
        g.node(f"layer{layer}/in", "Relu", *source).node(f"layer{layer}/out", "Relu")
        g.graph.node[-1].input.append(f"layer{layer}/in")
    g.node("train/op", "AddN", *(f"layer{layer}/out" for layer in range(12)))
    graph = GraphView(GraphColumns.from_bytes(g.data))

    def aside(choices: Choices) -> set[str]:
        return {n["id"] for n in graph.view(choices=choices)["nodes"] if n.get("aside")}

    assert aside(Choices()) == {"train"}
    assert aside(choose(graph, main=["train"], aside=["layer3"])) == {"layer3"}
    joined = edges(graph.view(choices=choose(graph, main=["train"])))
    assert {(f"layer{layer}", "train") for layer in range(12)} <= joined


def test_pr1345_one_level_after_the_other_opens_until_the_picture_is_full() -> None:
    graph = GraphView(GraphColumns.from_bytes(mobilenet()))
    assert graph.within("", 1) == []
    two = graph.within("", 2)
    assert {"train", "Conv1", "block_1_*"} <= set(two)
    assert all("/" not in name for name in two)
    most = graph.within("", 50)
    assert len(graph.drawn(most)) <= 2500
    assert graph.within("train", 2)[0] == "train"
    assert "train/gradients" in graph.within("train", 2)
    assert graph.within("nowhere", 2) == []
