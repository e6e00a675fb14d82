"""The images page: the pictures of a tag step by step, several runs side by side."""

from __future__ import annotations

from typing import Any

import flask

from opscope.dashboard.media_type import picture_problem, picture_type
from opscope.dashboard.page import Page
from opscope.dashboard.pages.card_frame import STEP_CARD_ASSETS, card_page
from opscope.dashboard.responses import blob_response, error_response, json_response, whole_number
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import has_kind, tag_index
from opscope.dashboard.tag_points import described_points, point_of
from opscope.events import payload

MOST_SAMPLES = 10_000


def layout(_: Store) -> Any:
    """An empty split page; assets/images.js fills it from the routes below."""
    return card_page("images", "Images")


def routes(server: flask.Flask, store: Store) -> None:
    """The tag index; the points of a tag; what one point holds; one of its pictures."""

    @server.get("/api/images/tags")
    def image_index() -> flask.Response:
        return json_response(tag_index(store, "image"))

    @server.get("/api/images/points")
    def image_points() -> flask.Response:
        return json_response(described_points(store, "image"))

    @server.get("/api/images/point")
    def image_point() -> flask.Response:
        found = point_of(store, "image", payload.image)
        samples = [
            {"bytes": len(data), "type": picture_type(data), "problem": picture_problem(data)}
            for data in found.encoded[:MOST_SAMPLES]
        ]
        return json_response({"width": found.width, "height": found.height, "samples": samples})

    @server.get("/api/images/picture")
    def picture() -> flask.Response:
        found = point_of(store, "image", payload.image)
        sample = whole_number("sample", 0, 0, MOST_SAMPLES)
        if sample >= len(found.encoded):
            return error_response(404, f"no sample {sample}: there are {len(found.encoded)}")
        data = found.encoded[sample]
        problem = picture_problem(data)
        if problem:
            return error_response(415, problem)
        return blob_response(data, picture_type(data))


PAGE = Page(
    path="/images",
    title="Images",
    icon="images",
    order=50,
    has_data=lambda store: has_kind(store, "image"),
    layout=layout,
    routes=routes,
    assets=(*STEP_CARD_ASSETS, "image_card.js", "images.js"),
    early=True,
    asks="/api/images/tags",
)
