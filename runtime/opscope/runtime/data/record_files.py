"""Records and lines of files, plain or compressed."""

from __future__ import annotations

import gzip
import io
import os
import struct
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

from opscope.events.record import FOOTER_SIZE, HEADER_SIZE, masked_crc32c
from opscope.runtime import errors

_READ_SIZE = 256 << 10


class _Inflated:
    """A file of zlib data, read as what it holds."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._inflate = zlib.decompressobj()
        self._ready = b""

    def read(self, size: int) -> bytes:
        while len(self._ready) < size:
            data = self._file.read(_READ_SIZE)
            if not data:
                self._ready += self._inflate.flush()
                break
            self._ready += self._inflate.decompress(data)
        taken, self._ready = self._ready[:size], self._ready[size:]
        return taken

    def readline(self) -> bytes:
        while b"\n" not in self._ready:
            data = self._file.read(_READ_SIZE)
            if not data:
                break
            self._ready += self._inflate.decompress(data)
        line, newline, self._ready = self._ready.partition(b"\n")
        return line + newline

    def close(self) -> None:
        self._file.close()


def open_compressed(path: str | os.PathLike[str], compression_type: str) -> Any:
    """A file open for reading bytes; `compression_type` is "", "GZIP" or "ZLIB".

    NotFoundError, PermissionDeniedError or FailedPreconditionError says why it cannot be opened.
    """
    name = os.fspath(path)
    try:
        file = open(name, "rb", _READ_SIZE)  # noqa: SIM115 - the caller closes it
    except FileNotFoundError as error:
        raise errors.NotFoundError(None, None, f"{name}; No such file or directory") from error
    except PermissionError as error:
        raise errors.PermissionDeniedError(None, None, f"{name}; Permission denied") from error
    except IsADirectoryError as error:
        raise errors.FailedPreconditionError(None, None, f"{name}; Is a directory") from error
    if compression_type == "GZIP":
        return gzip.GzipFile(fileobj=file, mode="rb")
    if compression_type == "ZLIB":
        return _Inflated(file)
    if compression_type:
        file.close()
        raise errors.InvalidArgumentError(
            None, None, f"Unsupported compression_type: {compression_type}."
        )
    return file


def read_tfrecords(path: str | os.PathLike[str], compression_type: str = "") -> Iterator[bytes]:
    """The data of every record of a TFRecord file; DataLossError at the first damage."""
    file = open_compressed(path, compression_type)
    offset = 0
    try:
        while True:
            header = file.read(HEADER_SIZE)
            if not header:
                return
            if len(header) < HEADER_SIZE:
                raise _damage(path, offset, "truncated record")
            length, crc = struct.unpack("<QI", header)
            if masked_crc32c(header[:8]) != crc:
                raise _damage(path, offset, "corrupted record")
            data = file.read(length)
            footer = file.read(FOOTER_SIZE)
            if len(data) < length or len(footer) < FOOTER_SIZE:
                raise _damage(path, offset, "truncated record")
            if masked_crc32c(data) != struct.unpack("<I", footer)[0]:
                raise _damage(path, offset, "corrupted record")
            offset += HEADER_SIZE + length + FOOTER_SIZE
            yield data
    except (OSError, EOFError, zlib.error) as error:
        raise _damage(path, offset, f"cannot be decompressed ({error})") from error
    finally:
        file.close()


def _damage(path: str | os.PathLike[str], offset: int, what: str) -> errors.DataLossError:
    return errors.DataLossError(None, None, f"{what} at {offset} of {os.fspath(path)}")


def read_lines(path: str | os.PathLike[str], compression_type: str = "") -> Iterator[bytes]:
    """The lines of a text file without their ends."""
    file = open_compressed(path, compression_type)
    try:
        while True:
            line: bytes = file.readline()
            if not line:
                return
            if line.endswith(b"\n"):
                line = line[:-1]
            yield line.removesuffix(b"\r")
    finally:
        file.close()


def read_fixed(
    path: str | os.PathLike[str],
    header_bytes: int,
    record_bytes: int,
    footer_bytes: int,
    compression_type: str = "",
) -> Iterator[bytes]:
    """The records of equal length between a file's header and footer."""
    file = open_compressed(path, compression_type)
    try:
        if compression_type:
            content = io.BytesIO(b"".join(iter(partial(file.read, _READ_SIZE), b"")))
            size = len(content.getvalue())
        else:
            content, size = file, os.fstat(file.fileno()).st_size
        left = size - header_bytes - footer_bytes
        if left % record_bytes:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Excess bytes in {os.fspath(path)}: {left} are no multiple of the record length "
                f"{record_bytes}",
            )
        content.seek(header_bytes)
        for _ in range(left // record_bytes):
            yield content.read(record_bytes)
    finally:
        file.close()
