"""Finds the next intact record in a file whose framing is broken.

A record begins where eight bytes are followed by their own masked CRC. Real lengths are below
4 GiB, so only places with four zero bytes at 4..7 are candidates; their CRC depends on four bytes
alone and, CRCs being linear, is four table look-ups, done for a whole block at once.
"""

import struct
from functools import cache
from typing import BinaryIO

import google_crc32c
import numpy as np
import numpy.typing as npt

_FIRST_BLOCK, _BLOCK = 1 << 12, 1 << 20
_CHECKS = 4  # times the file's size: the data that one search may check
_HEADER_SIZE = 12
_FOOTER_SIZE = 4
_MASK_DELTA = np.uint32(0xA282EAD8)


@cache
def _tables() -> tuple[int, npt.NDArray[np.uint32]]:
    """crc32c of eight zero bytes, and what each value of each of the first four bytes changes."""
    zero = google_crc32c.value(bytes(8))
    tables = np.zeros((4, 256), dtype=np.uint32)
    for place in range(4):
        for value in range(256):
            length = bytearray(8)
            length[place] = value
            tables[place, value] = google_crc32c.value(bytes(length)) ^ zero
    return zero, tables


def _header_places(block: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Where in a block a length is followed by its own masked CRC."""
    count = len(block) - _HEADER_SIZE + 1
    high = block[4 : 4 + count] | block[5 : 5 + count]
    high |= block[6 : 6 + count] | block[7 : 7 + count]
    places: npt.NDArray[np.int64] = np.flatnonzero(high == 0)
    zero, tables = _tables()
    crc = np.full(len(places), zero, dtype=np.uint32)
    stored = np.zeros(len(places), dtype=np.uint32)
    for index in range(4):
        crc ^= tables[index][block[places + index]]
        stored |= block[places + 8 + index].astype(np.uint32) << np.uint32(8 * index)
    masked = ((crc >> np.uint32(15)) | (crc << np.uint32(17))) + _MASK_DELTA
    found: npt.NDArray[np.int64] = places[masked == stored]
    return found


def _is_intact(file: BinaryIO, offset: int, length: int, size: int) -> bool:
    if offset + _HEADER_SIZE + length + _FOOTER_SIZE > size:
        return True  # it may still be being written: the reader waits for the rest
    file.seek(offset + _HEADER_SIZE)
    data = file.read(length)
    (stored,) = struct.unpack("<I", file.read(_FOOTER_SIZE))
    crc: int = google_crc32c.value(data)
    return bool((((crc >> 15) | (crc << 17)) + int(_MASK_DELTA)) & 0xFFFFFFFF == stored)


def find_record(file: BinaryIO, offset: int, size: int) -> tuple[int | None, int]:
    """The offset of the next intact record at or after `offset`, and how far was searched.

    A record that goes beyond `size` counts as intact when its header is: it is being written.
    The second number is where to go on when the file has grown. The time is linear in the file:
    where crafted headers make the data to be checked larger than that, a header is enough.
    """
    budget, block = _CHECKS * size, _FIRST_BLOCK
    while size - offset >= _HEADER_SIZE:
        file.seek(offset)
        data = file.read(block)
        block = min(2 * block, _BLOCK)
        if len(data) < _HEADER_SIZE:
            break
        for place in _header_places(np.frombuffer(data, dtype=np.uint8)).tolist():
            (length,) = struct.unpack_from("<Q", data, place)
            budget -= length
            if budget < 0 or _is_intact(file, offset + place, length, size):
                return offset + place, offset + place
        offset += len(data) - _HEADER_SIZE + 1
    return None, offset
