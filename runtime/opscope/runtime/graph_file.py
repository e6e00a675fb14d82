"""`tf.train.write_graph`: a graph as a file, as text for people or as bytes."""

from __future__ import annotations

import os
from typing import Any

from google.protobuf import text_format

from opscope.events.proto.graph_pb2 import GraphDef
from opscope.runtime.checkpoint.checkpoint_state import write_whole
from opscope.runtime.graph import Graph
from opscope.runtime.graph_import import as_message


def write_graph(
    graph_or_graph_def: Any,
    logdir: str | os.PathLike[str],
    name: str,
    as_text: bool = True,
) -> str:
    """Write a Graph or GraphDef to the file `name` in `logdir`, in one rename; returns its path."""
    if isinstance(graph_or_graph_def, Graph):
        proto = graph_or_graph_def.as_graph_def()
    else:
        proto = as_message(graph_or_graph_def, GraphDef, "graph_or_graph_def")
    folder = os.fspath(logdir)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    text = text_format.MessageToString(proto).encode() if as_text else proto.SerializeToString()
    write_whole(path, text)
    return path
