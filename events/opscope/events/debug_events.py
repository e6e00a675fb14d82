"""Reads what TensorFlow 2's Debugger V2 writes: `enable_dump_debug_info(DIR)`.

    DIR/tfdbg_events.<seconds>.<host>.{metadata,source_files,stack_frames,graphs,
                                       execution,graph_execution_traces}

Each file is a sequence of TFRecords, each a `DebugEvent`. Stack frames, graphs and source files are
named by id and path in the others. Source: TensorFlow's `debug_events_writer.h` and
`debug_event.proto`.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError

from opscope.events.dump_extra import Frame
from opscope.events.error import DumpError, TensorProtoError
from opscope.events.problem import Problem
from opscope.events.proto import debug_event_pb2 as messages
from opscope.events.proto.tensor_pb2 import TensorProto
from opscope.events.record import RecordReader
from opscope.events.tensor_proto import make_ndarray

PREFIX, METADATA_SUFFIX = "tfdbg_events.", ".metadata"
"""How the names of a dump's files begin, and how that one ends that every dump has."""

SUFFIXES = (
    *("metadata", "source_files", "stack_frames", "graphs"),
    *("execution", "graph_execution_traces"),
)

Array = npt.NDArray[np.generic]


class DebuggedGraph(NamedTuple):
    """A graph or function; `outer_id` names the graph it lies in, empty for an outermost one."""

    graph_id: str
    name: str
    outer_id: str
    graph_def: bytes


class CreatedOp(NamedTuple):
    """An op as it was added to a graph."""

    graph_id: str
    name: str
    op_type: str
    device: str
    inputs: tuple[str, ...]
    output_tensor_ids: tuple[int, ...]
    stack: tuple[str, ...]


class Execution(NamedTuple):
    """An op or function that was run eagerly; `values` is what the debug mode keeps of each output.

    `wall_time` is in seconds, `stack` holds ids of frames, the innermost last.
    """

    wall_time: float
    op_type: str
    graph_id: str
    input_tensor_ids: tuple[int, ...]
    output_tensor_ids: tuple[int, ...]
    mode: str
    values: tuple[Array, ...]
    stack: tuple[str, ...]
    output_device_ids: tuple[int, ...]


class Trace(NamedTuple):
    """An output of an op inside a graph, each time it was computed."""

    wall_time: float
    graph_id: str
    op_name: str
    output_slot: int
    device: str
    mode: str
    value: Array


class DebugEvents:
    """One Debugger V2 dump, by the common part of its files' names; read when it is made.

    `reload()` takes in what was written since. Damage is in `problems`; whatever is intact is read.
    """

    def __init__(self, prefix: str | os.PathLike[str]):
        self.prefix = os.fspath(prefix)
        self.tensorflow_version = ""
        self.file_version = ""
        self.run_id = ""
        self.devices: dict[int, str] = {}
        self.graphs: dict[str, DebuggedGraph] = {}
        self.ops: list[CreatedOp] = []
        self.executions: list[Execution] = []
        self.traces: list[Trace] = []
        self.sources: dict[str, tuple[str, ...]] = {}
        self._frames: dict[str, messages.StackFrameWithId] = {}
        self._paths: list[str] = []  # by the number that stack frames use
        self._readers = [RecordReader(f"{self.prefix}.{suffix}") for suffix in SUFFIXES]
        self._problems: list[Problem] = []
        self._taking: dict[str, Callable[[messages.DebugEvent], None]] = {
            "debug_metadata": self._take_metadata,
            "source_file": self._take_source,
            "stack_frame_with_id": self._take_frame,
            "debugged_graph": self._take_graph,
            "graph_op_creation": self._take_op,
            "debugged_device": self._take_device,
            "execution": self._take_execution,
            "graph_execution_trace": self._take_trace,
        }
        self.reload()

    def reload(self) -> bool:
        """Read what is new; whether there was anything. A file that is not there yet is awaited."""
        before = [reader.offset for reader in self._readers]
        for reader in self._readers:
            if not os.path.exists(reader.path):
                continue
            try:
                for record in reader.records():
                    fault = self._take(record.data)
                    if fault:
                        self._problems.append(Problem(reader.path, record.offset, fault))
            except OSError as error:
                message = f"cannot be read: {error.strerror or error}"
                self._problems.append(Problem(reader.path, reader.offset, message))
        return before != [reader.offset for reader in self._readers]

    @property
    def kinds(self) -> dict[str, int]:
        """How many there are of each kind of thing."""
        return {
            "source_files": len(self.sources),
            "stack_frames": len(self._frames),
            "graphs": len(self.graphs),
            "ops": len(self.ops),
            "executions": len(self.executions),
            "traces": len(self.traces),
        }

    @property
    def problems(self) -> list[Problem]:
        """What is damaged or not yet whole, by file and offset."""
        found = set(self._problems)
        for reader in self._readers:
            found.update(reader.problems)
            if reader.pending is not None:
                found.add(reader.pending)
        return sorted(found)

    def frames(self, stack: Iterable[str]) -> list[Frame]:
        """The frames of a stack, the innermost last; unknown ids are left out.

        Their text is that of the source files in the dump.
        """
        frames = []
        for frame_id in stack:
            frame = self._frames.get(frame_id)
            if frame is not None:
                at = frame.file_line_col
                known = 0 <= at.file_index < len(self._paths)
                path = self._paths[at.file_index] if known else "?"
                lines = self.sources.get(path, ())
                text = lines[at.line - 1].strip() if 0 < at.line <= len(lines) else at.code
                frames.append(Frame(path, at.line, at.func, text))
        return frames

    def _take(self, data: bytes) -> str | None:
        """Note what an event says; returns what is wrong with it, or None."""
        try:
            event = messages.DebugEvent.FromString(data)
            what = event.WhichOneof("what")
            if what in self._taking:
                self._taking[what](event)
        except DecodeError:
            return "the record is intact, but what it holds is no DebugEvent: it is skipped"
        except TensorProtoError as error:
            return f"{error}: this event is skipped"
        return None

    def _take_metadata(self, event: messages.DebugEvent) -> None:
        metadata = event.debug_metadata
        self.tensorflow_version = metadata.tensorflow_version
        self.file_version, self.run_id = metadata.file_version, metadata.tfdbg_run_id

    def _take_source(self, event: messages.DebugEvent) -> None:
        source = event.source_file
        self._paths.append(source.file_path)
        self.sources[source.file_path] = tuple(source.lines)

    def _take_frame(self, event: messages.DebugEvent) -> None:
        self._frames[event.stack_frame_with_id.id] = event.stack_frame_with_id

    def _take_device(self, event: messages.DebugEvent) -> None:
        device = event.debugged_device
        self.devices[device.device_id] = device.device_name

    def _take_graph(self, event: messages.DebugEvent) -> None:
        graph = event.debugged_graph
        self.graphs[graph.graph_id] = DebuggedGraph(
            graph.graph_id, graph.graph_name, graph.outer_context_id, graph.original_graph_def
        )

    def _take_op(self, event: messages.DebugEvent) -> None:
        op = event.graph_op_creation
        self.ops.append(
            CreatedOp(
                op.graph_id,
                op.op_name,
                op.op_type,
                op.device_name,
                tuple(op.input_names),
                tuple(op.output_tensor_ids),
                tuple(op.code_location.stack_frame_ids),
            )
        )

    def _take_execution(self, event: messages.DebugEvent) -> None:
        run = event.execution
        self.executions.append(
            Execution(
                event.wall_time,
                run.op_type,
                run.graph_id,
                tuple(run.input_tensor_ids),
                tuple(run.output_tensor_ids),
                _mode(run.tensor_debug_mode),
                tuple(map(_array, run.tensor_protos)),
                tuple(run.code_location.stack_frame_ids),
                tuple(run.output_tensor_device_ids),
            )
        )

    def _take_trace(self, event: messages.DebugEvent) -> None:
        trace = event.graph_execution_trace
        self.traces.append(
            Trace(
                event.wall_time,
                trace.tfdbg_context_id,
                trace.op_name,
                trace.output_slot,
                trace.device_name,
                _mode(trace.tensor_debug_mode),
                _array(trace.tensor_proto),
            )
        )


def _mode(number: messages.TensorDebugMode) -> str:
    """The name of a debug mode; of one that is not known, its number."""
    by_number = messages.TensorDebugMode.DESCRIPTOR.values_by_number
    return by_number[number].name if number in by_number else str(number)


def _array(tensor: TensorProto) -> Array:
    """What is kept of a tensor; an empty array where the debug mode keeps nothing."""
    return make_ndarray(tensor) if tensor.dtype else np.zeros(0)


def is_debug_metadata(name: str) -> bool:
    """Whether a file of this name tells that a Debugger V2 dump lies here."""
    return name.startswith(PREFIX) and name.endswith(METADATA_SUFFIX)


def open_debug_events(path: str | os.PathLike[str]) -> DebugEvents:
    """The Debugger V2 dump in a folder (the last by name), or of any one of its files.

    Raises DumpError where there is none.
    """
    place = Path(path)
    if place.is_dir():
        names = sorted(each for each in os.listdir(place) if is_debug_metadata(each))
        if not names:
            raise DumpError(f"{place}: no Debugger V2 dump: no {PREFIX}*{METADATA_SUFFIX} in it")
        place = place / names[-1]
    if not place.name.startswith(PREFIX) or place.suffix[1:] not in SUFFIXES:
        raise DumpError(
            f"{place}: no file of a Debugger V2 dump ({PREFIX}*.{{{','.join(SUFFIXES)}}})"
        )
    if not place.exists():
        raise DumpError(f"{place}: no such file")
    return DebugEvents(place.with_suffix(""))
