"""The custom scalars page: curves together as a layout in the log says."""

from __future__ import annotations

from typing import Any

import flask

from opscope.dashboard.custom_layout import merged_layout, told
from opscope.dashboard.page import Page
from opscope.dashboard.pages import scalars
from opscope.dashboard.pages.card_frame import card_page
from opscope.dashboard.responses import json_response
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import has_kind, tag_index
from opscope.events import kind as kinds


def layout(_: Store) -> Any:
    """An empty split page; assets/custom_scalars.js fills it from the routes below."""
    return card_page("custom_scalars", "Custom scalars")


def routes(server: flask.Flask, store: Store) -> None:
    """The scalar tags with the layout; the curves come from the scalars page's route."""

    @server.get("/api/custom_scalars/tags")
    def custom_index() -> flask.Response:
        with store.reading() as logdir:
            found, wrong = merged_layout(logdir)
        return json_response(
            {**tag_index(store, kinds.SCALAR), "layout": told(found), "wrong": wrong}
        )


PAGE = Page(
    path="/custom_scalars",
    title="Custom scalars",
    icon="custom-scalars",
    order=25,
    has_data=lambda store: has_kind(store, kinds.LAYOUT),
    layout=layout,
    routes=routes,
    assets=(*scalars.PAGE.assets, "custom_scalars.css", "custom_card.js", "custom_scalars.js"),
    early=True,
    asks="/api/custom_scalars/tags",
)
