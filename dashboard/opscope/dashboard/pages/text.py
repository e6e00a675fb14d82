"""The text page: what a training wrote in words, as Markdown or as it stands."""

from __future__ import annotations

from typing import Any

import flask

from opscope.dashboard.page import Page
from opscope.dashboard.pages.card_frame import STEP_CARD_ASSETS, card_page
from opscope.dashboard.responses import json_response
from opscope.dashboard.safe_markup import raw_cells, safe_cells, text_table
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import has_kind, tag_index
from opscope.dashboard.tag_points import described_points, point_of
from opscope.events import payload


def layout(_: Store) -> Any:
    """An empty split page; assets/text.js fills it from the routes below."""
    return card_page("text", "Text")


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
    assets=(*STEP_CARD_ASSETS, "text_card.js", "text.js"),
    early=True,
    asks="/api/text/tags",
)
