"""What the writers of both forms of a dump have in common: the list of what is written."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from opscope.events.dump_extra import (
    FEEDS_FILE,
    HEALTH_FILE,
    RUN_METADATA_FILE,
    SOURCES_FILE,
    TRACEBACKS_FILE,
    Frame,
    Health,
    feeds_event,
    health_event,
    sources_json,
    tracebacks_json,
)
from opscope.events.dump_name import FEED_KEYS_INFO, FETCHES_INFO
from opscope.events.proto.config_pb2 import RunMetadata
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.tensor_pb2 import TensorProto

DumpedValue = npt.NDArray[np.generic] | np.generic | TensorProto | None


class DumpedTensor(NamedTuple):
    """One value to write, with the arguments of `BaseDumpWriter.write_tensor`."""

    device: str
    node_name: str
    slot: int
    array: DumpedValue
    timestamp_us: int
    debug_op: str = "DebugIdentity"
    dtype: int | None = None
    shape: tuple[int, ...] = ()


class BaseDumpWriter(ABC):
    """Writes one dumped run, whatever its form; to be closed at the end, as by `with`.

    Call `write_tensor` in execution order: timestamps are made strictly increasing over all
    devices, so that the order can be read back. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._last_timestamp = 0

    @abstractmethod
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
        """Write one value; returns its timestamp, later than those before it.

        None is an uninitialized tensor of the `DT_*` number `dtype` and of `shape`. For an array,
        `dtype` names what NumPy cannot say. A TensorProto is written as it is.
        """

    def write_tensors(self, tensors: Sequence[DumpedTensor]) -> int:
        """Write values in their order; returns the timestamp of the last one, 0 without any.

        No array may change before the call returns: what lies in the same memory is the same.
        """
        timestamp = 0
        for tensor in tensors:
            timestamp = self.write_tensor(*tensor)
        return timestamp

    @abstractmethod
    def write_graph(
        self, device: str, graph: GraphDef | bytes, timestamp_us: int | None = None
    ) -> None:
        """Write the graph that ran on one device, or its serialized form.

        After the tensors that were watched there.
        """

    @abstractmethod
    def _write_metadata(self, metadata: dict[str, Any], timestamp_us: int) -> None:
        """Write what was run."""

    @abstractmethod
    def _write_info(self, name: str, text: str) -> None:
        """Write a text about the run."""

    @abstractmethod
    def _write_extra(self, name: str, data: bytes) -> None:
        """Write what tfdbg does not have: a file `_opscope_*` of its form."""

    @abstractmethod
    def close(self) -> None:
        """Finish the dump; closing twice is harmless."""

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
        metadata = {
            "global_step": global_step,
            "session_run_index": session_run_index,
            "executor_step_index": executor_step_index,
            "input_names": list(input_names),
            "output_names": list(output_names),
            "target_nodes": list(target_nodes),
        }
        self._write_metadata(metadata, timestamp_us)

    def write_fetches_info(self, info: str) -> None:
        """Write the `repr` of what was fetched."""
        self._write_info(FETCHES_INFO, info)

    def write_feed_keys_info(self, info: str) -> None:
        """Write the `repr` of the keys that were fed; "None" without feeds."""
        self._write_info(FEED_KEYS_INFO, info)

    def write_feeds(self, feeds: Mapping[str, npt.ArrayLike]) -> None:
        """Write the values that were fed, by tensor name."""
        self._write_extra(FEEDS_FILE, feeds_event(feeds).SerializeToString())

    def write_tracebacks(self, tracebacks: Mapping[str, Sequence[Frame]] | bytes) -> None:
        """Write where each node was made: (file, line, function, text), innermost frame last.

        Bytes are the JSON of `tracebacks_json`.
        """
        data = tracebacks if isinstance(tracebacks, bytes) else tracebacks_json(tracebacks)
        self._write_extra(TRACEBACKS_FILE, data)

    def write_sources(self, sources: Mapping[str, str] | bytes) -> None:
        """Write the text of source files, by the file names that the tracebacks use.

        Bytes are the JSON of `sources_json`.
        """
        data = sources if isinstance(sources, bytes) else sources_json(sources)
        self._write_extra(SOURCES_FILE, data)

    def write_run_metadata(self, metadata: RunMetadata | bytes) -> None:
        """Write what each op of a traced run cost, or its serialized form."""
        data = metadata if isinstance(metadata, bytes) else metadata.SerializeToString()
        self._write_extra(RUN_METADATA_FILE, data)

    def write_health(self, rows: Iterable[Health]) -> None:
        """Write the health summaries of the run's tensors, dumped or not."""
        self._write_extra(HEALTH_FILE, health_event(rows).SerializeToString())

    def _timestamp(self, wanted: int) -> int:
        """The time asked for, or one that is later than those before."""
        with self._lock:
            self._last_timestamp = max(int(wanted), self._last_timestamp + 1)
            return self._last_timestamp

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
