"""TensorBoard's read endpoints for pictures and texts, for programs that speak to it."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

import flask
import numpy as np
import numpy.typing as npt

from opscope.dashboard.image_samples import (
    blob_key,
    image_response,
    points_with_sample,
    samples_of,
)
from opscope.dashboard.responses import json_response, required
from opscope.dashboard.responses import whole_number as whole
from opscope.dashboard.safe_markup import safe_cells, safe_html, text_table
from opscope.dashboard.scalar_series import spelt
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import require_tag, shown_name
from opscope.dashboard.tag_points import MOST_INDEX


def install(server: flask.Flask, store: Store) -> None:
    """Add the endpoints to the server."""

    @server.get("/data/plugin/images/tags")
    def image_tags() -> flask.Response:
        found: dict[str, dict[str, object]] = {}
        with store.reading() as logdir:
            for run in logdir.runs():
                for tag in logdir.tags(run, "image"):
                    plugin = logdir.plugin(run, tag)
                    found.setdefault(run, {})[tag] = {
                        "displayName": shown_name(plugin, tag),
                        "description": safe_html(plugin.description),
                        "samples": samples_of(logdir, run, tag),
                    }
        return json_response(found)

    @server.get("/data/plugin/images/images")
    def images() -> flask.Response:
        run, tag, sample = required("run"), required("tag"), whole("sample", 0, 0, MOST_INDEX)
        with store.reading() as logdir:
            require_tag(logdir, run, tag, "image")
            points = list(points_with_sample(logdir, run, tag, sample))
        return json_response(
            [
                {
                    "wall_time": spelt(wall),
                    "step": step,
                    "query": urlencode({"blob_key": blob_key(run, tag, index, sample)}),
                }
                for index, step, wall in points
            ]
        )

    @server.get("/data/plugin/images/individualImage")
    def individual_image() -> flask.Response:
        return image_response(store, "blob_key")

    @server.get("/data/plugin/text/tags")
    def text_tags() -> flask.Response:
        with store.reading() as logdir:
            tags = {run: logdir.tags(run, "text") for run in logdir.runs()}
        return json_response({run: names for run, names in tags.items() if names})

    @server.get("/data/plugin/text/text")
    def text() -> flask.Response:
        run, tag = required("run"), required("tag")
        markdown = flask.request.args.get("markdown", "true") != "false"
        with store.reading() as logdir:
            require_tag(logdir, run, tag, "text")
            found = logdir.text(run, tag)
        return json_response(
            [
                {"wall_time": spelt(wall), "step": step, "text": _as_html(texts, markdown)}
                for wall, step, texts in zip(
                    found.wall_time.tolist(), found.step.tolist(), found.value, strict=True
                )
            ]
        )


def _as_html(texts: npt.NDArray[np.object_], markdown: bool) -> str:
    rows, told = text_table(texts)
    drawn = safe_cells(rows) if markdown else [[escape(cell) for cell in row] for row in rows]
    if texts.ndim == 0:
        return drawn[0][0]
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in drawn)
    return f"{f'<p>{escape(told)}</p>' if told else ''}<table><tbody>{body}</tbody></table>"
