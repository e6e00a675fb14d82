"""TFRecord framing: a length, its CRC, the data, its CRC.

    uint64 length | uint32 masked crc32c(length) | byte data[length] | uint32 masked crc32c(data)

All little-endian. The mask rotates a CRC right by 15 bits and adds 0xa282ead8, so that the CRC of
data which itself holds CRCs stays strong. Source: TensorFlow's `record_writer.h`.
"""

import os
import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, BinaryIO, NamedTuple

import google_crc32c

from opscope.events.file_access import FileAccess, access_to, buffered
from opscope.events.problem import Problem
from opscope.events.record_search import find_record

HEADER_SIZE = 12
FOOTER_SIZE = 4

_MASK_DELTA = 0xA282EAD8
_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
_READ_SIZE = 1 << 16


def masked_crc32c(data: bytes) -> int:
    """The masked CRC-32C of some bytes, as a record stores it."""
    crc: int = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & 0xFFFFFFFF


# Lengths repeat from record to record: remembering their CRCs saves one of two CRC calls each.
_length_crc = lru_cache(maxsize=4096)(masked_crc32c)


def frame(data: bytes) -> bytes:
    """One whole record that holds the data."""
    length = struct.pack("<Q", len(data))
    return b"".join(
        (length, _FOOTER.pack(_length_crc(length)), data, _FOOTER.pack(masked_crc32c(data)))
    )


class RecordWriter:
    """Writes records to a binary file, which stays the caller's to close."""

    def __init__(self, file: BinaryIO):
        self._file = file

    def write(self, data: bytes) -> None:
        """Append one record."""
        self._file.write(frame(data))

    def flush(self) -> None:
        """Hand everything written to the operating system."""
        self._file.flush()


class Record(NamedTuple):
    """One intact record: where its frame begins, and its data."""

    offset: int
    data: bytes


class RecordReader:
    """Reads the records of one file or URL, and goes on where it stopped when the file has grown.

    A data CRC fault loses that record; a length CRC fault loses what lies before the next intact
    record. Each is one `Problem` in `problems`. What an unfinished record at the end has so far is
    not damage: `pending` describes it while it lasts. Memory is bounded by the largest record that
    the file really holds, whatever a length field claims.
    """

    def __init__(self, path: str | os.PathLike[str], files: FileAccess | None = None):
        self.path = str(path)
        self._files = files or access_to(self.path)
        self.problems: list[Problem] = []
        self.pending: Problem | None = None
        self.offset = 0
        self.records_read = 0
        self._search_from: int | None = None  # inside a gap: where the search goes on

    def records(self) -> Iterator[Record]:
        """Every intact record that the file holds now, after those already given.

        Raises OSError when the file cannot be opened or read.
        """
        with buffered(self._files.open(self.path)) as file:
            size = file.seek(0, os.SEEK_END)
            self.pending = None
            buffer, start = b"", self.offset  # buffer holds the bytes from file offset `start`
            while True:
                if self._search_from is not None:
                    if not self._leave_gap(file, size):
                        return
                    buffer, start = b"", self.offset
                at = self.offset - start
                if len(buffer) - at < HEADER_SIZE:
                    buffer, start, at = self._refill(file, HEADER_SIZE), self.offset, 0
                    if len(buffer) < HEADER_SIZE:
                        if buffer:
                            self._wait(len(buffer), HEADER_SIZE)
                        return
                length, crc = _HEADER.unpack_from(buffer, at)
                if _length_crc(buffer[at : at + 8]) != crc:
                    self._search_from = self.offset + 1
                    continue
                total = HEADER_SIZE + length + FOOTER_SIZE
                if self.offset + total > size:
                    self._wait(size - self.offset, total)
                    return
                if len(buffer) - at < total:
                    buffer, start, at = self._refill(file, total), self.offset, 0
                    if len(buffer) < total:  # the file shrank while it was read
                        self._wait(len(buffer), total)
                        return
                data = buffer[at + HEADER_SIZE : at + HEADER_SIZE + length]
                (crc,) = _FOOTER.unpack_from(buffer, at + HEADER_SIZE + length)
                offset = self.offset
                self.offset += total
                if masked_crc32c(data) == crc:
                    self.records_read += 1
                    yield Record(offset, data)
                else:
                    self.report_data_fault(offset, length)

    @property
    def is_in_gap(self) -> bool:
        """Whether the file ended while the next intact record was looked for."""
        return self._search_from is not None

    def save(self) -> dict[str, Any]:
        """How far the file was read and what was found, for JSON."""
        return {
            "offset": self.offset,
            "records_read": self.records_read,
            "search_from": self._search_from,
            "problems": [[problem.offset, problem.message] for problem in self.problems],
            "pending": self.pending and [self.pending.offset, self.pending.message],
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on where another reader of this file was saved."""
        self.offset, self.records_read = saved["offset"], saved["records_read"]
        self._search_from = saved["search_from"]
        self.problems = [Problem(self.path, *problem) for problem in saved["problems"]]
        self.pending = saved["pending"] and Problem(self.path, *saved["pending"])

    def leave_gap(self, offset: int) -> bool:
        """Go to the next intact record after one whose length CRC is wrong; whether there is one.

        Raises OSError when the file cannot be opened or read.
        """
        self.offset, self._search_from = offset, offset + 1
        with buffered(self._files.open(self.path)) as file:
            return self._leave_gap(file, file.seek(0, os.SEEK_END))

    def report_data_fault(self, offset: int, length: int) -> None:
        """Note that the record at an offset is lost."""
        self._report(offset, f"data CRC mismatch: this record ({length} bytes) is lost")

    def _refill(self, file: BinaryIO, need: int) -> bytes:
        file.seek(self.offset)
        return file.read(max(need, _READ_SIZE))

    def _report(self, offset: int, message: str) -> None:
        self.problems.append(Problem(self.path, offset, message))

    def _wait(self, present: int, need: int) -> None:
        self.pending = Problem(
            self.path,
            self.offset,
            f"the last record is incomplete ({present} of {need} bytes): "
            "the file was cut here, or is still being written",
        )

    def _leave_gap(self, file: BinaryIO, size: int) -> bool:
        """Move to the next intact record; without one, remember how far the search came."""
        assert self._search_from is not None
        found, searched = find_record(file, self._search_from, size)
        if found is None:
            file.seek(self.offset)
            # Zeros may be room that a file system gave before the bytes came: they may come yet.
            self._search_from = searched if any(file.read(HEADER_SIZE)) else None
            self.pending = self._unreadable(file, size)
            return False
        gap = found - self.offset
        self._report(
            self.offset, f"length CRC mismatch: {gap} bytes up to the next intact record are lost"
        )
        self.offset, self._search_from = found, None
        return True

    def _unreadable(self, file: BinaryIO, size: int) -> Problem:
        if self.records_read or self.offset or self.problems:
            message = (
                f"length CRC mismatch: no intact record in the last {size - self.offset} bytes"
            )
        else:
            file.seek(0)
            gzip = file.read(2) == b"\x1f\x8b"
            message = "not an event file: no intact record in it" + (
                " (this is gzip data: unpack it first)" if gzip else ""
            )
        return Problem(self.path, self.offset, message)


def read_records(
    path: str | os.PathLike[str], problems: list[Problem] | None = None
) -> Iterator[Record]:
    """Every intact record of a file; damage and an unfinished end are appended to `problems`."""
    reader = RecordReader(path)
    yield from reader.records()
    if problems is not None:
        problems.extend(reader.problems)
        if reader.pending:
            problems.append(reader.pending)


def is_record_file(data: bytes) -> bool:
    """Whether bytes begin with the header of a TFRecord."""
    header = data[:HEADER_SIZE]
    if len(header) < HEADER_SIZE:
        return False
    _, crc = struct.unpack("<QI", header)
    return bool(masked_crc32c(header[:8]) == crc)
