"""What the dumps of one step have in common: its graphs, where its nodes were made, the sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opscope.events import Frame
from opscope.events.dump_extra import sources_json, tracebacks_json
from opscope.events.proto.graph_pb2 import GraphDef

SOURCE_LIMIT = 4 << 20
"""Bytes of a source file that is stored with a dump; larger ones are left out."""

_REMEMBERED = 16


@dataclass(frozen=True)
class RunOrigins:
    """Serialized, as the files hold them: graphs by device, stacks, and the sources they name."""

    graphs: Mapping[str, bytes]
    tracebacks: bytes
    sources: bytes


def run_origins(partition_graphs: Mapping[str, GraphDef], graph: Any) -> RunOrigins:
    """The origins of a run's nodes; `graph` is the session's, which knows who made each."""
    ran = {node.name for partition in partition_graphs.values() for node in partition.node}
    stacks = {
        operation.name: [Frame(*frame) for frame in operation.traceback]
        for operation in graph.get_operations()
        if operation.name in ran
    }
    graphs = {
        device: partition.SerializeToString(deterministic=True)
        for device, partition in partition_graphs.items()
    }
    return RunOrigins(graphs, tracebacks_json(stacks), sources_json(read_sources(stacks)))


class OriginCache:
    """The origins of the steps last run: a training loop asks for the same ones again and again.

    A step is known again by the very mapping of graphs that the session's plan hands out.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[Mapping[str, GraphDef], RunOrigins]] = {}

    def of(self, partition_graphs: Mapping[str, GraphDef], graph: Any) -> RunOrigins:
        """The origins of a run's nodes."""
        key = id(partition_graphs)
        known = self._known.get(key)
        if known is not None and known[0] is partition_graphs:
            return known[1]
        while len(self._known) >= _REMEMBERED:
            del self._known[next(iter(self._known))]
        origins = run_origins(partition_graphs, graph)
        # The mapping is kept, so that no other can come to have its id.
        self._known[key] = partition_graphs, origins
        return origins


def read_sources(stacks: Mapping[str, Iterable[Frame]]) -> dict[str, str]:
    """The text of every file in the stacks that can be read and is not huge."""
    texts: dict[str, str] = {}
    for name in sorted({frame.file for frames in stacks.values() for frame in frames}):
        path = Path(name)
        try:
            if path.stat().st_size <= SOURCE_LIMIT:
                texts[name] = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # "<stdin>", or a file that is gone: the stack says what is known
    return texts
