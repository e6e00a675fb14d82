"""Writes one run's dump in packed form: one append-only file."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from opscope.events import packed_form, zstd
from opscope.events.base_dump_writer import BaseDumpWriter, DumpedValue
from opscope.events.byte_budget import ByteBudget
from opscope.events.dump_extra import Health
from opscope.events.dump_name import CORE_METADATA_PREFIX, PACKED_FILE
from opscope.events.error import DumpError
from opscope.events.health import SUMMARY_SIZE, health_summary
from opscope.events.packed_form import GRAPH, INDEX, PART, TENSOR, Payload, json_bytes
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.tensor_pb2 import TensorProto
from opscope.events.proto.types_pb2 import DT_STRING
from opscope.events.tensor_proto import data_type, make_tensor_proto, numpy_dtype

Compression = Literal["zstd"]
COMPRESSED_LIMIT = 1 << 31
"""Bytes: larger payloads are stored as they are, for a reader expands no more than this."""

_WORTH_COMPRESSING = 256
_PADDING = bytes(packed_form.ALIGNMENT)


@dataclass
class _Stored:
    """Where a payload is in the file, and its health once somebody asked."""

    offset: int
    crc: int
    health: list[float] | None = None


class PackedDumpWriter(BaseDumpWriter):
    """Appends the records of one dumped run to `RUN_ROOT/dump.opscope`, which is made here.

    A record is in the file when its call returns: what was written
    before a crash can be read. `close` writes the index. An array that lies where an earlier one
    lay, with the same bytes, is stored once. `compression="zstd"` needs the extra `zstd`. Failures
    raise DumpError with the path, DumpBudgetError where `budget` does not last.
    """

    def __init__(
        self,
        run_root: str | os.PathLike[str],
        compression: Compression | None = None,
        budget: ByteBudget | None = None,
    ):
        super().__init__()
        if compression not in (None, "zstd"):
            raise DumpError(f'a dump is compressed by "zstd" or not at all, not by {compression!r}')
        self.run_root = Path(run_root)
        self.path = self.run_root / PACKED_FILE
        self._compressor = zstd.compressor() if compression else None
        self._budget = budget or ByteBudget()
        self._rows: list[bytes] = []
        self._offset = 0
        self._stored: dict[tuple[int, int, int, int], _Stored] = {}
        self._summarized: set[tuple[str, str, int, int]] = set()
        try:
            self.run_root.mkdir(parents=True, exist_ok=True)
            self._file = open(self.path, "xb", buffering=0)  # noqa: SIM115 - closed by close()
        except OSError as error:
            raise DumpError(f"{self.path}: the dump cannot be made: {error}") from error
        self._append(packed_form.file_header())

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
        """Write one value with its health; as BaseDumpWriter says."""
        meta: dict[str, Any] = {
            "device": device,
            "node": node_name,
            "slot": int(slot),
            "op": debug_op.split("(")[0],
        }
        try:
            value, payload = _stored_form(array, dtype, shape)
        except ValueError as error:
            raise DumpError(f"{node_name}:{slot} cannot be dumped: {error}") from error
        meta.update(value)
        with self._lock:
            timestamp = meta["time"] = self._timestamp(timestamp_us)
            is_value = meta["op"] == "DebugIdentity" and not isinstance(array, TensorProto)
            stored = _Stored(self._offset, 0)
            crc = None
            if isinstance(payload, np.ndarray) and payload.size:
                stored = self._shared(payload, meta["dtype"])
                crc = stored.crc
                if stored.offset != self._offset:
                    meta["same"], payload, crc = stored.offset, b"", None
            if is_value:
                stored.health = stored.health or _numbers(array, meta)
                meta["health"] = _of_shape(stored.health, meta["shape"])
                self._summarized.add((device, node_name, int(slot), timestamp))
            self._record(TENSOR, meta, payload, crc)
        return timestamp

    def write_graph(
        self, device: str, graph: GraphDef | bytes, timestamp_us: int | None = None
    ) -> None:
        """Write the graph that ran on one device, or its serialized form."""
        data = graph if isinstance(graph, bytes) else graph.SerializeToString(deterministic=True)
        with self._lock:
            self._record(GRAPH, {"device": device}, data)

    def write_health(self, rows: Iterable[Health]) -> None:
        """Write the health summaries of tensors that were not written themselves."""
        others = [row for row in rows if row[:4] not in self._summarized]
        if others:
            super().write_health(others)

    def write_part(self, name: str, data: bytes) -> None:
        """Write what tfdbg's form has in the file `name`: an Event's message, or the file."""
        with self._lock:
            self._record(PART, {"name": name}, data)

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
                self._append(packed_form.record_head(INDEX, packed_form.PLAIN, b"{}", rows))
                self._append(rows + bytes(-len(rows) % packed_form.ALIGNMENT))
                self._append(packed_form.trailer(start))
            finally:
                self._file.close()

    def _shared(self, payload: npt.NDArray[np.uint8], dtype: int) -> "_Stored":
        """Where the same bytes of the same memory are in the file, or will be now."""
        address = payload.__array_interface__["data"][0]
        crc = packed_form.crc32c(payload)
        key = (address, payload.size, dtype, crc)
        return self._stored.setdefault(key, _Stored(self._offset, crc))

    def _record(
        self, kind: int, meta: dict[str, Any], payload: Payload, crc: int | None = None
    ) -> None:
        """Append a record; crc is that of the payload, where it is known."""
        codec, stored = packed_form.PLAIN, payload
        if self._compressor is not None and _WORTH_COMPRESSING <= len(payload) <= COMPRESSED_LIMIT:
            smaller = self._compressor.compress(_buffer(payload))
            if len(smaller) < len(payload):
                codec, stored, crc = packed_form.ZSTD, smaller, None
        if self._file.closed:
            raise DumpError(f"{self.path}: this dump is closed: nothing more can be written")
        text = json_bytes(meta)
        head = packed_form.record_head(kind, codec, text, stored, len(payload), crc)
        self._budget.take(len(head) + packed_form.aligned(len(stored)))
        row = b"[%d,%d,%d," % (self._offset, kind, len(stored)) + text + b"]"
        self._append(head, _buffer(stored), _PADDING[: -len(stored) % packed_form.ALIGNMENT])
        self._rows.append(row)

    def _append(self, *parts: bytes | memoryview) -> None:
        """Write the parts one after the other, from where they lie."""
        left = [part for part in parts if len(part)]
        try:
            while left:
                written = _write(self._file.fileno(), left)
                self._offset += written
                while left and written >= len(left[0]):
                    written -= len(left.pop(0))
                if written:
                    left[0] = memoryview(left[0])[written:]
        except OSError as error:
            raise DumpError(f"{self.path}: the dump cannot be written: {error}") from error


def _write(file: int, parts: list[bytes | memoryview]) -> int:
    """Write what the system takes at once, 2 GiB at most; returns the bytes."""
    return os.writev(file, parts) if hasattr(os, "writev") else os.write(file, parts[0])


def _buffer(payload: Payload) -> bytes | memoryview:
    return payload if isinstance(payload, bytes) else payload.data


def _stored_form(
    array: DumpedValue,
    dtype: int | None,
    shape: Sequence[int],
) -> tuple[dict[str, Any], Payload]:
    """What a tensor's meta says of its value, and the payload."""
    if isinstance(array, TensorProto):
        sizes = [dim.size for dim in array.tensor_shape.dim]
        form = {"form": "proto", "dtype": array.dtype, "shape": sizes}
        return form, array.SerializeToString()
    if array is None:
        if dtype is None:
            raise DumpError("an uninitialized tensor is dumped by its dtype and shape: give dtype=")
        return {"form": "none", "dtype": int(dtype), "shape": [int(size) for size in shape]}, b""
    value = np.asarray(array)
    number = data_type(value.dtype) if dtype is None else int(dtype)
    if number % 100 == DT_STRING:
        payload = make_tensor_proto(value, number).SerializeToString()
        return {"form": "proto", "dtype": number, "shape": list(value.shape)}, payload
    plain = np.ascontiguousarray(value, numpy_dtype(number).newbyteorder("<"))
    form = {"form": "raw", "dtype": number, "shape": list(value.shape)}
    return form, plain.reshape(-1).view(np.uint8)


def _numbers(array: Any, meta: Mapping[str, Any]) -> list[float]:
    dtype, shape = meta["dtype"], meta["shape"]
    numbers: list[float] = health_summary(array, dtype=dtype, shape=shape).tolist()
    return numbers


def _of_shape(numbers: Sequence[float], shape: Sequence[int]) -> list[float]:
    """The health of the same elements in another shape."""
    return [*numbers[: SUMMARY_SIZE - 1], len(shape), *shape]
