"""The info card's sections on value, cost, origin and summaries, on the demo's sample logdir."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from browsing import node

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]

DEMO = Path(__file__).parents[2] / "sample_logs" / "demo"


@pytest.fixture
def graph_logdir() -> Path:
    return DEMO


def test_the_card_tells_value_cost_origin_and_summaries(visit_graph: Visit) -> None:
    page = visit_graph("?run=train&s=cross_entropy/Log")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    card, mode = page.locator("#graph-card"), page.locator("#graph-colour")
    expect(card.locator(".cost")).to_contain_text("of the step)")
    origin = card.locator(".origin")
    expect(origin.locator("code").first).to_have_text(
        "differences = -labels * tf.log(probabilities)"
    )
    expect(origin).to_contain_text("demo_model.py:")
    origin.locator(".callers summary").click()
    expect(origin.locator(".callers li").last).to_contain_text("__main__.py")
    command = card.locator(".health-card .command")
    command.click()
    expect(command).to_have_class("command mono done")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == command.inner_text()
    assert copied.startswith("opscope debug ")
    # A constant has its value; it stands beside what reads it.
    page.evaluate("window.opscope.graph.select('hidden1/truncated_normal/shape')")
    value = card.locator(".value")
    expect(value).to_contain_text("int32")
    expect(value.locator("pre")).to_contain_text("[")
    expect(card).not_to_contain_text("TensorProto")
    # What the run's steps took colours the scopes.
    for name, unit in (("time", "ms"), ("memory", "kB")):
        mode.select_option(name)
        page.wait_for_url(f"**c={name}*")
        expect(page.locator("#graph-legend .ramp")).to_have_attribute("title", re.compile(unit))
        expect(node(page, "logits").locator(".count")).to_have_text(re.compile(r"µs|kB"))
    # The card is of the step that the colours are of.
    with page.expect_response("**/api/graph/node?*meta=step+10*"):
        page.locator("#graph-meta").select_option("step 10")
    page.evaluate("window.opscope.graph.select('hidden1')")
    expect(card.locator(".parameters")).to_contain_text("19,500")
    link = card.get_by_role("link", name="Histograms")
    asked = parse_qs(urlsplit(link.get_attribute("href")).query)
    assert asked["run"] == ["train"]
    assert asked["tags"][0].startswith("^(hidden1/histograms/biases|")
    link.click()
    page.wait_for_url("**/histograms?*")
    expect(page.locator("body")).to_contain_text("hidden1/histograms/weights")
