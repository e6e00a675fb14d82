"""A watched run on disk: in tfdbg's form, ours or TensorFlow's, or packed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from opscope.events import Problem, open_dump
from opscope.events.collection_pause import collection_paused
from opscope.events.proto.config_pb2 import RunMetadata
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.debug_graph import DebugGraph
from opscope.tfdbg.debug_tensor import DebugTensorDatum


class DebugDumpDir(DebugDump):
    """The dump of one session run below `dump_root`; see DebugDump for what it answers.

    `partition_graphs` are graphs for devices whose graph was not dumped: by device, or a list
    whose nodes name their device. `validate` checks that every dump has its node and comes after
    its inputs. Stacks, source text and feeds come from what our own dumps hold beside tfdbg's
    files. `problems` lists what could not be read. Raises OSError where the folder is missing,
    DumpError where it is no dump, ValueError where it contradicts itself.
    """

    def __init__(
        self,
        dump_root: str | Path,
        partition_graphs: Mapping[str, GraphDef] | Iterable[GraphDef] | None = None,
        validate: bool = True,
    ) -> None:
        if not Path(dump_root).is_dir():
            raise OSError(f"Dump root directory {dump_root} does not exist")
        self.dump_root = str(dump_root)
        with collection_paused():
            self._open(Path(dump_root), partition_graphs, validate)

    def _open(
        self,
        dump_root: Path,
        partition_graphs: Mapping[str, GraphDef] | Iterable[GraphDef] | None,
        validate: bool,
    ) -> None:
        folder = open_dump(dump_root)
        given = _by_device(partition_graphs)
        graphs: dict[str, DebugGraph] = {}
        for device in folder.devices:
            graph_def = folder.graph(device) or given.get(device)
            if graph_def is not None:
                graphs[device] = DebugGraph(graph_def, device)
        metadata = folder.core_metadata_list
        super().__init__(
            (DebugTensorDatum.from_entry(entry, folder) for entry in folder.entries),
            graphs,
            folder.devices,
            core_metadata=metadata[0] if len(metadata) == 1 else metadata,
            run_fetches_info=folder.fetches_info,
            run_feed_keys_info=folder.feed_keys_info,
            feeds=folder.feeds,
            tracebacks=folder.tracebacks,
            sources=folder.sources,
            title=str(dump_root),
            validate=validate,
        )
        self.problems: list[Problem] = folder.problems
        self._folder = folder

    @property
    def run_metadata(self) -> RunMetadata | None:
        """What each op cost, where the run was traced and the dump carries it."""
        return self._folder.run_metadata


def _by_device(
    graphs: Mapping[str, GraphDef] | Iterable[GraphDef] | None,
) -> dict[str, GraphDef]:
    if graphs is None:
        return {}
    if isinstance(graphs, Mapping):
        return dict(graphs)
    found = {
        next((node.device for node in graph.node if node.device), ""): graph for graph in graphs
    }
    if "" in found:
        raise ValueError(
            "A graph in partition_graphs has no node with a device: give a mapping from device "
            "names to graphs instead."
        )
    return found
