"""The graph page in headless Chromium, driven as a user drives it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import node, state, visible
from graph_maker import GraphMaker, classifier

from opscope.dashboard.server import Server
from opscope.events import EventFileWriter
from opscope.events.proto.event_pb2 import Event

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.browser

Serve = Callable[..., Server]
Visit = Callable[..., Any]


def write_graph(folder: Path, graph: bytes) -> None:
    writer = EventFileWriter(str(folder))
    writer.add_event(Event(wall_time=1, graph_def=graph))
    writer.close()


TOP = {"input", "hidden", "logits", "cross_entropy", "init", "report"}


def test_a_double_click_opens_and_closes_a_scope(visit_graph: Visit) -> None:
    page = visit_graph()
    assert visible(page) == TOP
    expect(node(page, "hidden")).to_have_attribute("aria-expanded", "false")
    node(page, "hidden").dblclick()
    expect(node(page, "hidden/MatMul")).to_be_visible()
    expect(node(page, "hidden")).to_have_attribute("aria-expanded", "true")
    assert state(page)["e"] == ["hidden"]
    node(page, "hidden").dblclick()
    expect(node(page, "hidden/MatMul")).to_have_count(0)
    assert visible(page) == TOP


def test_the_button_on_a_scope_opens_it_too(visit_graph: Visit) -> None:
    page = visit_graph()
    node(page, "logits").hover()
    node(page, "logits").locator(".fold").click()
    expect(node(page, "logits/Relu")).to_be_visible()


def test_edges_show_what_they_are(visit_graph: Visit) -> None:
    page = visit_graph("?run=train&e=hidden")
    dashes = page.locator('.edge.control[data-a="init"]').evaluate(
        "line => getComputedStyle(line).strokeDasharray"
    )
    assert dashes not in ("none", "")
    plain = page.locator('.edge.data[data-a="input"][data-b="hidden"]')
    assert plain.evaluate("line => getComputedStyle(line).strokeDasharray") == "none"
    expect(page.locator('.edge.reference[data-a="hidden/weights"]')).to_have_count(1)
    labels = page.locator(".edge-label").all_text_contents()
    assert {"?×784", "784×32", "scalar"} <= set(labels)


def test_device_colours_come_with_a_legend_and_stripes(visit_graph: Visit) -> None:
    page = visit_graph()
    page.locator("#graph-colour").select_option("device")
    expect(page.locator("#graph-legend")).to_contain_text("CPU:0")
    expect(page.locator("#graph-legend")).to_contain_text("CPU:1")
    fill = node(page, "logits").locator(".box").evaluate("box => box.style.fill")
    assert fill.startswith('url("#stripes-')
    offsets = page.locator(f"{fill[5:-2]} stop").evaluate_all(
        "stops => stops.map(stop => stop.getAttribute('offset'))"
    )
    assert offsets == ["0", "0.2", "0.2", "1"]
    whole = node(page, "hidden").locator(".box")
    assert whole.evaluate("box => box.style.fill") == ""
    assert state(page)["c"] == ["device"]


def test_the_info_card_leads_from_node_to_node(visit_graph: Visit) -> None:
    page = visit_graph("?run=train&e=cross_entropy")
    node(page, "cross_entropy/Log").click()
    card = page.locator("#graph-card")
    expect(card.locator("h2")).to_have_text("cross_entropy/Log")
    expect(card).to_contain_text("device:CPU:1")
    expect(card).to_contain_text("?×10")
    card.locator('[data-target="cross_entropy/Softmax"]').click()
    expect(card.locator("h2")).to_have_text("cross_entropy/Softmax")
    assert state(page)["s"] == ["cross_entropy/Softmax"]
    card.locator('[data-target="logits/Relu"]').click()
    expect(node(page, "logits/Relu")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".graph-svg").focus()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()


def test_search_finds_and_reveals(visit_graph: Visit) -> None:
    page = visit_graph()
    page.locator("#graph-search").fill("Log$")
    hit = page.locator('[data-hit="cross_entropy/Log"]')
    expect(hit).to_be_visible()
    expect(node(page, "cross_entropy")).to_have_class(r"node scope plain hit")
    hit.click()
    expect(node(page, "cross_entropy/Log")).to_be_visible()
    expect(page.locator("#graph-card h2")).to_have_text("cross_entropy/Log")
    page.locator("#graph-search").fill("no such thing")
    expect(page.locator(".found")).to_have_text("Nothing found")


def test_a_link_of_the_debugger_shows_its_node(visit_graph: Visit) -> None:
    page = visit_graph("?run=train&s=cross_entropy/Log")
    expect(node(page, "cross_entropy/Log")).to_have_class("node op plain selected")
    expect(page.locator("#graph-card h2")).to_have_text("cross_entropy/Log")


def test_the_address_restores_what_was_seen(visit_graph: Visit) -> None:
    page = visit_graph()
    node(page, "cross_entropy").dblclick()
    node(page, "cross_entropy/Sum").click()
    page.locator("#graph-colour").select_option("none")
    seen = visible(page)
    page.reload()
    page.evaluate("window.opscope.graph.ready")
    assert visible(page) == seen
    assert page.evaluate("window.opscope.graph.stats()")["colour"] == "none"
    expect(page.locator("#graph-card h2")).to_have_text("cross_entropy/Sum")


def test_the_keyboard_walks_and_opens(visit_graph: Visit) -> None:
    page = visit_graph("?run=train&s=hidden")
    page.locator(".graph-svg").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#graph-card h2")).to_have_text("logits")
    page.keyboard.press("Enter")
    expect(node(page, "logits/MatMul")).to_be_visible()


def test_wheel_and_drag_move_the_picture(visit_graph: Visit) -> None:
    page = visit_graph()
    before = node(page, "hidden").bounding_box()
    page.mouse.move(900, 500)
    page.mouse.wheel(0, -400)
    page.wait_for_function("window.opscope.graph.stats().scale > 1.2")
    zoomed = node(page, "hidden").bounding_box()
    assert zoomed["width"] > before["width"]
    page.mouse.move(400, 120)
    page.mouse.down()
    page.mouse.move(500, 180, steps=4)
    page.mouse.up()
    page.wait_for_function(
        f"""document.querySelector('[data-id="hidden"]').getBoundingClientRect().x
        > {zoomed["x"]} + 60"""
    )


def test_a_growing_graph_is_followed_with_its_state(visit_graph: Visit, tmp_path: Path) -> None:
    page = visit_graph("?run=train&e=hidden&s=hidden/MatMul")
    grown = GraphMaker()
    grown.graph.CopyFrom(classifier().graph)
    grown.node("metrics/accuracy", "Mean", "logits/Relu")
    write_graph(tmp_path / "train", grown.data)
    expect(node(page, "metrics")).to_be_visible()
    expect(node(page, "hidden/MatMul")).to_have_class("node op plain selected")


def test_a_run_without_a_graph_says_so(visit_graph: Visit, tmp_path: Path) -> None:
    EventFileWriter(str(tmp_path / "bare")).close()
    page = visit_graph()
    expect(page.locator('#graph-run option[value="bare"]')).to_have_count(1)
    page.locator("#graph-run").select_option("bare")
    expect(page.locator(".graph-message h1")).to_have_text("Run “bare” has no graph")
    page.locator("#graph-run").select_option("train")
    expect(node(page, "hidden")).to_be_visible()
