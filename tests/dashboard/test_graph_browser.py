"""The graph page in headless Chromium, driven as a user drives it: opening, reading, finding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import graph_ready, node, state, visible
from graph_maker import GraphMaker, classifier

from opscope.events import EventFileWriter
from opscope.events.proto.event_pb2 import Event

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.browser

Visit = Callable[..., Any]
FLOAT = 1
TOP = {"input", "hidden", "logits", "cross_entropy", "init", "report"}


def write_graph(folder: Path, graph: bytes) -> None:
    writer = EventFileWriter(str(folder))
    writer.add_event(Event(wall_time=1, graph_def=graph))
    writer.close()


def typed() -> bytes:
    """The classifier with types, and a part of it compiled together."""
    g = classifier()
    for each in g.graph.node:
        if each.name.startswith("logits"):
            each.attr["_XlaCluster"].s = b"cluster_0"
        if each.op == "VariableV2":
            each.attr["dtype"].type = FLOAT
            each.attr["shape"].shape.CopyFrom(each.attr["_output_shapes"].list.shape[0])
        elif each.op not in ("NoOp", "Placeholder"):
            each.attr["T"].type = FLOAT
    return g.data


@pytest.fixture
def graph_logdir(tmp_path: Path) -> Path:
    write_graph(tmp_path / "train", typed())
    return tmp_path


def test_scopes_open_and_close_one_by_one_and_all(visit_graph: Visit) -> None:
    page = visit_graph()
    assert visible(page) == TOP
    expect(node(page, "hidden")).to_have_attribute("aria-expanded", "false")
    node(page, "hidden").dblclick()
    expect(node(page, "hidden/MatMul")).to_be_visible()
    expect(node(page, "hidden")).to_have_attribute("aria-expanded", "true")
    assert state(page)["e"] == ["hidden"]
    # Labels, dashes and arrow heads of what is drawn now.
    dashes = page.locator('.edge.control[data-a="init"]').evaluate(
        "line => getComputedStyle(line).strokeDasharray"
    )
    assert dashes not in ("none", "")
    plain = page.locator('.edge.data[data-a="input"][data-b="hidden"]')
    assert plain.evaluate("line => getComputedStyle(line).strokeDasharray") == "none"
    expect(page.locator('.edge.reference[data-a="hidden/weights"]')).to_have_count(1)
    labels = page.locator(".edge-label").all_text_contents()
    assert {"?×784", "784×32", "scalar"} <= set(labels)
    wide, thin = (
        page.locator(f'.edge[data-a="{a}"][data-b="{b}"]').evaluate(
            "line => parseFloat(line.style.strokeWidth)"
        )
        for a, b in (("hidden/weights", "hidden/MatMul"), ("cross_entropy", "report"))
    )
    assert wide > 2 * thin
    expect(page.locator('.sign.const[data-target="hidden/initial"] circle')).to_have_count(1)
    node(page, "hidden").dblclick(position={"x": 30, "y": 15})
    expect(node(page, "hidden/MatMul")).to_have_count(0)
    assert visible(page) == TOP
    node(page, "logits").hover()
    expect(page.locator('.edge.hover[data-b="logits"]')).not_to_have_count(0)
    node(page, "logits").locator(".fold").click()
    expect(node(page, "logits/Relu")).to_be_visible()
    page.get_by_role("button", name="Open more").click()
    expect(node(page, "cross_entropy/Log")).to_have_count(1)
    expect(page.locator('.sign.summary[data-target="cross_entropy/loss"]')).to_have_count(1)
    page.get_by_role("button", name="Close all").click()
    expect(node(page, "logits/MatMul")).to_have_count(0)
    node(page, "cross_entropy").click(button="right")
    page.get_by_role("menuitem", name="Open more").click()
    expect(node(page, "cross_entropy/Log")).to_have_count(1)
    assert "hidden/MatMul" not in visible(page)


def test_colours_come_with_a_legend_that_finds(visit_graph: Visit) -> None:
    page = visit_graph()
    legend, mode = page.locator("#graph-legend"), page.locator("#graph-colour")
    twins = [node(page, name).get_attribute("data-colour") for name in ("hidden", "logits")]
    assert twins[0] != "none"
    # The part that is compiled together has an attribute of its own: not built otherwise.
    assert twins[0] == twins[1]
    expect(legend).to_contain_text("2 alike")
    mode.select_option("device")
    expect(legend).to_contain_text("CPU:0")
    expect(legend).to_contain_text("CPU:1")
    assert state(page)["c"] == ["device"]
    fill = node(page, "logits").locator(".box").evaluate("box => box.style.fill")
    assert fill.startswith('url("#stripes-')
    offsets = page.locator(f"{fill[5:-2]} stop").evaluate_all(
        "stops => stops.map(stop => stop.getAttribute('offset'))"
    )
    assert offsets == ["0", "0.2", "0.2", "1"]
    assert node(page, "hidden").locator(".box").evaluate("box => box.style.fill") == ""
    for name, told in (("op", "MatMul"), ("dtype", "float32"), ("xla", "cluster_0")):
        mode.select_option(name)
        expect(legend).to_contain_text(told)
    mode.select_option("parameters")
    expect(legend.locator(".ramp")).to_contain_text("25k")
    expect(node(page, "hidden").locator(".count")).to_have_text("25k")
    expect(mode.locator('option[value="time"]')).to_be_disabled()
    # Signs are told, too; what is folded away stays so.
    mode.select_option("op")
    expect(legend.get_by_text("control edge")).to_be_visible()
    legend.get_by_role("button", name="MatMul").click()
    expect(page.locator("#graph-search")).to_have_value("op:MatMul")
    expect(page.locator(".found")).to_have_text("2 found")
    expect(node(page, "hidden")).to_have_class("node scope hit")
    legend.locator("summary").click()
    expect(legend.get_by_text("control edge")).to_be_hidden()
    mode.select_option("none")
    page.wait_for_url("**c=none*")
    expect(legend.get_by_text("control edge")).to_be_hidden()
    expect(node(page, "hidden")).to_have_attribute("data-colour", "none")


def test_the_info_card_leads_from_node_to_node(visit_graph: Visit) -> None:
    page = visit_graph("?run=train&e=cross_entropy")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    node(page, "cross_entropy/Log").click()
    card = page.locator("#graph-card")
    expect(card.locator("h2")).to_have_text("cross_entropy/Log")
    expect(card).to_contain_text("device:CPU:1")
    expect(card).to_contain_text("float32  ?×10")
    expect(card.locator(".section", has_text="Attributes")).to_contain_text("float32")
    card.get_by_role("button", name="Copy the name").click()
    expect(card.locator(".icon-button.done")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == "cross_entropy/Log"
    card.locator('[data-target="cross_entropy/Softmax"]').click()
    expect(card.locator("h2")).to_have_text("cross_entropy/Softmax")
    assert state(page)["s"] == ["cross_entropy/Softmax"]
    card.locator('[data-target="logits/Relu"]').click()
    expect(node(page, "logits/Relu")).to_be_visible()
    node(page, "report").click()
    control = card.locator(".section", has_text="Control inputs")
    expect(control.locator('[data-target="init"]')).to_be_hidden()
    control.locator("summary").click()
    control.locator('[data-target="init"]').click()
    expect(card.locator("h2")).to_have_text("init")
    page.get_by_role("button", name="Fit").click()
    node(page, "hidden").click()
    expect(card.locator(".parameters")).to_contain_text("25,088")
    expect(card.locator(".section", has_text="Built alike")).to_have_count(1)
    card.get_by_role("button", name="Expand").click()
    expect(node(page, "hidden/MatMul")).to_have_count(1)
    card.get_by_role("button", name="Trace inputs").click()
    expect(page.locator(".trace")).to_contain_text("lead to hidden")
    card.get_by_role("button", name="…").click()
    page.get_by_role("menuitem", name="Collapse").click()
    expect(node(page, "hidden/MatMul")).to_have_count(0)
    for _ in range(2):  # the trace, then the selection
        page.locator(".graph-svg").press("Escape")
    expect(card).to_be_hidden()


def test_search_finds_by_each_field_and_reveals(visit_graph: Visit) -> None:
    page = visit_graph()
    page.locator(".graph-svg").press("/")
    query, found = page.locator("#graph-search"), page.locator(".found")
    expect(query).to_be_focused()
    for text, told in (
        ("op:matmul", "2 found"),
        ("device:CPU:1", "9 found"),
        ("dtype:float32", "18 found"),
        ("shape:?x784", "1 found"),
        ("attr:_XlaCluster:cluster_0", "5 found"),
        ("like:hidden", "2 found"),
        ("^hidden/(Mat|Re)", "2 found"),
        ("no such thing", "Nothing found"),
    ):
        query.fill(text)
        expect(found).to_have_text(told)
    query.fill("Log$")
    hit = page.locator('[data-hit="cross_entropy/Log"]')
    expect(hit).to_be_visible()
    expect(node(page, "cross_entropy")).to_have_class("node scope plain hit")
    expect(page.locator(".node.hit")).to_have_count(1)
    query.press("ArrowDown")
    expect(hit).to_be_focused()
    page.keyboard.press("Enter")
    expect(node(page, "cross_entropy/Log")).to_be_visible()
    expect(page.locator("#graph-card h2")).to_have_text("cross_entropy/Log")
    query.fill("op:Relu")
    expect(found).to_have_text("2 found")
    for name in ("hidden/Relu", "logits/Relu"):
        query.press("Enter")
        expect(page.locator("#graph-card h2")).to_have_text(name)
    query.press("Escape")
    expect(query).to_have_value("")
    expect(page.locator(".node.hit")).to_have_count(0)
    expect(page.locator(".graph-svg")).to_be_focused()


def test_the_keyboard_walks_opens_and_fits(visit_graph: Visit) -> None:
    page = visit_graph("?run=train&s=hidden")
    title = page.locator("#graph-card h2")
    page.locator(".graph-svg").focus()
    for key, name in (("ArrowUp", "logits"), ("ArrowDown", "hidden"), ("ArrowUp", "logits")):
        page.keyboard.press(key)
        expect(title).to_have_text(name)
    page.keyboard.press("Enter")
    expect(node(page, "logits/MatMul")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(title).not_to_have_text("logits")
    scale = "window.opscope.graph.stats().scale"
    page.keyboard.press("f")
    whole = page.evaluate(scale)
    page.keyboard.press("+")
    page.wait_for_function(f"() => {scale} > {whole} * 1.2")
    page.keyboard.press("-")
    page.keyboard.press("-")
    page.wait_for_function(f"() => {scale} < {whole} * 0.9")
    page.keyboard.press("f")
    page.wait_for_function(f"() => Math.abs({scale} - {whole}) < 0.01")


def test_the_address_restores_what_was_seen(visit_graph: Visit) -> None:
    # A link as the debugger gives it.
    page = visit_graph("?run=train&s=cross_entropy/Log")
    expect(node(page, "cross_entropy/Log")).to_have_class("node op plain selected")
    expect(page.locator("#graph-card h2")).to_have_text("cross_entropy/Log")
    node(page, "cross_entropy/Sum").click()
    page.locator("#graph-colour").select_option("none")
    page.wait_for_url("**c=none*")
    seen = visible(page)
    page.reload()
    graph_ready(page)
    assert visible(page) == seen
    assert page.evaluate("window.opscope.graph.stats()")["colour"] == "none"
    expect(page.locator("#graph-card h2")).to_have_text("cross_entropy/Sum")


def test_a_growing_graph_is_followed_and_a_run_without_one_says_so(
    visit_graph: Visit, tmp_path: Path
) -> None:
    page = visit_graph("?run=train&e=hidden&s=hidden/MatMul")
    EventFileWriter(str(tmp_path / "bare")).close()
    grown = GraphMaker()
    grown.graph.ParseFromString(typed())
    grown.node("metrics/accuracy", "Mean", "logits/Relu")
    write_graph(tmp_path / "train", grown.data)
    expect(node(page, "metrics")).to_be_visible()
    expect(node(page, "hidden/MatMul")).to_have_class("node op plain selected")
    expect(page.locator('#graph-run option[value="bare"]')).to_have_count(1)
    page.locator("#graph-run").select_option("bare")
    expect(page.locator(".graph-message h1")).to_have_text("Run “bare” has no graph")
    expect(page.locator("#graph-search")).to_be_hidden()
    page.locator("#graph-run").select_option("train")
    expect(node(page, "hidden")).to_be_visible()
    expect(page.locator("#graph-search")).to_be_visible()
