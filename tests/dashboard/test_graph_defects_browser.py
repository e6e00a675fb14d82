"""Defects of TensorBoard's graph page that only a browser shows: see support/graph_defects.py."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import graph_ready
from PIL import Image, ImageChops

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]


def png(page: Any, folder: Path) -> Image.Image:
    """The picture as it is saved at twice its size, put together where it comes in tiles."""
    files: list[Any] = []
    page.get_by_role("button", name="Export…").click()
    page.locator("#graph-export-format").select_option("png")
    page.locator("#graph-export-scale").fill("2")
    dialog = page.locator(".graph-export")
    save = dialog.locator("button[type=submit]")
    count = int((re.findall("[0-9]+", save.inner_text()) or ["1"])[0])

    def all_there(download: Any) -> bool:
        files.append(download)
        return len(files) == count

    with page.expect_event("download", all_there):
        save.click()
    expect(dialog).to_be_hidden()
    tiles: dict[tuple[int, int], Image.Image] = {}
    for each in files:
        path = folder / str(each.suggested_filename)
        each.save_as(path)
        row, column = (*path.stem.split("-")[1:], "1", "1")[:2]
        tiles[int(row), int(column)] = Image.open(io.BytesIO(path.read_bytes())).convert("RGB")
    width = sum(tile.width for (row, _), tile in tiles.items() if row == 1)
    height = sum(tile.height for (_, column), tile in tiles.items() if column == 1)
    whole = Image.new("RGB", (width, height))
    for (row, column), tile in tiles.items():
        left = sum(tiles[row, before].width for before in range(1, column))
        top = sum(tiles[before, column].height for before in range(1, row))
        whole.paste(tile, (left, top))
    whole.info["tiles"] = len(tiles)
    return whole


def test_74_618_955_null_png_png_selection_url_state(visit_graph: Visit, tmp_path: Path) -> None:
    page = visit_graph("?run=train&e=hidden&e=cross_entropy")
    plain = png(page, tmp_path)
    assert plain.info["tiles"] == 1
    page.locator('[data-id="hidden/MatMul"]').click()
    selected = png(page, tmp_path)
    assert ImageChops.difference(plain, selected).getbbox() is None
    page.evaluate("opscope.graphParts.picture.limits.area = 300000")
    tiled = png(page, tmp_path)
    assert tiled.info["tiles"] > 3
    assert tiled.size == plain.size
    away = ImageChops.difference(plain, tiled).convert("L")
    assert sum(away.histogram()[48:]) < plain.width * plain.height / 500
    # Several go to the side at once; what is open stays open.
    page.locator('[data-id="hidden/Relu"]').click(modifiers=["Shift"])
    page.get_by_role("button", name="To the side").click()
    page.wait_for_url("**a=hidden*")
    into = page.locator('.edge[data-b="hidden/Relu"]')
    expect(into).to_have_count(0)
    before = page.evaluate("opscope.graph.stats()")
    assert before["expanded"] == ["cross_entropy", "hidden"]
    page.locator(".graph-svg").click(button="right", position={"x": 5, "y": 300})
    page.get_by_role("menuitem", name="Ungroup all").click()
    page.wait_for_url("**u=*")
    # The address alone brings all of it back.
    page.reload()
    graph_ready(page)
    expect(into).to_have_count(0)
    after = page.evaluate("opscope.graph.stats()")
    kept = ("expanded", "selected", "drawn", "drawn_edges", "colour")
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
