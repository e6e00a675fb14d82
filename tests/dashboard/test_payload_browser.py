"""Distributions, images and texts in headless Chromium, against what another reader found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import state, watched_context
from event_oracle import oracle, said_of, unpack_logs

from opscope.dashboard.server import Server
from opscope.events import EventFileWriter, make_tensor_proto
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.summary_pb2 import Summary

playwright = pytest.importorskip("playwright.sync_api")
Serve = Callable[..., Server]
Visit = Callable[[str], Any]
expect = playwright.expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack_logs(tmp_path_factory.mktemp("logs"))


@pytest.fixture
def visit(browser: Any) -> Iterator[Visit]:
    """Opens addresses; afterwards no script may have failed or asked something elsewhere."""
    with watched_context(browser, viewport={"width": 1300, "height": 900}) as context:

        def opened(url: str) -> Any:
            page = context.new_page()
            page.goto(url)
            return page

        yield opened


def sha1_of_picture(page: Any, card: Any) -> str:
    """Of the bytes that the card's picture was drawn from."""
    address = card.locator(".picture").evaluate(
        "(picture) => picture.decode().then(() => picture.src)"
    )
    return hashlib.sha1(page.request.get(address).body()).hexdigest()[:16]


def slide(card: Any, place: int) -> None:
    """Move a card's slider, as a user does with the keys."""
    slider = card.get_by_role("slider")
    slider.press("Home")
    for _ in range(place):
        slider.press("ArrowRight")


def test_distributions(logs: Path, served: Serve, visit: Visit) -> None:
    page = visit(served(logs).url + "distributions?run=tf1/test&tags=layer1/activations")
    card = page.locator(".card")
    expect(card.locator(".band")).to_have_count(8)
    shown = page.evaluate("[...opscope.distributions.page.grid.cards.values()][0].data")
    said = oracle(logs, "tf1/test")
    assert shown["step"] == [0, 10, 20, 30, 40, 50]
    for step, row in zip(shown["step"], shown["values"], strict=True):
        histogram = said["layer1/activations", step]["histo"]
        assert (row[0], row[-1]) == (histogram["min"], histogram["max"])
    box = card.locator(".distribution").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 16, box["y"] + 100)
    expect(page.locator(".tip")).to_contain_text("50")
    expect(page.locator(".tip tr")).to_have_count(11)
    page.get_by_text("Relative", exact=True).click()
    expect(card.locator(".tick", has_text="s").first).to_be_visible()
    assert state(page)["axis"] == ["relative"]


def test_images_step_by_step(logs: Path, served: Serve, visit: Visit) -> None:
    page = visit(served(logs).url + "images?run=tf2/main&run=torch/all&tags=^img$")
    ours, theirs = (page.locator(f'.card[data-run="{run}"]') for run in ("tf2/main", "torch/all"))
    said, of_torch = oracle(logs, "tf2/main"), oracle(logs, "torch/all")
    expect(ours.locator(".step-told b")).to_have_text("Step 15")
    expect(ours.locator(".card-facts")).to_contain_text("10 × 8")
    assert sha1_of_picture(page, ours) == said["img", 15]["tensor"]["strings"][2]["sha1"]

    slide(theirs, 0)  # the other run follows, to its step nearest to 0
    expect(ours.locator(".step-told b")).to_have_text("Step 0")
    expect(theirs.locator(".picture")).to_have_attribute(
        "alt", "img of torch/all, Step 0, sample 1"
    )
    assert sha1_of_picture(page, theirs) == of_torch["img", 0]["image"]["sha1"]
    assert state(page)["step"] == ["0"]

    page.get_by_label("Link by step").uncheck()
    expect(ours.locator(".step-told b")).to_have_text("Step 15")
    slide(ours, 2)
    expect(ours.locator(".step-told b")).to_have_text("Step 10")
    expect(theirs.locator(".step-told b")).to_have_text("Step 2")
    ours.locator(".sample").click()
    expect(ours.locator(".picture")).to_have_attribute("alt", "img of tf2/main, Step 10, sample 2")
    assert sha1_of_picture(page, ours) == said["img", 10]["tensor"]["strings"][3]["sha1"]

    page.reload()  # all of it is in the address
    expect(ours.locator(".picture")).to_have_attribute("alt", "img of tf2/main, Step 10, sample 2")
    assert state(page)["sample"] == ["2"]


def test_brightness_contrast_and_actual_size(logs: Path, served: Serve, visit: Visit) -> None:
    page = visit(served(logs).url + "images?run=tf2/main&brightness=0.5&contrast=2&actual=1")
    picture = page.locator(".picture")
    expect(picture).to_have_css("filter", "brightness(0.5) contrast(2)")
    expect(picture).to_have_css("width", "10px")
    page.get_by_label("Actual size").uncheck()
    expect(picture).not_to_have_css("width", "10px")
    page.get_by_role("slider", name="Brightness").press("ArrowRight")
    page.wait_for_url("**brightness=0.55**")


def test_texts_and_tables(logs: Path, served: Serve, visit: Visit) -> None:
    page = visit(served(logs).url + "text?run=tf2/main&run=tf1/test")
    said = oracle(logs, "tf2/main")
    note, table = (page.locator(f'.card[data-tag="{tag}"]') for tag in ("note", "tbl"))
    expect(note.locator(".words strong")).to_have_text("15")
    expect(table.locator("td")).to_have_text(said["tbl", 0]["tensor"]["strings"])
    slide(note, 1)
    page.get_by_label("As written").check()
    expect(note.locator(".words")).to_have_text(said["note", 5]["tensor"]["strings"][0])
    cells = page.locator('.card[data-tag="special/table"] td')
    expect(cells).to_have_text(oracle(logs, "tf1/test")["special/table", 50]["tensor"]["strings"])
    assert (state(page)["raw"], state(page)["step"]) == (["1"], ["5"])


def test_no_script_of_a_text_runs(tmp_path: Path, served: Serve, visit: Visit) -> None:
    hostile = [
        "<script>window.ran = 1</script><img src=x onerror='window.ran = 2'>",
        "[click](javascript:window.ran=3) ![p](https://example.com/pixel.png)",
        "<svg onload='window.ran = 4'></svg><iframe srcdoc='<script>parent.ran=5</script>'>",
        '<a href="javascript:window.ran=6">click</a><style>.card{display:none}</style>',
        "<details open ontoggle='ran = 7'>x</details><p onmouseover='ran = 8'>here</p>",
        "<img src='https://example.com/x.png'><form action='https://example.com'><button>go",
    ]
    writer = EventFileWriter(str(tmp_path))
    for tag, value in {
        "<img src=x onerror=ran=9>": np.array(hostile[0], object),
        "table": np.array(hostile, object).reshape(2, 3),
    }.items():
        summary = Summary()
        added = summary.value.add(tag=tag, tensor=make_tensor_proto(value))
        added.metadata.plugin_data.plugin_name = "text"
        added.metadata.summary_description = "<script>window.ran = 10</script>"
        writer.add_event(Event(wall_time=1, step=0, summary=summary))
    writer.close()
    page = visit(served(tmp_path).url + "text?wide=1")
    expect(page.locator(".words td")).to_have_count(6)
    for link in page.locator(".words a").all():
        assert not (link.get_attribute("href") or "").lower().startswith("javascript")
    page.get_by_text("here").hover()
    page.get_by_text("click").first.click(modifiers=["Shift"], no_wait_after=True)
    page.get_by_label("As written").check()
    expect(page.locator(".words td").nth(0)).to_have_text(hostile[0])
    assert page.evaluate("window.ran") is None
    for tag in ("script", "img", "svg", "iframe", "form", "style"):
        assert page.locator(f".words {tag}").count() == 0


def test_what_no_other_page_draws(logs: Path, served: Serve, visit: Visit) -> None:
    page = visit(served(logs).url + "files?run=tf2/main&run=tf1/train&every=1")
    said = oracle(logs, "tf2/main")
    of_train = page.locator('.card[data-run="tf1/train"]')
    card = page.locator('.card[data-run="tf2/main"]')
    expect(of_train.locator("tr[data-file]").first).to_be_visible()
    card.scroll_into_view_if_needed()  # a card is filled when it comes into view
    curve = card.locator('tr[data-tag="pr/pr_curves"]')
    expect(curve).to_contain_text("float32 [6, 51]")
    slide(curve, 1)
    expect(curve.locator(".step-told b")).to_have_text("Step 1")
    with page.expect_download() as taken:
        curve.get_by_text("NPY").click()
    assert list(np.load(taken.value.path()).shape) == said["pr/pr_curves", 1]["tensor"]["shape"]

    tone = card.locator('tr[data-tag="tone"]')
    slide(tone, 2)
    expect(tone.locator("audio")).to_have_attribute("aria-label", "tone, step 10, clip 1")
    sound = tone.locator("audio").evaluate(
        "(audio) => new Promise((done) => { audio.onloadedmetadata = () => done(audio.src);"
        " audio.load(); audio.preload = 'auto'; })"
    )
    data = page.request.get(sound).body()
    assert said_of(data) == said["tone", 10]["tensor"]["strings"][0]

    with page.expect_download() as taken:
        of_train.locator("tr[data-file]").first.get_by_text("Get").click()
    path = logs / (of_train.locator("tr[data-file]").first.get_attribute("data-file") or "")
    assert taken.value.path().read_bytes() == path.read_bytes()

    page.get_by_placeholder("Filter tags").fill("tetra_F")
    expect(card.locator("tbody tr")).to_have_count(1)
    page.get_by_placeholder("Filter tags").fill("")
    of_train.scroll_into_view_if_needed()
    expect(of_train.locator('tr[data-kind="scalar"]').first).to_contain_text("CSV")
    page.get_by_label("Every tag").uncheck()
    expect(of_train.locator('tr[data-kind="scalar"]')).to_have_count(0)
    assert "every" not in state(page)
