"""Reads one run's dump in tfdbg's form."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError

from opscope.events import dump_extra
from opscope.events.dump_extra import Frame, Health
from opscope.events.dump_name import (
    CORE_METADATA_PREFIX,
    DEVICE_PREFIX,
    FEED_KEYS_INFO,
    FETCHES_INFO,
    GRAPH_PREFIX,
    device_name,
    parse_tensor_name,
    scope_of,
)
from opscope.events.error import DumpError, EventsError, TensorProtoError
from opscope.events.natural import natural_key
from opscope.events.problem import Problem
from opscope.events.proto.config_pb2 import RunMetadata
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.tensor_pb2 import TensorProto
from opscope.events.proto.types_pb2 import DT_RESOURCE, DT_VARIANT
from opscope.events.tensor_proto import make_ndarray

_T = TypeVar("_T")
_HEADER = frozenset({"dtype", "tensor_shape", "version_number"})


class DumpEntry(NamedTuple):
    """One dumped value: what its file's name says, or the index of a packed dump.

    `offset` and `size` are where a packed dump's file has it, in bytes; -1 is a file of its own.
    """

    device: str
    node: str
    slot: int
    debug_op: str
    timestamp: int
    k: int
    path: str
    offset: int = -1
    size: int = -1

    @property
    def tensor_name(self) -> str:
        """`NODE:SLOT`."""
        return f"{self.node}:{self.slot}"

    @property
    def watch_key(self) -> str:
        """`NODE:SLOT:DEBUG_OP`."""
        return f"{self.node}:{self.slot}:{self.debug_op}"


@dataclass(frozen=True)
class NoArray:
    """A dumped value that is no array: uninitialized, or of a type without array values.

    `dtype` is a `DT_*` number, `proto` what the file holds.
    """

    initialized: bool
    dtype: int
    shape: tuple[int, ...]
    proto: TensorProto


@dataclass(frozen=True)
class CoreMetadata:
    """What was run, as the executing process noted it."""

    global_step: int
    session_run_index: int
    executor_step_index: int
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    target_nodes: tuple[str, ...]


@dataclass
class DumpFolder:
    """One dumped run: its entries in time order, its devices, and what else its root holds.

    Names are read when it is opened, contents when they are asked for. Damaged or foreign files
    are in `problems`; the rest is there.
    """

    root: Path
    devices: list[str] = field(default_factory=list)
    entries: list[DumpEntry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    core_metadata_list: list[CoreMetadata] = field(default_factory=list)
    fetches_info: str | None = None
    feed_keys_info: str | None = None
    _graph_paths: dict[str, Path] = field(default_factory=dict)

    @property
    def core_metadata(self) -> CoreMetadata | None:
        """The run's core metadata; the first one where a folder holds several runs."""
        return self.core_metadata_list[0] if self.core_metadata_list else None

    @property
    def global_step(self) -> int | None:
        """The training step the run belongs to, where the run noted one."""
        metadata = self.core_metadata
        return metadata.global_step if metadata and metadata.global_step >= 0 else None

    def graph(self, device: str) -> GraphDef | None:
        """The graph that ran on a device, debug nodes included; None where there is none."""
        path = self._graph_paths.get(device)
        if path is None:
            return None
        try:
            return GraphDef.FromString(_read_event(path).graph_def)
        except (DumpError, DecodeError) as error:
            self._report(path, f"no readable graph: {error}")
            return None

    def load(self, entry: DumpEntry) -> npt.NDArray[np.generic] | NoArray:
        """The value of an entry, read from its file each time; DumpError where that is damaged."""
        try:
            return dumped_value(self.load_proto(entry))
        except TensorProtoError as error:
            raise DumpError(f"{entry.path}: {error}") from error

    def load_proto(self, entry: DumpEntry) -> TensorProto:
        """The value of an entry as a TensorProto, which knows its TensorFlow dtype."""
        event = _read_event(Path(entry.path))
        if len(event.summary.value) < 1 or not event.summary.value[0].HasField("tensor"):
            raise DumpError(f"{entry.path}: this file holds no tensor")
        return event.summary.value[0].tensor

    def finite(self, entry: DumpEntry) -> bool | None:
        """Whether a value has no infinity and no NaN; None where that takes reading the value."""
        return None

    @property
    def bad(self) -> list[str] | None:
        """`NODE:SLOT` of the tensors that held an infinity or a NaN, each once.

        None where the dump says nothing of health.
        """
        health = self.health
        return bad_tensors(health) if health else None

    @property
    def tracebacks(self) -> dict[str, list[Frame]]:
        """Where each node was made, innermost frame last; empty where the dump does not tell."""
        return self._extra(dump_extra.TRACEBACKS_FILE, dump_extra.parse_tracebacks) or {}

    @property
    def sources(self) -> dict[str, str]:
        """Source text by file name; empty where the dump does not carry it."""
        return self._extra(dump_extra.SOURCES_FILE, dump_extra.parse_sources) or {}

    @property
    def feeds(self) -> dict[str, npt.NDArray[np.generic]]:
        """Fed arrays by tensor name; empty where the dump does not carry them."""
        return self._extra_event(dump_extra.FEEDS_FILE, dump_extra.parse_feeds) or {}

    @property
    def health(self) -> list[Health]:
        """The health summaries the dump carries, in the order written."""
        return self._extra_event(dump_extra.HEALTH_FILE, dump_extra.parse_health) or []

    @property
    def run_metadata(self) -> RunMetadata | None:
        """What each op cost, where the run was traced and the dump carries it."""
        return self._extra(dump_extra.RUN_METADATA_FILE, dump_extra.parse_run_metadata)

    def _extra(self, name: str, parse: Callable[[bytes], _T]) -> _T | None:
        path = self.root / name
        try:
            return parse(path.read_bytes()) if path.is_file() else None
        except (EventsError, OSError) as error:
            self._report(path, str(error))
            return None

    def _extra_event(self, name: str, parse: Callable[[Event], _T]) -> _T | None:
        path = self.root / name
        try:
            return parse(_read_event(path)) if path.is_file() else None
        except EventsError as error:
            self._report(path, str(error))
            return None

    def _report(self, path: Path, message: str, offset: int = 0) -> None:
        problem = Problem(str(path), offset, message)
        if problem not in self.problems:
            self.problems.append(problem)

    def read(self) -> None:
        """List what the root holds."""
        for path in sorted(self.root.iterdir(), key=lambda path: natural_key(path.name)):
            try:
                if path.name.startswith(DEVICE_PREFIX) and path.is_dir():
                    self._read_device(path)
                elif path.name.startswith(CORE_METADATA_PREFIX):
                    message = _read_event(path).log_message.message
                    self.core_metadata_list.append(parse_core_metadata(message))
                elif path.name == FETCHES_INFO:
                    self.fetches_info = _read_event(path).log_message.message
                elif path.name == FEED_KEYS_INFO:
                    self.feed_keys_info = _read_event(path).log_message.message
            except DumpError as error:
                self._report(path, str(error))
        self.entries.sort(key=attrgetter("timestamp", "k"))

    def _read_device(self, folder: Path) -> None:
        device = device_name(folder.name)
        self.devices.append(device)
        for where, parts, names in _listing(folder, self._report):
            scope = scope_of(parts)
            for name in names:
                path = os.path.join(where, name)
                if not parts and name.startswith(GRAPH_PREFIX):
                    self._graph_paths[device] = Path(path)
                    continue
                said = parse_tensor_name(scope, name)
                if said is None:
                    self._report(
                        Path(path), "not NODE_SLOT_DEBUGOP_TIME: this file is no dumped tensor"
                    )
                else:
                    self.entries.append(DumpEntry(device, *said, path))


def bad_tensors(rows: Iterable[Health]) -> list[str]:
    """`NODE:SLOT` of those whose health counts an infinity or a NaN, each once."""
    named = (f"{r.node_name}:{r.output_slot}" for r in rows if r.summary[[2, 3, 7]].any())
    return list(dict.fromkeys(named))


def dumped_value(proto: TensorProto) -> npt.NDArray[np.generic] | NoArray:
    """A dumped TensorProto's value: uninitialized means a shape with elements and no content."""
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    initialized = bool(proto.tensor_content) or 0 in shape or _lists_values(proto)
    if not initialized or proto.dtype % 100 in (DT_RESOURCE, DT_VARIANT):
        return NoArray(initialized, proto.dtype, shape, proto)
    return make_ndarray(proto)


def _lists_values(proto: TensorProto) -> bool:
    return any(f.name not in _HEADER for f, _ in proto.ListFields())


def _read_event(path: Path) -> Event:
    try:
        if not path.is_file():  # opening a pipe would wait for its writer
            raise DumpError(f"{path}: there is no file here")
        return Event.FromString(path.read_bytes())
    except OSError as error:
        raise DumpError(f"{path}: cannot be read: {error.strerror or error}") from error
    except DecodeError:
        raise DumpError(f"{path}: this file is no serialized Event (damaged or foreign)") from None


def parse_core_metadata(text: str | bytes) -> CoreMetadata:
    """The core metadata in JSON; DumpError where it is of another form."""
    try:
        values = json.loads(text)
        return CoreMetadata(
            int(values["global_step"]),
            int(values["session_run_index"]),
            int(values["executor_step_index"]),
            tuple(str(name) for name in values["input_names"]),
            tuple(str(name) for name in values["output_names"]),
            tuple(str(name) for name in values["target_nodes"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DumpError(f"the core metadata is not the JSON it should be: {error!r}") from error


def _listing(
    folder: Path, report: Callable[[Path, str], None]
) -> Iterator[tuple[str, tuple[str, ...], list[str]]]:
    """Each folder below, its names from there, and its files; links to folders are left out."""
    waiting: list[tuple[str, tuple[str, ...]]] = [(str(folder), ())]
    while waiting:
        where, parts = waiting.pop()
        names, folders = [], []
        try:
            with os.scandir(where) as found:
                for entry in found:
                    if entry.is_dir():
                        if not entry.is_symlink():
                            folders.append(entry.name)
                    elif entry.is_file():
                        names.append(entry.name)
                    else:
                        report(Path(entry.path), "neither a file nor a folder: not read")
        except OSError as error:
            report(Path(where), f"cannot be listed: {error.strerror or error}")
        names.sort()
        yield where, parts, names
        for name in sorted(folders, reverse=True):
            waiting.append((os.path.join(where, name), (*parts, name)))
