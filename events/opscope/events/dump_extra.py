"""What a dump of ours holds beyond tfdbg's files: `_opscope_*` files in the run's root.

_opscope_tracebacks.json    {"files": [...], "nodes": {node: [[file index, line, function, text]]}}
_opscope_sources.json       {file: text}
_opscope_feeds              one Event: a tensor summary per fed tensor, tagged with its name
_opscope_health             one Event: a tensor summary per watched tensor, plugin opscope_health
_opscope_run_metadata       one RunMetadata: what each op of a traced run cost
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError

from opscope.events.error import DumpError
from opscope.events.health import health_value
from opscope.events.proto.config_pb2 import RunMetadata
from opscope.events.proto.event_pb2 import Event
from opscope.events.tensor_proto import make_ndarray, make_tensor_proto

TRACEBACKS_FILE = "_opscope_tracebacks.json"
SOURCES_FILE = "_opscope_sources.json"
FEEDS_FILE = "_opscope_feeds"
HEALTH_FILE = "_opscope_health"
RUN_METADATA_FILE = "_opscope_run_metadata"


class Frame(NamedTuple):
    """One line of a traceback."""

    file: str
    line: int
    function: str
    text: str


class Health(NamedTuple):
    """The health summary of one tensor at one time; op_type is "" where it is not known."""

    device_name: str
    node_name: str
    output_slot: int
    timestamp: int
    summary: npt.NDArray[np.float64]
    op_type: str = ""


def tracebacks_json(tracebacks: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """The tracebacks file: file names once, frames by their index."""
    indices: dict[str, int] = {}
    nodes: dict[str, list[list[object]]] = {}
    for node, frames in tracebacks.items():
        nodes[node] = [
            [indices.setdefault(str(file), len(indices)), line, function, text]
            for file, line, function, text in frames
        ]
    return json.dumps({"files": list(indices), "nodes": nodes}).encode()


def parse_tracebacks(data: bytes) -> dict[str, list[Frame]]:
    """The tracebacks by node; DumpError where the file is not of this form."""
    try:
        parsed = json.loads(data)
        files = [str(file) for file in parsed["files"]]
        return {
            str(node): [
                Frame(files[int(index)], int(line), str(function), str(text or ""))
                for index, line, function, text in frames
            ]
            for node, frames in parsed["nodes"].items()
        }
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise DumpError(f"not a file of tracebacks: {error!r}") from error


def sources_json(sources: Mapping[str, str]) -> bytes:
    """The sources file."""
    return json.dumps(dict(sources)).encode()


def parse_sources(data: bytes) -> dict[str, str]:
    """Source text by file name; DumpError where the file is not of this form."""
    try:
        return {str(file): str(text) for file, text in json.loads(data).items()}
    except (ValueError, AttributeError) as error:
        raise DumpError(f"not a file of sources: {error!r}") from error


def parse_run_metadata(data: bytes) -> RunMetadata:
    """The times of a traced run; DumpError where the file is damaged."""
    try:
        return RunMetadata.FromString(data)
    except DecodeError as error:
        raise DumpError(f"not a RunMetadata: {error!r}") from error


def feeds_event(feeds: Mapping[str, npt.ArrayLike]) -> Event:
    """The feeds file's Event."""
    event = Event()
    event.summary.SetInParent()
    for name, value in feeds.items():
        event.summary.value.add(tag=name).tensor.CopyFrom(make_tensor_proto(value))
    return event


def parse_feeds(event: Event) -> dict[str, npt.NDArray[np.generic]]:
    """Fed arrays by tensor name; TensorProtoError where a value is damaged."""
    return {value.tag: make_ndarray(value.tensor) for value in event.summary.value}


def health_event(rows: Iterable[Health]) -> Event:
    """The health file's Event."""
    event = Event()
    event.summary.SetInParent()
    for row in rows:
        value = health_value(row.node_name, row.output_slot, row.summary)
        value.metadata.plugin_data.content = json.dumps(
            {"device": row.device_name, "timestamp": row.timestamp}
        ).encode()
        event.summary.value.append(value)
    return event


def parse_health(event: Event) -> list[Health]:
    """The health rows in the order written; DumpError where one is damaged."""
    rows = []
    for value in event.summary.value:
        try:
            content = json.loads(value.metadata.plugin_data.content)
            node, slot = value.tag.rsplit(":", 1)
            summary = make_ndarray(value.tensor).astype(np.float64)
            rows.append(
                Health(str(content["device"]), node, int(slot), int(content["timestamp"]), summary)
            )
        except (ValueError, KeyError, TypeError) as error:
            raise DumpError(f"not a row of health: {value.tag!r}: {error!r}") from error
    return rows
