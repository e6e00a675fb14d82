"""Reads one run's dump in packed form: by its index, or by its records where that is missing."""

import json
import math
import mmap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError

from opscope.events import dump_extra, packed_form, zstd
from opscope.events.collection_pause import collection_paused
from opscope.events.dump_extra import Health
from opscope.events.dump_folder import (
    CoreMetadata,
    DumpEntry,
    DumpFolder,
    NoArray,
    dumped_value,
    parse_core_metadata,
)
from opscope.events.dump_name import (
    CORE_METADATA_PREFIX,
    FEED_KEYS_INFO,
    FETCHES_INFO,
    PACKED_FILE,
)
from opscope.events.error import DumpError, EventsError, TensorProtoError
from opscope.events.health import SUMMARY_SIZE
from opscope.events.packed_form import ALIGNMENT, FRAME_SIZE, GRAPH, INDEX, PART, TENSOR
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.tensor_pb2 import TensorProto
from opscope.events.tensor_proto import make_tensor_proto, numpy_dtype

_EXPANDED_LIMIT = 1 << 31  # bytes: what is more is taken for an attack or damage
_MAX_RANK = 254
_INT = frozenset({int})
_T = TypeVar("_T")


class _Record(NamedTuple):
    """A record as the index names it, or as it was found."""

    offset: int
    kind: int
    stored_size: int
    meta: dict[str, Any]


@dataclass
class PackedDump(DumpFolder):
    """One dumped run in packed form; answers what a DumpFolder answers.

    Opening reads the index alone, with every tensor's health; `load` gives arrays that lie in the
    mapped file and cannot be written to. Where the index is missing or damaged, the records are
    looked for, and a problem says so.
    """

    _records: dict[int, _Record] = field(default_factory=dict)
    _graphs: dict[str, _Record] = field(default_factory=dict)
    _parts: dict[str, _Record] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The dump's file."""
        return self.root / PACKED_FILE

    def read(self) -> None:
        """Read the index; DumpError where the file is no packed dump."""
        self._data = _mapped(self.path)
        self._name = str(self.path)
        version = packed_form.header_version(self._data[:ALIGNMENT])
        if version != packed_form.VERSION:
            said = "no packed dump" if version is None else f"a packed dump of version {version}"
            raise DumpError(
                f"{self.path}: byte 0: this file is {said}; version {packed_form.VERSION} is read"
            )
        with collection_paused():
            records = self._indexed()
            for record in self._found() if records is None else records:
                self._take(record)
        self.devices = list(dict.fromkeys([*self.devices, *self._graphs]))
        self.entries.sort(key=lambda entry: (entry.timestamp, entry.k))

    def graph(self, device: str) -> GraphDef | None:
        """The graph that ran on a device; None where there is none."""
        record = self._graphs.get(device)
        if record is None:
            return None
        try:
            return GraphDef.FromString(bytes(self._payload(record.offset)))
        except (DumpError, DecodeError) as error:
            self._problem(record.offset, f"no readable graph: {error}")
            return None

    def load(self, entry: DumpEntry) -> npt.NDArray[np.generic] | NoArray:
        """The value of an entry, its CRC checked; DumpError where it is damaged."""
        record = self._records[entry.offset]
        try:
            return self._value(record)
        except (TensorProtoError, DecodeError, ValueError) as error:
            raise DumpError(f"{self.path}: byte {record.offset}: {error}") from error

    def load_proto(self, entry: DumpEntry) -> TensorProto:
        """The value of an entry as a TensorProto, made from what is stored."""
        value = self.load(entry)
        if isinstance(value, NoArray):
            return value.proto
        return make_tensor_proto(value, self._records[entry.offset].meta["dtype"])

    @property
    def health(self) -> list[Health]:
        """The health of every tensor in the order written, then that of tensors not stored."""
        rows = []
        for record in self._records.values():
            meta = record.meta
            if meta.get("health") is not None:
                summary = np.array(meta["health"], np.float64)
                named = (meta["device"], meta["node"], meta["slot"], meta["time"])
                rows.append(Health(*named, summary))
        others = self._extra_event(dump_extra.HEALTH_FILE, dump_extra.parse_health)
        return [*rows, *(others or [])]

    def health_numbers(self, entry: DumpEntry) -> Sequence[float] | None:
        """The health summary of an entry, by the index; only values of DebugIdentity have one."""
        numbers: Sequence[float] | None = self._records[entry.offset].meta.get("health")
        return numbers

    def _value(self, record: _Record) -> npt.NDArray[np.generic] | NoArray:
        meta = record.meta
        shape = tuple(meta["shape"])
        if meta["form"] == "none":
            proto = TensorProto(dtype=meta["dtype"])
            proto.tensor_shape.SetInParent()
            for size in shape:
                proto.tensor_shape.dim.add(size=size)
            return NoArray(False, meta["dtype"], shape, proto)
        if meta["form"] == "proto":
            return dumped_value(TensorProto.FromString(bytes(self._payload(record.offset))))
        dtype = numpy_dtype(meta["dtype"])
        payload = self._payload(meta.get("same", record.offset))
        if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(payload):
            raise DumpError(
                f"{self.path}: byte {record.offset}: {len(payload)} bytes are no {dtype} of "
                f"shape {shape}"
            )
        return np.frombuffer(payload, dtype.newbyteorder("<")).reshape(shape).view(dtype)

    def _payload(self, offset: int) -> bytes | memoryview:
        frame = self._frame(offset)
        if frame is None:
            raise DumpError(f"{self.path}: byte {offset}: no intact record is here")
        start = offset + frame.payload_start
        stored = memoryview(self._data)[start : start + frame.stored_size]
        if len(stored) != frame.stored_size:
            raise DumpError(f"{self.path}: byte {offset}: this record's payload is cut off")
        if packed_form.crc32c(np.frombuffer(stored, np.uint8)) != frame.payload_crc:
            raise DumpError(f"{self.path}: byte {start}: the payload is damaged: its CRC is wrong")
        if frame.codec == packed_form.PLAIN:
            return stored
        if frame.codec != packed_form.ZSTD or frame.payload_size > _EXPANDED_LIMIT:
            raise DumpError(
                f"{self.path}: byte {offset}: codec {frame.codec} to {frame.payload_size} bytes "
                "is not expanded"
            )
        try:
            return zstd.decompress(stored, frame.payload_size)
        except DumpError as error:
            raise DumpError(f"{self.path}: byte {start}: {error}") from error

    def _frame(self, offset: int) -> packed_form.Frame | None:
        if offset < ALIGNMENT or offset % ALIGNMENT:
            return None
        return packed_form.read_frame(self._data[offset : offset + FRAME_SIZE])

    def _indexed(self) -> list[_Record] | None:
        """The records by the index; None where it cannot be used."""
        size = len(self._data)
        offset = packed_form.index_offset(self._data[max(0, size - ALIGNMENT) :])
        if offset is None or size % ALIGNMENT:
            self._problem(size, "there is no index: the writer did not close the dump")
            return None
        try:
            frame = self._frame(offset)
            if frame is None or frame.kind != INDEX:
                raise DumpError(f"{self.path}: byte {offset}: no index is here")
            return [_checked(*row) for row in json.loads(bytes(self._payload(offset)))]
        except (EventsError, ValueError, TypeError, RecursionError) as error:
            self._problem(offset, f"the index cannot be used: {error}")
            return None

    def _found(self) -> Iterator[_Record]:
        """The records, one behind the other; past damage, from the next intact one on."""
        offset, end = ALIGNMENT, len(self._data)
        while offset < end:
            frame = self._frame(offset)
            if frame is not None and offset + frame.payload_start + frame.stored_size > end:
                self._problem(offset, "the file ends in the middle of this record")
                return
            if frame is None:
                following = self._next_frame(offset + ALIGNMENT)
                if self._data[offset:following].strip(b"\0") and not self._is_trailer(offset):
                    self._problem(offset, f"no intact record in {following - offset} bytes")
                offset = following
                continue
            if frame.kind != INDEX:
                record = self._described(offset, frame)
                if record is not None:
                    yield record
            offset += frame.size

    def _is_trailer(self, offset: int) -> bool:
        return packed_form.index_offset(self._data[offset : offset + ALIGNMENT]) is not None

    def _next_frame(self, offset: int) -> int:
        while True:
            offset = self._data.find(packed_form.RECORD_MAGIC, offset)
            if offset < 0:
                return len(self._data)
            if self._frame(offset) is not None:
                return offset
            offset += 1

    def _described(self, offset: int, frame: packed_form.Frame) -> _Record | None:
        meta = self._data[offset + FRAME_SIZE : offset + FRAME_SIZE + frame.meta_size]
        if packed_form.crc32c(meta) != frame.meta_crc:
            self._problem(offset, "what this record says of itself is damaged: its CRC is wrong")
            return None
        try:
            return _Record(offset, frame.kind, frame.stored_size, json.loads(meta))
        except (ValueError, RecursionError) as error:
            self._problem(offset, f"what this record says of itself is no JSON: {error}")
            return None

    def _take(self, record: _Record) -> None:
        try:
            if record.kind == TENSOR:
                self._take_tensor(record)
            elif record.kind == GRAPH:
                self._graphs[str(record.meta["device"])] = record
            elif record.kind == PART:
                self._take_part(record, str(record.meta["name"]))
        except (DumpError, ValueError, TypeError, KeyError, OverflowError) as error:
            self._problem(record.offset, f"this record is damaged: {error!r}")

    def _take_tensor(self, record: _Record) -> None:
        meta = record.meta
        shape, form = meta["shape"], meta["form"]
        device, node, op = meta["device"], meta["node"], meta["op"]
        if form not in ("raw", "proto", "none") or len(shape) > _MAX_RANK:
            raise ValueError(f"a tensor of form {form!r} with {len(shape)} dimensions")
        if type(shape) is not list or not _are_counts(shape):
            raise ValueError(f"shape {shape}")
        if not type(device) is type(node) is type(op) is str:
            raise ValueError(f"names {device!r}, {node!r}, {op!r}")
        numbers = (record.offset, record.stored_size, meta["slot"], meta["time"], meta["dtype"])
        if not _are_counts((*numbers, meta.get("same", 0))):
            raise ValueError(f"numbers {numbers}")
        offset, size, slot, time, _ = numbers
        numbers_of_health = meta.get("health")
        if numbers_of_health is not None:
            _check_health(numbers_of_health, SUMMARY_SIZE + len(shape))
        if device not in self.devices:
            self.devices.append(device)
        self._records[offset] = record
        self.entries.append(DumpEntry(device, node, slot, op, time, 0, self._name, offset, size))

    def _take_part(self, record: _Record, name: str) -> None:
        self._parts[name] = record
        if name == CORE_METADATA_PREFIX:
            self.core_metadata_list.append(self._metadata(record))
        elif name == FETCHES_INFO:
            self.fetches_info = bytes(self._payload(record.offset)).decode()
        elif name == FEED_KEYS_INFO:
            self.feed_keys_info = bytes(self._payload(record.offset)).decode()

    def _metadata(self, record: _Record) -> CoreMetadata:
        return parse_core_metadata(bytes(self._payload(record.offset)))

    def _extra(self, name: str, parse: Callable[[bytes], _T]) -> _T | None:
        record = self._parts.get(name)
        if record is None:
            return None
        try:
            return parse(bytes(self._payload(record.offset)))
        except EventsError as error:
            self._problem(record.offset, str(error))
            return None

    def _extra_event(self, name: str, parse: Callable[[Event], _T]) -> _T | None:
        def parse_event(data: bytes) -> _T:
            try:
                return parse(Event.FromString(data))
            except DecodeError:
                raise DumpError("this part is no serialized Event") from None

        return self._extra(name, parse_event)

    def _problem(self, offset: int, message: str) -> None:
        self._report(self.path, message, offset)


def _are_counts(numbers: Sequence[Any]) -> bool:
    """True for whole numbers of 0 and more."""
    return not numbers or (_INT.issuperset(map(type, numbers)) and min(numbers) >= 0)


def _check_health(numbers: Any, size: int) -> None:
    if type(numbers) is not list or len(numbers) != size:
        raise ValueError(f"a health summary that is no list of {size} numbers")
    if not {float, int}.issuperset(map(type, numbers)):
        raise ValueError("a health summary of other things than numbers")
    list(map(float, numbers))  # OverflowError for an integer that no float64 holds


def _checked(offset: Any, kind: Any, stored_size: Any, meta: Any) -> _Record:
    if not _are_counts((offset, kind, stored_size)):
        raise ValueError(f"no place, kind and size of a record: {offset!r}, {kind!r}")
    return _Record(offset, kind, stored_size, meta)


def _mapped(path: Path) -> mmap.mmap:
    try:
        if not path.is_file():  # opening a pipe would wait for its writer
            raise DumpError(f"{path}: there is no file here")
        with open(path, "rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # ValueError: an empty file
        raise DumpError(f"{path}: cannot be read: {error}") from error
