"""The session's graph beside a dump, so that the dashboard draws what the dump is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from opscope.events import EventFileWriter
from opscope.events.proto.event_pb2 import Event


def write_graph_event(folder: Path, graph: Any) -> bool:
    """Write an event file with the graph: the folder is then a run of the logdir it lies in.

    False, and no file, for what stands in for a graph and cannot be serialized.
    """
    serialize = getattr(graph, "as_graph_def", None)
    if serialize is None:
        return False
    event = Event(graph_def=serialize(add_shapes=True).SerializeToString(deterministic=True))
    writer = EventFileWriter(folder)
    writer.add_event(event)
    writer.close()
    return True
