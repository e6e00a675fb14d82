"""Writes one run's dump in tfdbg's form: every file one bare serialized Event."""

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from opscope.events.byte_budget import ByteBudget
from opscope.events.debug_nodes import DEBUG_NODE_PREFIX, Watched, insert_debug_nodes
from opscope.events.dump_extra import (
    FEEDS_FILE,
    HEALTH_FILE,
    SOURCES_FILE,
    TRACEBACKS_FILE,
    Frame,
    Health,
    feeds_event,
    health_event,
    sources_json,
    tracebacks_json,
)
from opscope.events.dump_name import (
    CORE_METADATA_PREFIX,
    FEED_KEYS_INFO,
    FETCHES_INFO,
    GRAPH_PREFIX,
    device_folder,
    tensor_path,
)
from opscope.events.error import DumpError
from opscope.events.proto.event_pb2 import Event, LogMessage
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.tensor_pb2 import TensorProto
from opscope.events.tensor_proto import make_tensor_proto

PLUGIN_NAME = "debugger"


def _value_proto(
    array: npt.NDArray[np.generic] | np.generic | TensorProto | None,
    dtype: int | None,
    shape: Sequence[int],
) -> TensorProto:
    if isinstance(array, TensorProto):
        return array
    if array is not None:
        return make_tensor_proto(array, dtype)
    if dtype is None:
        raise DumpError("an uninitialized tensor is dumped by its dtype and shape: give dtype=")
    if 0 in shape:
        raise DumpError(f"a tensor of shape {tuple(shape)} has no elements to be uninitialized")
    proto = TensorProto(dtype=dtype)  # type: ignore[arg-type]
    proto.tensor_shape.SetInParent()
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    return proto


class DumpWriter:
    """Writes the files of one dumped run below `run_root`, which is made if need be.

    Call `write_tensor` in execution order: timestamps are made strictly increasing over all
    devices, so that the order can be read back. Safe to use from several threads. Node and device
    names come from outside and never lead out of the root. Failures raise DumpError with the path.
    What tfdbg does not have (tracebacks, sources, feeds, health) goes to `_opscope_*` files in the
    root, which TensorFlow's reader ignores. DumpBudgetError where `budget` does not last.
    """

    def __init__(self, run_root: str | os.PathLike[str], budget: ByteBudget | None = None):
        self.run_root = Path(run_root)
        self._budget = budget or ByteBudget()
        self._lock = threading.Lock()
        self._last_timestamp = 0
        self._watched: dict[str, dict[tuple[str, int], Watched]] = {}
        try:
            self.run_root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DumpError(f"{self.run_root}: the dump folder cannot be made: {error}") from error

    def write_tensor(
        self,
        device: str,
        node_name: str,
        slot: int,
        array: npt.NDArray[np.generic] | np.generic | TensorProto | None,
        timestamp_us: int,
        debug_op: str = "DebugIdentity",
        dtype: int | None = None,
        shape: Sequence[int] = (),
    ) -> int:
        """Write one value; returns its timestamp, later than those before it.

        None is an uninitialized tensor of the `DT_*` number `dtype` and of `shape`. For an array,
        `dtype` names what NumPy cannot say. A TensorProto is written as it is.
        """
        try:
            tensor = _value_proto(array, dtype, shape)
        except ValueError as error:
            raise DumpError(f"{node_name}:{slot} cannot be dumped: {error}") from error
        timestamp = self._timestamp(timestamp_us)
        op = debug_op.split("(")[0]
        event = Event(wall_time=float(timestamp))
        value = event.summary.value.add(tag=node_name, node_name=f"{node_name}:{slot}:{op}")
        value.tensor.CopyFrom(tensor)
        value.metadata.plugin_data.plugin_name = PLUGIN_NAME
        value.metadata.plugin_data.content = _compact(
            {"device": device, "outputSlot": slot, "numChunks": 1, "chunkIndex": 0}
        )
        path = tensor_path(node_name, slot, op, timestamp)
        self._write((device_folder(device), *path), event.SerializeToString())
        self._note_watched(device, node_name, slot, op, tensor.dtype)
        return timestamp

    def write_graph(self, device: str, graph: GraphDef, timestamp_us: int | None = None) -> None:
        """Write the graph that ran on one device, after the tensors that were watched there.

        Their nodes get tfdbg's debug nodes, unless the graph has such nodes already: it is from
        these that TensorFlow's reader knows what was watched.
        """
        with self._lock:
            watched = dict(self._watched.get(device, {}))
        if not any(node.name.startswith(DEBUG_NODE_PREFIX) for node in graph.node):
            graph = insert_debug_nodes(graph, device, watched, f"file://{self.run_root}")
        data = graph.SerializeToString(deterministic=True)
        stamp = self._timestamp(timestamp_us or 0)
        event = Event(wall_time=float(stamp), graph_def=data)
        digest = int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")
        name = f"{GRAPH_PREFIX}{digest}_{stamp}"
        self._write((device_folder(device), name), event.SerializeToString())

    def write_core_metadata(
        self,
        *,
        session_run_index: int,
        input_names: Sequence[str] = (),
        output_names: Sequence[str] = (),
        target_nodes: Sequence[str] = (),
        global_step: int = -1,
        executor_step_index: int = 0,
        timestamp_us: int = 0,
    ) -> None:
        """Write what was run: tensor names with their slot, node names of targets."""
        stamp = self._timestamp(timestamp_us)
        metadata = {
            "global_step": global_step,
            "session_run_index": session_run_index,
            "executor_step_index": executor_step_index,
            "input_names": list(input_names),
            "output_names": list(output_names),
            "target_nodes": list(target_nodes),
        }
        name = f"{CORE_METADATA_PREFIX}sessionrun{session_run_index:014d}_{stamp}"
        event = Event(wall_time=float(stamp))
        event.log_message.message = _compact(metadata).decode()
        self._write((name,), event.SerializeToString())

    def write_fetches_info(self, info: str) -> None:
        """Write the `repr` of what was fetched."""
        self._write_info(FETCHES_INFO, info)

    def write_feed_keys_info(self, info: str) -> None:
        """Write the `repr` of the keys that were fed; "None" without feeds."""
        self._write_info(FEED_KEYS_INFO, info)

    def write_feeds(self, feeds: Mapping[str, npt.ArrayLike]) -> None:
        """Write the values that were fed, by tensor name."""
        self._write((FEEDS_FILE,), feeds_event(feeds).SerializeToString())

    def write_tracebacks(self, tracebacks: Mapping[str, Sequence[Frame]] | bytes) -> None:
        """Write where each node was made: (file, line, function, text), innermost frame last.

        Bytes are the JSON of `tracebacks_json`.
        """
        self._write(
            (TRACEBACKS_FILE,),
            tracebacks if isinstance(tracebacks, bytes) else tracebacks_json(tracebacks),
        )

    def write_sources(self, sources: Mapping[str, str] | bytes) -> None:
        """Write the text of source files, by the file names that the tracebacks use.

        Bytes are the JSON of `sources_json`.
        """
        self._write(
            (SOURCES_FILE,), sources if isinstance(sources, bytes) else sources_json(sources)
        )

    def write_health(self, rows: Iterable[Health]) -> None:
        """Write the health summaries of the run's tensors, dumped or not."""
        self._write((HEALTH_FILE,), health_event(rows).SerializeToString())

    def close(self) -> None:
        """Nothing: every file is closed when its call returns."""

    def _note_watched(self, device: str, node: str, slot: int, op: str, dtype: int) -> None:
        with self._lock:
            watched = self._watched.setdefault(device, {})
            known = watched.get((node, slot), Watched(0, ()))
            if op not in known.debug_ops:
                # Only DebugIdentity gives the tensor itself, and so its type.
                dtype = dtype if op == "DebugIdentity" else known.dtype
                watched[node, slot] = Watched(dtype, (*known.debug_ops, op))

    def _timestamp(self, wanted: int) -> int:
        with self._lock:
            self._last_timestamp = max(int(wanted), self._last_timestamp + 1)
            return self._last_timestamp

    def _write_info(self, name: str, text: str) -> None:
        event = Event(log_message=LogMessage(message=text))
        self._write((name,), event.SerializeToString())

    def _write(self, parts: tuple[str, ...], data: bytes) -> None:
        path = self.run_root.joinpath(*parts)
        self._budget.take(len(data))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except (OSError, ValueError) as error:  # ValueError: a NUL byte in a name
            raise DumpError(f"{path}: the dump file cannot be written: {error}") from error


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
