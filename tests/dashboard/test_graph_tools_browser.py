"""Hiding, isolating, moving, undoing, selecting several: by mouse and by keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import graph_ready, node, state, visible, watched_context
from graph_maker import GraphMaker

from opscope.events import EventFileWriter
from opscope.events.proto.event_pb2 import Event

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]


def entry(page: Any, text: str) -> Any:
    return page.get_by_role("menuitem", name=text)


def test_nodes_are_hidden_put_aside_and_brought_back(visit_graph: Visit) -> None:
    page = visit_graph()
    all_names = visible(page)
    node(page, "hidden").click(button="right")
    entry(page, "Hide").click()
    expect(node(page, "hidden")).to_have_count(0)
    assert state(page)["x"] == ["hidden"]
    expect(page.locator(".chosen")).to_contain_text("“hidden” is hidden")
    page.keyboard.press("Control+z")
    expect(node(page, "hidden")).to_have_count(1)
    assert visible(page) == all_names
    page.keyboard.press("Control+Shift+z")
    expect(node(page, "hidden")).to_have_count(0)
    page.locator(".chosen").get_by_text("Show all").click()
    expect(node(page, "hidden")).to_have_count(1)
    # A node beside the flow, and back in it.
    node(page, "report").click(button="right")
    entry(page, "To the side").click()
    page.wait_for_url("**a=report*")
    assert page.locator('.edge[data-b="report"]').count() == 0
    node(page, "report").click(button="right")
    entry(page, "Into the graph").click()
    page.wait_for_url("**m=report*")
    expect(page.locator('.edge[data-b="report"]')).not_to_have_count(0)
    assert "a" not in state(page)
    # Several at once.
    node(page, "hidden").click()
    node(page, "logits").click(modifiers=["Shift"])
    bar = page.get_by_role("toolbar", name="What is selected")
    expect(bar).to_contain_text("2 selected")
    assert state(page)["s"] == ["logits", "hidden"]
    page.reload()
    graph_ready(page)
    expect(bar).to_contain_text("2 selected")
    bar.get_by_text("Hide").click()
    expect(node(page, "logits")).to_have_count(0)
    expect(node(page, "hidden")).to_have_count(0)
    expect(bar).to_be_hidden()


def test_keys_open_the_menu_and_isolate(visit_graph: Visit) -> None:
    page = visit_graph()
    node(page, "logits").click()
    page.keyboard.press("Shift+F10")
    expect(entry(page, "Expand")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(entry(page, "Isolate")).to_be_focused()
    page.keyboard.press("Enter")
    expect(node(page, "logits/MatMul")).to_be_visible()
    expect(node(page, "cross_entropy")).to_have_count(0)
    expect(page.locator(".context-menu")).to_have_count(0)
    assert state(page)["i"] == ["logits"]
    page.reload()
    graph_ready(page)
    assert "cross_entropy" not in visible(page)
    page.locator("#graph-search").fill("Softmax")
    page.locator('[data-hit="cross_entropy/Softmax"]').click()
    expect(node(page, "cross_entropy/Softmax")).to_be_visible()


def test_a_series_is_ungrouped_and_grouped_with_the_rest_of_the_view_kept(
    browser: Any, served: Callable[..., Any], tmp_path: Path
) -> None:
    g = GraphMaker().node("x", "Placeholder").node("s/a", "Exp", "x").node("s/b", "Log", "s/a")
    last = "x"
    for number in range(7):
        last, before = f"step_{number}", last
        g.node(last, "Exp", before)
    g.node("y", "Neg", last, "s/b")
    with EventFileWriter(tmp_path) as writer:
        writer.add_event(Event(graph_def=g.data))
    server = served(tmp_path, reload_interval=0)
    with watched_context(browser, viewport={"width": 1500, "height": 950}) as context:
        page = context.new_page()
        page.goto(f"{server.url}graph?e=s")
        graph_ready(page)
        ungroup_and_group(page)


def ungroup_and_group(page: Any) -> None:
    node(page, "step_*").click(button="right")
    entry(page, "Ungroup").click()
    expect(node(page, "step_3")).to_have_count(1)
    assert {"s/a", "s/b"} <= set(visible(page))
    assert state(page)["u"] == ["step_*"]
    page.reload()
    graph_ready(page)
    node(page, "step_3").click(button="right")
    entry(page, "Group as step_*").click()
    expect(node(page, "step_3")).to_have_count(0)
    assert {"s/a", "s/b", "step_*"} <= set(visible(page))
    node(page, "step_*").dblclick()
    expect(node(page, "step_3")).to_have_count(1)
    node(page, "step_*").click()
    expect(page.locator("#graph-card")).to_contain_text("step_*")


def test_flow_turns_and_the_address_says_so(visit_graph: Visit) -> None:
    page = visit_graph()
    place = "(id) => { const b = document.querySelector(`[data-id='${id}']`)"
    place += ".getBoundingClientRect(); return [b.x, b.y]; }"
    below, above = (page.evaluate(place, name) for name in ("input", "hidden"))
    assert below[1] > above[1]
    page.get_by_label("Direction").select_option("lr")
    page.wait_for_url("**d=lr*")
    # Boxes glide to their places.
    page.wait_for_function(f"() => ({place})('input')[0] < ({place})('hidden')[0]")
    page.reload()
    graph_ready(page)
    assert page.get_by_label("Direction").input_value() == "lr"
    page.locator(".graph-svg").press("Control+z")
    assert page.get_by_label("Direction").input_value() == "lr"
