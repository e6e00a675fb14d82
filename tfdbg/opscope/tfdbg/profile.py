"""What each op of a traced run cost: RunMetadata's step stats joined with the program's lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, NamedTuple

from opscope.tfdbg.source_files import is_library

_NOT_OPS = ("_SOURCE", "_SINK")


@dataclass(frozen=True)
class ProfileDatum:
    """One execution of one op; times in microseconds.

    `op_time` is the kernel's, `exec_time` includes what comes before and after it. The file is
    that of the program's innermost line that made the op: empty where it is not known.
    """

    device: str
    node: str
    op_type: str
    start_time: int
    op_time: int
    exec_time: int
    file: str = ""
    line: int = 0
    function: str = ""

    @property
    def place(self) -> str:
        """`model.py:20(build)`; empty where it is not known."""
        return f"{PurePath(self.file).name}:{self.line}({self.function})" if self.file else ""


@dataclass(frozen=True)
class DeviceProfile:
    """The executions on one device, in the order of the step stats."""

    name: str
    data: tuple[ProfileDatum, ...]


@dataclass(frozen=True)
class Profile:
    """The executions of a run, by device."""

    devices: tuple[DeviceProfile, ...]

    @classmethod
    def of(cls, run_metadata: Any, python_graph: Any) -> Profile:
        """The profile in a RunMetadata of ours or TensorFlow's; the graph is what was run.

        The graph's get_operations() have a name and a traceback, and may have a type.
        """
        origins = dict(_origins(python_graph.get_operations()))
        return cls(
            tuple(
                DeviceProfile(stats.device, tuple(_data(stats, origins)))
                for stats in run_metadata.step_stats.dev_stats
            )
        )

    @classmethod
    def of_dump(cls, dump: Any) -> Profile | None:
        """The profile that a DebugDumpDir carries; None where its run was not traced."""
        metadata = getattr(dump, "run_metadata", None)
        if metadata is None or not metadata.step_stats.dev_stats:
            return None
        return cls.of(metadata, _StoredGraph(dump))

    @property
    def data(self) -> tuple[ProfileDatum, ...]:
        """The executions on all devices."""
        return tuple(datum for device in self.devices for datum in device.data)

    @property
    def files(self) -> list[str]:
        """The source files whose lines made the ops, sorted."""
        return sorted({datum.file for datum in self.data if datum.file})


class _StoredOperation(NamedTuple):
    name: str
    type: str
    traceback: tuple[Any, ...]


@dataclass(frozen=True)
class _StoredGraph:
    """The ops of a dump's graphs with their stacks."""

    dump: Any

    def get_operations(self) -> list[_StoredOperation]:
        dump = self.dump
        names = [(node, device) for device in dump.devices() for node in dump.nodes(device)]
        return [
            _StoredOperation(node, dump.node_op_type(node, device), self._stack(node))
            for node, device in names
        ]

    def _stack(self, node: str) -> tuple[Any, ...]:
        try:
            return tuple(self.dump.node_traceback(node))
        except (LookupError, ValueError):
            return ()


_Origin = tuple[str, str, int, str]


def _origins(operations: Iterable[Any]) -> Iterator[tuple[str, _Origin]]:
    """By op name: type, file, line, function of the innermost frame outside of the library."""
    for operation in operations:
        frames = [tuple(frame) for frame in operation.traceback]
        own = [frame for frame in frames if not is_library(frame[0])] or frames[:1]
        file, line, function = own[-1][:3] if own else ("", 0, "")
        yield operation.name, (getattr(operation, "type", ""), file, line, function)


def _data(stats: Any, origins: dict[str, _Origin]) -> Iterator[ProfileDatum]:
    for node in stats.node_stats:
        if node.node_name in _NOT_OPS:
            continue
        op_type, file, line, function = origins.get(node.node_name, ("", "", 0, ""))
        yield ProfileDatum(
            stats.device,
            node.node_name,
            op_type,
            node.all_start_micros,
            node.op_end_rel_micros - node.op_start_rel_micros,
            node.all_end_rel_micros,
            file,
            line,
            function,
        )
