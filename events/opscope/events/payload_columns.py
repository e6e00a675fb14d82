"""Events of one large value (a histogram, an image, a tensor): checked and located, not decoded.

All such events begin alike: wall time, step, summary, value, tag, and then the field that holds the
payload, whose plugin follows it. So the head of many records is read at once, each field from where
the one before ends, and the payload is passed over. Only its CRC takes a call for each record.
"""

from dataclasses import dataclass

import google_crc32c
import numpy as np
import numpy.typing as npt

from opscope.events.crc_residual import UInt8s, UInt32s, unmasked
from opscope.events.event_message import event_of, plugin_of
from opscope.events.framing import Framing, windows
from opscope.events.record import HEADER_SIZE
from opscope.events.series import Float64s, Int64s
from opscope.events.value_names import NO_NAME, Form, Int32s, ValueNames

# Keys, that is 8 * field number + wire type, of event.proto and summary.proto.
_WALL_TIME, _STEP, _SUMMARY, _VALUE, _TAG, _METADATA = 0x09, 0x10, 0x2A, 0x0A, 0x0A, 0x4A
_PAYLOADS = {0x22: "image", 0x2A: "histo", 0x32: "audio", 0x42: "tensor"}
_IS_PAYLOAD = np.isin(np.arange(256), list(_PAYLOADS))
_SHORTEST = 24
_FEWEST = 4
_NAMES = 1 << 16  # forms of tags that are remembered
_NEVER = -2  # what protobuf does not read as the head says

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PayloadColumns:
    """Payloads by record: which record of the chunk, name, step, wall time."""

    record: Int64s
    name: Int32s
    step: Int64s
    wall_time: Float64s

    def part(self, first: int, last: int) -> "PayloadColumns":
        """The payloads of the records from `first` to before `last`."""
        start, end = np.searchsorted(self.record, (first, last)).tolist()
        if end - start == len(self.record):
            return self
        part = slice(start, end)
        return PayloadColumns(
            self.record[part].copy(),
            self.name[part].copy(),
            self.step[part].copy(),
            self.wall_time[part].copy(),
        )


NO_PAYLOADS = PayloadColumns(
    np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0)
)


class _Heads:
    """A cursor in each of many records, which reads the same field of all."""

    def __init__(self, buffer: UInt8s, at: Int64s, end: Int64s):
        self._buffer = buffer
        self.at = at
        self.end = end
        self.good: Bools = np.ones(len(at), np.bool_)

    def byte(self) -> UInt8s:
        return self._buffer.take(np.minimum(self.at, self.end))

    def key(self, key: int) -> Bools:
        """Whether this key comes next, which is then passed."""
        found: Bools = (self.byte() == key) & (self.at < self.end)
        self.at = self.at + found
        return found

    def varint(self, where: Bools) -> Int64s:
        """The varint of those records in which there is one."""
        value = np.zeros(len(self.at), np.int64)
        reads = where
        for shift in range(0, 70, 7):
            byte = self.byte()
            value |= np.where(reads, (byte & np.uint8(127)).astype(np.int64), 0) << np.int64(shift)
            self.at = self.at + reads
            reads = reads & (byte >= 128)
            if not reads.any():
                break
        self.good &= ~reads & (self.at <= self.end)
        return value

    def message(self, key: int) -> None:
        """Enter the message of this key, which must be the rest of the record."""
        self.good &= self.key(key)
        size = self.varint(self.good)
        self.good &= (size >= 0) & (size == self.end - self.at)


class PayloadDecoder:
    """Decodes the heads of payload events; knows the names met so far."""

    def __init__(self, names: ValueNames):
        self._names = names
        self._known: dict[tuple[bytes, bytes], int] = {}  # tag and key, metadata -> name

    def decode(
        self,
        buffer: UInt8s,
        framing: Framing,
        places: Int64s,
        lengths: Int64s,
        records: Int64s,
    ) -> PayloadColumns:
        """The columns of those of the records that are payload events, and intact."""
        records = records[lengths[records] >= _SHORTEST]
        if len(records) < _FEWEST:
            records = records[:0]
        data_at = places[records] + HEADER_SIZE
        end = data_at + lengths[records]
        heads = _Heads(buffer, data_at, end)
        heads.good &= heads.key(_WALL_TIME)
        wall_time = windows(buffer, 0, 8)[heads.at].view("<f8")
        heads.at = heads.at + 8
        step = heads.varint(heads.key(_STEP))
        heads.message(_SUMMARY)
        heads.message(_VALUE)
        heads.good &= heads.key(_TAG)
        size = heads.varint(heads.good)
        tag_at = heads.at
        heads.good &= (size > 0) & (size < end - heads.at)
        heads.at = heads.at + np.where(heads.good, size, 0)
        key_at = heads.at
        heads.good &= _IS_PAYLOAD.take(heads.byte())
        heads.at = heads.at + 1
        size = heads.varint(heads.good)
        heads.good &= (size >= 0) & (size <= end - heads.at)
        tail_at = heads.at + np.where(heads.good, size, 0)
        heads.at = tail_at
        ends = tail_at == end
        heads.good &= ends | (heads.byte() == _METADATA)

        chosen = np.flatnonzero(heads.good)
        stored = windows(buffer, 0, 4)[end[chosen]].view("<u4")
        bounds = [column[chosen] for column in (data_at, tag_at, key_at, tail_at, end)]
        names = self._name(framing, bounds, unmasked(stored))
        chosen, names = chosen[names >= 0], names[names >= 0]
        return PayloadColumns(records[chosen], names, step[chosen], wall_time[chosen])

    def _name(self, framing: Framing, bounds: list[Int64s], crc: UInt32s) -> Int32s:
        """The names of the intact ones of these records, by where their parts begin and end."""
        names = np.full(len(crc), NO_NAME, np.int32)
        if not len(crc):
            return names
        data, known = framing.data, self._known
        rows = zip(*(column.tolist() for column in bounds), crc.tolist(), strict=True)
        for index, (start, tag, key, tail, stop, expected) in enumerate(rows):
            if google_crc32c.value(data[start:stop]) != expected:
                continue
            head = data[tag : key + 1], data[tail:stop]
            name = known.get(head)
            if name is None:
                name = self._learn(data[start:stop], *head)
                if len(known) < _NAMES:
                    known[head] = name
            names[index] = name
        return names

    def _learn(self, data: bytes, tag_and_key: bytes, metadata: bytes) -> int:
        """The name of an event with this head; _NEVER unless protobuf reads the same in it."""
        event = event_of(data)
        if event is None or len(event.summary.value) != 1:
            return _NEVER
        (value,) = event.summary.value
        tag, field = tag_and_key[:-1], _PAYLOADS[tag_and_key[-1]]
        if value.tag.encode() != tag or value.WhichOneof("value") != field or value.node_name:
            return _NEVER
        if value.HasField("metadata") != bool(metadata):
            return _NEVER
        plugin = plugin_of(value.metadata) if metadata else None
        return self._names.number(Form(field, plugin, False), tag)
