"""The PR curves page in headless Chromium: what is drawn against what was written."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import state, watched_context
from event_oracle import oracle, unpack_logs

from opscope.dashboard.server import Server
from opscope.events import SummaryWriter
from opscope.events.summaries.pr_curve import pr_curve

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = pytest.mark.browser

LABELS = np.arange(40) % 3 == 0
THRESHOLDS = 21


def guesses(run: int, step: int) -> Any:
    noise = np.random.default_rng(100 * run + step).random(40)
    return np.clip(0.3 * noise + LABELS * 0.05 * step + 0.1 * run, 0, 1)


def test_curves_sliders_and_tooltip(
    tmp_path: Path, browser: Any, served: Callable[..., Server]
) -> None:
    for run in (0, 1):
        with SummaryWriter(str(tmp_path / f"run{run}")) as writer:
            for step in (0, 5, 10):
                writer.add_pr_curve("pr", LABELS, guesses(run, step), step, THRESHOLDS)
    address = f"{served(tmp_path).url}pr_curves"
    with watched_context(browser, viewport={"width": 1300, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{address}?link=0", wait_until="domcontentloaded")
        expect(page.locator(".pr-card .curve")).to_have_count(2)
        slider = page.locator('.run-slider[data-run="run1"]')
        expect(slider.locator(".step-told")).to_contain_text("Step 10")
        slider.get_by_role("slider").press("ArrowLeft")
        expect(slider.locator(".step-told")).to_contain_text("Step 5")
        assert state(page)["at"] == ['["run1","pr",5]']
        # The curve drawn is the one written at that step: its points in shares of the axes.
        said = pr_curve(LABELS, guesses(1, 5), THRESHOLDS).astype(np.float32)
        card = "[...opscope.pr_curves.page.grid.cards.values()][0]"
        page.wait_for_function(f"() => {card}.plan.lines[1].points.length === {_defined(said)}")
        drawn = page.evaluate(
            f"(() => {{ const {{ plan }} = {card}; return plan.lines[1].points"
            ".map(({ x, y }) => [plan.x.value(x), plan.y.value(y)]); })()"
        )
        np.testing.assert_allclose(drawn, said[[5, 4], : _defined(said)].T, atol=1e-9)
        path = page.locator('.pr-card .curve[data-run="run1"]').get_attribute("d")
        assert len(re.findall("[ML]", path)) == _defined(said)
        plot = page.locator(".pr-card .plot")
        for _ in range(3):
            plot.press("ArrowRight")
        row = page.locator(".tip tbody tr", has_text="run1")
        counts = [f"{number:g}" for number in said[:4, 2]]
        assert row.locator("td").all_text_contents()[2:] == [
            "0.1",
            f"{float(f'{said[4, 2]:.5g}'):g}",
            f"{float(f'{said[5, 2]:.5g}'):g}",
            *counts,
            "5",
        ]


def test_the_curve_of_another_writer(
    tmp_path: Path, browser: Any, served: Callable[..., Server]
) -> None:
    logs = unpack_logs(tmp_path)
    said = oracle(logs, "torch/all")["pr", 2]["tensor"]
    with watched_context(browser, viewport={"width": 420, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{served(logs).url}pr_curves?tags=^pr$", wait_until="domcontentloaded")
        expect(page.locator(".pr-card .curve")).to_have_count(1)
        expect(page.locator(".pr-card .step-told")).to_contain_text("Step 2")
        curve = page.evaluate(
            "[...opscope.pr_curves.page.grid.cards.values()][0].plan.lines[0].curve"
        )
        assert max(max(curve[name]) for name in ("tp", "fp", "tn", "fn")) == said["max"]
        assert len(curve["tp"]) <= said["shape"][1]


def _defined(rows: Any) -> int:
    return int(np.flatnonzero(rows[:2].sum(axis=0))[-1]) + 1
