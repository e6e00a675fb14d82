"""TensorBoard's Time Series endpoints, which answer many questions in one request."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import flask
import orjson

from opscope.dashboard.image_samples import (
    blob_key,
    image_response,
    points_with_sample,
    samples_of,
)
from opscope.dashboard.responses import error_response, json_response
from opscope.dashboard.safe_markup import safe_html
from opscope.dashboard.scalar_series import spelt
from opscope.dashboard.store import Store
from opscope.events import Logdir

KINDS = {"scalars": "scalar", "histograms": "histogram", "images": "image"}
MOST_QUESTIONS = 10_000


def install(server: flask.Flask, store: Store) -> None:
    """Add the endpoints to the server."""

    @server.get("/data/plugin/timeseries/tags")
    def series_tags() -> flask.Response:
        with store.reading() as logdir:
            found: dict[str, Any] = {
                plugin: {
                    "runTagInfo": _tags_of_runs(logdir, KINDS[plugin]),
                    "tagDescriptions": _descriptions(logdir, KINDS[plugin]),
                }
                for plugin in ("scalars", "histograms")
            }
            samples: dict[str, dict[str, Any]] = defaultdict(dict)
            for run, tags in _tags_of_runs(logdir, "image").items():
                for tag in tags:
                    samples[tag][run] = {"maxSamplesPerStep": samples_of(logdir, run, tag)}
            found["images"] = {
                "tagDescriptions": _descriptions(logdir, "image"),
                "tagRunSampledInfo": samples,
            }
        return json_response(found)

    @server.route("/data/plugin/timeseries/timeSeries", methods=["GET", "POST"])
    def time_series() -> flask.Response:
        text = flask.request.values.get("requests")
        if text is None:
            return error_response(400, "the form or the query needs requests=[...], as JSON")
        try:
            questions = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            return error_response(400, f"requests is not JSON: {error}")
        if not isinstance(questions, list) or len(questions) > MOST_QUESTIONS:
            return error_response(400, f"requests is a list of at most {MOST_QUESTIONS} questions")
        return json_response([_answer(store, question) for question in questions])

    @server.get("/data/plugin/timeseries/imageData")
    def image_data() -> flask.Response:
        return image_response(store, "imageId")


def _tags_of_runs(logdir: Logdir, kind: str) -> dict[str, list[str]]:
    found = {run: logdir.tags(run, kind) for run in logdir.runs()}
    return {run: tags for run, tags in found.items() if tags}


def _descriptions(logdir: Logdir, kind: str) -> dict[str, str]:
    """HTML by tag; where runs describe a tag differently, all of it under headings."""
    runs_by_text: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for run, tags in _tags_of_runs(logdir, kind).items():
        for tag in tags:
            text = logdir.plugin(run, tag).description
            if text:
                runs_by_text[tag][text].append(run)
    found = {}
    for tag, by_text in runs_by_text.items():
        texts = sorted(by_text)
        if len(texts) > 1:
            parts = [f"## For {_named(sorted(by_text[text]))}\n{text}" for text in texts]
            texts = ["# Multiple descriptions\n" + "\n".join(parts)]
        found[tag] = safe_html(texts[0])
    return found


def _named(runs: list[str]) -> str:
    return f"run{'s' * (len(runs) > 1)}: {', '.join(runs)}"


def _answer(store: Store, question: Any) -> dict[str, Any]:
    """The series of one question: of a tag in one run, or of a scalar tag in all."""
    if not isinstance(question, dict):
        return {"error": "a question is an object with plugin, tag, run and sample"}
    plugin, tag = question.get("plugin"), question.get("tag")
    run, sample = question.get("run"), question.get("sample")
    answer: dict[str, Any] = {"plugin": plugin, "tag": tag}
    if isinstance(run, str):
        answer["run"] = run
    if isinstance(sample, int):
        answer["sample"] = sample
    if not isinstance(tag, str):
        return answer | {"error": "Missing tag"}
    if plugin not in KINDS:
        return answer | {"error": "Invalid plugin"}
    if plugin != "scalars" and not isinstance(run, str):
        return answer | {"error": "Missing run"}
    if plugin == "images" and (not isinstance(sample, int) or sample < 0):
        return answer | {"error": "Missing sample"}
    series = {}
    with store.reading() as logdir:
        for name in logdir.runs() if not isinstance(run, str) else {run} & {*logdir.runs()}:
            if tag in logdir.tags(name, KINDS[plugin]):
                series[name] = _series(logdir, plugin, name, tag, sample)
    if plugin == "images":
        series = {name: points for name, points in series.items() if points}
    return answer | {"runToSeries": series}


def _series(logdir: Logdir, plugin: str, run: str, tag: str, sample: Any) -> list[dict[str, Any]]:
    if plugin == "scalars":
        scalars = logdir.scalars(run, tag)
        columns = zip(scalars.wall_time.tolist(), scalars.step.tolist(), scalars.value, strict=True)
        return [
            {"wallTime": spelt(wall), "step": step, "value": spelt(float(value))}
            for wall, step, value in columns
        ]
    if plugin == "histograms":
        found = logdir.histograms(run, tag)
        rows = zip(found.wall_time.tolist(), found.step.tolist(), found.buckets, strict=True)
        return [
            {
                "wallTime": spelt(wall),
                "step": step,
                "bins": [
                    {"min": spelt(low), "max": spelt(high), "count": spelt(count)}
                    for low, high, count in buckets.tolist()
                ],
            }
            for wall, step, buckets in rows
        ]
    return [
        {"wallTime": spelt(wall), "step": step, "imageId": blob_key(run, tag, index, sample)}
        for index, step, wall in points_with_sample(logdir, run, tag, sample)
    ]
