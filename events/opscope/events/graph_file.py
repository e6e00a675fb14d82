"""Graphs in files that are no event files: GraphDef, MetaGraphDef, SavedModel, as bytes or text."""

from __future__ import annotations

import zlib
from typing import TypeVar

from google.protobuf import text_format
from google.protobuf.message import DecodeError, Message

from opscope.events.error import LogdirError
from opscope.events.plain_text import NotPlainError, wire_of_text
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.meta_graph_pb2 import MetaGraphDef
from opscope.events.proto.node_def_pb2 import NodeDef
from opscope.events.proto.saved_model_pb2 import SavedModel
from opscope.events.run_graph import graph_of_run_metadata
from opscope.events.wire import fields

M = TypeVar("M", bound=Message)
SUFFIXES = (".pb", ".pbtxt", ".meta")
MOST_UNPACKED = 1 << 30
"""Packed graphs are unpacked up to a gigabyte."""
_OTHERS = ("fingerprint.pb", "keras_metadata.pb", "projector_config.pbtxt", ".xplane.pb")


def is_graph_file(name: str) -> bool:
    """Whether a file of this name may hold a graph, packed by gzip or not."""
    name = name.removesuffix(".gz")
    return name.endswith(SUFFIXES) and not name.endswith(_OTHERS)


def graphs_in_file(data: bytes, name: str) -> dict[str, bytes]:
    """The serialized GraphDefs in a file's bytes: by label, "" where there is only one.

    Data packed by gzip are unpacked. The graphs of a SavedModel have its tags as labels. Raises
    LogdirError where there is no graph, with what the bytes seem to be.
    """
    data = unpacked(data, name)
    if name.removesuffix(".gz").endswith((".pbtxt", ".txt")):
        return _of_text(data, name)
    try:
        parts = list(fields(data))
    except ValueError as error:
        if b"node" in data[:4096] and _is_text(data):
            return _of_text(data, name)
        raise LogdirError(f"{name} holds no graph: {error}") from error
    numbers = {(number, isinstance(value, bytes)) for number, value in parts}
    if (1, False) in numbers and (2, True) in numbers:
        return _of_saved_model([value for number, value in parts if number == 2], name)
    if _looks_like_graph(data):
        return {"": data}
    for number, value in parts:
        if number == 2 and _looks_like_graph(value):
            return {"": bytes(value)}
    if any(number in (3, 4) and _looks_like_graph(value) for number, value in parts):
        return {"": graph_of_run_metadata(data)}
    if not parts:
        return {"": b""}
    if numbers <= {(2, True), (3, False), (4, True)}:  # a GraphDef without nodes
        return {"": data}
    if _is_text(data):
        return _of_text(data, name)
    raise LogdirError(f"{name} is neither a GraphDef nor a MetaGraphDef, SavedModel or RunMetadata")


def unpacked(data: bytes, name: str) -> bytes:
    """The bytes as they were before gzip, or as they are; LogdirError where they are damaged."""
    if data[:2] != b"\x1f\x8b":
        return data
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(data, MOST_UNPACKED)
    except zlib.error as error:
        raise LogdirError(f"{name} cannot be unpacked: {error}") from error
    if unpacker.unconsumed_tail:
        raise LogdirError(f"{name} has more than {MOST_UNPACKED:,} bytes unpacked")
    if not unpacker.eof:
        raise LogdirError(f"{name} cannot be unpacked: its gzip data are cut")
    return found


def _looks_like_graph(value: object) -> bool:
    """Whether the first node in these bytes is one: it has an op."""
    if not isinstance(value, bytes):
        return False
    try:
        for number, node in fields(value):
            if number == 1:
                return isinstance(node, bytes) and bool(NodeDef.FromString(node).op)
    except (ValueError, DecodeError):
        pass
    return False


def _is_text(data: bytes) -> bool:
    try:
        text = data[:4096].decode(errors="strict" if len(data) <= 4096 else "ignore")
    except UnicodeDecodeError:
        return False
    return bool(text) and all(letter.isprintable() or letter.isspace() for letter in text)


def _of_saved_model(meta_graphs: list[int | bytes], name: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for value in meta_graphs:
        if not isinstance(value, bytes):
            continue
        graph, tags = b"", ""
        try:
            for number, part in fields(value):
                if number == 1 and isinstance(part, bytes):
                    tags = ", ".join(MetaGraphDef.MetaInfoDef.FromString(part).tags)
                elif number == 2 and isinstance(part, bytes):
                    graph = part
        except (ValueError, DecodeError) as error:
            raise LogdirError(f"{name}: a graph of the SavedModel is damaged: {error}") from error
        label = tags or "no tags"
        while label in found:
            label += "'"
        found[label] = graph
    if not found:
        raise LogdirError(f"{name}: the SavedModel holds no graph")
    return found if len(found) > 1 else {"": next(iter(found.values()))}


def _of_text(data: bytes, name: str) -> dict[str, bytes]:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise LogdirError(f"{name} is no text: {error}") from error
    first = next((line for line in text.splitlines() if line.strip()[:1] not in ("", "#")), "")
    word = first.split()[0].rstrip(":{") if first.split() else ""
    if word in ("saved_model_schema_version", "meta_graphs"):
        model = _parsed(text, SavedModel(), name)
        return _of_saved_model([each.SerializeToString() for each in model.meta_graphs], name)
    if word in ("meta_info_def", "graph_def"):
        return {"": _parsed(text, MetaGraphDef(), name).graph_def.SerializeToString()}
    return {"": _parsed(text, GraphDef(), name).SerializeToString()}


def _parsed(text: str, message: M, name: str) -> M:
    try:
        message.MergeFromString(wire_of_text(text, type(message)))
        return message
    except (NotPlainError, DecodeError, RecursionError):
        message.Clear()
    try:
        return text_format.Parse(text, message, allow_unknown_field=True)
    except (text_format.ParseError, RecursionError) as error:
        kind = type(message).__name__
        raise LogdirError(f"{name} is not the text of a {kind}: line {error}") from error
