"""The elements of one tensor as the bytes of a checkpoint's data file, and their checksum.

Numbers lie there as little-endian bytes, row-major. Strings lie there as

    varint length*, uint32 masked crc32c of the lengths, the strings one after the other

where the checksums take each length as a uint32 (uint64 from 4 GiB on). Source: TensorFlow's
`core/util/tensor_bundle/tensor_bundle.cc`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

import google_crc32c
import numpy as np

from opscope.events import data_type
from opscope.events.proto import types_pb2
from opscope.runtime.checkpoint.table import read_varint, write_varint

Array = np.ndarray[Any, np.dtype[Any]]

_MASK_DELTA = 0xA282EAD8
_MAX_UINT32 = 0xFFFFFFFF


def masked(crc: int) -> int:
    """A CRC-32C as it is stored, so that the CRC of data which hold CRCs stays strong."""
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & _MAX_UINT32


def encode(array: Array) -> tuple[bytes, int]:
    """The bytes of an array (object arrays hold bytes) and their masked CRC-32C."""
    if array.dtype.kind == "O":
        return _encoded_strings(array.ravel().tolist())
    data = np.ascontiguousarray(array).tobytes()
    return data, masked(google_crc32c.value(data))


def decode(data: bytes, dtype: np.dtype[Any], shape: tuple[int, ...], crc: int) -> Array:
    """The array of that dtype and shape; numbers share the memory of `data`, read-only.

    ValueError when the bytes do not fit the shape or the masked CRC-32C.
    """
    if dtype.kind == "O":
        return _decoded_strings(data, shape, crc)
    wanted = math.prod(shape) * dtype.itemsize
    if len(data) != wanted:
        raise ValueError(f"shape {shape} of {dtype} takes {wanted} bytes, here are {len(data)}")
    if masked(google_crc32c.value(data)) != crc:
        raise ValueError("the tensor does not fit its checksum")
    return np.frombuffer(data, dtype=dtype).reshape(shape)


def data_type_of(array: Array) -> int:
    """The `DT_*` number of an array's elements."""
    return types_pb2.DT_STRING if array.dtype.kind == "O" else data_type(array.dtype)


def _length_bytes(lengths: Sequence[int]) -> bytes:
    if max(lengths, default=0) <= _MAX_UINT32:
        return struct.pack(f"<{len(lengths)}I", *lengths)
    return b"".join(struct.pack("<I" if n <= _MAX_UINT32 else "<Q", n) for n in lengths)


def _encoded_strings(strings: Sequence[bytes]) -> tuple[bytes, int]:
    lengths = [len(s) for s in strings]
    crc = google_crc32c.value(_length_bytes(lengths))
    checksum = struct.pack("<I", masked(crc))
    text = b"".join(strings)
    data = b"".join([*map(write_varint, lengths), checksum, text])
    return data, masked(google_crc32c.extend(google_crc32c.extend(crc, checksum), text))


def _decoded_strings(data: bytes, shape: tuple[int, ...], crc: int) -> Array:
    count = math.prod(shape)
    if count > len(data):
        raise ValueError(f"{len(data)} bytes cannot hold {count} strings")
    lengths = []
    position = 0
    for _ in range(count):
        length, position = read_varint(data, position)
        lengths.append(length)
    length_crc = google_crc32c.value(_length_bytes(lengths))
    checksum = data[position : position + 4]
    if checksum != struct.pack("<I", masked(length_crc)):
        raise ValueError("the lengths of the strings do not fit their checksum")
    position += 4
    if position + sum(lengths) != len(data):
        raise ValueError(f"the strings need {position + sum(lengths)} bytes, here are {len(data)}")
    text = data[position:]
    whole = google_crc32c.extend(google_crc32c.extend(length_crc, checksum), text)
    if masked(whole) != crc:
        raise ValueError("the strings do not fit their checksum")
    made = np.empty(count, object)
    start = 0
    for i, length in enumerate(lengths):
        made[i] = text[start : start + length]
        start += length
    return made.reshape(shape)
