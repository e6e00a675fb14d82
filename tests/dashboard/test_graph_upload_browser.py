"""Opening files in the graph page, and what it says where there is nothing to draw."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import graph_ready, node, state, visible, watched_context
from graph_maker import GraphMaker, classifier

from opscope.dashboard.server import Server

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.browser

Visit = Callable[..., Any]
BUTTON = "Open a file…"


@pytest.fixture
def visit(browser: Any, served: Callable[..., Server], tmp_path: Path) -> Iterator[Visit]:
    """Opens the graph page of an empty logdir."""
    server = served(tmp_path, reload_interval=0.2)
    with watched_context(browser, viewport={"width": 1300, "height": 850}) as context:

        def opened(query: str = "") -> Any:
            page = context.new_page()
            page.goto(f"{server.url}graph{query}")
            graph_ready(page)
            return page

        yield opened


def choose(page: Any, name: str, data: bytes) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator("#graph-page").get_by_role("button", name=BUTTON).first.click()
    chooser.value.set_files({"name": name, "mimeType": "application/x-any", "buffer": data})


def test_files_are_opened_by_the_button_and_where_they_are_dropped(visit: Visit) -> None:
    page = visit()
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()
    choose(page, "model.pb", classifier().data)
    expect(node(page, "hidden")).to_be_visible()
    assert state(page)["run"] == ["(uploaded) model.pb"]
    page.reload()
    graph_ready(page)
    assert "hidden" in visible(page)
    choose(page, "empty.pb", GraphMaker().data)
    expect(page.get_by_role("heading", name="This graph has no nodes")).to_be_visible()
    choose(page, "full.pb", classifier().data)
    expect(node(page, "hidden")).to_be_visible()
    expect(page.get_by_role("heading", name="This graph has no nodes")).to_be_hidden()
    open_dropped(page)


def open_dropped(page: Any) -> None:
    """A file is dropped on the drawing."""
    transfer = page.evaluate_handle(
        """text => { const t = new DataTransfer();
        t.items.add(new File([Uint8Array.from(atob(text), c => c.charCodeAt(0))], "dropped.pb"));
        return t; }""",
        base64.b64encode(classifier().data).decode(),
    )
    body = page.locator("#graph-body")
    body.dispatch_event("dragenter", {"dataTransfer": transfer})
    expect(page.locator(".graph-body.dropping")).to_have_count(1)
    body.dispatch_event("drop", {"dataTransfer": transfer})
    expect(node(page, "logits")).to_be_visible()
    expect(page.locator(".graph-body.dropping")).to_have_count(0)


def test_a_file_that_is_no_graph_is_told_and_the_page_stays(
    browser: Any, served: Callable[..., Server], tmp_path: Path
) -> None:
    # Chromium itself writes each answer of 400 and above to the console.
    page = browser.new_page()
    page.goto(f"{served(tmp_path).url}graph")
    graph_ready(page)
    choose(page, "model.pb", classifier().data)
    expect(node(page, "hidden")).to_be_visible()
    choose(page, "notes.pbtxt", b"not { a graph")
    expect(page.get_by_text("notes.pbtxt is not the text of a GraphDef")).to_be_visible()
    assert "hidden" in visible(page)
    page.close()


def test_what_is_odd_is_told_and_calls_open_as_bodies(visit: Visit) -> None:
    page = visit()
    g = GraphMaker().node("a", "Unheard", "b").node("b", "Of", "a", "gone")
    choose(page, "odd.pb", g.data)
    expect(node(page, "a")).to_be_visible()
    page.get_by_text("1 problem").click()
    expect(page.get_by_text("input 1 of node 'b' names no node: 'gone'")).to_be_visible()
    g = GraphMaker().node("net/x", "Placeholder").node("net/call", "square", "net/x")
    g.node("net/y", "Exp", "net/call")
    function = g.graph.library.function.add()
    function.signature.name = "square"
    function.signature.input_arg.add(name="v", type=1)
    function.signature.output_arg.add(name="out", type=1)
    function.node_def.add(name="mul", op="Mul", input=["v", "v"])
    function.ret["out"] = "mul:z:0"
    choose(page, "calls.pb", g.data)
    # One scope alone is open from the start.
    expect(node(page, "net/x")).to_be_visible()
    node(page, "net/call").dblclick()
    expect(node(page, "net/call/mul")).to_be_visible()
    assert {"net/call/v", "net/call/(call)", "net/call/out"} <= set(visible(page))
