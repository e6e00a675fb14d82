"""A session of TensorFlow itself, made to be watched as ours is.

TensorFlow can watch a run only by writing every tensor to a file: the run goes to a temporary
folder, what is asked for is read back, and the folder is emptied when the run is done with. What
its optimizer fused or folded away is not there; a session made with `disable_meta_optimizer` shows
all of the graph.
"""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from opscope.events import DumpFolder, HasInfOrNan, NoArray, open_dump
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.tfdbg.debug_graph import reconstruct_non_debug_graph_def
from opscope.tfdbg.session_run import SessionRun
from opscope.tfdbg.wrappers.own_frames import is_own
from opscope.tfdbg.wrappers.watch_folders import WatchFolders, is_empty, passing_files


class TensorFlowTensor(NamedTuple):
    """One tensor of a watched run; `value` is None where it was uninitialized."""

    node_name: str
    output_slot: int
    device_name: str
    timestamp: int
    value: Any


@dataclass(frozen=True)
class TensorFlowRun:
    """A watched run of a TensorFlow session: `folder` is read where its tensors are asked for.

    `bad` are the files in it whose tensor passes the watch's filter; `known` are the partition
    graphs of an earlier run like it.
    """

    result: Any
    error: Exception | None
    fed: Mapping[str, Any]
    folder: Path
    bad: frozenset[str]
    known: Sequence[Any]

    @cached_property
    def dump(self) -> DumpFolder | None:
        """What TensorFlow wrote; None where no tensor fitted the watch."""
        return None if is_empty(self.folder) else open_dump(self.folder)

    @cached_property
    def tensors(self) -> list[TensorFlowTensor]:
        """Every tensor that was watched, in the order of time."""
        return [tensor for tensor, _ in self._read]

    @cached_property
    def hits(self) -> list[TensorFlowTensor]:
        """Those that pass the watch's filter, in the order of time."""
        return [tensor for tensor, path in self._read if path in self.bad] if self.bad else []

    @cached_property
    def _read(self) -> list[tuple[TensorFlowTensor, str]]:
        return list(_tensors(self.dump)) if self.dump is not None else []

    @property
    def feeds(self) -> dict[str, Any]:
        """The fed values by tensor name."""
        return {name: np.asarray(value) for name, value in self.fed.items()}

    @property
    def session_run_index(self) -> int:
        """Which run of its session this was; 0 where nothing was written."""
        return self._noted.session_run_index if self._noted else 0

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the fed tensors."""
        return self._noted.input_names if self._noted else ()

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the fetched tensors."""
        return self._noted.output_names if self._noted else ()

    @property
    def target_nodes(self) -> tuple[str, ...]:
        """Names of the ops that were run for their effect."""
        return self._noted.target_nodes if self._noted else ()

    @property
    def _noted(self) -> Any:
        return self.dump.core_metadata if self.dump is not None else None

    @property
    def graphs(self) -> Sequence[Any]:
        """What ran on each device as TensorFlow reports it, with the nodes that watched it."""
        if self.known or self.dump is None:
            return self.known
        # TensorFlow writes a graph only when it sees it for the first time.
        return [graph for device in self.dump.devices if (graph := self.dump.graph(device))]

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
        self._graphs: dict[Any, list[Any]] = {}  # by fetches, feeds and the graph's version
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

        asked_for = SessionRun.of(0, fetches, feed_dict)
        key = (asked_for.fetches, tuple(asked_for.feeds), self._session.graph.version)
        asked = config_pb2.RunOptions()
        if options is not None:
            asked.CopyFrom(options)
        wanted = asked.output_partition_graphs
        asked.output_partition_graphs = wanted or key not in self._graphs
        metadata = config_pb2.RunMetadata() if run_metadata is None else run_metadata
        result, failure = None, None
        tested = HasInfOrNan() if watch.check else watch.filter
        folder = self._folders.borrow()
        try:
            self._watch(asked, watch, folder.as_uri())
            try:
                result = self._session.run(fetches, feed_dict, asked, metadata)
            except errors.OpError as error:
                failure = error
            if metadata.partition_graphs:
                self._graphs[key] = list(metadata.partition_graphs)
            if not wanted:
                metadata.ClearField("partition_graphs")
            run = TensorFlowRun(
                result,
                failure,
                dict(asked_for.feeds),
                folder,
                frozenset(() if tested is None else passing_files(folder, tested)),
                self._graphs.get(key, ()),
            )
        except BaseException:
            self._folders.give_back(folder)
            raise
        # The folder is lent to the run for as long as somebody may ask it for its tensors.
        weakref.finalize(run, self._folders.give_back, folder).atexit = False
        return run

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

    @property
    def debug_graph(self) -> Any:
        """The graph as the debugger asks about it: stacks without TensorFlow's own frames."""
        return _DebugGraph(self._session.graph)

    def as_default(self, stand_in: Any) -> Any:
        """Make what stands in for the session TensorFlow's default inside a `with` block."""
        from tensorflow.python.framework import stack

        return stack.default_session(stand_in)


def _tensors(dump: DumpFolder) -> Any:
    for entry in sorted(dump.entries, key=lambda entry: (entry.timestamp, entry.k)):
        value: Any = dump.load(entry)
        if isinstance(value, NoArray):
            if value.initialized:
                continue  # a resource handle: there is nothing to show
            value = None
        name = entry.node, entry.slot, entry.device, entry.timestamp
        yield TensorFlowTensor(*name, value), entry.path


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
