"""Sorted tables of keys and values in files: LevelDB's format, as TensorFlow's checkpoints use it.

    block*, index block, footer
    block:   entries, uint32 restart offsets, uint32 number of restarts
    entry:   varint shared, varint unshared, varint value size, unshared key bytes, value
    trailer: after each block: uint8 compression (0 none, 1 Snappy), uint32 masked crc32c
    footer:  handles of the metaindex and of the index block, padded to 40 bytes, uint64 magic

A handle is varint offset, varint size; an entry's key starts with `shared` bytes of the key before.
Source: LevelDB's table_format.md and TensorFlow's `core/lib/io/format.cc`.
"""

from __future__ import annotations

import bisect
import os
import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from opscope.events import masked_crc32c
from opscope.runtime import errors

_MAGIC = 0xDB4775248B80FB57
_FOOTER_SIZE = 48
_TRAILER_SIZE = 5
_BLOCK_SIZE = 1 << 18  # TensorFlow's
_RESTART_INTERVAL = 16
_MAX_VARINT_SIZE = 10


class _Handle(NamedTuple):
    """Where a block lies, without its trailer."""

    offset: int
    size: int


def write_varint(number: int) -> bytes:
    """A number in base 128, lowest digits first, the high bit on all bytes but the last."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_varint(data: bytes, start: int) -> tuple[int, int]:
    """A number and where it ends; ValueError when the data end first or it has over 10 bytes."""
    number = 0
    for i, byte in enumerate(data[start : start + _MAX_VARINT_SIZE]):
        number |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            return number, start + i + 1
    raise ValueError(f"no number at byte {start}")


def data_loss(path: str, offset: int, what: str) -> errors.DataLossError:
    """The error for a damaged file."""
    return errors.DataLossError(None, None, f"{path}: damaged at byte {offset}: {what}")


class Table:
    """A table in a file, read block by block; DataLossError says where it is damaged.

    Memory is bounded by the largest block that the file really holds. Close it, or use it in a
    `with` block.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = open(path, "rb")  # noqa: SIM115 - `close` closes it
        try:
            self._size = os.fstat(self._file.fileno()).st_size
            self._index = self._read_index()
        except BaseException:
            self._file.close()
            raise
        self._last_keys = [key for key, _ in self._index]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, or None."""
        place = bisect.bisect_left(self._last_keys, key)
        if place == len(self._index):
            return None
        handle = self._index[place][1]
        return next((v for k, v in self._entries(handle) if k == key), None)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Every key with its value, in the order of the keys."""
        for _, handle in self._index:
            yield from self._entries(handle)

    def _read_index(self) -> list[tuple[bytes, _Handle]]:
        start = self._size - _FOOTER_SIZE
        if start < 0:
            raise data_loss(self.path, 0, f"{self._size} bytes are too few for a table")
        self._file.seek(start)
        footer = self._file.read(_FOOTER_SIZE)
        if struct.unpack_from("<Q", footer, 40)[0] != _MAGIC:
            raise data_loss(self.path, start + 40, "not a table (bad magic number)")
        try:
            position = 0
            for _ in range(2):
                position = read_varint(footer, position)[1]
            index = self._handle(footer, position)
            return [(key, self._handle(value, 0)) for key, value in self._entries(index)]
        except ValueError as error:
            raise data_loss(self.path, start, str(error)) from None

    @staticmethod
    def _handle(data: bytes, start: int) -> _Handle:
        offset, position = read_varint(data, start)
        return _Handle(offset, read_varint(data, position)[0])

    def _entries(self, handle: _Handle) -> Iterator[tuple[bytes, bytes]]:
        block = self._block(handle)
        try:
            yield from _parsed(block)
        except ValueError as error:
            raise data_loss(self.path, handle.offset, f"in this block: {error}") from None

    def _block(self, handle: _Handle) -> bytes:
        if handle.offset + handle.size + _TRAILER_SIZE > self._size:
            raise data_loss(
                self.path,
                handle.offset,
                f"a block of {handle.size} bytes should be here, the file has {self._size}",
            )
        self._file.seek(handle.offset)
        data = self._file.read(handle.size + _TRAILER_SIZE)
        content, kind = data[: handle.size], data[handle.size]
        (crc,) = struct.unpack_from("<I", data, handle.size + 1)
        if masked_crc32c(data[: handle.size + 1]) != crc:
            raise data_loss(self.path, handle.offset, "the block does not fit its checksum")
        if kind:
            raise errors.UnimplementedError(
                None,
                None,
                f"{self.path}: the block at byte {handle.offset} is compressed (kind {kind}); "
                "opscope reads tables without compression, as TensorFlow writes checkpoints",
            )
        return content


def _parsed(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    if len(block) < 4:
        raise ValueError("too short")
    end = len(block) - 4 - 4 * struct.unpack_from("<I", block, len(block) - 4)[0]
    if end < 0:
        raise ValueError("more restart points than bytes")
    key = b""
    position = 0
    while position < end:
        shared, position = read_varint(block, position)
        unshared, position = read_varint(block, position)
        size, position = read_varint(block, position)
        if shared > len(key) or position + unshared + size > end:
            raise ValueError(f"the entry before byte {position} claims more than there is")
        key = key[:shared] + block[position : position + unshared]
        position += unshared
        yield key, block[position : position + size]
        position += size


def write_table(file: BinaryIO, items: Iterable[tuple[bytes, bytes]]) -> None:
    """Write a table of items that come in the order of their keys, each key once."""
    block = _BlockBuilder(_RESTART_INTERVAL)
    index = _BlockBuilder(1)
    offset = 0

    def flush(builder: _BlockBuilder) -> bytes:
        nonlocal offset
        data = builder.finished()
        handle = write_varint(offset) + write_varint(len(data))
        checked = data + b"\0"
        file.write(checked + struct.pack("<I", masked_crc32c(checked)))
        offset += len(checked) + 4
        return handle

    for key, value in items:
        block.add(key, value)
        if block.size >= _BLOCK_SIZE:
            index.add(key, flush(block))
            block = _BlockBuilder(_RESTART_INTERVAL)
    if block.size:
        index.add(block.key, flush(block))
    footer = flush(_BlockBuilder(1)) + flush(index)
    file.write(footer.ljust(40, b"\0") + struct.pack("<Q", _MAGIC))


def _common_length(left: bytes, right: bytes) -> int:
    pairs = zip(left, right, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(left), len(right)))


class _BlockBuilder:
    """Collects the entries of one block."""

    def __init__(self, restart_interval: int) -> None:
        self.key = b""
        self.size = 0
        self._interval = restart_interval
        self._count = 0
        self._parts: list[bytes] = []
        self._restarts: list[int] = [0]

    def add(self, key: bytes, value: bytes) -> None:
        shared = 0
        if self._count % self._interval:
            shared = _common_length(self.key, key)
        elif self._count:
            self._restarts.append(self.size)
        for part in (
            write_varint(shared) + write_varint(len(key) - shared) + write_varint(len(value)),
            key[shared:],
            value,
        ):
            self._parts.append(part)
            self.size += len(part)
        self._count += 1
        self.key = key

    def finished(self) -> bytes:
        restarts = struct.pack(f"<{len(self._restarts) + 1}I", *self._restarts, len(self._restarts))
        return b"".join(self._parts) + restarts
