"""Where the numbers of a scalar event lie in its bytes.

Two events of one length and one shape differ in their numbers and in nothing else, apart from the
tags: what is read once as protobuf can be read from the others at the same places.
"""

from typing import NamedTuple

from opscope.events.proto import types_pb2
from opscope.events.wire import BYTES, FIXED32, FIXED64, VARINT, Span, spans

# Field numbers of event.proto, summary.proto and tensor.proto.
_WALL_TIME, _STEP, _SUMMARY = 1, 2, 5
_OTHER_EVENT_FIELDS = (3, 4, 6, 7, 8, 9, 10)
_VALUE = 1
_TAG, _SIMPLE_VALUE, _TENSOR, _METADATA = 1, 2, 8, 9
_OTHER_VALUE_FIELDS = (3, 4, 5, 6, 7)
_DTYPE, _SHAPE, _VERSION, _CONTENT = 1, 2, 3, 4

# The list field of a dtype, its wire type there, how its content reads.
_NUMBERS: dict[int, tuple[int, int, str]] = {
    types_pb2.DT_FLOAT: (5, FIXED32, "<f4"),
    types_pb2.DT_DOUBLE: (6, FIXED64, "<f8"),
    types_pb2.DT_INT32: (7, VARINT, "<i4"),
    types_pb2.DT_INT64: (10, VARINT, "<i8"),
}
_SIZES = {"<f4": 4, "<f8": 8, "<i4": 4, "<i8": 8}


class Slot(NamedTuple):
    """The bytes of one number: where they begin, how many, the number's dtype, how it is coded."""

    at: int
    size: int
    dtype: str
    is_varint: bool = False

    @property
    def columns(self) -> list[int]:
        """The bytes, one by one."""
        return list(range(self.at, self.at + self.size))


class ValueShape(NamedTuple):
    """Where a summary value has its tag (which may be absent: size 0) and its number."""

    tag_at: int
    tag_size: int
    number: Slot
    is_tensor: bool
    has_metadata: bool


class EventShape(NamedTuple):
    """Where an event has its wall time, its step (None where it is absent), its values."""

    wall_time: Slot
    step: Slot | None
    values: tuple[ValueShape, ...]


def event_shape(data: bytes) -> EventShape | None:
    """The shape of a serialized Event that holds scalars and nothing else, else None.

    Fields may come in any order, each once; unknown ones are passed over.
    """
    try:
        found = _once(data, 0, len(data), (_WALL_TIME, _STEP, _SUMMARY), _OTHER_EVENT_FIELDS)
        if found is None or not _is(found, _WALL_TIME, FIXED64) or not _is(found, _SUMMARY, BYTES):
            return None
        wall_time = found[_WALL_TIME]
        step = found.get(_STEP)
        if step is not None and step.wire_type != VARINT:
            return None
        summary = found[_SUMMARY]
        values = []
        for span in spans(data, summary.start, summary.end):
            if span.number == _VALUE:
                shape = _value_shape(data, span)
                if shape is None:
                    return None
                values.append(shape)
    except ValueError:
        return None
    if not values:
        return None
    return EventShape(
        Slot(wall_time.start, 8, "<f8"),
        None if step is None else Slot(step.start, step.end - step.start, "<i8", True),
        tuple(values),
    )


def _once(
    data: bytes, start: int, end: int, wanted: tuple[int, ...], refused: tuple[int, ...]
) -> dict[int, Span] | None:
    found: dict[int, Span] = {}
    for span in spans(data, start, end):
        repeated = span.number in found
        if span.number in wanted if repeated else span.number in refused:
            return None
        found[span.number] = span
    return found


def _is(found: dict[int, Span], number: int, wire_type: int) -> bool:
    return number in found and found[number].wire_type == wire_type


def _value_shape(data: bytes, value: Span) -> ValueShape | None:
    if value.wire_type != BYTES:
        return None
    wanted = (_TAG, _SIMPLE_VALUE, _TENSOR, _METADATA)
    found = _once(data, value.start, value.end, wanted, _OTHER_VALUE_FIELDS)
    if (
        found is None
        or not _is(found, _TAG, BYTES)
        or (_SIMPLE_VALUE in found) == (_TENSOR in found)
    ):
        return None
    if _METADATA in found and not _is(found, _METADATA, BYTES):
        return None
    is_tensor = _TENSOR in found
    if is_tensor:
        number = _tensor_number(data, found[_TENSOR])
    elif _is(found, _SIMPLE_VALUE, FIXED32):
        number = Slot(found[_SIMPLE_VALUE].start, 4, "<f4")
    else:
        number = None
    if number is None:
        return None
    tag = found[_TAG]
    return ValueShape(tag.start, tag.end - tag.start, number, is_tensor, _METADATA in found)


def _tensor_number(data: bytes, tensor: Span) -> Slot | None:
    if tensor.wire_type != BYTES:
        return None
    listed = tuple(number for number, _, _ in _NUMBERS.values())
    wanted = (_DTYPE, _SHAPE, _VERSION, _CONTENT, *listed)
    others = range(_CONTENT + 1, 18)
    found: dict[int, Span] = {}
    for span in spans(data, tensor.start, tensor.end):
        if span.number in found or (span.number in others and span.number not in listed):
            return None
        found[span.number] = span
    if not _is(found, _DTYPE, VARINT) or found[_DTYPE].end - found[_DTYPE].start != 1:
        return None
    dtype = data[found[_DTYPE].start]
    held = [number for number in found if number in wanted[3:]]
    if dtype not in _NUMBERS or len(held) != 1:
        return None
    number, wire_type, form = _NUMBERS[dtype]
    span = found[held[0]]
    size = span.end - span.start
    if held[0] == _CONTENT and span.wire_type == BYTES and size == _SIZES[form]:
        return Slot(span.start, size, form)
    if held[0] != number or span.wire_type not in (BYTES, wire_type):
        return None
    if wire_type == VARINT:  # one number, packed or not, ends at its first byte below 128
        last = [at for at in range(span.start, span.end) if data[at] < 128]
        return Slot(span.start, size, form, True) if last == [span.end - 1] else None
    return Slot(span.start, size, form) if size == _SIZES[form] else None
