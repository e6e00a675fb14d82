"""Writes one run's dump in tfdbg's form: every file one bare serialized Event."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from opscope.events.base_dump_writer import BaseDumpWriter, DumpedValue
from opscope.events.byte_budget import ByteBudget
from opscope.events.debug_nodes import DEBUG_NODE_PREFIX, Watched, insert_debug_nodes
from opscope.events.dump_name import (
    CORE_METADATA_PREFIX,
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
    array: DumpedValue,
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


class DumpWriter(BaseDumpWriter):
    """Writes the files of one dumped run below `run_root`, which is made if need be.

    Node and device names come from outside and never lead out of the root. Failures raise DumpError
    with the path, DumpBudgetError where `budget` does not last. What tfdbg does not have
    (tracebacks, sources, feeds, health) goes to `_opscope_*` files in the root, which TensorFlow's
    reader ignores.
    """

    def __init__(self, run_root: str | os.PathLike[str], budget: ByteBudget | None = None):
        super().__init__()
        self.run_root = Path(run_root)
        self._budget = budget or ByteBudget()
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
        array: DumpedValue,
        timestamp_us: int,
        debug_op: str = "DebugIdentity",
        dtype: int | None = None,
        shape: Sequence[int] = (),
    ) -> int:
        """Write one value as a file of its own; as BaseDumpWriter says."""
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

    def write_graph(
        self, device: str, graph: GraphDef | bytes, timestamp_us: int | None = None
    ) -> None:
        """Write the graph that ran on one device, after the tensors that were watched there.

        Their nodes get tfdbg's debug nodes, unless the graph has such nodes already: it is from
        these that TensorFlow's reader knows what was watched.
        """
        if isinstance(graph, bytes):
            graph = GraphDef.FromString(graph)
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

    def _write_metadata(self, metadata: dict[str, Any], timestamp_us: int) -> None:
        stamp = self._timestamp(timestamp_us)
        index = metadata["session_run_index"]
        event = Event(wall_time=float(stamp))
        event.log_message.message = _compact(metadata).decode()
        name = f"{CORE_METADATA_PREFIX}sessionrun{index:014d}_{stamp}"
        self._write((name,), event.SerializeToString())

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

    def _write_info(self, name: str, text: str) -> None:
        event = Event(log_message=LogMessage(message=text))
        self._write((name,), event.SerializeToString())

    def _write_extra(self, name: str, data: bytes) -> None:
        self._write((name,), data)

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
