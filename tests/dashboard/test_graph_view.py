"""The view of a graph: what is drawn, and that it can be drawn."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from graph_maker import GraphMaker, classifier, mobilenet

from opscope.dashboard.graph.lettering import count_text, fit, text_width
from opscope.dashboard.graph.view import GraphView
from opscope.events.graph_columns import GraphColumns


def view_of(maker: GraphMaker | bytes) -> GraphView:
    data = maker if isinstance(maker, bytes) else maker.data
    return GraphView(GraphColumns.from_bytes(data))


def by_id(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["id"]: node for node in view["nodes"]}


def edges(view: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(edge["a"], edge["b"]): edge for edge in view["edges"] if "port" not in edge}


def signs(node: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(kind, side, target) for kind, side, _, target, _, _ in node.get("signs", [])]


@pytest.fixture(scope="module")
def whole() -> GraphView:
    return view_of(classifier())


def test_first_view_shows_the_outermost_scopes(whole: GraphView) -> None:
    view = whole.view()
    assert set(by_id(view)) == {"input", "hidden", "logits", "cross_entropy", "init", "report"}
    assert view["expanded"] == []
    assert by_id(view)["hidden"]["count"] == "5 ops"
    assert view["totals"]["nodes"] == len(classifier().graph.node)


def test_edges_carry_shapes_kinds_and_counts(whole: GraphView) -> None:
    found = edges(whole.view(["hidden", "cross_entropy"]))
    assert found["cross_entropy/Log", "cross_entropy/mul"]["label"] == "?×10"
    assert found["hidden/weights", "hidden/MatMul"]["label"] == "784×32"
    assert found["hidden/weights", "hidden/Assign"]["kind"] == "reference"
    outer = edges(whole.view())
    assert outer["cross_entropy", "report"]["label"] == "scalar"
    assert outer["init", "report"]["kind"] == "control"
    assert outer["input", "hidden"]["label"] == "?×784"
    assert outer["input", "hidden"]["width"] > outer["cross_entropy", "report"]["width"]


def test_6430_all_outputs_of_a_split_are_tensors_of_their_own() -> None:
    g = GraphMaker().node("s/split", "Split", shapes=[(2,), (3,)])
    g.node("c/concat", "Concat", "s/split", "s/split:1", "s/split:1")
    edge = edges(view_of(g).view())["s", "c"]
    assert (edge["label"], edge["count"]) == ("2 tensors", 3)


def test_self_loops_a_node_that_reads_itself_is_marked() -> None:
    view = view_of(GraphMaker().node("a", "NextIteration", "a").node("b", "Exp", "a")).view()
    assert signs(by_id(view)["a"]) == [("loop", "out", "a")]
    assert set(edges(view)) == {("a", "b")}


def test_constants_and_summaries_are_icons_beside_their_node(whole: GraphView) -> None:
    nodes = by_id(whole.view(["cross_entropy"]))
    assert signs(nodes["cross_entropy/Sum"])[:2] == [
        ("const", "in", "cross_entropy/Sum/axis"),
        ("summary", "out", "cross_entropy/loss"),
    ]
    assert not {"cross_entropy/Sum/axis", "cross_entropy/loss", "cross_entropy/tag"} & set(nodes)


def test_hubs_leave_the_picture_for_a_column_at_the_side() -> None:
    g = GraphMaker()
    for number in range(12):
        source = [f"layer{number - 1}/out"] if number else []
        g.node(f"layer{number}/out", "Relu", *source, shape=(-1, 8))
    g.node("train/apply", "Exp", *(f"layer{number}/out" for number in range(12)))
    g.node("init", "NoOp", *(f"^layer{number}/out" for number in range(12)))
    view = view_of(g).view()
    nodes = by_id(view)
    assert {name for name, node in nodes.items() if node.get("aside")} == {"train", "init"}
    assert signs(nodes["layer3"]) == [("stub", "out", "train"), ("stub", "out", "init")]
    assert [sign[2] for sign in nodes["train"]["signs"]][-1] == "8 more"
    assert set(edges(view)) == {(f"layer{n}", f"layer{n + 1}") for n in range(11)}


def test_opening_a_scope_opens_those_around_it() -> None:
    g = GraphMaker().node("a/b/c/d", "Exp").node("x", "Exp", "a/b/c/d")
    view = view_of(g)
    assert view.view(["a/b/c", "no/such", "x"])["expanded"] == ["a", "a/b", "a/b/c"]
    assert by_id(view.view(["a/b/c"]))["a/b/c/d"]["parent"] == "a/b/c"
    revealed = view.view(reveal="a/b/c/d")
    assert (revealed["expanded"], revealed["selected"]) == (["a", "a/b", "a/b/c"], "a/b/c/d")


def test_revealing_an_icon_gives_its_host(whole: GraphView) -> None:
    view = whole.view(reveal="cross_entropy/Sum/axis")
    assert view["selected"] == "cross_entropy/Sum/axis"
    assert view["revealed"] == "cross_entropy/Sum"
    assert whole.view(reveal="gone")["selected"] is None


def test_lines_reach_the_border_of_an_open_scope(whole: GraphView) -> None:
    view = whole.view(["hidden"])
    box = by_id(view)["hidden"]
    inward = [edge for edge in view["edges"] if edge.get("port") == "in"]
    assert [(edge["b"], edge["points"][1]) for edge in inward] == [
        ("hidden/MatMul", box["y"] + box["h"] / 2)
    ]
    arriving = edges(view)["input", "hidden"]["points"]
    assert arriving[-2] == inward[0]["points"][0]
    assert arriving[-1] == box["y"] + box["h"] / 2


def test_views_are_the_same_every_time() -> None:
    wanted = view_of(mobilenet()).view(["train/gradients", "block_3_*"])
    again = view_of(mobilenet())
    again.view(["save"])
    assert again.view(["train/gradients", "block_3_*"]) == wanted


@pytest.mark.parametrize("seed", range(3))
def test_nothing_overlaps_whatever_is_open(seed: int) -> None:
    graph = view_of(mobilenet())
    dice = random.Random(seed)
    opened: list[str] = []
    view = graph.view()
    while len(view["nodes"]) < 300:
        closed = [n["id"] for n in view["nodes"] if n["kind"] == "scope" and not n["open"]]
        opened.append(dice.choice(closed))
        view = graph.view(opened)
    nodes = by_id(view)
    families: dict[str, list[dict[str, Any]]] = {}
    for node in view["nodes"]:
        families.setdefault(node["parent"], []).append(node)
    for parent, members in families.items():
        for a, b in itertools.combinations(members, 2):
            apart = (
                abs(a["x"] - b["x"]) >= (a["w"] + b["w"]) / 2
                or abs(a["y"] - b["y"]) >= (a["h"] + b["h"]) / 2
            )
            assert apart, (a["id"], b["id"])
        if parent:
            box = nodes[parent]
            for node in members:
                assert abs(node["x"] - box["x"]) + node["w"] / 2 <= box["w"] / 2 + 0.2
                assert abs(node["y"] - box["y"]) + node["h"] / 2 <= box["h"] / 2 + 0.2


def test_labels_fit_their_boxes() -> None:
    view = view_of(mobilenet()).view(["train", "block_1_*"])
    for node in view["nodes"]:
        size = 13 if node["kind"] == "scope" else 11.5
        assert text_width(node["label"], size) <= node["w"] - 16
    assert fit("a_very_long_name_indeed_12", 10, 80) == "a_very…eed_12"
    assert [count_text(n) for n in (7, 999, 4500, 27108, 2_300_000)] == [
        "7",
        "999",
        "4.5k",
        "27k",
        "2.3M",
    ]
