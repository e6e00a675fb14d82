"""Looks into serialized protobuf messages without decoding them."""

from collections.abc import Iterator


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("varint longer than ten bytes")


def fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The top-level fields in order: number and value, bytes for the length-delimited ones.

    Raises ValueError where the bytes are no message.
    """
    at = 0
    try:
        while at < len(data):
            key, at = _varint(data, at)
            number, wire_type = key >> 3, key & 7
            if wire_type == 0:
                value, at = _varint(data, at)
                yield number, value
                continue
            size = {1: 8, 5: 4}.get(wire_type)
            if wire_type == 2:
                size, at = _varint(data, at)
            if size is None or at + size > len(data):
                raise ValueError(f"field {number} at byte {at} is no protobuf field")
            yield number, data[at : at + size]
            at += size
    except IndexError:
        raise ValueError("the message ends inside a field") from None


def has_field(data: bytes, *numbers: int) -> bool:
    """Whether any of these fields is in the message; False for what is no message."""
    try:
        return any(number in numbers for number, _ in fields(data))
    except ValueError:
        return False
