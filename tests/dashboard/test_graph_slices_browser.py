"""A picture is made in slices: what comes while it is made finds and leaves it right."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browsing import graph_ready, node, visible, watched_context
from graph_maker import GraphMaker

from opscope.events import EventFileWriter
from opscope.events.proto.event_pb2 import Event

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.browser

# Each look at the clock costs 4 ms: some ten items make the first slice, three any other.
SLOW_CLOCK = """
    const real = performance.now.bind(performance);
    let more = 0;
    performance.now = () => real() + (more += 4);
"""
COMPLETE = """([nodes, lines]) =>
    document.querySelectorAll('.node > .box, .node.open > .strip').length === nodes
    && document.querySelectorAll('.edge').length === lines"""


def flat_and_a_scope() -> GraphMaker:
    """Ten ranks of five ops, a scope of three above them, a constant at one of these."""
    g = GraphMaker()
    ranks = [[f"{row}{place}_x" for place in "abcde"] for row in "abcdefghij"]
    for name in ranks[0]:
        g.node(name, "Placeholder")
    for below, above in pairwise(ranks):
        for place, name in enumerate(above):
            g.node(name, "Relu", below[place], below[(place + 1) % 5])
    g.node("s/c", "Const", shape=(2,)).node("s/m", "Mul", "ja_x", "s/c")
    return g.node("s/n", "Neg", "s/m").node("s/o", "Exp", "s/n")


def test_whatever_comes_between_slices(
    browser: Any, served: Callable[..., Any], tmp_path: Path
) -> None:
    with EventFileWriter(tmp_path) as writer:
        writer.add_event(Event(graph_def=flat_and_a_scope().data))
    server = served(tmp_path, reload_interval=0)
    with watched_context(browser, viewport={"width": 1600, "height": 1400}) as context:
        page = context.new_page()
        page.add_init_script(SLOW_CLOCK)
        page.goto(f"{server.url}graph?s=ca_x")
        node(page, "aa_x").wait_for(state="attached")
        assert len(visible(page)) == 51  # at once, though not all of it stands yet
        graph_ready(page)
        whole = page.evaluate("window.opscope.graph.stats().drawn_edges")
        page.evaluate("document.querySelector('.graph-svg').focus()")
        page.keyboard.press("f")
        page.wait_for_function(COMPLETE, arg=[51, whole])
        # What was selected before its lines were made has them marked.
        expect(page.locator(".edge.near")).to_have_count(4)
        expect(node(page, "ca_x")).to_have_class("node op plain selected")

        # Opened and, before that stands, closed: nothing of the open scope is left.
        page.evaluate(
            """() => { const { graph } = window.opscope;
                return Promise.all([graph.expand('s'), graph.collapse('s')]); }"""
        )
        page.wait_for_function(COMPLETE, arg=[51, whole])
        assert "s/m" not in visible(page)
        expect(node(page, "s/m")).to_have_count(0)
        kept = page.evaluate("() => (window.kept = document.querySelector('[data-id=ba_x]')).id")

        # What is asked for while the scope is drawn is there when it stands.
        page.evaluate(
            """() => { const { graph } = window.opscope;
                window.opening = graph.expand('s').then(() => graph.select('s/c')); }"""
        )
        page.locator("#graph-search").fill("ba_x")
        page.evaluate("window.opening")
        page.evaluate("document.querySelector('.graph-svg').focus()")
        page.keyboard.press("f")
        edges = page.evaluate("window.opscope.graph.stats().drawn_edges")
        page.wait_for_function(COMPLETE, arg=[54, edges])
        expect(page.locator(".sign.const.selected")).to_have_count(1)
        expect(page.locator(".node.hit")).to_have_count(1)
        shown = page.locator("[data-id]").evaluate_all("all => all.map(each => each.dataset.id)")
        assert sorted(shown) == sorted(visible(page))
        # Boxes that look the same are the same elements, moved.
        assert node(page, "ba_x").get_attribute("id") == kept
        assert page.evaluate("window.kept.isConnected")
