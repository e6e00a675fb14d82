"""The scalars page in headless Chromium: bands, axes, pins, tables, export, alerts, runs."""

from __future__ import annotations

import csv
import json
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import state, watched_context
from run_writer import RunWriter

from opscope.dashboard.server import Server

playwright = pytest.importorskip("playwright.sync_api")
Serve = Callable[..., Server]
Visit = Callable[..., Any]
expect = playwright.expect

pytestmark = pytest.mark.browser


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """Two folders of runs, two seeds in each, with tags above and around zero."""
    for rate, height in (("low", 1.0), ("high", 5.0)):
        for seed in (0, 1):
            writer = RunWriter(tmp_path / rate / f"seed{seed}")
            writer.scalars("loss", [(step, height + seed + 1 / (1 + step)) for step in range(50)])
            writer.scalars("reward", [(step, float(step * step - 900)) for step in range(50)])
            writer.close()
    return tmp_path


@pytest.fixture
def visit(browser: Any, served: Serve, seeds: Path) -> Iterator[Visit]:
    """Opens the scalars of `seeds`; afterwards nothing may have gone wrong in a script."""
    server = served(seeds, reload_interval=0.2)
    with watched_context(browser, viewport={"width": 1400, "height": 900}) as context:

        def opened(query: str = "", before: Callable[[Any], object] = bool) -> Any:
            page = context.new_page()
            before(page)
            page.goto(f"{server.url}scalars{query}", wait_until="domcontentloaded")
            expect(page.locator(".curve").first).to_be_visible()
            return page

        yield opened


def card(page: Any, tag: str) -> Any:
    """The card of a tag."""
    return page.locator(f'.card[data-tag="{tag}"]')


def taken_over(page: Any) -> None:
    """Wait until Dash has drawn the page's own elements."""
    expect(page.locator("#early")).to_have_count(0)


def test_curves_are_drawn_without_dash_and_stay_when_it_comes(visit: Visit) -> None:
    held: list[Any] = []
    page = visit(
        before=lambda tab: tab.route(
            "**/_dash-component-suites/**", lambda route: held.append(route)
        )
    )
    expect(page.locator("#early")).to_have_count(1)
    page.get_by_label("Filter tags").fill("loss")
    expect(page.locator(".card")).to_have_count(1)
    while held:
        held.pop(0).continue_()
    page.unroute_all(behavior="wait")
    taken_over(page)
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".curve")).to_have_count(4)
    expect(page.get_by_label("Filter tags")).to_be_focused()


def test_groups_show_mean_and_band(visit: Visit) -> None:
    page = visit("?tags=loss&smoothing=0")
    page.get_by_text("Mean of groups").click()
    expect(page.locator(".band")).to_have_count(2)
    expect(page.locator(".curve")).to_have_count(2)
    page.locator(".plot").hover()
    expect(page.locator(".tip tbody tr").first).to_contain_text("2")
    page.get_by_label("Band").select_option("range")
    assert state(page)["lines"] == ["groups"]
    assert state(page)["spread"] == ["range"]
    page.get_by_text("Colours and groups").click()
    page.get_by_label("Groups", exact=True).select_option("regex")
    page.get_by_label("Expression that groups runs").fill("seed\\d")
    expect(page.locator('.curve[data-run="seed1"]')).to_be_visible()
    assert state(page)["group"] == ["regex:seed\\d"]


def test_a_logarithmic_axis_shows_both_signs(visit: Visit) -> None:
    page = visit("?smoothing=0&log=reward")
    reward = card(page, "reward")
    expect(reward.get_by_text("symmetric log")).to_be_visible()
    expect(reward.locator(".ytick", has_text="\u2212")).not_to_have_count(0)
    expect(reward.locator(".ytick").get_by_text("0", exact=True)).to_be_visible()
    card(page, "loss").get_by_role("button", name="Logarithmic").click()
    expect(card(page, "loss").get_by_text("symmetric log")).to_have_count(0)
    assert state(page)["log"] == ["reward", "loss"]


def test_several_tags_in_one_chart_and_pins(visit: Visit) -> None:
    page = visit("?smoothing=0&run=low/seed0")
    page.locator("summary", has_text="Combine").click()
    page.get_by_role("checkbox", name="loss").check()
    page.get_by_role("checkbox", name="reward").check()
    page.get_by_text("Draw in one chart").click()
    both = card(page, "loss, reward")
    expect(both.locator(".curve")).to_have_count(2)
    dashes = both.locator(".curve").evaluate_all(
        "all => all.map((c) => c.getAttribute('stroke-dasharray'))"
    )
    assert dashes == [None, "6 4"]
    card(page, "reward").get_by_role("button", name="Pin").click()
    pinned = page.locator('[data-group="Pinned"] .card')
    expect(pinned).to_have_count(1)
    page.reload()
    expect(both.locator(".curve")).to_have_count(2)
    expect(pinned).to_have_attribute("data-tag", "reward")
    both.get_by_role("button", name="Take this chart away").click()
    expect(both).to_have_count(0)
    assert "chart" not in state(page)


def test_the_table_follows_cursor_and_zoom(visit: Visit) -> None:
    page = visit("?smoothing=0&run=low/seed0&tags=reward")
    page.get_by_role("button", name="Table of values").click()
    cells = page.locator(".card-table tbody td")
    expect(cells.nth(1)).to_have_text("-900")  # least
    expect(cells.nth(2)).to_have_text("1501")
    expect(cells.nth(3)).to_have_text(f"{sum(s * s - 900 for s in range(50)) / 50:g}"[:7])
    plot = page.locator(".plot")
    plot.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".card-table caption")).to_contain_text("cursor at 2")
    expect(cells.first).to_have_text("-896")
    assert state(page)["at"] == ["2"]
    page.keyboard.press("Escape")
    page.keyboard.press("+")
    expect(page.locator(".card-table caption")).to_contain_text("from")
    expect(cells.nth(1)).not_to_have_text("-900")
    page.keyboard.press("0")
    expect(cells.nth(1)).to_have_text("-900")


def test_the_cursor_is_on_every_card_and_sorts_its_table(visit: Visit) -> None:
    page = visit("?smoothing=0&sort=highest")
    card(page, "loss").locator(".plot").hover()
    expect(page.locator(".tip tbody tr")).to_have_count(4)
    names = page.locator(".tip .run-cell").all_text_contents()
    assert names == ["high/seed1", "high/seed0", "low/seed1", "low/seed0"]
    expect(card(page, "reward").locator(".cross")).to_have_count(1)
    expect(card(page, "reward").locator(".dot")).not_to_have_count(0)


def test_points_before_a_restart_are_shown_on_demand(
    browser: Any, served: Serve, tmp_path: Path
) -> None:
    writer = RunWriter(tmp_path / "restarted")
    writer.scalars("loss", [(step, 1.0 + step) for step in range(20)])
    writer.restart(10)
    writer.scalars("loss", [(step, 2.0) for step in range(10, 15)])
    writer.close()
    server = served(tmp_path)
    with watched_context(browser) as context:
        page = context.new_page()
        page.goto(server.url + "scalars")
        expect(page.locator(".curve")).to_have_count(1)
        expect(page.locator(".orphan")).to_have_count(0)
        page.get_by_text("More settings").click()
        page.get_by_text("Points before restarts").click()
        expect(page.locator(".orphan")).to_have_count(1)
        assert state(page)["orphans"] == ["1"]


def test_pictures_and_tables_can_be_taken_away(visit: Visit) -> None:
    page = visit()
    loss = card(page, "loss")
    loss.locator("summary").click()
    with page.expect_download() as png:
        loss.get_by_role("button", name="PNG").click()
    head = Path(png.value.path()).read_bytes()[:24]
    width, height = struct.unpack(">II", head[16:])
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert width > 600
    assert height > 400
    with page.expect_download() as table:
        loss.get_by_role("button", name="Every point").click()
    rows = list(csv.DictReader(Path(table.value.path()).read_text().splitlines()))
    assert (len(rows), rows[0]["run"], rows[0]["value"]) == (200, "high/seed0", "6.0")
    page.locator("summary", has_text="Download").click()
    with page.expect_download() as archive:
        page.get_by_role("button", name="Every plot as SVG").click()
    with zipfile.ZipFile(archive.value.path()) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == ["001_loss.svg", "002_reward.svg"]
        assert opened.read("001_loss.svg").startswith(b"<svg")


def test_alerts_are_set_kept_and_shown(visit: Visit, seeds: Path) -> None:
    page = visit()
    page.get_by_text("Alerts", exact=True).click()
    page.get_by_label("Tags of the alert").fill("loss")
    page.get_by_label("Kind of alert").select_option("above")
    page.get_by_label("Limit of the alert").fill("5.5")
    page.get_by_role("button", name="Add").click()
    expect(card(page, "loss").locator(".alert-badge")).to_have_text("2 alerts")
    expect(card(page, "reward").locator(".alert-badge")).to_be_hidden()
    assert json.loads(state(page)["alerts"][0]) == [
        {"kind": "above", "tags": "loss", "number": 5.5}
    ]
    taken_over(page)
    header = page.locator("#alerts")
    expect(header.locator("summary")).to_have_text("2 alerts")
    writer = RunWriter(seeds / "late")
    writer.scalars("loss", [(0, 9.0)])
    writer.close()
    expect(header.locator("summary")).to_have_text("3 alerts")
    again = visit("")  # another tab of the same browser
    expect(again.get_by_text("3 alerts").first).to_be_visible()


def test_runs_are_a_tree_that_is_named_and_thinned_out(visit: Visit) -> None:
    page = visit("?tags=loss&smoothing=0")
    page.get_by_label("Folder low").uncheck()
    expect(page.locator(".curve")).to_have_count(2)
    assert state(page)["run"] == ["high/seed0", "high/seed1"]
    row = page.locator(".run", has=page.get_by_label("high/seed1"))
    row.hover()
    row.get_by_role("button", name="only").click()
    expect(page.locator(".curve")).to_have_count(1)
    page.get_by_label("All runs").check()
    row.hover()
    row.get_by_role("button", name="name").click()
    page.get_by_label("New name of high/seed1").fill("the best")
    page.keyboard.press("Enter")
    row = page.locator(".run", has=page.get_by_label("the best"))
    expect(row).to_be_visible()
    page.locator(".plot").hover()
    expect(page.locator(".tip")).to_contain_text("the best")
    row.hover()
    row.get_by_role("button", name="hide").click()
    expect(page.locator(".curve")).to_have_count(3)
    page.reload()
    expect(page.locator(".curve")).to_have_count(3)
    page.get_by_role("button", name="show").click()
    expect(page.locator(".curve")).to_have_count(4)
    page.get_by_label("Filter runs").fill("best")
    expect(page.locator(".curve")).to_have_count(1)


def test_a_narrow_window_needs_no_sideways_scrolling(visit: Visit) -> None:
    page = visit()
    page.set_viewport_size({"width": 420, "height": 860})
    expect(page.get_by_label("Filter runs")).to_be_hidden()
    expect(page.locator(".curve").first).to_be_in_viewport()
    page.get_by_role("button", name="Runs and settings").click()
    expect(page.get_by_label("Filter runs")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    assert page.evaluate("document.querySelector('.card').getBoundingClientRect().right") <= 420
