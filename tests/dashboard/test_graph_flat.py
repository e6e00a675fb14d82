"""Flat graphs of 10,000 ops: nothing overlaps, and what is zoomed to can be read."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import graph_ready, node, watched_context
from graph_maker import GraphMaker

from opscope.dashboard.graph.view import GraphView
from opscope.events import EventFileWriter
from opscope.events.graph_columns import GraphColumns
from opscope.events.proto.event_pb2 import Event

ASKED = """() => performance.getEntriesByType('resource')
    .filter(each => each.name.includes('/api/graph/view'))
    .map(each => ({ how: each.initiatorType, at: each.startTime }))"""
LABELS = """() => {
    const room = document.querySelector('.graph-svg').getBoundingClientRect();
    const scale = window.opscope.graph.stats().scale;
    return [...document.querySelectorAll('.node > text.op')]
        .filter(text => {
            const at = text.getBoundingClientRect();
            return at.width && at.right > room.left && at.left < room.right
                && at.bottom > room.top && at.top < room.bottom;
        })
        .map(text => parseFloat(getComputedStyle(text).fontSize) * scale);
}"""


def word(number: int) -> str:
    """A name without digits, or it would be taken for one of a series."""
    return "n" + "".join("abcdefghij"[int(digit)] for digit in str(number))


def chain(number: int, _: random.Random) -> Iterator[int]:
    yield number - 1
    if number % 4 == 3:
        yield number - 3


def dag(number: int, dice: random.Random) -> Iterator[int]:
    yield from {dice.randrange(max(0, number - 50), number) for _ in range(3)}


def flat(sources: Callable[[int, random.Random], Iterator[int]], count: int) -> bytes:
    """A graph of that many ops in one scope."""
    dice = random.Random(3)
    g = GraphMaker()
    for number in range(count):
        read = sorted(each for each in (sources(number, dice) if number else ()) if each >= 0)
        g.node(word(number), "Add" if read else "Placeholder", *map(word, read))
    return g.data


@pytest.mark.parametrize("sources", [chain, dag])
def test_no_boxes_of_a_flat_graph_of_10000_overlap(sources: Any) -> None:
    graph = GraphView(GraphColumns.from_bytes(flat(sources, 10_000)))
    closed = graph.view()["nodes"]
    assert 10 < len(closed) < 60
    opened = [each["id"] for each in closed[:: len(closed) // 3]]
    families: dict[str, list[list[float]]] = {}
    for each in graph.view(opened)["nodes"]:
        families.setdefault(each["parent"], []).append([each[key] for key in "xywh"])
    assert len(families) == 1 + len(opened)
    for family in families.values():
        x, y, w, h = np.array(family).T
        beside = np.abs(x[:, None] - x) < (w[:, None] + w) / 2 - 0.1
        above = np.abs(y[:, None] - y) < (h[:, None] + h) / 2 - 0.1
        assert (beside & above).sum() == len(family)  # each with itself


@pytest.mark.browser
def test_labels_can_be_read_where_somebody_zooms_to_a_level(
    browser: Any, served: Callable[..., Any], tmp_path: Path
) -> None:
    with EventFileWriter(tmp_path) as writer:
        writer.add_event(Event(graph_def=flat(dag, 1500)))
    server = served(tmp_path, reload_interval=0)
    with watched_context(browser, viewport={"width": 1500, "height": 950}) as context:
        page = context.new_page()
        page.goto(f"{server.url}graph")
        graph_ready(page)
        # The view was asked for while the scripts came, and taken from there.
        [asked, *later] = page.evaluate(ASKED)
        assert asked["how"] == "link"
        assert all(each["at"] > asked["at"] + 1000 for each in later)
        level = page.evaluate("window.opscope.graph.visible()[1]")
        page.evaluate("name => window.opscope.graph.expand(name)", level)
        page.evaluate("name => window.opscope.graph.select(name)", level)
        page.evaluate("document.querySelector('.graph-svg').focus()")
        page.keyboard.press("z")
        scale = "window.opscope.graph.stats().scale"
        page.wait_for_function(f"() => {scale} > 0.78")
        sizes = page.evaluate(LABELS)
        assert len(sizes) > 10
        assert min(sizes) >= 9
        # Asked again, all of it.
        page.keyboard.press("z")
        page.wait_for_function(f"() => {scale} < 0.78")
        box, room = node(page, level).bounding_box(), page.locator(".graph-svg").bounding_box()
        assert box["height"] < room["height"]
        assert box["width"] < room["width"]
