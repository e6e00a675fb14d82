"""Turns batches of scalar points into event records, a column at a time.

The records of one tag differ in three places: wall time, step and value. Protobuf makes a template
of each (tag, width of the step's varint) once; a batch is the templates one after the other, with
the three columns written into them. CRC-32C is affine: the CRC of a record is that of its template
with zeros in these places, combined by XOR with what each byte there contributes, which depends
only on the byte and on how many bytes follow it: one table look-up each, for a whole batch at once.
The bytes are those that protobuf and `frame` make of the same events.
"""

import struct
from collections.abc import Sequence
from functools import cache

import google_crc32c
import numpy as np
import numpy.typing as npt

from opscope.events.crc_residual import MASK_DELTA, byte_words
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.summary_pb2 import Summary, SummaryMetadata
from opscope.events.proto.types_pb2 import DT_FLOAT
from opscope.events.record import FOOTER_SIZE, HEADER_SIZE, frame

Point = tuple[int, int, float, float]
"""Series number, step (int64), wall time (seconds since the epoch), value (stored as float32)."""

MAX_SERIES = 1 << 16
_MAX_TAG = 400  # bytes; with all that comes with it, a record's data is below _TABLES then
_TABLES = 512
_FEW_POINTS = 48  # below this many, the fixed cost of a batch is more than what it saves
_WIDTHS = 11  # a step's varint has 0 bytes (step 0 is not written) to 10
# The least step, as uint64, whose varint has 1, 2, ... 10 bytes.
_WIDTH_STARTS = np.array([1 << (7 * width) for width in range(10)], dtype=np.uint64)
_WALL_AT = 1  # data[0] is the key of wall_time, then come its 8 bytes, the step's key, the step
_STEP_AT = 10
# A number of which no byte is zero, so that its place in a record shows.
_MARK: float = struct.unpack("<f", b"\x01\x01\x01\x01")[0]

UInt8s = npt.NDArray[np.uint8]
UInt32s = npt.NDArray[np.uint32]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


def scalar_summary(tag: str, value: float, as_tensor: bool = False) -> Summary:
    """A summary of one number: a `simple_value`, or a float tensor of plugin `scalars`."""
    if not as_tensor:
        return Summary(value=[Summary.Value(tag=tag, simple_value=value)])
    summary = Summary(value=[Summary.Value(tag=tag, metadata=_SCALARS)])
    summary.value[0].tensor.dtype = DT_FLOAT
    summary.value[0].tensor.float_val.append(value)
    return summary


_SCALARS = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"))


@cache
def _crc_tables() -> UInt32s:
    """uint32[_TABLES * 256]: at n * 256 + b, what byte b contributes that n bytes follow."""
    return np.concatenate([byte_words(following) for following in range(_TABLES)])


class ScalarEncoder:
    """Encodes points of series that were registered before.

    `register` and `encode` may run in different threads: what `encode` needs of a series is
    complete when `register` returns.
    """

    def __init__(self) -> None:
        self._series: list[tuple[str, bool]] = []
        self._templates: list[bytes] = []  # whole records, zeros in the places that differ
        # series * _WIDTHS + width -> number of the template, -1 before it is made
        self._numbers = np.full(_WIDTHS, -1, dtype=np.int32)
        self._sizes = np.zeros((4, 16), dtype=np.int64)  # record, data, value_at, crc by template

    def register(self, tag: str, as_tensor: bool) -> int | None:
        """The number of a new series; None for one more than `MAX_SERIES`, and for huge tags.

        Raises UnicodeEncodeError where the tag cannot be written as UTF-8.
        """
        if len(tag.encode()) > _MAX_TAG or len(self._series) >= MAX_SERIES:
            return None
        self._series.append((tag, as_tensor))
        return len(self._series) - 1

    def event(self, point: Point) -> bytes:
        """The serialized event of one point, by protobuf."""
        series, step, wall_time, value = point
        summary = scalar_summary(*self._at(series, value))
        return Event(wall_time=wall_time, step=step, summary=summary).SerializeToString()

    def encode(self, points: Sequence[Point]) -> bytes | bytearray:
        """The framed records of the points, in their order."""
        if len(points) < _FEW_POINTS:
            return self._one_by_one(points)
        numbers, steps, walls, values = zip(*points, strict=True)
        series = np.array(numbers, dtype=np.int64)
        step = np.array(steps, dtype=np.int64).view(np.uint64)
        wall = np.array(walls, dtype="<f8")
        if not wall.all():  # a time of zero is not written
            return self._one_by_one(points)
        with np.errstate(over="ignore", invalid="ignore"):
            value = np.array(values, dtype=np.float64).astype("<f4")
        width = np.searchsorted(_WIDTH_STARTS, step, side="right")
        return self._fill(self._template_numbers(series, width), step, width, wall, value)

    def _at(self, series: int, value: float) -> tuple[str, float, bool]:
        tag, as_tensor = self._series[series]
        return tag, value, as_tensor

    def _one_by_one(self, points: Sequence[Point]) -> bytes:
        return b"".join(frame(self.event(point)) for point in points)

    def _template_numbers(self, series: Int64s, width: Int64s) -> Int32s:
        keys = series * _WIDTHS + width
        room = len(self._series) * _WIDTHS
        if room > len(self._numbers):
            self._numbers = np.concatenate([self._numbers, np.full(room, -1, dtype=np.int32)])
        found: Int32s = self._numbers[keys]
        if found.min() < 0:
            for key in np.unique(keys[found < 0]).tolist():
                self._make_template(key)
            found = self._numbers[keys]
        return found

    def _make_template(self, key: int) -> None:
        series, width = divmod(key, _WIDTHS)
        step = int(_WIDTH_STARTS[width - 1 : width].view(np.int64).sum())
        marked = self.event((series, step, 1.0, _MARK))
        data = bytearray(self.event((series, step, 1.0, 0.0)))
        value_at = next(at for at in range(len(data)) if data[at] != marked[at])
        data[_WALL_AT : _WALL_AT + 8] = bytes(8)
        data[_STEP_AT : _STEP_AT + width] = bytes(width)
        record = frame(bytes(data))
        number = len(self._templates)
        if number == self._sizes.shape[1]:
            self._sizes = np.concatenate([self._sizes, np.zeros_like(self._sizes)], axis=1)
        crc = google_crc32c.value(bytes(data))
        self._sizes[:, number] = (len(record), len(data), HEADER_SIZE + value_at, crc)
        self._templates.append(record)
        self._numbers[key] = number

    def _fill(
        self,
        template: Int32s,
        step: npt.NDArray[np.uint64],
        width: Int64s,
        wall: npt.NDArray[np.float64],
        value: npt.NDArray[np.float32],
    ) -> bytearray:
        size, length, value_at, crc = self._sizes[:, template]
        offset = np.cumsum(size) - size
        templates = self._templates
        buffer = bytearray().join([templates[number] for number in template.tolist()])

        def store(column: npt.NDArray[np.generic], at: Int64s) -> None:
            places = len(buffer) - column.itemsize + 1
            np.ndarray((places,), column.dtype, buffer, strides=(1,))[at] = column

        contributions = crc.astype(np.uint32)
        last = length + (HEADER_SIZE - 1)  # where in the record the data's last byte is
        tables = _crc_tables()

        def combine(byte: UInt8s, at: Int64s) -> None:
            following = np.maximum(last - at, 0)  # a step's bytes beyond its width are zero
            np.bitwise_xor(contributions, tables.take(following * 256 + byte), out=contributions)

        start = np.full_like(length, HEADER_SIZE)
        for column, at in ((wall, start + _WALL_AT), (value, value_at)):
            store(column, offset + at)
            for index, byte in enumerate(column.view(np.uint8).reshape(len(column), -1).T):
                combine(byte, at + index)
        for index in range(int(width.max())):
            here = width > index
            byte = ((step >> np.uint64(7 * index)) & np.uint64(0x7F)).astype(np.uint8)
            byte |= (width > index + 1).astype(np.uint8) << np.uint8(7)
            at = start + (_STEP_AT + index)
            store(byte[here], (offset + at)[here])
            combine(byte, at)
        masked = ((contributions >> np.uint32(15)) | (contributions << np.uint32(17))) + MASK_DELTA
        store(masked.astype("<u4"), offset + size - FOOTER_SIZE)
        return buffer
