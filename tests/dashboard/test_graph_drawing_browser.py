"""How the graph is drawn: motion, zoom to the selection, the screen reader's tree, the legend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browsing import node

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


def test_boxes_glide_for_a_quarter_of_a_second_at_most(visit_graph: Visit) -> None:
    durations = open_hidden(visit_graph())
    assert durations
    assert max(durations) <= 250


def test_nothing_moves_for_who_wants_it_still(visit_graph: Visit) -> None:
    page = visit_graph(before=lambda tab: tab.emulate_media(reduced_motion="reduce"))
    assert open_hidden(page) == []


def test_z_zooms_to_the_selection_and_the_ground_fits(visit_graph: Visit) -> None:
    page = visit_graph()
    scale = "window.opscope.graph.stats().scale"
    whole = page.evaluate(scale)
    node(page, "logits").click()
    page.keyboard.press("z")
    page.wait_for_function(f"{scale} > {whole} + 0.1")
    box, room = node(page, "logits").bounding_box(), page.locator(".graph-svg").bounding_box()
    middle = (box["x"] + box["width"] / 2 - room["x"]) / room["width"]
    assert 0.2 < middle < 0.6  # beside the card
    page.keyboard.press("Escape")
    page.mouse.dblclick(room["x"] + 60, room["y"] + 60)
    page.wait_for_function(f"Math.abs({scale} - {whole}) < 0.01")


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


def test_the_legend_folds_away_and_stays_so(visit_graph: Visit) -> None:
    page = visit_graph()
    legend = page.locator("#graph-legend")
    expect(legend.get_by_text("control dependency")).to_be_visible()
    legend.locator("summary").click()
    expect(legend.get_by_text("control dependency")).to_be_hidden()
    page.locator("#graph-colour").select_option("op")
    page.wait_for_url("**c=op*")
    expect(legend.get_by_text("control dependency")).to_be_hidden()


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
