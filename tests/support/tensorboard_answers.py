"""All that TensorBoard's read endpoints say about a logdir, in a form that can be compared."""

from __future__ import annotations

import gzip
import hashlib
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from archives import unpack_archive
from google.protobuf import text_format
from google.protobuf.message import Message

from opscope.events.proto.config_pb2 import RunMetadata
from opscope.events.proto.graph_pb2 import GraphDef

Ask = Callable[[str, Mapping[str, Any] | None], bytes]
"""The body of the answer to a GET, or, given a form, to a POST."""

GOLD = Path(__file__).parents[1] / "gold/dashboard/tensorboard_answers.json.gz"
TAGS = ("scalars", "histograms", "distributions", "images", "text")


def answers(ask: Ask) -> Iterator[tuple[str, Any]]:
    """Each question with its answer, JSON-able; the same questions for the same logdir.

    Pictures and graphs stand as digests, HTML as the text in it, keys of pictures as what they
    give.
    """

    def told(path: str, **query: str) -> Any:
        return json.loads(ask(f"/data/{path}" + (f"?{urlencode(query)}" if query else ""), None))

    runs = told("runs")
    yield "runs", sorted(runs)
    for name in ("experiments", "experiment_runs"):
        yield name, told(name)
    yield "window_properties", sorted(told("window_properties"))
    yield "environment", sorted(set(told("environment")) - {"debug"})
    yield "version", told("environment")["version"]
    listing = told("plugins_listing")
    for plugin in ("timeseries", *TAGS, "graphs", "hparams", "pr_curves", "custom_scalars"):
        yield f"plugins_listing {plugin}", [listing[plugin]["enabled"], sorted(listing[plugin])]
    for plugin in TAGS:
        tags = told(f"plugin/{plugin}/tags")
        yield f"{plugin}/tags", tags if plugin == "text" else _plain(tags)
        for run, names in sorted(tags.items()):
            for tag in sorted(names):
                points = told(f"plugin/{plugin}/{plugin}", run=run, tag=tag)
                yield f"{plugin}/{plugin} {run} {tag}", [_point(ask, each) for each in points]
    for run, names in sorted(told("plugin/pr_curves/tags").items()):
        yield f"pr_curves/tags {run}", _plain(names)
        for tag in sorted(names):
            curves = told("plugin/pr_curves/pr_curves", run=run, tag=tag)
            yield f"pr_curves/pr_curves {run} {tag}", _plain(curves)
    scalars = told("plugin/scalars/tags")
    run, tags = next((run, tags) for run, tags in sorted(scalars.items()) if tags)
    csv = ask(f"/data/plugin/scalars/scalars?{urlencode(_of(run, min(tags)))}&format=csv", None)
    yield "scalars.csv", csv.decode()
    tag = min(tags)
    form = {"tag": tag, "runs": [run for run in scalars if tag in scalars[run]]}
    yield (
        f"scalars_multirun {tag}",
        json.loads(ask("/data/plugin/scalars/scalars_multirun", form)),
    )
    tags = told("plugin/pr_curves/tags")
    yield "pr_curves/tags", _plain(tags)
    for run, names in sorted(tags.items()):
        for tag in sorted(names):
            found = told("plugin/pr_curves/pr_curves", run=run, tag=tag)
            yield f"pr_curves/pr_curves {run} {tag}", found
    yield "custom_scalars/layout", told("plugin/custom_scalars/layout")
    yield from _time_series(ask, told)
    yield from _graphs(ask, told)


def _time_series(ask: Ask, told: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    index = told("plugin/timeseries/tags")
    yield "timeseries/tags", _plain(index)
    questions: list[dict[str, Any]] = [
        {"plugin": "scalars"},
        {"plugin": "images", "tag": "x", "run": "y"},
        {"plugin": "histograms", "tag": "x"},
        {"plugin": "audio", "tag": "x"},
        {"plugin": "scalars", "tag": "no such tag"},
    ]
    questions += [
        {"plugin": "scalars", "tag": tag}
        for tag in sorted({tag for tags in index["scalars"]["runTagInfo"].values() for tag in tags})
    ]
    for run, tags in sorted(index["histograms"]["runTagInfo"].items()):
        questions += [{"plugin": "histograms", "tag": tag, "run": run} for tag in tags]
    for tag, runs in sorted(index["images"]["tagRunSampledInfo"].items()):
        for run, about in sorted(runs.items()):
            for sample in range(about["maxSamplesPerStep"] + 1):
                question = {"plugin": "images", "tag": tag, "run": run, "sample": sample}
                questions.append(question)
    form = {"requests": json.dumps(questions)}
    for answer in json.loads(ask("/data/plugin/timeseries/timeSeries", form)):
        for points in answer.get("runToSeries", {}).values():
            for point in points:
                if "imageId" in point:
                    query = urlencode({"imageId": point["imageId"]})
                    picture = ask(f"/data/plugin/timeseries/imageData?{query}", None)
                    point["imageId"] = _digest(picture)
        asked = [answer.get(name) for name in ("plugin", "tag", "run", "sample")]
        yield f"timeSeries {asked}", answer


def _graphs(ask: Ask, told: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    info = told("plugin/graphs/info")
    yield "graphs/info", info
    for run, about in sorted(info.items()):
        wanted = [({}, "op")] if about["run_graph"] else []
        for tag, kinds in sorted(about["tags"].items()):
            if kinds["op_graph"]:
                wanted.append(({"tag": tag}, "op"))
            if kinds["conceptual_graph"]:
                wanted.append(({"tag": tag, "conceptual": "true"}, "conceptual"))
            if kinds["profile"]:
                query = urlencode(_of(run, tag))
                text = ask(f"/data/plugin/graphs/run_metadata?{query}", None)
                yield f"graphs/run_metadata {run} {tag}", _parsed(text, RunMetadata())
        for query, kind in wanted:
            address = f"/data/plugin/graphs/graph?{urlencode({'run': run, **query})}"
            yield f"graphs/graph {run} {query} {kind}", _parsed(ask(address, None), GraphDef())
        if about["run_graph"]:
            address += "&limit_attr_size=50&large_attrs_key=_large"
            yield f"graphs/graph {run} limited", _parsed(ask(address, None), GraphDef())


def _of(run: str, tag: str) -> dict[str, str]:
    return {"run": run, "tag": tag}


def _point(ask: Ask, point: Any) -> Any:
    """A point as it can be compared: its text without HTML, its picture as a digest."""
    if isinstance(point, dict) and "query" in point:
        picture = ask(f"/data/plugin/images/individualImage?{point['query']}", None)
        return {**point, "query": _digest(picture)}
    return _plain(point)


def _plain(value: Any) -> Any:
    """The same with HTML reduced to its words, in all that is described or a text."""
    if isinstance(value, dict):
        return {
            key: _words(each) if key in ("description", "text") else _plain(each)
            for key, each in value.items()
            if key != "tagDescriptions"
        } | {
            key: {tag: _words(text) for tag, text in value[key].items()}
            for key in value
            if key == "tagDescriptions"
        }
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _parsed(text: bytes, message: Message) -> dict[str, Any]:
    text_format.Parse(text.decode(), message, allow_unknown_field=True)
    size = message.ByteSize()
    return {"bytes": size, "digest": _digest(message.SerializeToString(deterministic=True))}


def unpack_logs(archives: Path, folder: Path) -> Path:
    """The logs of TensorFlow 1, 2 and PyTorch but the damaged ones, where TensorBoard stops."""
    for archive in sorted(archives.glob("events_*.tar.gz")):
        unpack_archive(archive, folder)
    for path in folder.rglob("*"):
        if path.is_file() and (path.suffix == ".json" or "damaged" in path.parent.name):
            path.unlink()
    return folder


def read_gold() -> dict[str, Any]:
    """What TensorBoard 2.21 answers about these logs."""
    found: dict[str, Any] = json.loads(gzip.decompress(GOLD.read_bytes()))
    return found


def write_gold(found: dict[str, Any]) -> None:
    """Keep what it answers."""
    GOLD.parent.mkdir(parents=True, exist_ok=True)
    GOLD.write_bytes(gzip.compress(json.dumps(found).encode(), mtime=0))
