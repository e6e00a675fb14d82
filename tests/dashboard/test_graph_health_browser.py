"""Health on the graph page: pills, the first bad node, steps, in a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import node, state
from graph_maker import classifier

from opscope.events import EventFileWriter, health_summary
from opscope.events.health import health_value
from opscope.events.proto.event_pb2 import Event

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]


def write_step(writer: EventFileWriter, step: int, **values: list[float]) -> None:
    event = Event(wall_time=step, step=step)
    for name, value in values.items():
        summary = health_summary(np.array(value, np.float32))
        event.summary.value.append(health_value(f"cross_entropy/{name}", 0, summary))
    writer.add_event(event)
    writer.flush()


@pytest.fixture
def training(tmp_path: Path) -> EventFileWriter:
    """The writer of a run with two good steps."""
    writer = EventFileWriter(str(tmp_path / "train"))
    writer.add_event(Event(wall_time=1, graph_def=classifier().data))
    for step in (1, 2):
        write_step(writer, step, Softmax=[0.5, 0.5], Log=[-1.0, 0.0], mul=[0.0, 1.0])
    return writer


@pytest.fixture
def graph_logdir(training: EventFileWriter, tmp_path: Path) -> Path:
    return tmp_path


def test_health_follows_a_training_and_steps_back(
    visit_graph: Visit, training: EventFileWriter
) -> None:
    page = visit_graph("?run=train&e=cross_entropy")
    panel = page.locator(".health")
    expect(panel).to_contain_text("3 tensors, none holds NaN or inf.")
    expect(node(page, "cross_entropy/Log").locator(".pill")).to_have_count(1)
    expect(node(page, "hidden").locator(".pill")).to_have_count(0)
    inf = float("-inf")
    write_step(training, 3, Softmax=[0.5, 0.0], Log=[-1.0, inf], mul=[float("nan"), 1.0])
    expect(panel).to_contain_text("2 of 3 nodes hold NaN or inf")
    expect(node(page, "cross_entropy/Log")).to_have_class("node op plain bad origin")
    expect(node(page, "cross_entropy/mul")).to_have_class("node op plain bad")
    spread = page.locator(".edge.spread")
    expect(spread).to_have_count(1)
    assert spread.get_attribute("data-b") == "cross_entropy/mul"
    expect(node(page, "cross_entropy")).to_have_attribute(
        "class", "node scope open plain bad origin"
    )
    page.locator("#graph-step").press("ArrowLeft")
    expect(panel).to_contain_text("step 2 (2 of 3)")
    expect(node(page, "cross_entropy/Log")).to_have_class("node op plain")
    assert state(page)["step"] == ["2"]
    # The first bad node is a click away.
    page.locator("#graph-step").press("ArrowRight")
    page.locator('[data-bad="cross_entropy/Log"]').click()
    card = page.locator("#graph-card")
    expect(card.locator(".health-card")).to_contain_text("1 \u2212inf, 1 negative")
    page.locator("#graph-health").uncheck()
    expect(page.locator(".pill")).to_have_count(0)
    expect(card.locator(".health-card")).to_have_count(0)
    assert state(page)["health"] == ["0"]
