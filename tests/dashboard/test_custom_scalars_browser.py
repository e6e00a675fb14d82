"""The custom scalars page in headless Chromium: matches, margins, expressions that are wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import state, watched_context
from event_oracle import oracle, unpack_logs

from opscope.dashboard.server import Server
from opscope.events import SummaryWriter

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = pytest.mark.browser


def test_charts_of_a_layout(tmp_path: Path, browser: Any, served: Callable[..., Server]) -> None:
    for run in ("one", "two"):
        with SummaryWriter(str(tmp_path / run)) as writer:
            for step in range(10):
                for tag, value in (("loss/a", 1.0), ("loss/b", 2.0), ("mean", 3.0), ("low", 2.0)):
                    writer.add_scalar(tag, value + step, step)
                if step % 3 == 0 and run == "one":
                    writer.add_scalar("high", 5.0 + step, step)
    with SummaryWriter(str(tmp_path / "one")) as writer:
        writer.add_custom_scalars(
            {
                "Losses": {"all": ["Multiline", ["(?i)(?P<name>LOSS)/.*", "nothing", "(bad"]]},
                "Others": {"band": ["Margin", ["mean", "low", "high"]]},
            }
        )
    address = served(tmp_path, reload_interval=0.2).url
    with watched_context(browser, viewport={"width": 1300, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{address}custom_scalars?smoothing=0", wait_until="domcontentloaded")
        losses = page.locator('.card[data-tag="Losses/all"]')
        expect(losses.locator(".curve")).to_have_count(4)
        losses.locator(".match-list summary").click()
        assert losses.locator(".matches li").all_text_contents() == [
            "no tag matches nothing",
            "not a regular expression: (bad",
            *("loss/aone", "loss/atwo", "loss/bone", "loss/btwo"),
        ]
        band = page.locator('.card[data-tag="Others/band"]')
        expect(band.locator(".curve")).to_have_count(2)
        expect(band.locator(".band")).to_have_count(1)
        found = "[...opscope.custom_scalars.page.grid.cards.values()][1].data.series"
        margin = page.evaluate(f"{found}.find(({{ margin }}) => margin).margin")
        assert margin["low"] == [2.0 + step for step in range(10)]
        assert margin["high"] == pytest.approx([5.0 + step for step in range(10)])
        band.locator(".plot").hover()
        expect(page.locator(".tip thead")).to_contain_text("Margin")
        page.get_by_label("Filter charts").fill("band")
        expect(page.locator(".card")).to_have_count(1)
        page.wait_for_function("() => location.search.includes('tags=band')")
        assert state(page)["tags"] == ["band"]


def test_the_layout_of_another_writer(
    tmp_path: Path, browser: Any, served: Callable[..., Server]
) -> None:
    logs = unpack_logs(tmp_path)
    said = oracle(logs, "tf2/main")
    last = max(step for tag, step in said if tag == "loss")
    with watched_context(browser, viewport={"width": 420, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{served(logs).url}custom_scalars?run=tf2/main&smoothing=0&tags=both")
        card = page.locator('.card[data-tag="cat/both"]')
        card.scroll_into_view_if_needed()
        expect(card.locator(".curve")).to_have_count(2)
        shown = page.evaluate("[...opscope.custom_scalars.page.grid.cards.values()][0].data.series")
        by_tag = {series["tag"]: series for series in shown}
        assert set(by_tag) == {"loss", "metrics/acc"}
        for tag, series in by_tag.items():
            assert series["step"][-1] == last
            assert np.float32(series["value"][-1]) == said[tag, last]["tensor"]["values"][0]
