"""The tensors of one watched run and the graphs that made them, from files or from memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from opscope.events import CoreMetadata
from opscope.events.finite_files import surely_finite
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.tfdbg.debug_graph import DebugGraph, node_name_of
from opscope.tfdbg.debug_tensor import Array, DebugTensorDatum, TensorValue, has_inf_or_nan
from opscope.tfdbg.graph_queries import GraphQueries

Frame = tuple[str, int, str, str | None]
"""File, line, function and source text of one stack frame."""

_T = TypeVar("_T")
_FILES_AT_ONCE = 256


class WatchKeyDoesNotExistInDebugDumpDirError(ValueError):
    """No dump has this node, slot and debug op."""


class WatchedValue(Protocol):
    """A tensor of a run watched in memory, as the runtime hands it over."""

    @property
    def node_name(self) -> str:
        """The node that made it."""

    @property
    def output_slot(self) -> int:
        """Which of the node's outputs it is."""

    @property
    def device_name(self) -> str:
        """The device it was made on: `/job:localhost/replica:0/task:0/device:CPU:0`."""

    @property
    def timestamp(self) -> int:
        """Microseconds; later than that of every tensor made before it."""

    @property
    def value(self) -> Array | np.generic | None:
        """The value; None where it was not initialized."""


class DebugDump(GraphQueries):
    """All questions about one watched run.

    Dumps are in the order of time over all devices.
    """

    def __init__(
        self,
        data: Iterable[DebugTensorDatum],
        graphs: Mapping[str, DebugGraph],
        devices: Sequence[str] = (),
        *,
        core_metadata: CoreMetadata | list[CoreMetadata] | None = None,
        run_fetches_info: str | None = None,
        run_feed_keys_info: str | None = None,
        feeds: Mapping[str, object] | None = None,
        tracebacks: Mapping[str, Sequence[Frame]] | None = None,
        sources: Mapping[str, str] | None = None,
        title: str = "",
        validate: bool = True,
    ) -> None:
        self.title = title
        self.core_metadata = core_metadata
        self.run_fetches_info = run_fetches_info
        self.run_feed_keys_info = run_feed_keys_info
        self.feeds: Mapping[str, object] = feeds or {}
        self.sources: Mapping[str, str] = sources or {}
        self.python_graph: object | None = None
        self._tracebacks = {node: tuple(frames) for node, frames in (tracebacks or {}).items()}
        self._data = sorted(data, key=attrgetter("timestamp", "collision"))
        super().__init__(graphs, (*devices, *map(attrgetter("device_name"), self._data)))
        if validate:
            self._validate()

    @classmethod
    def from_memory(
        cls,
        tensors: Iterable[WatchedValue],
        partition_graphs: Mapping[str, GraphDef],
        **details: Any,
    ) -> DebugDump:
        """A dump of values held in memory, by reference; nothing is written.

        `details` are the keyword arguments of DebugDump.
        """
        data = (
            DebugTensorDatum.from_memory(
                item.device_name, item.node_name, item.output_slot, item.timestamp, item.value
            )
            for item in tensors
        )
        graphs = {name: DebugGraph(graph, name) for name, graph in partition_graphs.items()}
        return DebugDump(data, graphs, **details)

    # What was dumped

    @cached_property
    def _by_key(self) -> dict[str, dict[str, list[DebugTensorDatum]]]:
        """By device and watch key, in the order of time."""
        found: dict[str, dict[str, list[DebugTensorDatum]]] = {}
        for datum in self._data:
            of_device = found.setdefault(datum.device_name, {})
            of_device.setdefault(datum.watch_key, []).append(datum)
        return found

    @cached_property
    def _by_node(self) -> dict[str, list[DebugTensorDatum]]:
        found: dict[str, list[DebugTensorDatum]] = {}
        for datum in self._data:
            found.setdefault(datum.node_name, []).append(datum)
        return found

    @property
    def dumped_tensor_data(self) -> list[DebugTensorDatum]:
        """All dumps in the order of time."""
        return list(self._data)

    @property
    def size(self) -> int:
        """How many dumps there are."""
        return len(self._data)

    @property
    def t0(self) -> int | None:
        """The time of the first dump in microseconds since 1970; None without dumps."""
        return self._data[0].timestamp if self._data else None

    def milliseconds(self, datum: DebugTensorDatum) -> float:
        """How long after the first dump this one was made, in ms."""
        return (datum.timestamp - (self.t0 or 0)) / 1000.0

    def find(
        self,
        predicate: Callable[[DebugTensorDatum, Any], bool],
        first_n: int = 0,
        device_name: str | None = None,
        exclude_node_names: str | None = None,
    ) -> list[DebugTensorDatum]:
        """The dumps that pass, in the order of time over all devices.

        `first_n` above 0 stops there. `exclude_node_names` is a start-anchored regular
        expression for nodes to leave out.
        """
        if device_name is not None:
            self._check_device(device_name)
        exclude = re.compile(exclude_node_names) if exclude_node_names else None
        found: list[DebugTensorDatum] = []
        asked: Iterable[DebugTensorDatum] = [
            datum
            for datum in self._data
            if (device_name is None or datum.device_name == device_name)
            and (exclude is None or not exclude.match(datum.node_name))
        ]
        if predicate is has_inf_or_nan:
            asked = _not_surely_finite(asked)
        for datum in asked:
            if predicate(datum, datum.get_tensor()):
                found.append(datum)
                if 0 < first_n <= len(found):
                    break
        return found

    def debug_watch_keys(self, node_name: str, device_name: str | None = None) -> list[str]:
        """The `NODE:SLOT:DEBUGOP` dumped of a node, in the order of slots, then of time."""
        data = self.node_data(node_name, device_name)
        by_slot = sorted(data, key=lambda datum: datum.output_slot)
        return list(dict.fromkeys(datum.watch_key for datum in by_slot))

    def node_data(self, node_name: str, device_name: str | None = None) -> list[DebugTensorDatum]:
        """The dumps of a node's outputs in the order of time; none where it has none."""
        return [
            datum
            for datum in self._by_node.get(node_name, ())
            if device_name is None or datum.device_name == device_name
        ]

    def watch_key_to_data(
        self, debug_watch_key: str, device_name: str | None = None
    ) -> list[DebugTensorDatum]:
        """The dumps of `NODE:SLOT:DEBUGOP` in the order of time; none where there are none."""
        if device_name is not None:
            self._check_device(device_name)
            return list(self._by_key.get(device_name, {}).get(debug_watch_key, ()))
        having = [of_device for of_device in self._by_key.values() if debug_watch_key in of_device]
        if len(having) > 1:
            raise ValueError(
                f"The debug watch key '{debug_watch_key}' exists on multiple ({len(having)}) "
                "devices, but device name is not specified."
            )
        return list(having[0][debug_watch_key]) if having else []

    def get_tensors(
        self, node_name: str, output_slot: int, debug_op: str, device_name: str | None = None
    ) -> list[TensorValue]:
        """The values, one for each dump."""
        return self._each(node_name, output_slot, debug_op, device_name, lambda d: d.get_tensor())

    def get_tensor_file_paths(
        self, node_name: str, output_slot: int, debug_op: str, device_name: str | None = None
    ) -> list[str | None]:
        """The files, one for each dump."""
        return self._each(node_name, output_slot, debug_op, device_name, lambda d: d.file_path)

    def get_rel_timestamps(
        self, node_name: str, output_slot: int, debug_op: str, device_name: str | None = None
    ) -> list[int]:
        """Microseconds after the first dump of the run, one for each dump."""
        t0 = self.t0 or 0
        return self._each(node_name, output_slot, debug_op, device_name, lambda d: d.timestamp - t0)

    def get_dump_sizes_bytes(
        self, node_name: str, output_slot: int, debug_op: str, device_name: str | None = None
    ) -> list[int | None]:
        """Sizes of the files in bytes, one for each dump."""
        return self._each(
            node_name, output_slot, debug_op, device_name, lambda d: d.dump_size_bytes
        )

    def _each(
        self,
        node_name: str,
        output_slot: int,
        debug_op: str,
        device_name: str | None,
        get: Callable[[DebugTensorDatum], _T],
    ) -> list[_T]:
        watch_key = f"{node_name}:{output_slot}:{debug_op}"
        data = self.watch_key_to_data(watch_key, device_name)
        if not data:
            where = f" of device {device_name}" if device_name else ""
            raise WatchKeyDoesNotExistInDebugDumpDirError(
                f'Watch key "{watch_key}" does not exist in the debug dump{where}'
            )
        return [get(datum) for datum in data]

    # The program that built the graph

    def set_python_graph(self, python_graph: Any) -> None:
        """Take tracebacks from a graph: its get_operations() have a name and a traceback."""
        self.python_graph = python_graph
        if python_graph is not None:
            self._tracebacks = {
                operation.name: tuple(tuple(frame) for frame in operation.traceback)
                for operation in python_graph.get_operations()
            }

    @property
    def tracebacks(self) -> Mapping[str, Sequence[Frame]]:
        """The stack that made each node, by the node's name, innermost frame last."""
        return self._tracebacks

    @property
    def has_tracebacks(self) -> bool:
        """True where it is known which source lines made the nodes."""
        return bool(self._tracebacks)

    def node_traceback(self, element_name: str) -> tuple[Frame, ...]:
        """The stack that made a node (or a tensor's node), innermost frame last.

        Raises LookupError where no stacks are known, KeyError where none is of this node.
        """
        if not self._tracebacks:
            raise LookupError("Python graph is not available for traceback lookup")
        node_name = node_name_of(element_name)
        if node_name not in self._tracebacks:
            raise KeyError(f'Cannot find node "{node_name}" in Python graph')
        return self._tracebacks[node_name]

    def why_missing(self, node_name: str) -> str:
        """What to say of a node that did not run though the program made it; "" for any other."""
        frames = self._tracebacks.get(node_name)
        if frames is None or self.node_exists(node_name):
            return ""
        made = f" ({Path(frames[-1][0]).name}:{frames[-1][1]})" if frames else ""
        return (
            f". The program made it{made}, but it did not run: nothing fetched needs it, or the "
            "session's optimizer folded it into a constant or fused it with others"
        )

    # Checks

    def _validate(self) -> None:
        """Every dumped node is in its graph, and no dump is earlier than what it was made from."""
        firsts: dict[str, dict[tuple[str, int], DebugTensorDatum]] = {}
        for datum in self._data:  # in the order of time
            key = datum.node_name, datum.output_slot
            firsts.setdefault(datum.device_name, {}).setdefault(key, datum)
        for device_name, graph in self._graphs.items():
            first = firsts.get(device_name, {})
            for node_name, _ in first:
                if node_name not in graph.nodes:
                    raise ValueError(
                        f"Node name '{node_name}' is not found in partition graphs of "
                        f"device {device_name}."
                    )
            for datum in first.values():
                _check_causality(graph, first, datum)


def _not_surely_finite(data: Iterable[DebugTensorDatum]) -> Iterator[DebugTensorDatum]:
    """Those whose values have to be looked at; files are read some at a time."""
    left = iter(data)
    while some := list(islice(left, _FILES_AT_ONCE)):
        files = [datum for datum in some if datum.is_in_own_file]
        finite = surely_finite([datum.file_path or "" for datum in files])
        known = {id(datum) for datum, is_finite in zip(files, finite, strict=True) if is_finite}
        yield from (d for d in some if not (d.is_surely_finite or id(d) in known))


def _check_causality(
    graph: DebugGraph, first: Mapping[tuple[str, int], DebugTensorDatum], datum: DebugTensorDatum
) -> None:
    """Raise ValueError where the first dump of a node comes before the first of its inputs.

    Loop edges are exempt: what Enter and NextIteration bring is counted by the loop, and a Merge
    runs as soon as one input is there.
    """
    for key in graph.data_inputs(datum.node_name):
        if key in first and first[key].timestamp > datum.timestamp:
            break
    else:
        return
    watched = [
        (node, slot)
        for node, slot in graph.data_inputs(datum.node_name)
        if (node, slot) in first and graph.op_type(node) not in ("Enter", "NextIteration")
    ]
    late = [key for key in watched if first[key].timestamp > datum.timestamp]
    if graph.op_type(datum.node_name) == "Merge" and len(late) < len(watched):
        return
    if late:
        raise ValueError(
            f"Causality violated in timing relations of debug dumps: {datum.node_name} "
            f"({datum.timestamp}): these input(s) are not satisfied: {late}"
        )
