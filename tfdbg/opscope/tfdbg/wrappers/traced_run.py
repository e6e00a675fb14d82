"""A traced run as a watched run without tensors, so that it is written as one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from opscope.events.proto.graph_pb2 import GraphDef
from opscope.tfdbg.debug_dump import WatchedValue
from opscope.tfdbg.session_run import SessionRun


@dataclass(frozen=True)
class TracedRun:
    """A run and its RunMetadata, ours or TensorFlow's."""

    run: SessionRun
    run_metadata: Any
    result: Any = None
    error: Exception | None = None
    tensors: tuple[WatchedValue, ...] = ()
    hits: tuple[WatchedValue, ...] = ()
    target_nodes: tuple[str, ...] = ()

    @cached_property
    def partition_graphs(self) -> dict[str, GraphDef]:
        """What ran on each device."""
        found = {}
        for graph in self.run_metadata.partition_graphs:
            device = next((node.device for node in graph.node if node.device), None)
            if device is not None:
                found[device] = GraphDef.FromString(graph.SerializeToString())
        return found

    @property
    def session_run_index(self) -> int:
        """Which run of its wrapper this was, from 0."""
        return self.run.run_call_count - 1

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the fed tensors."""
        return tuple(self.run.feeds)

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of what was fetched."""
        return self.run.fetches

    @property
    def feeds(self) -> dict[str, Any]:
        """The fed values by tensor name."""
        return {name: np.asarray(value) for name, value in self.run.feeds.items()}
