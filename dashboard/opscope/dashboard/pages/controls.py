"""What pages of cards have in common: their frame, run list, tag filter, axis, width, callback."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import dash_mantine_components as dmc
import flask
from dash import ClientsideFunction, Input, Output, dcc, html

from opscope.dashboard.pages.shell import aria

# What every page of cards loads; run_card.js is of those with a card for each run.
CARD_ASSETS = (
    "cards.css",
    "run_names.js",
    "run_list.js",
    "card_grid.js",
    "card_page.js",
    "fact_tip.js",
    "run_card.js",
)


def card_page(page: str, title: str, settings: Sequence[Any]) -> Any:
    """Side bar with settings and runs, toolbar, and an empty grid that the page's script fills.

    The request's query says what is set already: `runs`, `tags`, `wide`.
    """
    query = flask.request.args
    return html.Div(
        className="split",
        children=[
            dcc.Store(id=f"{page}-state"),
            html.Aside(
                className="side",
                **aria(label="Runs and settings"),
                children=[*settings, run_list(page, query.get("runs", ""))],
            ),
            html.Section(
                className="body",
                **aria(label=title),
                children=[
                    html.Div(
                        className="toolbar",
                        children=[
                            tag_filter(page, query.get("tags", "")),
                            html.Span(id=f"{page}-summary", className="summary", role="status"),
                            wide_switch(page, query.get("wide") == "1"),
                        ],
                    ),
                    html.Div(id=f"{page}-cards", className="groups"),
                ],
            ),
        ],
    )


def on_change(page: str, *controls: tuple[str, str]) -> Callable[[Any], None]:
    """Hand every change of a control (id, property) to the page's script, filters and width last.

    The script's `opscope.cardPage` has to name the page's own controls in the same order.
    """
    inputs = [Input(*control) for control in controls]
    shared = [
        Input(f"{page}-runs-filter", "value"),
        Input(f"{page}-tags", "value"),
        Input(f"{page}-wide", "checked"),
    ]

    def callbacks(app: Any) -> None:
        app.clientside_callback(
            ClientsideFunction(page, "set"),
            # Without an output, Dash does not call it when the page appears.
            Output(f"{page}-state", "data"),
            *inputs,
            *shared,
        )

    return callbacks


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


def slider(name: str, label: str, value: float, most: float) -> Any:
    """A number from 0 to `most`, shown beside its label; 1 changes nothing."""
    return html.Div(
        [
            html.P(
                [label, html.Output(id=f"{name}-value", className="label-value")],
                className="label",
            ),
            dmc.Slider(
                id=name,
                min=0,
                max=most,
                step=0.05,
                value=min(max(value, 0), most),
                size="sm",
                updatemode="drag",
                thumbLabel=label,
                marks=[{"value": 1, "label": "1"}],
                mb="md",
            ),
        ]
    )


def link_switch(page: str, on: bool) -> Any:
    """Whether all cards show the same step."""
    return dmc.Switch(
        id=f"{page}-link",
        label="Link by step",
        description="All cards show the step chosen in one",
        checked=on,
        size="sm",
    )
