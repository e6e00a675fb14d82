"""Looks into serialized protobuf messages without decoding them."""

from collections.abc import Iterator
from typing import NamedTuple

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class Span(NamedTuple):
    """A field of a message: its number and wire type, and where its value begins and ends."""

    number: int
    wire_type: int
    start: int
    end: int


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at a byte, and where it ends; ValueError where there is none."""
    value = shift = 0
    while True:
        if at >= len(data):
            raise ValueError("the message ends inside a field")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("varint longer than ten bytes")


def spans(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """The fields of the message in `data[start:end]`, in order.

    Raises ValueError where the bytes are no message.
    """
    end = len(data) if end is None else end
    at = start
    while at < end:
        key, at = varint(data, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == VARINT:
            size = varint(data, at)[1] - at
        elif wire_type == BYTES:
            size, at = varint(data, at)
        else:
            size = {FIXED64: 8, FIXED32: 4}.get(wire_type, len(data))
        if at + size > end:
            raise ValueError(f"field {number} at byte {at} is no protobuf field")
        yield Span(number, wire_type, at, at + size)
        at += size


def fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The top-level fields in order: number and value, bytes for the length-delimited ones.

    Raises ValueError where the bytes are no message.
    """
    for number, wire_type, start, end in spans(data):
        yield number, varint(data, start)[0] if wire_type == VARINT else data[start:end]


def has_field(data: bytes, *numbers: int) -> bool:
    """Whether any of these fields is in the message; False for what is no message."""
    try:
        return any(span.number in numbers for span in spans(data))
    except ValueError:
        return False
