"""Decodes the records of a chunk by column: whole classes of them at once.

Records are sorted into classes by length and step width, a class is gathered into the rows of one
array, its layouts (see `layout`) name the rows and check them, and the numbers are read as columns
of the array. Nothing here depends on which run a record belongs to, so one chunk may hold the
records of many files. What is no scalar event of a known layout is tried as a payload event (see
`payload_columns`); what is neither is left to the decoder of single events.
"""

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from opscope.events.crc_residual import UInt8s, unmasked
from opscope.events.event_message import event_of, number_of, plugin_of
from opscope.events.event_shape import EventShape, Slot, event_shape
from opscope.events.framing import Framing, windows
from opscope.events.layout import Layout, row_size
from opscope.events.payload_columns import PayloadColumns, PayloadDecoder
from opscope.events.record import HEADER_SIZE, masked_crc32c
from opscope.events.series import Float64s, Int64s, as_float64
from opscope.events.value_names import NO_NAME, Form, Int32s, ValueNames

_SHORTEST, _LONGEST = 14, 2048  # data of a class; other records are not gathered
_FEWEST = 4  # records that a class pays for
_LAYOUTS = 16  # of one class
_WIDE = 4  # the class of steps of four bytes and more

# The step's width by the continuation bits of its first three bytes; 0 to 7 stand for no step.
_WIDTH = np.array([0] * 8 + [1, 2, 1, 3, 1, 2, 1, _WIDE], np.uint16)


@dataclass(frozen=True)
class ScalarColumns:
    """Scalar values by record: which record of the chunk, name, step, wall time, number."""

    record: Int64s
    name: Int32s
    step: Int64s
    wall_time: Float64s
    value: npt.NDArray[np.floating]

    def part(self, first: int, last: int) -> "ScalarColumns":
        """The values of the records from `first` to before `last`."""
        start, end = np.searchsorted(self.record, (first, last)).tolist()
        if end - start == len(self.record):
            return self
        part = slice(start, end)  # copied: what is kept of one run shall not keep another's alive
        return ScalarColumns(
            self.record[part].copy(),
            self.name[part].copy(),
            self.step[part].copy(),
            self.wall_time[part].copy(),
            self.value[part].copy(),
        )


NO_SCALARS = ScalarColumns(
    np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
)


@dataclass(frozen=True)
class ChunkColumns:
    """What a chunk holds: scalars, payloads, and the records that are neither, all in order."""

    scalars: ScalarColumns
    payloads: PayloadColumns
    others: Int64s

    def part(self, first: int, last: int) -> "ChunkColumns":
        """What the records from `first` to before `last` hold."""
        others = slice(*np.searchsorted(self.others, (first, last)).tolist())
        return ChunkColumns(
            self.scalars.part(first, last), self.payloads.part(first, last), self.others[others]
        )


class _Rows:
    """Scalar columns while they are filled, class by class, in any order."""

    def __init__(self, count: int):
        self.name = np.full(count, NO_NAME, np.int32)
        self.step = np.empty(count, np.int64)
        self.wall_time = np.empty(count, np.float64)
        self.value: npt.NDArray[np.floating] = np.empty(count, np.float32)
        self._more: list[ScalarColumns] = []  # of events with several values

    def add(self, layout: Layout, rows: UInt8s, records: Int64s, names: Int32s) -> None:
        shape = layout.shape
        wall_time = _read(rows, shape.wall_time)
        step = _read(rows, shape.step) if shape.step else np.zeros(len(rows), np.int64)
        values = [_as_float(_read(rows, value.number)) for value in shape.values]
        if len(values) == 1:
            if values[0].dtype != self.value.dtype:
                self.value = as_float64(self.value)
            self.name[records] = names[:, 0]
            self.step[records] = step
            self.wall_time[records] = wall_time
            self.value[records] = values[0]
            return
        count = len(values)
        self._more.append(
            ScalarColumns(
                np.repeat(records, count),
                names.ravel(),
                np.repeat(step, count),
                np.repeat(wall_time, count),
                np.stack(values, axis=1).ravel(),
            )
        )

    def columns(self) -> ScalarColumns:
        """Everything added, in the order of the records."""
        filled = self.name != NO_NAME
        record = np.flatnonzero(filled)
        own = ScalarColumns(record, self.name, self.step, self.wall_time, self.value)
        if len(record) < len(filled):
            own = ScalarColumns(
                record, own.name[filled], own.step[filled], own.wall_time[filled], own.value[filled]
            )
        if not self._more:
            return own
        parts = [own, *self._more]
        records = np.concatenate([part.record for part in parts])
        order = np.argsort(records, kind="stable")
        return ScalarColumns(
            records[order],
            np.concatenate([part.name for part in parts])[order],
            np.concatenate([part.step for part in parts])[order],
            np.concatenate([part.wall_time for part in parts])[order],
            np.concatenate([part.value for part in parts])[order],
        )


def _read(rows: UInt8s, slot: Slot) -> npt.NDArray[np.generic]:
    """The numbers that stand in a slot of each row."""
    if not slot.is_varint:
        part = np.ascontiguousarray(rows[:, slot.at : slot.at + slot.size])
        return part.view(slot.dtype).ravel()
    number = (rows[:, slot.at] & np.uint8(127)).astype(np.int64)
    for index in range(1, slot.size):
        digits = (rows[:, slot.at + index] & np.uint8(127)).astype(np.int64)
        number |= digits << np.int64(7 * index)
    return number if slot.dtype == "<i8" else number.astype(slot.dtype)


def _as_float(values: npt.NDArray[np.generic]) -> npt.NDArray[np.floating]:
    """Float32 stays what it is, at half the memory; other numbers become float64."""
    if values.dtype == np.float32:
        return values  # type: ignore[return-value]
    return as_float64(values)


class RecordColumns:
    """Decodes chunks; knows the layouts met so far, of all runs."""

    def __init__(self) -> None:
        self.names = ValueNames()
        self._layouts: dict[int, list[Layout]] = {}
        self._payloads = PayloadDecoder(self.names)

    def decode(
        self, buffer: UInt8s, framing: Framing, places: Int64s, lengths: Int64s
    ) -> ChunkColumns:
        """The columns of the records at these places of a chunk."""
        rows = _Rows(len(places))
        others: list[Int64s] = []
        for key, records in _classes(buffer, places, lengths):
            others.append(self._decode_class(buffer, places, key, records, rows))
        rest = np.sort(np.concatenate(others)) if others else np.zeros(0, np.int64)
        payloads = self._payloads.decode(buffer, framing, places, lengths, rest)
        return ChunkColumns(rows.columns(), payloads, np.setdiff1d(rest, payloads.record, True))

    def _decode_class(
        self, buffer: UInt8s, places: Int64s, key: int, records: Int64s, into: _Rows
    ) -> Int64s:
        """Decode one class as far as its layouts are known or can be learnt; returns the rest."""
        length, width = divmod(key, 8)
        if not _SHORTEST <= length <= _LONGEST or len(records) < _FEWEST:
            return records
        layouts = self._layouts.setdefault(key, [])
        size = row_size(length)
        if not layouts:
            at = int(places[records[0]]) + HEADER_SIZE
            if not self._learn(layouts, length, buffer[at : at + size].tobytes()) and length > 256:
                return records  # not worth gathering
        gathered = windows(buffer, HEADER_SIZE, size)[places[records]]
        rows = gathered.view(np.uint8).reshape(len(records), size)
        crc = unmasked(np.ascontiguousarray(rows[:, length : length + 4]).view("<u4").ravel())
        tried = 0
        # The widest steps are of several widths, each a layout of its own.
        for _ in range(_LAYOUTS if width == _WIDE else 4):
            for layout in layouts[tried:]:
                tried += 1
                names = layout.names(rows, crc)
                good = (names != NO_NAME).all(axis=1)
                if good.all():
                    into.add(layout, rows, records, names)
                    return records[:0]
                if good.any():
                    into.add(layout, rows[good], records[good], names[good])
                    rows, crc, records = rows[~good], crc[~good], records[~good]
            samples = {0, len(rows) // 2, len(rows) - 1}
            learnt = [self._learn(layouts, length, rows[each].tobytes()) for each in samples]
            if not any(learnt):
                break
            tried = 0 if tried == len(layouts) else tried
        return records

    def _learn(self, layouts: list[Layout], length: int, row: bytes) -> bool:
        """Take in the layout of a record (its data and CRC); False where it has none or is bad."""
        data = row[:length]
        (stored,) = struct.unpack_from("<I", row, length)
        if masked_crc32c(data) != stored:
            return False
        shape = event_shape(data)
        if shape is None:
            return False
        known = _known_values(data, shape)
        if known is None:
            return False
        layout = next((each for each in layouts if each.shape == shape), None)
        if layout is None:
            if len(layouts) >= _LAYOUTS:
                return False
            layout = Layout(length, shape, self.names)
            layouts.append(layout)
        return layout.learn(data, *known)


def _known_values(data: bytes, shape: EventShape) -> tuple[list[Form], list[bytes]] | None:
    """The forms and tags of an event's values; None unless protobuf reads the same numbers."""
    event = event_of(data)
    if event is None or len(event.summary.value) != len(shape.values):
        return None
    row = np.frombuffer(data, np.uint8)[None]
    step = _read(row, shape.step)[0] if shape.step else 0
    same = _read(row, shape.wall_time).tobytes() == struct.pack("<d", event.wall_time)
    if not same or step != event.step:
        return None
    forms, tags = [], []
    for value, place in zip(event.summary.value, shape.values, strict=True):
        number = number_of(value)
        if number is None:
            return None
        found = float(_as_float(_read(row, place.number))[0])
        if struct.pack("<d", found) != struct.pack("<d", number) and found == found:
            return None
        if place.is_tensor and not place.has_metadata and len(shape.values) > 1:
            return None  # its plugin may not be known yet
        tag = data[place.tag_at : place.tag_at + place.tag_size]
        if (place.is_tensor and not tag) or tag in tags:
            return None  # one goes by the name of its node; of two, the first may rule the second
        plugin = plugin_of(value.metadata) if place.has_metadata else None
        forms.append(Form("tensor" if place.is_tensor else "simple_value", plugin, True))
        tags.append(tag)
    return forms, tags


def _classes(buffer: UInt8s, places: Int64s, lengths: Int64s) -> list[tuple[int, Int64s]]:
    """Records by class: 8 * length + step width (as it would be in an event of the usual order)."""
    if not len(places):
        return []
    # Byte 9 of an event is the step's key; its continuation bits say how wide the step is.
    bytes_9_to_12 = windows(buffer, HEADER_SIZE + 9, 4)[places].view("<u4")
    bits = (bytes_9_to_12 >> np.uint32(15)) & np.uint32(1)
    bits |= (bytes_9_to_12 >> np.uint32(22)) & np.uint32(2)
    bits |= (bytes_9_to_12 >> np.uint32(29)) & np.uint32(4)
    bits |= ((bytes_9_to_12 & np.uint32(255)) == 0x10).astype(np.uint32) << np.uint32(3)
    keys = np.minimum(lengths, _LONGEST + 1).astype(np.uint16) * np.uint16(8)
    keys += _WIDTH.take(bits, mode="wrap")
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    cuts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    starts = [0, *cuts.tolist()]
    return [
        (int(ordered[start]), order[start:end])
        for start, end in zip(starts, [*starts[1:], len(order)], strict=True)
    ]
