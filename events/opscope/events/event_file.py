"""One event file of a run: how far it was read, and what it was when it was read."""

from collections.abc import Iterator
from enum import Enum
from functools import partial
from io import RawIOBase
from typing import Any, NamedTuple

from opscope.events.event_decoder import EventDecoder
from opscope.events.file_access import FileAccess, Status
from opscope.events.problem import Problem
from opscope.events.record import Record, RecordReader, masked_crc32c
from opscope.events.run_series import RunSeries

_PRINT_SIZE = 64


class Change(Enum):
    """What became of a file since it was read."""

    NONE = 0
    GROWN = 1
    REPLACED = 2


class SavedStatus(NamedTuple):
    """A file's status as it was."""

    st_dev: int
    st_ino: int
    st_size: int
    st_mtime_ns: int


class EventFile:
    """Reads one file, known to its run by `number`, and adds what it holds to the run's series."""

    def __init__(self, path: str, number: int, run: RunSeries, files: FileAccess):
        self.path = path
        self.number = number
        self.run = run
        self.reader = RecordReader(path, files)
        self._files = files
        self.unreadable: Problem | None = None
        self.new_bytes = 0  # to be read, when its status was looked at last
        self._problems: list[Problem] = []
        self._decoder = EventDecoder(run, number)
        self._status: Status | None = None
        self._prints: tuple[int, bytes, bytes] = (0, b"", b"")

    # Changes

    def is_as_read(self, status: Status) -> bool:
        """Whether its status is the one that it was read with."""
        known = self._status
        return (
            known is not None
            and status.st_size == known.st_size
            and status.st_mtime_ns == known.st_mtime_ns
            and status.st_ino == known.st_ino
            and status.st_dev == known.st_dev
            and self.unreadable is None
        )

    def change(self, status: Status | None) -> Change:
        """Whether the file's status says that there is something to read.

        A file is another one, whatever its name, when it lost bytes, lies elsewhere, or has other
        bytes at its beginning or before the place that was read last. Of None, reading tells.
        """
        known = self._status
        if status is None or known is None or self.unreadable is not None:
            self.new_bytes = status.st_size - self.offset if status is not None else 0
            return Change.GROWN
        if self.is_as_read(status):
            return Change.NONE
        if status.st_ino != known.st_ino or status.st_dev != known.st_dev:
            return Change.REPLACED
        if status.st_size < known.st_size:
            return Change.REPLACED
        self.new_bytes = status.st_size - self.offset
        end, head, tail = self._prints
        try:
            if self._fingerprint(end) != (end, head, tail):
                return Change.REPLACED
        except OSError:
            return Change.GROWN  # reading it tells what is wrong
        return Change.GROWN

    def note_status(self, status: Status) -> None:
        """Remember what the file was when it was read to its end."""
        self._status = status
        self._prints = self._fingerprint(self.reader.offset)

    def _fingerprint(self, end: int) -> tuple[int, bytes, bytes]:
        with self._files.open(self.path) as file:
            head = file.read(min(end, _PRINT_SIZE)) or b""
            file.seek(max(0, end - _PRINT_SIZE))
            return end, head, file.read(min(end, _PRINT_SIZE)) or b""

    # Keeping

    def was_settled(self, time_ns: int) -> bool:
        """Whether it was read to its end, and its last change lies before a time."""
        return self._status is not None and self._status.st_mtime_ns < time_ns

    def save(self) -> dict[str, Any]:
        """What it was and what was found, for JSON."""
        assert self._status is not None
        end, head, tail = self._prints
        return {
            "path": self.path,
            "status": [getattr(self._status, name) for name in SavedStatus._fields],
            "prints": [end, head.hex(), tail.hex()],
            "problems": [[problem.offset, problem.message] for problem in self._problems],
            "reader": self.reader.save(),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on where this file was saved."""
        self._status = SavedStatus(*saved["status"])
        end, head, tail = saved["prints"]
        self._prints = end, bytes.fromhex(head), bytes.fromhex(tail)
        self._problems = [Problem(self.path, *problem) for problem in saved["problems"]]
        self.reader.restore(saved["reader"])

    def is_what_was_read(self) -> bool:
        """Whether its first bytes and those before the place reached are still the same."""
        try:
            return self._fingerprint(self._prints[0]) == self._prints
        except OSError:
            return False

    # Reading

    @property
    def offset(self) -> int:
        """Where the next record to be read begins."""
        return self.reader.offset

    @property
    def state(self) -> tuple[object, ...]:
        """What reading changes: equal before and after if nothing came of it."""
        return self.reader.offset, self.reader.pending, self.unreadable

    def open(self) -> RawIOBase:
        """The file, opened; OSError where it cannot be."""
        self.unreadable = None
        return self._files.open(self.path)

    def status(self, file: RawIOBase) -> Status:
        """The status of the opened file."""
        return self._files.status(file)

    def cannot_be_read(self, error: OSError) -> None:
        """Note why the file is not read any further."""
        message = f"cannot be read: {error.strerror or error}"
        self.unreadable = Problem(self.path, 0, message)

    def read_singly(self, count: int | None = None) -> int:
        """Read the records that there are now, or so many, one by one; how many were read."""
        read = 0
        for record in self.reader.records():
            self.run.add_single(self.number, partial(self._decode, record))
            read += 1
            if read == count:
                break
        return read

    def decode(self, offset: int, data: bytes, crc: int) -> None:
        """Decode one record whose framing is right, given its CRC as stored."""
        if masked_crc32c(data) == crc:
            self._decode(Record(offset, data))
        else:
            self.reader.records_read -= 1
            self.reader.report_data_fault(offset, len(data))

    def _decode(self, record: Record) -> None:
        fault = self._decoder.decode(record)
        if fault is not None:
            self._problems.append(Problem(self.path, record.offset, fault))

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the file now."""
        if self.unreadable is not None:
            yield self.unreadable
            return
        yield from self.reader.problems
        yield from self._problems
        if self.reader.pending is not None:
            yield self.reader.pending
