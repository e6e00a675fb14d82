"""A logdir as one HTML file: what it holds, that names stay text in it, and that it asks nobody."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import watched_context
from graph_maker import classifier
from run_writer import RunWriter

from opscope.cli.main import main
from opscope.dashboard.report.graph_drawing import drawing
from opscope.dashboard.report.making import make_report
from opscope.dashboard.report.request import ReportRequest
from opscope.events.proto.event_pb2 import Event

HOSTILE = '</script><script>window.ran=1</script><img src=x onerror="window.ran=1">'


def held(text: str) -> Any:
    """The data in a report."""
    found = re.search(r'<script type="application/json" id="report-data">(.*?)</script>', text)
    assert found
    return json.loads(found[1])


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A run with a graph, a long curve with a spike and a NaN, and a tag that is markup."""
    writer = RunWriter(tmp_path / "logs" / "a")
    points = [(step, float(np.sin(step / 50))) for step in range(3000)]
    points[1234], points[2000] = (1234, 99.0), (2000, float("nan"))
    writer.scalars("long", points)
    writer.scalars(HOSTILE, [(0, 1.0), (10, 2.0)])
    writer.histograms("spread", {0: [1.0, 2.0, 2.0], 5: [1.0, 3.0]})
    writer.writer.add_event(Event(wall_time=1, graph_def=classifier().data))
    writer.close()
    return tmp_path / "logs"


def test_a_report_holds_what_is_asked_for(hostile: Path) -> None:
    text = make_report(hostile, ReportRequest("A title <b>", max_points=300))
    data = held(text)
    assert set(data["tags"]) == {"scalars", "histograms", "distributions"}
    curve = data["curves"]["long"]["a"]
    assert not curve["whole"]
    assert len(curve["step"]) <= 400
    assert tuple(curve["value"][curve["step"].index(s)] for s in (1234, 2000)) == (99.0, "NaN")
    assert curve["stats"]["max_step"] == 1234
    assert curve["stats"]["count"] == 2999
    assert data["curves"][HOSTILE]["a"]["value"] == [1.0, 2.0]
    assert "1 of 2 curves are drawn from about 300 of their points" in text
    assert "A title &lt;b&gt;</h1>" in text
    assert 'class="graph-picture"' in text
    assert "<script>window.ran" not in text
    assert "<img" not in text


def test_a_report_names_no_other_place(hostile: Path) -> None:
    text = make_report(hostile, ReportRequest())
    markup = re.sub("<script.*?</script>", "", text, flags=re.S)
    assert not re.findall(r'(?:src|href)="(?!#)[^"]*"', markup)
    assert not re.findall(r"url\((?!\"data:|\"#)[^)]*", markup)
    assert "default-src &#x27;none&#x27;" in text


def test_runs_and_tags_are_chosen(hostile: Path, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "report.html"
    assert main(["report", str(hostile), "-o", str(file), "--tag", "^long$", "--run", "a"]) == 0
    assert "MB" in capsys.readouterr().out
    data = held(file.read_text("utf-8"))
    assert list(data["curves"]) == ["long"]
    assert set(data["tags"]) == {"scalars"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gone", "-o", "x.html"], "cannot be read"),
        (["logs", "-o", "x.html", "--run", "nobody"], "no run and tag matches"),
        (["logs", "-o", "none/x.html"], "cannot be written"),
        (["logs", "-o", "x.html", "--max-points", "3"], "no number of points"),
        (["logs", "-o", "x.html", "--smoothing", "1"], "no weight"),
        (["logs", "-o", "x.html", "--tag", "("], "no regular expression"),
        (["logs"], "required"),
    ],
)
def test_what_cannot_be_done_is_said(
    hostile: Path, tmp_path: Path, monkeypatch: Any, capsys: Any, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        status = main(["report", *words])
    except SystemExit as end:  # argparse
        status = int(str(end.code))
    assert status == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "x.html").exists()


def test_names_in_a_graph_are_text() -> None:
    node = {"id": HOSTILE, "label": HOSTILE, "x": 5, "y": 5, "w": 9, "h": 9, "depth": 0}
    edge = {"points": [0, 0, 4, 4, 9, 0], "width": 1.0, "kind": '"x'}
    nodes = [{**node, "kind": "op", "op": HOSTILE}, {**node, "kind": "scope", "count": "2 ops"}]
    text = drawing({"width": 9.0, "height": 9.0, "nodes": nodes, "edges": [edge]}, HOSTILE)
    assert "<script" not in text
    assert "<img" not in text
    assert 'd="M0.0 0.0Q4.0 4.0 6.5 2.0L9.0 0.0"' in text


@pytest.mark.browser
def test_a_report_stands_alone(browser: Any, hostile: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(make_report(hostile, ReportRequest(max_points=300)), "utf-8")
    asked: list[str] = []
    with watched_context(browser, viewport={"width": 1280, "height": 860}, offline=True) as context:
        context.route("http://localhost/report.html", lambda route: route.fulfill(path=file))
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto("http://localhost/report.html")
        expect = pytest.importorskip("playwright.sync_api").expect
        expect(page.get_by_role("cell", name="99", exact=True)).to_be_visible()
        page.get_by_role("link", name="Scalars").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".curve")).to_have_count(2)
        card = page.locator('.card[data-tag="long"]')
        expect(card.locator(".bad-count")).to_have_text("1 NaN")
        card.locator(".plot").focus()
        page.keyboard.press("+")
        expect(card.get_by_role("button", name="Show everything")).to_be_visible()
        card.locator(".plot").hover()
        expect(page.locator(".tip")).to_contain_text("Smoothed")
        page.get_by_label("Smoothed by 0.6").uncheck()
        expect(card.locator(".raw")).to_have_count(0)
        page.get_by_role("link", name="Histograms").click()
        expect(page.locator(".ridge")).to_have_count(2)
        page.get_by_role("link", name="Graph").click()
        expect(page.locator(".graph-picture rect").first).to_be_visible()
        assert page.evaluate("window.ran") is None
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [
        "http://localhost/report.html"
    ]
