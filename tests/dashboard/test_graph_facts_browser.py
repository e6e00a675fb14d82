"""The info card's sections on value, cost, origin and summaries, on the demo's sample logdir."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]

DEMO = Path(__file__).parents[2] / "sample_logs" / "demo"


@pytest.fixture
def graph_logdir() -> Path:
    return DEMO


def test_the_card_of_a_node_has_its_cost_and_its_line(visit_graph: Visit) -> None:
    page = visit_graph("?run=train&s=cross_entropy/Log")
    card = page.locator("#graph-card")
    expect(card.locator(".cost")).to_contain_text("of the step)")
    origin = card.locator(".origin")
    expect(origin.locator("code").first).to_have_text(
        "differences = -labels * tf.log(probabilities)"
    )
    expect(origin).to_contain_text("demo_model.py:")
    origin.locator(".callers summary").click()
    expect(origin.locator(".callers li").last).to_contain_text("__main__.py")
    # The card is of the step that the colours are of.
    page.locator("#graph-colour").select_option("time")
    with page.expect_response("**/api/graph/node?*meta=step+10*"):
        page.locator("#graph-meta").select_option("step 10")


def test_a_constant_shows_its_value(visit_graph: Visit) -> None:
    page = visit_graph("?run=train&s=hidden1/truncated_normal/shape")
    value = page.locator("#graph-card .value")
    expect(value).to_contain_text("int32")
    expect(value.locator("pre")).to_contain_text("[")
    expect(page.locator("#graph-card")).not_to_contain_text("TensorProto")


def test_a_scope_leads_to_its_histograms(visit_graph: Visit) -> None:
    page = visit_graph("?run=train&s=hidden1")
    card = page.locator("#graph-card")
    expect(card.locator(".parameters")).to_contain_text("19,500")
    link = card.get_by_role("link", name="Histograms")
    asked = parse_qs(urlsplit(link.get_attribute("href")).query)
    assert asked["run"] == ["train"]
    assert asked["tags"][0].startswith("^(hidden1/histograms/biases|")
    link.click()
    page.wait_for_url("**/histograms?*")
    expect(page.locator("body")).to_contain_text("hidden1/histograms/weights")
