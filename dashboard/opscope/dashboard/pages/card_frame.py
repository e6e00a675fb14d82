"""What pages of cards have in common: an empty frame that stands before Dash, and their assets."""

from __future__ import annotations

from typing import Any

from dash import html

from opscope.dashboard.pages.shell import aria

# What every page of cards loads, in this order.
CARD_ASSETS = (
    "cards.css",
    "controls.css",
    "controls.js",
    "run_names.js",
    "run_groups.js",
    "run_colouring.js",
    "run_list.js",
    "card_grid.js",
    "early_page.js",
    "card_page.js",
)
# And those with a card for each run of a tag.
RUN_CARD_ASSETS = (*CARD_ASSETS, "svg_axes.js", "fact_tip.js", "run_card.js")
# And those whose cards show one step at a time.
STEP_CARD_ASSETS = (*RUN_CARD_ASSETS, "payloads.css", "step_slider.js", "step_card.js")


def card_page(name: str, title: str) -> Any:
    """Side bar and body, both empty: the page's script fills them (`opscope.openPage`)."""
    return html.Div(
        className="split",
        children=[
            html.Aside(id=f"{name}-side", className="side", **aria(label="Runs and settings")),
            html.Section(id=f"{name}-body", className="body", **aria(label=title)),
        ],
    )
