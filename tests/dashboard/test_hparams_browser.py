"""The hparams page in headless Chromium: the table against another reader, filters, both plots."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import state, watched_context
from event_oracle import oracle, unpack_logs

from opscope.dashboard.server import Server
from opscope.events import SummaryWriter

playwright = pytest.importorskip("playwright.sync_api")
Serve = Callable[..., Server]
Visit = Callable[[str], Any]
expect = playwright.expect

pytestmark = pytest.mark.browser


@pytest.fixture
def visit(browser: Any) -> Iterator[Visit]:
    """Opens addresses; afterwards no script may have failed or asked something elsewhere."""
    with watched_context(browser, viewport={"width": 1300, "height": 900}) as context:

        def opened(url: str) -> Any:
            page = context.new_page()
            page.goto(url, wait_until="domcontentloaded")
            return page

        yield opened


def cells(page: Any) -> list[list[str]]:
    found: list[list[str]] = page.evaluate(
        "[...document.querySelectorAll('.hparam-table tr')].map((row) => "
        "[...row.children].map((cell) => cell.textContent))"
    )
    return found


def saved(page: Any, form: str) -> str:
    page.locator("summary", has_text="Download").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"as {form}").click()
    page.keyboard.press("Escape")
    return Path(waiting.value.path()).read_text()


def test_the_table_shows_what_another_reader_found(
    tmp_path: Path, served: Serve, visit: Visit
) -> None:
    logs = unpack_logs(tmp_path)
    page = visit(f"{served(logs).url}hparams")
    expect(page.locator(".hparam-table tbody tr")).to_have_count(7)
    head, *rows = cells(page)
    by_run = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    for run in (f"tf2/hparams/run-{i}" for i in range(4)):
        said = oracle(logs, run)["accuracy", 4]
        shown = by_run[run]["Accuracy"]
        assert float(shown) == pytest.approx(said["tensor"]["values"][0], rel=1e-4)
    assert by_run["torch/hparam/trial2"]["lr"] == "0.2"
    assert by_run["torch/hparam/trial2"]["Accuracy"] == "\u2013"
    assert by_run["torch/hparam/trial2"]["Status"] == "success"
    # Sorted, filtered by a box and by a number, and without a column: all of it in the address.
    head_button = page.locator('.hparam-table th[data-column="h:lr"] button')
    head_button.click()
    head_button.click()
    side = page.get_by_role("complementary", name="Runs and settings")
    side.get_by_role("button", name="opt", exact=True).click()
    side.get_by_role("checkbox", name="sgd").uncheck()
    side.get_by_role("button", name="lr", exact=True).click()
    side.get_by_label("Least of lr").fill("0.02")
    side.get_by_label("Least of lr").press("Tab")
    side.get_by_role("checkbox", name="Show bn").uncheck()
    expect(page.locator(".hparam-table tbody tr")).to_have_count(3)
    names = ["torch/hparam/trial2", "torch/hparam/trial1", "tf2/hparams/run-2"]
    assert [row[0] for row in cells(page)[1:]] == names
    address = state(page)
    assert (address["sort"], address["desc"]) == (["h:lr"], ["1"])
    assert [json.loads(rule) for rule in address["filter"]] == [
        ["h:opt", {"only": ["adam"]}],
        ["h:lr", {"min": 0.02}],
    ]
    page.reload()
    expect(page.locator(".hparam-table tbody tr")).to_have_count(3)
    kept = cells(page)
    assert [row[0] for row in kept[1:]] == names
    assert "bn" not in kept[0]
    table = list(csv.reader(saved(page, "CSV").splitlines()))
    assert table[0] == kept[0]
    assert table[1][:2] == ["torch/hparam/trial2", "0.2"]
    assert json.loads(saved(page, "JSON"))["rows"][2][:3] == ["tf2/hparams/run-2", 0.03, 32]
    assert "tf2/hparams/run-2 & $0.03$ & $32$ & adam & -- & $0.64$ & -- " in saved(page, "LaTeX")
    link = page.locator(".hparam-table tbody a").first
    assert link.get_attribute("href") == "/scalars?run=torch%2Fhparam%2Ftrial2"


def test_parallel_coordinates_and_scatter_matrix(
    tmp_path: Path, served: Serve, visit: Visit
) -> None:
    with SummaryWriter(str(tmp_path)) as writer:
        for i in range(30):
            hparams = {"lr": 10.0 ** (-i % 5 - 1), "opt": ("adam", "sgd")[i % 2], "units": i}
            loss = float("nan") if i == 7 else i / 30
            writer.add_hparams(hparams, {"loss": loss, "acc": 1 - i / 30}, run_name=f"t{i:02}")
    page = visit(f"{served(tmp_path).url}hparams?view=parallel&colour=m::acc")
    plot = page.locator(".parallel-plot")
    expect(plot.locator(".lines .line")).to_have_count(30)
    expect(page.locator(".axis")).to_have_count(5)
    assert page.get_by_label("Scale of lr").input_value() == "log"
    line = plot.locator('.lines [data-run="t00"]').get_attribute("style")
    assert "rgb(238, 120, 44)" in line
    # The upper half of an axis, dragged over, lets through what is there.
    axis = plot.locator('.axis[data-column="h:units"] .brush-area').bounding_box()
    page.mouse.move(axis["x"] + 15, axis["y"] + 2)
    page.mouse.down()
    page.mouse.move(axis["x"] + 15, axis["y"] + axis["height"] / 2, steps=3)
    page.mouse.up()
    expect(plot.locator(".lines .line")).to_have_count(15)
    expect(plot.locator(".faint .line")).to_have_count(15)
    expect(page.get_by_role("status").filter(has_text="15 of 30 sessions")).to_be_visible()
    plot.press("ArrowDown")
    expect(plot.locator(".marked .selected")).to_have_attribute("data-run", "t15")
    expect(page.locator(".detail")).to_contain_text("t15")
    assert state(page)["select"] == ["t15"]
    page.get_by_text("Scatter", exact=True).click()
    expect(page.locator(".cell")).to_have_count(2 * 5)
    expect(page.locator(".scatter .marked .selected")).to_have_count(10)
    points = page.locator('.cell[data-x="h:units"][data-y="m::acc"] .cloud:not(.faint)')
    drawn = points.evaluate_all("(all) => all.map((path) => path.getAttribute('d')).join('')")
    assert drawn.count("M") == 15
    # A group's row: what its sessions agree on, and metrics over them.
    rows = page.evaluate(
        """() => {
            const session = (group, lr, loss, started) => ({
                run: group + lr, runs: [group + lr], group, status: "success", colour: "red",
                started, ended: null, hparams: { lr, seed: 1234567 },
                metrics: { loss: { last: loss, min: loss, max: loss } } });
            const all = [session("a", 1, 4, 5), session("a", 2, 1, 3), session("a", 2, 1, 9),
                session("b", 1, 7, 1), session("c", 1, "NaN", 1), session("c", 1, 2, 1)];
            return ["mean", "median", "least", "greatest"].map((over) =>
                opscope.hparamColumns.grouped(all, over)
                    .map(({ run, hparams, metrics, started }) =>
                        [run, hparams.lr, hparams.seed, metrics.loss.last, started]));
        }"""
    )
    for over, loss in zip(rows, (2, 1, 1, 4), strict=True):
        assert over == [
            ["a", "1, 2", 1234567, loss, 3],
            ["b1", 1, 1234567, 7, 1],
            ["c", 1, 1234567, "NaN", 1],
        ]
    assert page.evaluate("opscope.hparamColumns.told(1234567)") == "1234567"
    page.get_by_text("Clear filters").click()
    expect(page.get_by_role("status").filter(has_text="30 of 30 sessions")).to_be_visible()
    page.goto(page.url + "&run=t03&run=t04")
    expect(page.get_by_role("status").filter(has_text="2 of 2 sessions, 28 hid")).to_be_visible()
