"""Reads one run's dump in packed form: by its index, or by its records where that is missing."""

import json
import math
import mmap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

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
    bad_tensors,
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
from opscope.events.health import health_of_shape, health_summary
from opscope.events.packed_form import ALIGNMENT, FRAME_SIZE, GRAPH, INDEX, PART, TENSOR
from opscope.events.packed_record import (
    PackedRecord,
    index_records,
    tensor_entries,
    tensor_entry,
)
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.tensor_pb2 import TensorProto
from opscope.events.tensor_proto import make_tensor_proto, numpy_dtype

_EXPANDED_LIMIT = 1 << 31  # bytes: what is more is taken for an attack or damage
_T = TypeVar("_T")


@dataclass
class PackedDump(DumpFolder):
    """One dumped run in packed form; answers what a DumpFolder answers.

    Opening reads the index alone, which says what is finite; `load` gives arrays that lie in the
    mapped file and cannot be written to. Where the index is missing or damaged, the records are
    looked for, and a problem says so.
    """

    _records: dict[int, PackedRecord] = field(default_factory=dict)
    _graphs: dict[str, PackedRecord] = field(default_factory=dict)
    _parts: dict[str, PackedRecord] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The dump's file."""
        return self.root / PACKED_FILE

    def read(self) -> None:
        """Read the index; DumpError where the file is no packed dump."""
        self._data = _mapped(self.path)
        self._name = str(self.path)
        version = packed_form.header_version(self._data[:ALIGNMENT])
        if version not in packed_form.READABLE:
            said = "no packed dump" if version is None else f"a packed dump of version {version}"
            raise DumpError(
                f"{self.path}: byte 0: this file is {said}; versions up to {packed_form.VERSION} "
                "are read"
            )
        with collection_paused():
            records = self._indexed()
            self._take(self._whole_records() if records is None else records)
        devices = (entry.device for entry in self.entries)
        self.devices = list(dict.fromkeys([*devices, *self._graphs]))
        self.entries.sort(key=attrgetter("timestamp", "k"))

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
        """The health of every tensor in the order written, then that of tensors not stored.

        Where the dump has it not, it is taken from the values, which are read each time.
        """
        rows = []
        known: dict[int, npt.NDArray[np.float64]] = {}
        for record in self._records.values():
            try:
                summary = self._summary(record, known)
            except (DumpError, ValueError) as error:
                self._problem(record.offset, f"no health of this tensor: {error}")
                continue
            if summary is not None:
                meta = record.meta
                named = (meta["device"], meta["node"], meta["slot"], meta["time"])
                rows.append(Health(*named, summary))
        return [*rows, *self._health_of_others()]

    def finite(self, entry: DumpEntry) -> bool | None:
        """As DumpFolder says; values of DebugIdentity have it in the index."""
        meta = self._records[entry.offset].meta
        numbers = meta.get("health")  # in version 1
        if numbers is not None:
            return not (numbers[2] or numbers[3] or numbers[7])
        known: bool | None = meta.get("finite")
        return known

    @property
    def bad(self) -> list[str] | None:
        """As DumpFolder says, by the index and the health of tensors that are not stored."""
        known = [(entry, self.finite(entry)) for entry in self.entries]
        others = self._health_of_others()
        if not others and all(finite is None for _, finite in known):
            return None
        found = [entry.tensor_name for entry, finite in known if finite is False]
        return list(dict.fromkeys([*found, *bad_tensors(others)]))

    def _health_of_others(self) -> list[Health]:
        return self._extra_event(dump_extra.HEALTH_FILE, dump_extra.parse_health) or []

    def _summary(
        self, record: PackedRecord, known: dict[int, npt.NDArray[np.float64]]
    ) -> npt.NDArray[np.float64] | None:
        """The health of a tensor, None of what has none; `known` are those of stored payloads."""
        meta = record.meta
        if meta.get("health") is not None:
            return np.array(meta["health"], np.float64)
        if meta.get("finite") is None:
            return None
        shape, dtype = tuple(meta["shape"]), meta["dtype"]
        if meta["form"] == "none":
            return health_summary(None, dtype=dtype, shape=shape)
        place = meta.get("same", record.offset)
        if place not in known:
            value = self._value(record)
            if isinstance(value, NoArray):
                return None
            known[place] = health_summary(value, dtype=dtype)
        return health_of_shape(known[place], shape)

    def _value(self, record: PackedRecord) -> npt.NDArray[np.generic] | NoArray:
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
        frame, stored = self._stored(offset)
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
            start = offset + frame.payload_start
            raise DumpError(f"{self.path}: byte {start}: {error}") from error

    def _stored(self, offset: int) -> tuple[packed_form.Frame, memoryview]:
        """A record's frame and its payload as it is stored, the CRC checked."""
        frame = self._frame(offset)
        if frame is None:
            raise DumpError(f"{self.path}: byte {offset}: no intact record is here")
        start = offset + frame.payload_start
        stored = memoryview(self._data)[start : start + frame.stored_size]
        if len(stored) != frame.stored_size:
            raise DumpError(f"{self.path}: byte {offset}: this record's payload is cut off")
        if packed_form.crc32c(np.frombuffer(stored, np.uint8)) != frame.payload_crc:
            raise DumpError(f"{self.path}: byte {start}: the payload is damaged: its CRC is wrong")
        return frame, stored

    def _frame(self, offset: int) -> packed_form.Frame | None:
        if offset < ALIGNMENT or offset % ALIGNMENT:
            return None
        return packed_form.read_frame(self._data[offset : offset + FRAME_SIZE])

    def _indexed(self) -> list[PackedRecord] | None:
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
            return index_records(json.loads(bytes(self._payload(offset))))
        except (EventsError, ValueError, TypeError, RecursionError) as error:
            self._problem(offset, f"the index cannot be used: {error}")
            return None

    def _whole_records(self) -> list[PackedRecord]:
        """What is found; the last record may be cut, and room that was made ahead behind it."""
        records = list(self._found())
        if records:
            try:
                self._stored(records[-1].offset)
            except DumpError as error:
                self._problem(records.pop().offset, f"this last record is not whole: {error}")
        return records

    def _found(self) -> Iterator[PackedRecord]:
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

    def _described(self, offset: int, frame: packed_form.Frame) -> PackedRecord | None:
        meta = self._data[offset + FRAME_SIZE : offset + FRAME_SIZE + frame.meta_size]
        if packed_form.crc32c(meta) != frame.meta_crc:
            self._problem(offset, "what this record says of itself is damaged: its CRC is wrong")
            return None
        try:
            return PackedRecord(offset, frame.kind, frame.stored_size, json.loads(meta))
        except (ValueError, RecursionError) as error:
            self._problem(offset, f"what this record says of itself is no JSON: {error}")
            return None

    def _take(self, records: Sequence[PackedRecord]) -> None:
        tensors = [record for record in records if record.kind == TENSOR]
        entries = tensor_entries(tensors, self._name)
        if entries is not None:
            self.entries = entries
            self._records = {record.offset: record for record in tensors}
        for record in records:
            if record.kind == TENSOR and entries is not None:
                continue
            try:
                if record.kind == TENSOR:
                    self.entries.append(tensor_entry(record, self._name))
                    self._records[record.offset] = record
                elif record.kind == GRAPH:
                    self._graphs[str(record.meta["device"])] = record
                elif record.kind == PART:
                    self._take_part(record, str(record.meta["name"]))
            except (DumpError, ValueError, TypeError, KeyError, OverflowError) as error:
                self._problem(record.offset, f"this record is damaged: {error!r}")

    def _take_part(self, record: PackedRecord, name: str) -> None:
        self._parts[name] = record
        if name == CORE_METADATA_PREFIX:
            self.core_metadata_list.append(self._metadata(record))
        elif name == FETCHES_INFO:
            self.fetches_info = bytes(self._payload(record.offset)).decode()
        elif name == FEED_KEYS_INFO:
            self.feed_keys_info = bytes(self._payload(record.offset)).decode()

    def _metadata(self, record: PackedRecord) -> CoreMetadata:
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


def _mapped(path: Path) -> mmap.mmap:
    try:
        if not path.is_file():  # opening a pipe would wait for its writer
            raise DumpError(f"{path}: there is no file here")
        with open(path, "rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # ValueError: an empty file
        raise DumpError(f"{path}: cannot be read: {error}") from error
