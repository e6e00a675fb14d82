"""The window on the graph, motion, the screen reader's tree, the page's functions for scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from browsing import graph_ready, node

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]

MOVING = """() => new Promise(done => {
    const seen = [];
    const look = () => {
        for (const each of document.querySelector('.graph-svg').getAnimations({ subtree: true }))
            if (each.effect.getTiming().duration > 10)
                seen.push(each.effect.getTiming().duration);
        if (seen.length || document.querySelector('[data-id="hidden/MatMul"] > .box')) done(seen);
        else requestAnimationFrame(look);
    };
    look();
})"""


def open_hidden(page: Any) -> list[float]:
    """Durations of what moves when `hidden` opens."""
    expect(node(page, "hidden")).to_be_visible()
    page.evaluate(f"() => {{ window.moving = ({MOVING})(); }}")
    node(page, "hidden").dblclick()
    expect(node(page, "hidden/MatMul")).to_be_visible()
    durations: list[float] = page.evaluate("window.moving")
    return durations


def test_boxes_glide_for_a_quarter_of_a_second_or_not_at_all(visit_graph: Visit) -> None:
    page = visit_graph()
    durations = open_hidden(page)
    assert durations
    assert max(durations) <= 250
    page.get_by_role("button", name="Close all").click()
    expect(node(page, "hidden/MatMul")).to_have_count(0)
    # Who wants things to stand still sees none of it.
    page.emulate_media(reduced_motion="reduce")
    page.wait_for_timeout(300)
    assert open_hidden(page) == []


def test_the_window_moves_by_wheel_drag_map_and_keys(visit_graph: Visit) -> None:
    page = visit_graph()
    scale = "window.opscope.graph.stats().scale"
    whole = page.evaluate(scale)
    room = page.locator(".graph-svg").bounding_box()
    first = transform(page)
    expect(page.locator(".graph-map")).to_be_hidden()
    page.mouse.move(900, 500)
    before = node(page, "hidden").bounding_box()
    page.mouse.wheel(0, -400)
    page.wait_for_function(f"() => {scale} > {whole} * 1.2")
    zoomed = node(page, "hidden").bounding_box()
    assert zoomed["width"] > before["width"]
    # The ground is dragged, and the window on the map.
    page.mouse.move(room["x"] + 20, room["y"] + 20)
    dragged = numbers(transform(page))[0]
    page.mouse.down()
    page.mouse.move(room["x"] + 120, room["y"] + 80, steps=4)
    page.mouse.up()
    at = "document.querySelector('.graph-svg > g').transform.baseVal[0].matrix.e"
    page.wait_for_function(f"() => {at} > {dragged} + 90")
    map_ = page.locator(".graph-map").bounding_box()
    middle = map_["x"] + map_["width"] / 2, map_["y"] + map_["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - 30, middle[1], steps=3)
    page.wait_for_function(f"() => {at} > 300")
    page.mouse.move(middle[0] + 30, middle[1], steps=3)
    page.mouse.up()
    page.wait_for_function(f"() => {at} < 200")
    # The window is in the address.
    page.mouse.move(900, 500)
    page.mouse.wheel(0, -300)
    page.wait_for_url("**v=*")
    page.wait_for_timeout(450)
    moved, place = page.evaluate(scale), transform(page)
    page.reload()
    graph_ready(page)
    assert page.evaluate(scale) == pytest.approx(moved, abs=0.01)
    assert numbers(transform(page)) == pytest.approx(numbers(place), abs=2)
    page.get_by_role("button", name="Fit").click()
    page.wait_for_url(lambda url: "v=" not in url)
    assert transform(page) == first
    node(page, "logits").click()
    page.locator(".graph-svg").press("z")
    page.wait_for_function(f"() => {scale} > {whole} + 0.1")
    box = node(page, "logits").bounding_box()
    middle = (box["x"] + box["width"] / 2 - room["x"]) / room["width"]
    assert 0.2 < middle < 0.6  # beside the card
    page.keyboard.press("Escape")
    page.mouse.dblclick(room["x"] + 60, room["y"] + 60)
    page.wait_for_function(f"() => Math.abs({scale} - {whole}) < 0.01")
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_function(f"() => {scale} > {whole} * 1.2")
    before = page.evaluate(scale)
    touches = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 40), ("touchMove", 50), ("touchMove", 90), ("touchEnd", 0)):
        points = [{"x": 700 + side * apart, "y": 400, "id": side} for side in (0, 1)]
        touches.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": points if apart else []},
        )
    page.wait_for_function(f"() => {scale} > {before} * 1.6")


def transform(page: Any) -> str:
    """Where the drawing stands."""
    place: str = page.locator(".graph-svg > g").get_attribute("transform")
    return place


def numbers(text: str) -> list[float]:
    return [float(each) for each in re.findall(r"-?[\d.]+", text)]


def test_a_screen_reader_gets_a_tree(visit_graph: Visit) -> None:
    page = visit_graph("?run=train&e=hidden&s=hidden/Relu")
    tree = page.get_by_role("tree", name="Graph")
    items = tree.get_by_role("treeitem")
    expect(items).to_have_count(10)
    snapshot = tree.aria_snapshot()
    assert 'treeitem "hidden, 5 ops" [expanded] [level=1]' in snapshot
    assert 'treeitem "hidden/Relu, Relu" [level=2] [selected]' in snapshot
    tree.focus()
    for key, name in (("ArrowDown", "hidden/MatMul"), ("ArrowUp", "hidden/Relu")):
        page.keyboard.press(key)
        expect(node(page, name)).to_have_attribute("aria-selected", "true")
        active = tree.get_attribute("aria-activedescendant")
        assert page.locator(f"#{active}").get_attribute("data-id") == name
    # What is inside a scope comes right after it.
    order = items.evaluate_all("all => all.map(item => item.dataset.id)")
    at = order.index("hidden")
    assert all(name.startswith("hidden/") for name in order[at + 1 : at + 5])


def test_scripts_drive_the_page(visit_graph: Visit) -> None:
    page = visit_graph()
    page.evaluate("window.opscope.graph.expand('logits')")
    assert "logits/MatMul" in page.evaluate("window.opscope.graph.visible()")
    page.evaluate("window.opscope.graph.select('logits/MatMul')")
    stats = page.evaluate("window.opscope.graph.stats()")
    assert (stats["selected"], stats["expanded"]) == ("logits/MatMul", ["logits"])
    assert (
        stats["drawn"] == len(page.evaluate("window.opscope.graph.visible()")) - stats["embedded"]
    )
    page.evaluate("window.opscope.graph.collapse('logits')")
    assert "logits/MatMul" not in page.evaluate("window.opscope.graph.visible()")
