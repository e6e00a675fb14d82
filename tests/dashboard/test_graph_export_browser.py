"""Saving the picture and the graph from the page; the files are read back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import pytest
from PIL import Image

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]


def saved(page: Any, folder: Path, ending: str) -> Path:
    """Save in a format and give the file."""
    page.get_by_role("button", name="Export…").click()
    page.locator("#graph-export-format").select_option(ending)
    with page.expect_download() as coming:
        page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".graph-export")).to_be_hidden()
    path = folder / str(coming.value.suggested_filename)
    coming.value.save_as(path)
    return path


def test_the_svg_stands_alone(visit_graph: Visit, tmp_path: Path) -> None:
    page = visit_graph("?run=train&e=cross_entropy")
    page.mouse.move(900, 500)
    page.mouse.wheel(0, -3000)  # most of it is out of sight, and is in the file all the same
    page.wait_for_function("() => window.opscope.graph.stats().scale > 2")
    path = saved(page, tmp_path, "svg")
    assert path.name == "train.svg"
    text = path.read_text()
    root = ElementTree.fromstring(text)
    texts = {each.text for each in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"input", "hidden", "Softmax", "?×784"} <= texts
    for foreign in (
        "var(",
        "color-mix",
        "oklab",
        "context-stroke",
        'display="none"',
        'class="fold',
    ):
        assert foreign not in text
    names = set(re.findall(r'id="([^"]+)"', text))
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= names
    # The page is as it was.
    assert page.locator(".graph-svg").get_attribute("data-detail") == "near"


def test_the_png_is_as_large_as_asked_or_comes_in_tiles(visit_graph: Visit, tmp_path: Path) -> None:
    page = visit_graph()
    page.get_by_role("button", name="Export…").click()
    page.locator("#graph-export-format").select_option("png")
    page.locator("#graph-export-scale").fill("3")
    told = page.locator(".graph-export p").inner_text()
    width, height = (int(n.replace(",", "")) for n in re.findall(r"[\d,]+", told)[:2])
    with page.expect_download() as coming:
        page.get_by_role("button", name="Save", exact=True).click()
    coming.value.save_as(tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as image:
        assert image.size == (width, height)
        assert len(image.convert("RGB").getcolors(1 << 24)) > 20
    # What no canvas holds.
    page.get_by_role("button", name="Export…").click()
    page.locator("#graph-export-format").select_option("png")
    page.locator("#graph-export-scale").fill("45")
    dialog = page.locator(".graph-export")
    expect(dialog).to_contain_text("more than a browser draws at once")
    tiles = dialog.get_by_role("button", name=re.compile("Save [0-9]+ files"))
    expect(tiles).to_be_visible()
    dialog.get_by_role("button", name=re.compile("Take .* times")).click()
    expect(dialog.get_by_role("button", name="Save", exact=True)).to_be_visible()
    page.locator("#graph-export-scale").fill("-1")
    expect(dialog.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_the_graph_is_saved_as_data(visit_graph: Visit, tmp_path: Path) -> None:
    page = visit_graph("?run=train&s=logits")
    net = nx.read_graphml(saved(page, tmp_path, "graphml"))
    assert set(net.nodes) == {"input", "hidden", "logits", "cross_entropy", "init", "report"}
    assert saved(page, tmp_path, "dot").read_text().startswith("digraph")
    page.get_by_role("button", name="Export…").click()
    page.locator("#graph-export-format").select_option("json")
    page.locator("#graph-export-what").select_option("scope")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Save", exact=True).click()
    assert coming.value.suggested_filename == "train-logits.json"
    coming.value.save_as(tmp_path / "scope.json")
    data = json.loads((tmp_path / "scope.json").read_text())
    assert {each["id"].partition("/")[0] for each in data["nodes"]} == {"logits"}
