"""Where the records of a chunk of event files lie, found without a loop over them.

The length of a record shorter than 256 bytes is one byte that is not zero and seven that are: among
any seven bytes there are four that are aligned. So every aligned zero word has a *candidate header*
before it, which is one if the masked CRC of the length follows: a look-up by the length. Records
are those candidates that begin where the one before ends. Longer records are walked one by one.
"""

import struct
from bisect import bisect_right
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from opscope.events.record import FOOTER_SIZE, HEADER_SIZE, masked_crc32c

Int64s = npt.NDArray[np.int64]
UInt8s = npt.NDArray[np.uint8]

PADDING = 4096
"""Bytes behind a chunk that rows gathered from its last records may reach into."""

_FRAME_SIZE = HEADER_SIZE + FOOTER_SIZE
_SHORT = 256
_SAMPLE = 64
_LONG_ON_AVERAGE = 200
_HEADERS_REMEMBERED = 1 << 16
_HEADER = np.dtype([("length", "<u8"), ("crc", "<u4")])
_SHORT_CRC = np.array([masked_crc32c(struct.pack("<Q", n)) for n in range(_SHORT)], np.uint32)

_lengths: dict[bytes, int] = {}  # headers seen, whose CRC is right


def windows(buffer: UInt8s, offset: int, size: int) -> npt.NDArray[np.void]:
    """A view of a buffer in which item `i` is the `size` bytes from `i + offset` on."""
    count = len(buffer) - offset - size + 1
    return np.ndarray((count,), f"V{size}", buffer, offset, (1,))


class Frames(NamedTuple):
    """Records that follow one another: where each begins, how long its data is, where they end.

    `broken` tells that a length CRC is wrong there; else the next record is not whole.
    """

    places: Int64s
    lengths: Int64s
    end: int
    broken: bool


class Framing:
    """The records in the first `size` bytes of a buffer, which reaches PADDING bytes further."""

    def __init__(self, buffer: UInt8s, size: int, start: int):
        self._buffer = buffer
        self._size = size
        self._copy: bytes | None = None
        sample = self._walk(start, size, _SAMPLE)
        span = sample.end - start
        self._search = not len(sample.places) or span <= _LONG_ON_AVERAGE * len(sample.places)
        if self._search:
            self._find_candidates()

    @property
    def data(self) -> bytes:
        """The chunk as bytes."""
        if self._copy is None:
            self._copy = self._buffer[: self._size].tobytes()
        return self._copy

    def follow(self, start: int, end: int) -> Frames:
        """The records from `start` on, up to the last one that is whole before `end`."""
        if not self._search:
            return self._walk(start, end)
        taken: list[tuple[Int64s, Int64s]] = []
        at, broken = start, False
        while end - at >= HEADER_SIZE:
            first, last = self._chain(at, end)
            if last > first:
                taken.append((self._places[first:last], self._lengths[first:last]))
                at = int(self._next[last - 1])
                continue
            walked = self._walk(at, end, 1)
            if not len(walked.places):
                broken = walked.broken
                break
            taken.append((walked.places, walked.lengths))
            at = walked.end
        if len(taken) == 1:
            return Frames(*taken[0], at, broken)
        empty = np.zeros(0, np.int64)
        places = np.concatenate([empty, *(each[0] for each in taken)])
        lengths = np.concatenate([empty, *(each[1] for each in taken)])
        return Frames(places, lengths, at, broken)

    def _find_candidates(self) -> None:
        buffer, size = self._buffer, self._size
        words = np.flatnonzero(buffer[: size & ~3].view("<u4") == 0)
        words *= 4
        words = words[(words >= 4) & (words <= size - HEADER_SIZE)]
        places = words - 1
        zero = buffer.take(places) == 0
        for back in (2, 3, 4):  # to the byte that is not zero
            places -= zero
            if back < 4:
                zero &= buffer.take(words - back) == 0
        headers = windows(buffer, 0, HEADER_SIZE)[places].view(_HEADER)
        lengths = headers["length"]
        good = (lengths < _SHORT) & (_SHORT_CRC.take(lengths.astype(np.uint8)) == headers["crc"])
        if not good.all():
            places, lengths = places[good], lengths[good]
        self._places = places
        self._lengths = lengths.astype(np.int64)
        self._next = places + self._lengths
        self._next += _FRAME_SIZE
        # Between two breaks, candidates are a chain: each begins where the one before it ends.
        breaks = (np.flatnonzero(places[1:] != self._next[:-1]) + 1).tolist()
        self._chain_starts = [0, *breaks] if len(places) else []
        self._chain_ends = [*breaks, len(places)]
        self._chain_places = places[self._chain_starts].tolist()

    def _chain(self, at: int, end: int) -> tuple[int, int]:
        """The candidates from the one at `at` to the end of its chain, before `end`."""
        chain = bisect_right(self._chain_places, at) - 1
        if chain < 0:
            return 0, 0
        first, stop = self._chain_starts[chain], self._chain_ends[chain]
        if self._chain_places[chain] != at:
            first += int(np.searchsorted(self._places[first:stop], at))
            if first == stop or self._places[first] != at:
                return 0, 0
        return first, first + int(np.searchsorted(self._next[first:stop], end, "right"))

    def _walk(self, at: int, end: int, count: int = 1 << 62) -> Frames:
        data = self.data if count > _SAMPLE else None
        places: list[int] = []
        lengths: list[int] = []
        broken = False
        while end - at >= HEADER_SIZE and len(places) < count:
            if data is None:
                header = self._buffer[at : at + HEADER_SIZE].tobytes()
            else:
                header = data[at : at + HEADER_SIZE]
            length = _lengths.get(header)
            if length is None:
                length = _length_of(header)
                if length is None:
                    broken = True
                    break
            following = at + length + _FRAME_SIZE
            if following > end:
                break
            places.append(at)
            lengths.append(length)
            at = following
        return Frames(np.array(places, np.int64), np.array(lengths, np.int64), at, broken)


def _length_of(header: bytes) -> int | None:
    length, crc = struct.unpack("<QI", header)
    if masked_crc32c(header[:8]) != crc:
        return None
    if len(_lengths) < _HEADERS_REMEMBERED:
        _lengths[header] = length
    return int(length)
