"""Slices of tensors: how a checkpoint names and describes a part of a partitioned variable."""

from __future__ import annotations

import math
from dataclasses import dataclass

from opscope.events.proto.tensor_slice_pb2 import TensorSliceProto

FULL = -1  # the length that stands for "all of it"


@dataclass(frozen=True)
class TensorSlice:
    """Start and length in each dimension; the length FULL is everything."""

    extents: tuple[tuple[int, int], ...]

    @staticmethod
    def whole(rank: int) -> TensorSlice:
        """The slice that is the tensor itself."""
        return TensorSlice(((0, FULL),) * rank)

    @staticmethod
    def from_proto(proto: TensorSliceProto) -> TensorSlice:
        """The slice that a checkpoint describes."""
        return TensorSlice(
            tuple((e.start, e.length if e.HasField("length") else FULL) for e in proto.extent)
        )

    @staticmethod
    def parse(text: str) -> tuple[tuple[int, ...], TensorSlice]:
        """The whole shape and the slice that "6 2 0,3:-" stands for; ValueError if it is wrong.

        As `shape_and_slices` of SaveV2 and RestoreV2: the sizes, then start,length per dimension
        with "-" for all of it.
        """
        *sizes, parts = text.split(" ")
        shape = tuple(int(s) for s in sizes)
        extents = []
        for part in parts.split(":"):
            start, _, length = part.partition(",")
            extents.append((0, FULL) if part == "-" else (int(start), int(length)))
        made = TensorSlice(tuple(extents))
        if len(extents) != len(shape) or any(
            start < 0 or (length != FULL and (length < 1 or start + length > size))
            for (start, length), size in zip(extents, shape, strict=True)
        ):
            raise ValueError(f"{text!r} is no slice: want 'SIZE ... START,LENGTH:-:...'")
        return shape, made

    def proto(self) -> TensorSliceProto:
        """As a checkpoint describes it."""
        made = TensorSliceProto()
        for start, length in self.extents:
            extent = made.extent.add(start=start)
            if length != FULL:
                extent.length = length
        return made

    def shape_in(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the part of a tensor of `shape`; ValueError when it does not lie in it."""
        if len(shape) != len(self.extents):
            raise ValueError(f"a slice of {len(self.extents)} dimensions of a shape {shape}")
        sizes = []
        for (start, length), size in zip(self.extents, shape, strict=True):
            part = size if length == FULL else length
            if start < 0 or part < 0 or start + part > size:
                raise ValueError(f"[{start}, {start + part}) lies outside of a size of {size}")
            sizes.append(part)
        return tuple(sizes)

    def index(self) -> tuple[slice, ...]:
        """The NumPy index of the part."""
        return tuple(
            slice(None) if length == FULL else slice(start, start + length)
            for start, length in self.extents
        )

    def volume_in(self, shape: tuple[int, ...]) -> int:
        """The number of elements of the part."""
        return math.prod(self.shape_in(shape))


def slice_key(name: str, part: TensorSlice) -> bytes:
    """The key of a slice in a checkpoint's table: 0, name, rank, starts and lengths.

    Source: TensorFlow's `saved_tensor_slice_util.cc` and `ordered_code.cc`.
    """
    key = _unsigned(0) + _string(name.encode()) + _unsigned(len(part.extents))
    for start, length in part.extents:
        key += _signed(start) + _signed(length)
    return key


def _string(data: bytes) -> bytes:
    escaped = {0x00: b"\x00\xff", 0xFF: b"\xff\x00"}
    return b"".join(escaped.get(byte, bytes([byte])) for byte in data) + b"\x00\x01"


def _unsigned(number: int) -> bytes:
    size = (number.bit_length() + 7) // 8
    return bytes([size]) + number.to_bytes(size, "big")


def _signed(number: int) -> bytes:
    """Longer numbers begin with more one bits, so that bytes sort as the numbers do."""
    bits = (~number if number < 0 else number).bit_length()
    if bits < 7:
        return bytes([number & 0xFF ^ 0x80])
    size = bits // 7 + 1
    data = bytearray((number & (1 << 8 * size) - 1).to_bytes(size, "big"))
    header = (0xFFFF << 16 - size) & 0xFFFF
    data[0] ^= header >> 8
    data[1] ^= header & 0xFF
    return bytes(data)
