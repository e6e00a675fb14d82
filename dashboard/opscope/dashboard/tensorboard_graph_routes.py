"""TensorBoard's read endpoints for graphs and run metadata, as text of protocol buffers."""

from __future__ import annotations

from typing import Any

import flask
from google.protobuf import text_format
from google.protobuf.message import DecodeError

from opscope.dashboard.responses import error_response, json_response, required, whole_number
from opscope.dashboard.store import Store
from opscope.events import Logdir, LogdirError
from opscope.events.kind import GRAPH_OF_RUN_METADATA_PLUGIN, KERAS_PLUGIN, RUN_METADATA_PLUGIN
from opscope.events.proto.config_pb2 import RunMetadata
from opscope.events.proto.graph_pb2 import GraphDef

MOST_ATTRIBUTE_BYTES = 1 << 31
PBTXT = "text/x-protobuf"


def install(server: flask.Flask, store: Store) -> None:
    """Add the endpoints to the server."""

    @server.get("/data/plugin/graphs/info")
    def graph_info() -> flask.Response:
        with store.reading() as logdir:
            found = {run: _described(logdir, run) for run in logdir.runs()}
        return json_response(
            {run: about for run, about in found.items() if about["run_graph"] or about["tags"]}
        )

    @server.get("/data/plugin/graphs/graph")
    def graph_text() -> flask.Response:
        run, tag = required("run"), flask.request.args.get("tag")
        limit = whole_number("limit_attr_size", 0, 0, MOST_ATTRIBUTE_BYTES)
        key = flask.request.args.get("large_attrs_key")
        if "limit_attr_size" in flask.request.args and (not key or limit == 0):
            return error_response(400, "limit_attr_size is above 0, and needs large_attrs_key=...")
        try:
            graph = GraphDef.FromString(store.graph(run, tag))
        except (LogdirError, DecodeError) as error:
            return error_response(404, f"no such graph: {error}")
        if limit and key:
            _leave_out_large(graph, limit, key)
        return flask.Response(text_format.MessageToString(graph), mimetype=PBTXT)

    @server.get("/data/plugin/graphs/run_metadata")
    def run_metadata() -> flask.Response:
        run, tag = required("run"), required("tag")
        with store.reading() as logdir:
            try:
                metadata = RunMetadata.FromString(logdir.run_metadata_bytes(run, tag))
            except (LogdirError, DecodeError) as error:
                return error_response(404, f"no such run metadata: {error}")
        return flask.Response(text_format.MessageToString(metadata), mimetype=PBTXT)


def _described(logdir: Logdir, run: str) -> dict[str, Any]:
    tags: dict[str, dict[str, Any]] = {}

    def about(tag: str) -> dict[str, Any]:
        nothing = {"tag": tag, "conceptual_graph": False, "op_graph": False, "profile": False}
        return tags.setdefault(tag, nothing)

    refs = logdir.graph_tags(run)
    for ref in refs:
        if ref.kind not in ("conceptual", "profile"):
            continue
        plugin = logdir.plugin(run, ref.tag).name
        if plugin == KERAS_PLUGIN:
            about(ref.tag)["conceptual_graph"] = True
        elif plugin in (RUN_METADATA_PLUGIN, GRAPH_OF_RUN_METADATA_PLUGIN):
            about(ref.tag)["op_graph"] = True
    for metadata in logdir.run_metadata(run):
        about(metadata.tag)["profile"] = True
    return {"run": run, "tags": tags, "run_graph": any(ref.kind == "run_graph" for ref in refs)}


def _leave_out_large(graph: GraphDef, limit: int, key: str) -> None:
    """Replace attributes above so many bytes by a list of their names, under `key`."""
    for node in graph.node:
        large = [name for name, value in node.attr.items() if value.ByteSize() > limit]
        for name in large:
            del node.attr[name]
            node.attr[key].list.s.append(name.encode())
