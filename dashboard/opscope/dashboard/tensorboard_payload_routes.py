"""TensorBoard's read endpoints for pictures and texts, for programs that speak to it."""

from __future__ import annotations

import base64
import binascii
from html import escape
from urllib.parse import urlencode

import flask
import numpy as np
import numpy.typing as npt
import orjson

from opscope.dashboard.media_type import picture_type
from opscope.dashboard.responses import blob_response, error_response, json_response, required
from opscope.dashboard.responses import whole_number as whole
from opscope.dashboard.safe_markup import safe_cells, safe_html, text_table
from opscope.dashboard.scalar_series import spelt
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import require_tag
from opscope.dashboard.tag_points import MOST_INDEX, decoded
from opscope.events import LogdirError, payload


def install(server: flask.Flask, store: Store) -> None:
    """Add the endpoints to the server."""

    @server.get("/data/plugin/images/tags")
    def image_tags() -> flask.Response:
        found: dict[str, dict[str, object]] = {}
        with store.reading() as logdir:
            for run in logdir.runs():
                for tag in logdir.tags(run, "image"):
                    plugin, points = logdir.plugin(run, tag), logdir.points(run, tag, "image")
                    samples = 0
                    if len(points.index):
                        try:
                            last = logdir.point(run, tag, "image", int(points.index[-1]))
                            samples = len(payload.image(last).encoded)
                        except (LogdirError, ValueError):
                            samples = 0  # damaged: it is among the problems
                    found.setdefault(run, {})[tag] = {
                        "displayName": plugin.display_name,
                        "description": safe_html(plugin.description),
                        "samples": samples,
                    }
        return json_response(found)

    @server.get("/data/plugin/images/images")
    def images() -> flask.Response:
        run, tag, sample = required("run"), required("tag"), whole("sample", 0, 0, MOST_INDEX)
        with store.reading() as logdir:
            require_tag(logdir, run, tag, "image")
            points = logdir.points(run, tag, "image")
        columns = zip(
            points.index.tolist(), points.wall_time.tolist(), points.step.tolist(), strict=True
        )
        return json_response(
            [
                {
                    "wall_time": spelt(wall),
                    "step": step,
                    "query": urlencode({"blob_key": _blob_key(run, tag, index, sample)}),
                }
                for index, wall, step in columns
            ]
        )

    @server.get("/data/plugin/images/individualImage")
    def individual_image() -> flask.Response:
        try:
            run, tag, index, sample = _named_by(required("blob_key"))
        except ValueError as error:
            return error_response(400, f"not a blob_key of /data/plugin/images/images: {error}")
        found = decoded(store, run, tag, "image", index, payload.image)
        if not 0 <= sample < len(found.encoded):
            return error_response(404, f"no sample {sample}: there are {len(found.encoded)}")
        data = found.encoded[sample]
        return blob_response(data, picture_type(data))

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


def _blob_key(run: str, tag: str, index: int, sample: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([run, tag, index, sample])).decode()


def _named_by(key: str) -> tuple[str, str, int, int]:
    try:
        run, tag, index, sample = orjson.loads(base64.urlsafe_b64decode(key))
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if not all(isinstance(word, str) for word in (run, tag)):
        raise ValueError("a run and a tag are text")
    if not all(isinstance(number, int) for number in (index, sample)):
        raise ValueError("an index and a sample are whole numbers")
    return run, tag, index, sample
