"""The pages in headless Chromium: what a user does, and that nothing leaves this machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browsing import state, watched_context
from run_writer import RunWriter

from opscope.dashboard.pages import PAGES
from opscope.dashboard.server import Server

playwright = pytest.importorskip("playwright.sync_api")
Serve = Callable[..., Server]
Visit = Callable[[str], Any]
expect = playwright.expect

pytestmark = pytest.mark.browser


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[[str], Any]]:
    """Opens addresses; afterwards nothing may have left this machine or gone wrong in a script.

    In a time zone of its own: an axis of wall time has to be read and zoomed in local time.
    """
    settings = {"timezone_id": "Asia/Kathmandu", "locale": "en-GB"}
    with watched_context(browser, viewport={"width": 1400, "height": 900}, **settings) as context:

        def opened(url: str) -> Any:
            page = context.new_page()
            page.goto(url)
            return page

        yield opened


def test_scalars(logdir: Path, served: Serve, visit: Visit) -> None:
    page = visit(served(logdir).url)
    assert urlsplit(page.url).path == "/scalars"
    card = page.locator('.card[data-tag="loss/total"]')
    expect(card.locator(".curve").first).to_be_visible()
    expect(card.locator(".bad-count")).to_have_text("1 NaN, 1 Inf")
    expect(card.locator(".raw")).to_have_count(2)
    expect(card.locator(".bad-mark")).to_have_count(2)

    line = card.locator(".curve").first
    before = line.get_attribute("d")
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    expect(line).not_to_have_attribute("d", before)
    assert state(page)["smoothing"] == ["0.99"]
    page.keyboard.press("Home")
    expect(card.locator(".raw")).to_have_count(0)

    page.get_by_label("train", exact=True).uncheck()
    expect(card.locator(".curve")).to_have_count(1)
    assert state(page)["run"] == ["test"]
    expect(card.locator(".bad-count")).to_be_hidden()

    page.get_by_placeholder("Filter tags").fill("loss$|^acc")
    expect(page.locator(".card")).to_have_count(1)
    page.get_by_placeholder("Filter tags").fill("(")
    expect(page.get_by_text("Not a regular expression")).to_be_visible()


def test_the_address_holds_the_state(logdir: Path, served: Serve, visit: Visit) -> None:
    page = visit(
        served(logdir).url + "scalars?run=train&smoothing=0&axis=wall&tags=acc&log=accuracy"
    )
    card = page.locator(".card")
    expect(card.locator(".curve")).to_have_count(1)
    expect(card).to_have_attribute("data-tag", "accuracy")
    expect(page.get_by_label("test", exact=True)).not_to_be_checked()
    expect(card.get_by_role("button", name="Logarithmic")).to_have_attribute("aria-pressed", "true")
    expect(card.locator(".xtick").first).to_contain_text(re.compile(r"^\d\d:\d\d"))


def test_zooming_and_the_tooltip(logdir: Path, served: Serve, visit: Visit) -> None:
    page = visit(served(logdir).url + "scalars?tags=loss")
    plot = page.locator(".plot-area")
    expect(plot).to_be_visible()
    box = plot.bounding_box()
    at = [(box["x"] + box["width"] * part, box["y"] + box["height"] * 0.5) for part in (0.4, 0.6)]
    page.mouse.move(*at[0])
    expect(page.locator(".tip tbody tr")).to_have_count(2)
    expect(page.locator(".tip")).to_contain_text("Smoothed")
    with page.expect_response(lambda answer: "low=" in answer.url):
        page.mouse.down()
        page.mouse.move(*at[1], steps=4)
        page.mouse.up()
    reset = page.get_by_role("button", name="Show everything")
    expect(reset).to_be_visible()
    expect(page.locator(".xtick", has_text="100")).to_be_visible()
    expect(page.locator(".xtick", has_text="150")).to_have_count(0)
    reset.click()
    expect(page.locator(".xtick", has_text="150")).to_be_visible()


def test_wall_time_is_local_and_zooms(logdir: Path, served: Serve, visit: Visit) -> None:
    # The first point is of 22:13:20 UTC, which is 03:58:20 in Kathmandu.
    page = visit(served(logdir).url + "scalars?tags=loss&axis=wall")
    expect(page.locator(".xtick", has_text="03:59:00")).to_be_visible()
    box = page.locator(".plot-area").bounding_box()
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.5, height)
    expect(page.locator(".tip-head")).to_contain_text("03:59")
    with page.expect_response(lambda answer: "low=" in answer.url) as answered:
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.9, height, steps=4)
        page.mouse.up()
    series = answered.value.json()["series"]
    assert {one["run"]: min(one["step"]) for one in series}["train"] in range(95, 105)


def test_names_are_text_whatever_they_hold(tmp_path: Path, served: Serve, visit: Visit) -> None:
    name = "<img src=x onerror=alert(1)>"
    writer = RunWriter(tmp_path / name)
    writer.scalars(f"{name}/\"'&%?#", [(0, 1.0), (1, 2.0)])
    writer.histograms(name, {0: [1.0, 2.0]})
    writer.close()
    page = visit(served(tmp_path).url)
    expect(page.locator(".curve").first).to_be_visible()
    expect(page.locator(".run-name")).to_have_text(name)
    page.get_by_role("link", name="Histograms").click()
    expect(page.locator(".ridge").first).to_be_visible()
    assert page.locator("img").count() == 0


def test_a_point_written_now_appears(logdir: Path, served: Serve, visit: Visit) -> None:
    server = served(logdir, reload_interval=0.2)
    page = visit(server.url + "scalars?tags=loss&smoothing=0")
    expect(page.locator(".curve")).to_have_count(2)
    writer = RunWriter(logdir / "late")
    writer.scalars("loss/total", [(400, 0.5), (500, 0.4)])
    writer.close()
    expect(page.locator(".curve")).to_have_count(3)
    expect(page.get_by_label("late", exact=True)).to_be_checked()
    expect(page.locator(".xtick", has_text="400")).to_be_visible()


def test_new_data_leave_the_zoom_alone(logdir: Path, served: Serve, visit: Visit) -> None:
    page = visit(served(logdir, reload_interval=0.2).url + "scalars?tags=loss&smoothing=0")
    box = page.locator(".plot-area").bounding_box()
    height = box["y"] + box["height"] / 2
    with page.expect_response(lambda answer: "low=" in answer.url):
        page.mouse.move(box["x"] + box["width"] * 0.4, height)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.6, height, steps=4)
        page.mouse.up()
    ticks = sorted(page.locator(".xtick").all_text_contents())
    with page.expect_response(lambda answer: "run=late" in answer.url):
        writer = RunWriter(logdir / "late")
        writer.scalars("loss/total", [(90, 0.5), (500, 0.4)])
        writer.close()
    expect(page.locator(".curve")).to_have_count(3)
    expect(page.get_by_role("button", name="Show everything")).to_be_visible()
    assert sorted(page.locator(".xtick").all_text_contents()) == ticks


def test_a_curve_can_be_taken_away(logdir: Path, served: Serve, visit: Visit) -> None:
    page = visit(served(logdir).url + "scalars?tags=loss&run=train")
    expect(page.locator(".curve").first).to_be_visible()
    page.locator(".card summary").click()
    with page.expect_download() as csv:
        page.get_by_role("link", name="CSV").click()
    lines = Path(csv.value.path()).read_text().splitlines()
    assert (lines[0], len(lines)) == ("Wall time,Step,Value", 201)
    with page.expect_download() as picture:
        page.get_by_role("button", name="SVG").click()
    assert Path(picture.value.path()).read_text().startswith("<svg")


def test_an_empty_logdir_fills_itself(tmp_path: Path, served: Serve, visit: Visit) -> None:
    page = visit(served(tmp_path, reload_interval=0.2).url)
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    writer = RunWriter(tmp_path / "first")
    writer.scalars("loss", [(0, 1.0), (1, 0.5)])
    writer.close()
    expect(page.locator(".curve").first).to_be_visible()


def test_tabs_and_keys_switch_pages_and_take_the_runs_along(
    logdir: Path, served: Serve, visit: Visit
) -> None:
    page = visit(served(logdir, reload_interval=0).url)
    expect(page.locator("#early")).to_have_count(0)  # until then a link loads its page anew
    page.evaluate("window.stayed = true")
    page.get_by_label("test", exact=True).uncheck()
    page.get_by_role("link", name="Histograms").click()
    expect(page.locator(".ridge").first).to_be_visible()
    assert state(page) == {"run": ["train"]}
    page.go_back()
    expect(page.locator(".curve").first).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_label("Filter tags")).to_be_focused()
    page.keyboard.type("2")
    page.locator(".page").focus()
    place = 1 + [one.path for one in PAGES].index("/distributions")
    page.keyboard.press(str(place))
    expect(page.locator(".band").first).to_be_visible()
    assert page.evaluate("window.stayed")

    live = page.locator("#live")
    expect(live).to_contain_text("live")
    live.locator("summary").click()
    page.get_by_label("Look for news").select_option("never")
    expect(live).to_contain_text("paused")
    writer = RunWriter(logdir / "train")
    writer.histograms("late", {0: [1.0, 2.0]})
    writer.close()
    page.get_by_role("button", name="Look now").click()
    expect(page.locator('.card[data-tag="late"]')).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("dialog.keys")).to_contain_text("On every page")
    page.keyboard.press("Escape")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.keyboard.press("t")
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    expect(page.locator(".card").first).to_be_visible()
    assert page.evaluate(ground) == dark


def test_histograms_one_by_one_and_laid_together_in_colours_picked(
    logdir: Path, served: Serve, visit: Visit
) -> None:
    writer = RunWriter(logdir / "test")
    writer.histograms("layer/weights", {step: [0.0, 1.0, 1.0, 2.0] for step in (0, 100)})
    writer.close()
    page = visit(served(logdir, path_prefix="/deep/down").url + "histograms?log=1&run=train")
    ridges = page.locator(".histogram.offset .ridge")
    expect(ridges).to_have_count(10)
    floors = "all => all.map((one) => one.getBBox().y + one.getBBox().height)"
    heights = ridges.evaluate_all(floors)
    assert heights == sorted(heights), "older ridges are further back, that is, higher"
    page.get_by_text("Overlay").click()
    overlaid = page.locator(".histogram.overlay .ridge")
    expect(overlaid).to_have_count(10)
    heights = overlaid.evaluate_all(floors)
    assert max(heights) - min(heights) < 1
    page.locator(".histogram").hover()
    expect(page.locator(".tip")).to_contain_text("Bin")
    page.get_by_label("All runs").check()
    page.get_by_text("Runs together").click()
    card = page.locator('.card[data-tag="layer/weights"]:not([data-run])')
    expect(card.locator(".ridge")).to_have_count(12)
    expect(card.locator(".card-run")).to_contain_text("test")
    page.get_by_text("As written").click()
    expect(card.locator('.ridge[data-run="test"]').first).to_have_attribute("d", re.compile("V.*H"))
    page.get_by_label("from").fill("60")
    page.get_by_label("from").press("Enter")
    expect(card.locator(".ridge")).to_have_count(8)
    page.locator(".run", has=page.get_by_label("test", exact=True)).hover()
    page.get_by_label("Colour of test").fill("#123456")
    expect(card.locator('.ridge[data-run="test"]')).to_have_attribute(
        "style", re.compile("#123456")
    )
    page.get_by_role("button", name="Larger").click()
    page.reload()
    expect(card.locator('.ridge[data-run="test"]')).to_have_attribute(
        "style", re.compile("#123456")
    )
    expect(card).to_have_class(re.compile("big"))
    asked = {"together": ["1"], "log": ["1"], "bins": ["written"], "from": ["60"]}
    assert state(page) == {**asked, "mode": ["overlay"], "big": ["layer/weights"]}
