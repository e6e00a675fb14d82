"""The images page: the pictures of a tag step by step, several runs side by side."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import flask
from dash import html

from opscope.dashboard.media_type import picture_problem, picture_type
from opscope.dashboard.page import Page
from opscope.dashboard.pages.controls import CARD_ASSETS, card_page, link_switch, on_change, slider
from opscope.dashboard.responses import blob_response, error_response, json_response, whole_number
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import has_kind, tag_index
from opscope.dashboard.tag_points import described_points, point_of
from opscope.events import payload

MOST_SAMPLES = 10_000
BRIGHTEST, STRONGEST = 2, 5  # TensorBoard's ranges


def layout(store: Store) -> Any:
    """Side bar and an empty grid; assets/images.js fills both from the routes below."""
    query = flask.request.args
    settings = [
        slider("images-brightness", "Brightness", query.get("brightness", 1.0, float), BRIGHTEST),
        slider("images-contrast", "Contrast", query.get("contrast", 1.0, float), STRONGEST),
        dmc.NumberInput(
            id="images-sample",
            label="Sample",
            description="Which picture of each step, from 1",
            min=1,
            max=MOST_SAMPLES,
            allowDecimal=False,
            clampBehavior="strict",
            value=min(max(query.get("sample", 1, int), 1), MOST_SAMPLES),
            size="xs",
        ),
        html.Div(
            className="switches",
            children=[
                dmc.Switch(
                    id="images-actual",
                    label="Actual size",
                    checked=query.get("actual") == "1",
                    size="sm",
                ),
                link_switch("images", query.get("link") != "0"),
            ],
        ),
    ]
    return card_page("images", "Images", settings)


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
    callbacks=on_change(
        "images",
        ("images-brightness", "value"),
        ("images-contrast", "value"),
        ("images-sample", "value"),
        ("images-actual", "checked"),
        ("images-link", "checked"),
    ),
    assets=(
        *CARD_ASSETS,
        "controls.css",
        "payloads.css",
        "svg_axes.js",
        "step_slider.js",
        "step_card.js",
        "image_card.js",
        "images.js",
    ),
)
