"""Controls that several pages have: run list, tag filter, axis, width of the cards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from opscope.dashboard.pages.shell import aria


def run_list(page: str, filtered: str) -> Any:
    """The filter over the runs and the place where assets/run_list.js lists them."""
    return html.Div(
        className="runs",
        children=[
            dmc.TextInput(
                id=f"{page}-runs-filter",
                label="Runs",
                placeholder="Filter (regular expression)",
                value=filtered,
                size="xs",
                leftSection=html.Span(className="icon icon-search small"),
                debounce=120,
            ),
            html.Div(id=f"{page}-runs", className="run-list", **aria(label="Runs shown")),
        ],
    )


def tag_filter(page: str, filtered: str) -> Any:
    """The filter over the tags."""
    return dmc.TextInput(
        id=f"{page}-tags",
        placeholder="Filter tags (regular expression)",
        value=filtered,
        className="tag-filter",
        leftSection=html.Span(className="icon icon-search small"),
        debounce=120,
        **aria(label="Filter tags"),
    )


def wide_switch(page: str, wide: bool) -> Any:
    """Whether every card is as wide as the page."""
    return dmc.Switch(id=f"{page}-wide", label="Full width", checked=wide, size="xs")


def segmented(name: str, label: str, choices: Sequence[str], value: str | None) -> Any:
    """One of a few words; the first is the default."""
    return html.Div(
        [
            html.P(label, className="label", id=f"{name}-label"),
            dmc.SegmentedControl(
                id=name,
                data=[{"value": choice, "label": choice.capitalize()} for choice in choices],
                value=value if value in choices else choices[0],
                size="xs",
                fullWidth=True,
                **aria(labelledby=f"{name}-label"),
            ),
        ]
    )
