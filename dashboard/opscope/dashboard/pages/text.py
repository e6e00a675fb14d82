"""The text page: what a training wrote in words, as Markdown or as it stands."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import flask
from dash import html

from opscope.dashboard.page import Page
from opscope.dashboard.pages.controls import CARD_ASSETS, card_page, link_switch, on_change
from opscope.dashboard.responses import json_response
from opscope.dashboard.safe_markup import raw_cells, safe_cells, text_table
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import has_kind, tag_index
from opscope.dashboard.tag_points import described_points, point_of
from opscope.events import payload


def layout(store: Store) -> Any:
    """Side bar and an empty grid; assets/text.js fills both from the routes below."""
    query = flask.request.args
    switches = html.Div(
        className="switches",
        children=[
            dmc.Switch(
                id="text-raw",
                label="As written",
                description="Without Markdown",
                checked=query.get("raw") == "1",
                size="sm",
            ),
            link_switch("text", query.get("link") != "0"),
        ],
    )
    return card_page("text", "Text", [switches])


def routes(server: flask.Flask, store: Store) -> None:
    """The tag index; the points of a tag; the text of one point as rows of cells."""

    @server.get("/api/text/tags")
    def text_index() -> flask.Response:
        return json_response(tag_index(store, "text"))

    @server.get("/api/text/points")
    def text_points() -> flask.Response:
        return json_response(described_points(store, "text"))

    @server.get("/api/text/point")
    def text_point() -> flask.Response:
        texts = point_of(store, "text", payload.text)
        raw = flask.request.args.get("raw") == "1"
        rows, told = text_table(texts)
        cells = raw_cells(rows) if raw else safe_cells(rows)
        return json_response({"shape": texts.shape, "raw": raw, "cells": cells, "note": told})


PAGE = Page(
    path="/text",
    title="Text",
    icon="text",
    order=60,
    has_data=lambda store: has_kind(store, "text"),
    layout=layout,
    routes=routes,
    callbacks=on_change("text", ("text-raw", "checked"), ("text-link", "checked")),
    assets=(
        *CARD_ASSETS,
        "controls.css",
        "payloads.css",
        "svg_axes.js",
        "step_slider.js",
        "step_card.js",
        "text_card.js",
        "text.js",
    ),
)
