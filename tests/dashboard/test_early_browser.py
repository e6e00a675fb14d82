"""The graph page stands before Dash has started, and is the same one afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browsing import node, visible
from dash import dcc, html

from opscope.dashboard.markup import markup

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
Visit = Callable[..., Any]


def test_components_become_html_with_their_ids_marked() -> None:
    component = html.Div(
        [dcc.Store(id="kept"), html.A("a < b", href="/x?a=1&b=2", id="it", hidden=True), None],
        className="top",
        role="tab",
    )
    assert markup(component, "early-") == (
        '<div class="top" role="tab">'
        '<a id="early-it" hidden href="/x?a=1&amp;b=2">a &lt; b</a></div>'
    )


@pytest.mark.browser
def test_the_graph_is_drawn_without_dash(visit_graph: Visit) -> None:
    page = visit_graph(before=hold_dash)
    expect(page.locator("#early")).to_have_count(1)
    node(page, "hidden").dblclick()
    expect(node(page, "hidden/MatMul")).to_be_visible()


@pytest.mark.browser
def test_dash_takes_over_the_page_as_it_is(visit_graph: Visit) -> None:
    held: list[Any] = []
    page = visit_graph(before=lambda opened: hold_dash(opened, held))
    node(page, "hidden").dblclick()
    expect(node(page, "hidden/MatMul")).to_be_visible()
    page.locator("#graph-search").fill("Relu")
    shown = visible(page)
    expect(page.locator("#graph-hits button")).not_to_have_count(0)
    while held:
        held.pop(0).continue_()
    page.unroute_all(behavior="wait")
    expect(page.locator("#early")).to_have_count(0)
    expect(page.locator("#graph-search")).to_be_focused()
    expect(page.locator("#graph-search")).to_have_value("Relu")
    assert visible(page) == shown
    node(page, "hidden").dblclick()
    expect(node(page, "hidden/MatMul")).to_have_count(0)


def hold_dash(page: Any, held: list[Any] | None = None) -> None:
    """Let Dash's scripts wait."""
    requests = [] if held is None else held
    page.route("**/_dash-component-suites/**", lambda route: requests.append(route))
