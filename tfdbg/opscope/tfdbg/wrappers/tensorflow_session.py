"""A session of TensorFlow itself, made to be watched as ours is.

TensorFlow can watch a run only by writing every tensor to a file: the run goes to a temporary
folder, is read back, and the folder is emptied. What its optimizer fused or folded away is not
there; a session made with `disable_meta_optimizer` shows all of the graph.
"""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from opscope.events import DumpError, DumpFolder, NoArray, has_inf_or_nan, open_dump
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.tfdbg.debug_graph import reconstruct_non_debug_graph_def
from opscope.tfdbg.session_run import SessionRun
from opscope.tfdbg.wrappers.own_frames import is_own
from opscope.tfdbg.wrappers.watch_folders import WatchFolders


class TensorFlowTensor(NamedTuple):
    """One tensor of a watched run; `value` is None where it was uninitialized."""

    node_name: str
    output_slot: int
    device_name: str
    timestamp: int
    value: Any


@dataclass(frozen=True)
class TensorFlowRun:
    """A watched run of a TensorFlow session."""

    result: Any
    error: Exception | None
    tensors: list[TensorFlowTensor]
    hits: list[TensorFlowTensor]
    graphs: Sequence[Any]
    session_run_index: int
    feeds: dict[str, Any]
    input_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()
    target_nodes: tuple[str, ...] = ()

    @cached_property
    def partition_graphs(self) -> dict[str, GraphDef]:
        """What ran on each device, without the nodes that watched it."""
        found = {}
        for graph in self.graphs:
            ours = GraphDef.FromString(graph.SerializeToString())
            device = next((node.device for node in ours.node if node.device), None)
            if device is not None:
                found[device] = reconstruct_non_debug_graph_def(ours)
        return found


def is_tensorflow(session: object) -> bool:
    """True for a session of TensorFlow's own."""
    return type(session).__module__.partition(".")[0] == "tensorflow"


class TensorFlowSession:
    """Gives `run_watched` to a tf.compat.v1.Session."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._folders = WatchFolders()
        self._graphs: dict[Any, list[Any]] = {}
        self._watches: dict[Any, Any] = {}

    def close(self) -> None:
        """Remove the temporary folders; this also happens when it is forgotten."""
        self._folders.close()

    def run_watched(
        self,
        fetches: Any,
        feed_dict: Any = None,
        *,
        watch: Any,
        options: Any = None,
        run_metadata: Any = None,
    ) -> TensorFlowRun:
        """As run_watched of opscope's Session; the caller's options are copied."""
        from tensorflow.core.protobuf import config_pb2
        from tensorflow.python.framework import errors

        asked = config_pb2.RunOptions()
        if options is not None:
            asked.CopyFrom(options)
        asked.output_partition_graphs = True
        metadata = config_pb2.RunMetadata() if run_metadata is None else run_metadata
        result, failure = None, None
        with self._folders.lend() as folder:
            self._watch(asked, watch, folder.as_uri())
            try:
                result = self._session.run(fetches, feed_dict, asked, metadata)
            except errors.OpError as error:
                failure = error
            asked_for = SessionRun.of(0, fetches, feed_dict)
            graphs = self._graphs_of((asked_for.fetches, tuple(asked_for.feeds)), metadata)
            return _read(folder, watch, result, failure, dict(asked_for.feeds), graphs)

    def _watch(self, options: Any, watch: Any, url: str) -> None:
        from tensorflow.python.debug.lib import debug_utils

        graph = self._session.graph
        key = (url, watch, graph.version)
        known = self._watches.get(key)
        if known is not None:
            options.debug_options.CopyFrom(known)
            return
        debug_utils.watch_graph(
            options,
            graph,
            debug_urls=[url],
            node_name_regex_allowlist=watch.node_name,
            op_type_regex_allowlist=watch.op_type,
            tensor_dtype_regex_allowlist=watch.tensor_dtype,
            reset_disk_byte_usage=True,
        )
        self._watches.clear()  # of the graph as it was before it grew
        self._watches[key] = type(options.debug_options)()
        self._watches[key].CopyFrom(options.debug_options)

    def _graphs_of(self, key: Any, metadata: Any) -> list[Any]:
        """The partition graphs; a run that fails reports none, one that was like it may have."""
        if metadata.partition_graphs:
            self._graphs[key] = list(metadata.partition_graphs)
        return self._graphs.get(key, [])

    @property
    def debug_graph(self) -> Any:
        """The graph as the debugger asks about it: stacks without TensorFlow's own frames."""
        return _DebugGraph(self._session.graph)

    def as_default(self, stand_in: Any) -> Any:
        """Make what stands in for the session TensorFlow's default inside a `with` block."""
        from tensorflow.python.framework import stack

        return stack.default_session(stand_in)


def _read(
    folder: Path,
    watch: Any,
    result: Any,
    failure: Exception | None,
    feeds: dict[str, Any],
    graphs: list[Any],
) -> TensorFlowRun:
    try:
        dump = open_dump(folder)
    except DumpError:  # nothing was written: no tensor fits the watch
        return TensorFlowRun(result, failure, [], [], graphs, 0, feeds)
    tensors = list(_tensors(dump))
    # TensorFlow writes a graph only when it sees it for the first time.
    graphs = graphs or [graph for device in dump.devices if (graph := dump.graph(device))]
    known = dump.core_metadata_list[:1]
    names = (known[0].input_names, known[0].output_names, known[0].target_nodes) if known else ()
    return TensorFlowRun(
        result,
        failure,
        tensors,
        [tensor for tensor in tensors if watch.check and has_inf_or_nan(tensor.value)],
        graphs,
        known[0].session_run_index if known else 0,
        {name: np.asarray(value) for name, value in feeds.items()},
        *names,
    )


def _tensors(dump: DumpFolder) -> Any:
    for entry in sorted(dump.entries, key=lambda entry: (entry.timestamp, entry.k)):
        value: Any = dump.load(entry)
        if isinstance(value, NoArray):
            if value.initialized:
                continue  # a resource handle: there is nothing to show
            value = None
        yield TensorFlowTensor(entry.node, entry.slot, entry.device, entry.timestamp, value)


@dataclass(frozen=True)
class _DebugGraph:
    graph: Any

    def get_operations(self) -> list[Any]:
        return [
            SimpleNamespace(
                name=operation.name,
                type=operation.type,
                outputs=operation.outputs,
                traceback=_user_frames(operation.traceback),
            )
            for operation in self.graph.get_operations()
        ]

    def as_graph_def(self, add_shapes: bool = False) -> Any:
        return self.graph.as_graph_def(add_shapes=add_shapes)

    def get_tensor_by_name(self, name: str) -> Any:
        return self.graph.get_tensor_by_name(name)

    def get_collection(self, name: str) -> list[Any]:
        return list(self.graph.get_collection(name))


def _user_frames(frames: Any) -> list[tuple[str, int, str, str]]:
    """The frames outside of TensorFlow, its Keras and the debugger, with their text."""
    kept = []
    for file, line, function, _ in frames:
        parts = Path(file).parts
        if "site-packages" in parts and {"tensorflow", "keras", "tf_keras"} & set(parts):
            continue
        if file.startswith("<frozen") or is_own(file):
            continue
        kept.append((file, line, function, linecache.getline(file, line).strip()))
    return kept
