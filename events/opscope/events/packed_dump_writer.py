"""Writes one run's dump in packed form: one append-only file."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import FileIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from opscope.events import packed_form, zstd
from opscope.events.base_dump_writer import BaseDumpWriter, DumpedTensor, DumpedValue
from opscope.events.byte_budget import ByteBudget
from opscope.events.dump_extra import Health
from opscope.events.dump_name import CORE_METADATA_PREFIX, PACKED_FILE
from opscope.events.error import DumpError
from opscope.events.health import has_inf_or_nan
from opscope.events.packed_form import ALIGNMENT, GRAPH, INDEX, PART, TENSOR, Payload, json_bytes
from opscope.events.page_stock import PageStock
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.tensor_pb2 import TensorProto
from opscope.events.proto.types_pb2 import DT_STRING
from opscope.events.tensor_proto import data_type, make_tensor_proto, numpy_dtype

Compression = Literal["zstd"]
COMPRESSED_LIMIT = 1 << 31
"""Bytes: larger payloads are stored as they are, for a reader expands no more than this."""

_WORTH_COMPRESSING = 256
_PADDING = bytes(ALIGNMENT)
_PARTS_AT_ONCE = 1000  # a system takes 1024 at most
_BYTES_AT_ONCE = 1 << 26  # copies and compressed payloads that wait to be written


@dataclass(slots=True)
class _Stored:
    """Where a payload is in the file, its CRC, and whether it holds no infinity and no NaN."""

    offset: int
    crc: int
    finite: bool


class PackedDumpWriter(BaseDumpWriter):
    """Appends the records of one dumped run to `RUN_ROOT/dump.opscope`, which is made here.

    A record is in the file when its call returns: what was written
    before a crash can be read. `close` writes the index. An array that lies where an earlier one
    lay, with the same bytes, is stored once. `compression="zstd"` needs the extra `zstd`. Failures
    raise DumpError with the path, DumpBudgetError where `budget` does not last. `pages` may hold a
    file that is ready to be written.
    """

    def __init__(
        self,
        run_root: str | os.PathLike[str],
        compression: Compression | None = None,
        budget: ByteBudget | None = None,
        pages: PageStock | None = None,
    ):
        super().__init__()
        if compression not in (None, "zstd"):
            raise DumpError(f'a dump is compressed by "zstd" or not at all, not by {compression!r}')
        self.run_root = Path(run_root)
        self.path = self.run_root / PACKED_FILE
        self._compressor = zstd.compressor() if compression else None
        self.budget = budget or ByteBudget()
        self._rows: list[bytes] = []
        self._offset = 0  # of the next record, once what waits is written
        self._waiting: list[bytes | memoryview] = []
        self._waiting_rows: list[tuple[int, bytes]] = []  # where the record ends, its row
        self._waiting_size = 0
        self._stored: dict[tuple[int, int, int, int], _Stored] = {}
        self._written: set[tuple[str, str, int, int]] = set()
        try:
            self.run_root.mkdir(parents=True, exist_ok=True)
            ready = None if pages is None else pages.take(self.path)
            self._file = FileIO(self.path, "xb") if ready is None else FileIO(ready, "wb")
        except OSError as error:
            raise DumpError(f"{self.path}: the dump cannot be made: {error}") from error
        self._put(packed_form.file_header())
        self._flush()

    @property
    def size(self) -> int:
        """Bytes of the file so far."""
        return self._offset

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
        """Write one value, and whether it is finite; as BaseDumpWriter says."""
        tensor = DumpedTensor(
            device, node_name, slot, array, timestamp_us, debug_op, dtype, tuple(shape)
        )
        return self.write_tensors([tensor])

    def write_tensors(self, tensors: Sequence[DumpedTensor]) -> int:
        """As BaseDumpWriter says: one look at each array, and one write for many of them."""
        timestamp = 0
        here: dict[tuple[int, int, int], _Stored] = {}
        with self._lock:
            try:
                for tensor in tensors:
                    timestamp = self._put_tensor(tensor, here)
            finally:
                self._flush()
        return timestamp

    def write_graph(
        self, device: str, graph: GraphDef | bytes, timestamp_us: int | None = None
    ) -> None:
        """Write the graph that ran on one device, or its serialized form."""
        data = graph if isinstance(graph, bytes) else graph.SerializeToString(deterministic=True)
        self._write_record(GRAPH, {"device": device}, data)

    def write_health(self, rows: Iterable[Health]) -> None:
        """Write the health summaries of tensors that were not written themselves."""
        others = [row for row in rows if row[:4] not in self._written]
        if others:
            super().write_health(others)

    def write_part(self, name: str, data: bytes) -> None:
        """Write what tfdbg's form has in the file `name`: an Event's message, or the file."""
        self._write_record(PART, {"name": name}, data)

    def _write_metadata(self, metadata: dict[str, Any], timestamp_us: int) -> None:
        self.write_part(CORE_METADATA_PREFIX, json_bytes(metadata))

    def _write_info(self, name: str, text: str) -> None:
        self.write_part(name, text.encode())

    def _write_extra(self, name: str, data: bytes) -> None:
        self.write_part(name, data)

    def close(self) -> None:
        """Write the index and close the file; closing twice is harmless."""
        with self._lock:
            if self._file.closed:
                return
            try:
                start = self._offset
                rows = b"[" + b",\n".join(self._rows) + b"]"
                self._put(packed_form.record_head(INDEX, packed_form.PLAIN, b"{}", rows))
                self._put(rows + bytes(-len(rows) % ALIGNMENT))
                self._put(packed_form.trailer(start))
                self._flush()
                if os.fstat(self._file.fileno()).st_size > self._offset:  # made ahead, not needed
                    self._file.truncate(self._offset)
            finally:
                self._file.close()

    def _put_tensor(self, tensor: DumpedTensor, here: dict[tuple[int, int, int], _Stored]) -> int:
        """Have a tensor's record wait to be written; `here` are the payloads of this call."""
        device, node, slot, array, wanted, debug_op, dtype, shape = tensor
        op = debug_op.split("(")[0]
        try:
            form, number, sizes, payload = _stored_form(array, dtype, shape)
        except ValueError as error:
            raise DumpError(f"{node}:{slot} cannot be dumped: {error}") from error
        timestamp = self._timestamp(wanted)
        text = b'%s,"time":%d' % (
            _described(device, node, int(slot), op, form, number, sizes),
            timestamp,
        )
        crc, finite = None, True
        if isinstance(payload, np.ndarray) and payload.size:
            stored = self._shared(array, payload, number, here)
            crc, finite = stored.crc, stored.finite
            if stored.offset != self._offset:
                text += b',"same":%d' % stored.offset
                payload, crc = b"", None
        if op == "DebugIdentity" and not isinstance(array, TensorProto):
            text += b',"finite":true' if finite else b',"finite":false'
            self._written.add((device, node, int(slot), timestamp))
        self._put_record(TENSOR, text + b"}", payload, crc)
        return timestamp

    def _shared(
        self,
        array: Any,
        payload: npt.NDArray[np.uint8],
        dtype: int,
        here: dict[tuple[int, int, int], _Stored],
    ) -> _Stored:
        """Where the same bytes of the same memory are in the file, or will be now."""
        place = (payload.__array_interface__["data"][0], payload.size, dtype)
        stored = here.get(place)
        if stored is not None:
            return stored
        crc = packed_form.crc32c(payload)
        stored = self._stored.get((*place, crc))
        if stored is None:
            stored = _Stored(self._offset, crc, not has_inf_or_nan(array))
            self._stored[(*place, crc)] = stored
        if payload.base is array or payload.base is getattr(array, "base", None):
            here[place] = stored  # else it is a copy, whose memory the next one may get
        return stored

    def _write_record(self, kind: int, meta: dict[str, Any], payload: bytes) -> None:
        with self._lock:
            try:
                self._put_record(kind, json_bytes(meta), payload)
            finally:
                self._flush()

    def _put_record(self, kind: int, meta: bytes, payload: Payload, crc: int | None = None) -> None:
        """Have a record wait to be written; crc is that of the payload, where it is known."""
        codec, stored = packed_form.PLAIN, payload
        if self._compressor is not None and _WORTH_COMPRESSING <= len(payload) <= COMPRESSED_LIMIT:
            smaller = self._compressor.compress(_buffer(payload))
            if len(smaller) < len(payload):
                codec, stored, crc = packed_form.ZSTD, smaller, None
        if self._file.closed:
            raise DumpError(f"{self.path}: this dump is closed: nothing more can be written")
        head = packed_form.record_head(kind, codec, meta, stored, len(payload), crc)
        self.budget.take(len(head) + packed_form.aligned(len(stored)))
        row = b"[%d,%d,%d,%s]" % (self._offset, kind, len(stored), meta)
        self._put(head, _buffer(stored), _PADDING[: -len(stored) % ALIGNMENT])
        self._waiting_rows.append((self._offset, row))
        if len(self._waiting) > _PARTS_AT_ONCE - 3 or self._waiting_size > _BYTES_AT_ONCE:
            self._flush()

    def _put(self, *parts: bytes | memoryview) -> None:
        for part in parts:
            if len(part):
                self._waiting.append(part)
                self._waiting_size += len(part)
                self._offset += len(part)

    def _flush(self) -> None:
        """Write what waits, from where it lies; after a failure, the whole records are kept."""
        left, rows, size = self._waiting, self._waiting_rows, self._waiting_size
        self._waiting, self._waiting_rows, self._waiting_size = [], [], 0
        start = self._offset - size
        try:
            while left:
                written = _write(self._file.fileno(), left)
                size -= written
                done = 0
                while done < len(left) and written >= len(left[done]):
                    written -= len(left[done])
                    done += 1
                del left[:done]
                if written:
                    left[0] = memoryview(left[0])[written:]
        except OSError as error:
            rows = [(end, row) for end, row in rows if end <= self._offset - size]
            self._offset = rows[-1][0] if rows else start
            self._file.truncate(self._offset)
            self._file.seek(self._offset)
            raise DumpError(f"{self.path}: the dump cannot be written: {error}") from error
        finally:
            self._rows += [row for _, row in rows]


def _write(file: int, parts: list[bytes | memoryview]) -> int:
    """Write what the system takes at once, 2 GiB at most; returns the bytes."""
    return os.writev(file, parts) if hasattr(os, "writev") else os.write(file, parts[0])


def _buffer(payload: Payload) -> bytes | memoryview:
    return payload if isinstance(payload, bytes) else payload.data


@lru_cache(maxsize=1 << 14)
def _described(
    device: str, node: str, slot: int, op: str, form: str, dtype: int, shape: tuple[int, ...]
) -> bytes:
    """What is the same in a tensor's meta in every run: JSON without its closing brace."""
    meta = {"device": device, "node": node, "slot": slot, "op": op}
    return json_bytes({**meta, "form": form, "dtype": dtype, "shape": shape})[:-1]


@lru_cache(maxsize=256)
def _stored_dtype(dtype: np.dtype[np.generic], number: int | None) -> tuple[int, Any]:
    """The `DT_*` number of an array's dtype, and the dtype of its bytes; None for strings."""
    found = data_type(dtype) if number is None else int(number)
    if found % 100 == DT_STRING:
        return found, None
    return found, numpy_dtype(found).newbyteorder("<")


def _stored_form(
    array: DumpedValue, dtype: int | None, shape: Sequence[int]
) -> tuple[str, int, tuple[int, ...], Payload]:
    """How a value is stored: form, `DT_*` number, shape, payload."""
    if isinstance(array, TensorProto):
        sizes = tuple(dim.size for dim in array.tensor_shape.dim)
        return "proto", array.dtype, sizes, array.SerializeToString()
    if array is None:
        if dtype is None:
            raise DumpError("an uninitialized tensor is dumped by its dtype and shape: give dtype=")
        return "none", int(dtype), tuple(int(size) for size in shape), b""
    value = np.asarray(array)
    number, stored = _stored_dtype(value.dtype, dtype)
    if stored is None:
        return "proto", number, value.shape, make_tensor_proto(value, number).SerializeToString()
    plain = np.ascontiguousarray(value, stored)
    return "raw", number, value.shape, plain.reshape(-1).view(np.uint8)
