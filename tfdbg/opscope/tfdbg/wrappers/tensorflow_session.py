"""A session of TensorFlow itself, made to be watched as ours is.

TensorFlow can watch a run only by writing every tensor to a file: the run goes to a temporary
folder, is read back, and the folder is removed. What its optimizer fused or folded away is not
there; a session made with `disable_meta_optimizer` shows all of the graph.
"""

from __future__ import annotations

import linecache
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from opscope.events import DumpError, DumpFolder, NoArray, has_inf_or_nan, open_dump
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.tfdbg.debug_graph import reconstruct_non_debug_graph_def
from opscope.tfdbg.session_run import SessionRun


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
    partition_graphs: dict[str, GraphDef]
    session_run_index: int
    feeds: dict[str, Any]
    input_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()
    target_nodes: tuple[str, ...] = ()


def is_tensorflow(session: object) -> bool:
    """True for a session of TensorFlow's own."""
    return type(session).__module__.partition(".")[0] == "tensorflow"


class TensorFlowSession:
    """Gives `run_watched` to a tf.compat.v1.Session."""

    def __init__(self, session: Any) -> None:
        self._session = session

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
        from tensorflow.python.debug.lib import debug_utils
        from tensorflow.python.framework import errors

        folder = Path(tempfile.mkdtemp(prefix="opscope_tfdbg_"))
        asked = config_pb2.RunOptions()
        if options is not None:
            asked.CopyFrom(options)
        asked.output_partition_graphs = True
        debug_utils.watch_graph(
            asked,
            self._session.graph,
            debug_urls=[folder.as_uri()],
            node_name_regex_allowlist=watch.node_name,
            op_type_regex_allowlist=watch.op_type,
            tensor_dtype_regex_allowlist=watch.tensor_dtype,
            reset_disk_byte_usage=True,
        )
        metadata = config_pb2.RunMetadata() if run_metadata is None else run_metadata
        result, failure = None, None
        try:
            try:
                result = self._session.run(fetches, feed_dict, asked, metadata)
            except errors.OpError as error:
                failure = error
            feeds = SessionRun.of(0, fetches, feed_dict).feeds
            return _read(folder, watch, result, failure, dict(feeds))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def debug_graph(self) -> Any:
        """The graph as the debugger asks about it: stacks without TensorFlow's own frames."""
        return _DebugGraph(self._session.graph)

    def as_default(self, stand_in: Any) -> Any:
        """Make what stands in for the session TensorFlow's default inside a `with` block."""
        from tensorflow.python.framework import stack

        return stack.default_session(stand_in)


def _read(
    folder: Path, watch: Any, result: Any, failure: Exception | None, feeds: dict[str, Any]
) -> TensorFlowRun:
    try:
        dump = open_dump(folder)
    except DumpError:  # nothing was written: no tensor fits the watch
        return TensorFlowRun(result, failure, [], [], {}, 0, feeds)
    tensors = list(_tensors(dump))
    graphs = {
        device: reconstruct_non_debug_graph_def(graph)
        for device in dump.devices
        if (graph := dump.graph(device)) is not None
    }
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

    def get_tensor_by_name(self, name: str) -> Any:
        return self.graph.get_tensor_by_name(name)

    def get_collection(self, name: str) -> list[Any]:
        return list(self.graph.get_collection(name))


def _user_frames(frames: Any) -> list[tuple[str, int, str, str]]:
    """The frames outside of TensorFlow and its Keras, with their text."""
    kept = []
    for file, line, function, _ in frames:
        parts = Path(file).parts
        if "site-packages" in parts and {"tensorflow", "keras", "tf_keras"} & set(parts):
            continue
        kept.append((file, line, function, linecache.getline(file, line).strip()))
    return kept
