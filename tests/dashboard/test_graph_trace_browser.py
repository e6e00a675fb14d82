"""Traces on the graph page: by menu, by keys, in the address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browsing import graph_ready, node, state

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]


def traced(page: Any) -> set[str]:
    names: list[str] = page.locator(".node.traced").evaluate_all(
        "all => all.map(g => g.dataset.id)"
    )
    return set(names)


def test_inputs_and_outputs_are_traced_until_escape(visit_graph: Visit) -> None:
    page = visit_graph()
    node(page, "logits").click(button="right")
    page.get_by_role("menuitem", name="Trace inputs").click()
    told = page.locator(".trace")
    expect(told).to_contain_text("9 ops lead to logits")
    assert traced(page) == {"logits", "hidden", "input"}
    on = page.locator('.edge[data-a="hidden"][data-b="logits"]')
    expect(on).to_have_class("edge data traced")
    dimmed = node(page, "cross_entropy").evaluate("g => getComputedStyle(g).opacity")
    assert float(dimmed) < 0.5
    assert (state(page)["t"], state(page)["of"]) == (["inputs"], ["logits"])
    page.keyboard.press("Escape")
    expect(told).to_be_hidden()
    assert traced(page) == set()
    assert "t" not in state(page)
    # By a key, and along control edges when asked.
    node(page, "hidden").click()
    page.keyboard.press("o")
    expect(told).to_contain_text("follow from hidden")
    assert "init" not in traced(page)
    told.locator("input").check()
    expect(page.locator('.node.traced[data-id="init"]')).to_have_count(1)
    assert state(page)["ctl"] == ["1"]


def test_a_path_between_two_is_in_the_address(visit_graph: Visit) -> None:
    page = visit_graph("?run=train&e=cross_entropy")
    node(page, "cross_entropy/Sum").click()
    node(page, "cross_entropy/Softmax").click(modifiers=["Shift"])
    page.get_by_role("toolbar", name="What is selected").get_by_text("Path between").click()
    told = page.locator(".trace")
    expect(told).to_contain_text("4 ops on the way from Softmax to Sum")
    inside = {f"cross_entropy/{op}" for op in ("Softmax", "Log", "mul", "Sum")}
    assert traced(page) == inside | {"cross_entropy"}
    page.reload()
    graph_ready(page)
    expect(told).to_contain_text("4 ops on the way from Softmax to Sum")
    expect(page.locator('.node.traced[data-id="cross_entropy/mul"]')).to_have_count(1)
    told.get_by_text("Softmax").click()
    expect(page.locator("#graph-card h2")).to_have_text("cross_entropy/Softmax")
    node(page, "cross_entropy").dblclick(position={"x": 30, "y": 15})
    expect(node(page, "cross_entropy")).to_have_attribute("aria-expanded", "false")
    expect(page.locator('.node.traced[data-id="cross_entropy"]')).to_have_count(1)
    assert traced(page) == {"cross_entropy"}
    page.goto(page.url.split("?")[0] + "?run=train&t=path&of=init&of=input")
    graph_ready(page)
    expect(told).to_contain_text("No way between init and input")
    assert traced(page) == set()
