r"""The packed form of a dump: one append-only file of framed records, `RUN/dump.opscope`.

    file    = header | record* | index record | trailer        everything begins at a multiple of 64
    header  = "\x89opscope.dump\r\n\x1a" | uint32 version | uint32 crc | zeros          64 bytes
    record  = frame | meta | zeros to 64 | payload | zeros to 64
    frame   = "opRC" | uint16 kind | uint16 codec | uint32 meta size | uint32 meta crc
            | uint64 stored payload size | uint64 payload size | uint32 payload crc | uint32 crc
    trailer = "opscope.index\r\n\x1a" | uint64 index offset | uint32 crc | zeros        64 bytes

Numbers are little-endian, CRCs are CRC-32C; the last one of a structure covers what stands before
it. Meta is JSON in UTF-8 (NaN and Infinity allowed). The payload of the index is the JSON list of
[offset, kind, stored payload size, meta], a row for each record before it.
"""

import json
import struct
from typing import Any, NamedTuple

import google_crc32c
import numpy as np
import numpy.typing as npt

ALIGNMENT = 64
VERSION = 2
"""The version that is written; version 1 had `health` in place of `finite`."""

READABLE = (1, 2)
FILE_MAGIC = b"\x89opscope.dump\r\n\x1a"
INDEX_MAGIC = b"opscope.index\r\n\x1a"
RECORD_MAGIC = b"opRC"

TENSOR = 1
GRAPH = 2
PART = 3
INDEX = 4

PLAIN = 0
ZSTD = 1

Payload = bytes | npt.NDArray[np.uint8]

_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_CRC = struct.Struct("<I")
_FILE_HEADER = struct.Struct(f"<{len(FILE_MAGIC)}sI")
_TRAILER = struct.Struct(f"<{len(INDEX_MAGIC)}sQ")
_FRAME = struct.Struct("<4sHHIIQQI")
FRAME_SIZE = _FRAME.size + _CRC.size


class Frame(NamedTuple):
    """What stands before a record's meta: sizes in bytes, CRCs of what is stored."""

    kind: int
    codec: int
    meta_size: int
    meta_crc: int
    stored_size: int
    payload_size: int
    payload_crc: int

    @property
    def payload_start(self) -> int:
        """Where the payload is, counted from the frame's begin."""
        return aligned(FRAME_SIZE + self.meta_size)

    @property
    def size(self) -> int:
        """Bytes from the frame's begin to the next record's."""
        return self.payload_start + aligned(self.stored_size)


def aligned(size: int) -> int:
    """`size` rounded up to a multiple of the alignment."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def crc32c(data: Payload) -> int:
    """The CRC-32C of bytes, or of a contiguous array."""
    crc: int = google_crc32c.value(data)
    return crc


def file_header(version: int = VERSION) -> bytes:
    """The first bytes of a file."""
    return _closed(_FILE_HEADER.pack(FILE_MAGIC, version))


def header_version(data: bytes) -> int | None:
    """The version that a file's header names; None where it is none or damaged."""
    if not _is_closed(data, _FILE_HEADER.size):
        return None
    magic, version = _FILE_HEADER.unpack_from(data)
    return int(version) if magic == FILE_MAGIC else None


def trailer(index_offset: int) -> bytes:
    """The last bytes of a file that has an index."""
    return _closed(_TRAILER.pack(INDEX_MAGIC, index_offset))


def index_offset(data: bytes) -> int | None:
    """Where the index is, by a file's last bytes; None where they are no trailer."""
    if not _is_closed(data, _TRAILER.size):
        return None
    magic, offset = _TRAILER.unpack_from(data)
    return int(offset) if magic == INDEX_MAGIC else None


def record_head(
    kind: int,
    codec: int,
    meta: bytes,
    stored: Payload,
    payload_size: int | None = None,
    stored_crc: int | None = None,
) -> bytes:
    """A record up to its payload; `payload_size` before compression, where there is one.

    stored_crc: the CRC of what is stored, where it is known.
    """
    frame = _FRAME.pack(
        RECORD_MAGIC,
        kind,
        codec,
        len(meta),
        crc32c(meta),
        len(stored),
        len(stored) if payload_size is None else payload_size,
        crc32c(stored) if stored_crc is None else stored_crc,
    )
    head = frame + _CRC.pack(crc32c(frame)) + meta
    return head.ljust(aligned(len(head)), b"\0")


def read_frame(data: bytes) -> Frame | None:
    """The frame in FRAME_SIZE bytes; None where they are none or damaged."""
    if len(data) < FRAME_SIZE or not data.startswith(RECORD_MAGIC):
        return None
    (crc,) = _CRC.unpack_from(data, _FRAME.size)
    if crc32c(data[: _FRAME.size]) != crc:
        return None
    return Frame(*_FRAME.unpack_from(data)[1:])


def json_bytes(value: Any) -> bytes:
    """JSON as it stands in a file."""
    return _JSON.encode(value).encode()


def _closed(data: bytes) -> bytes:
    return (data + _CRC.pack(crc32c(data))).ljust(ALIGNMENT, b"\0")


def _is_closed(data: bytes, size: int) -> bool:
    if len(data) < size + _CRC.size:
        return False
    (crc,) = _CRC.unpack_from(data, size)
    return crc32c(data[:size]) == int(crc)
