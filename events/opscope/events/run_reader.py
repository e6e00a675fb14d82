"""Reads the event files of one run, follows them as they grow, and fetches payloads again."""

import errno
import os
import stat
import struct
from collections.abc import Callable, Iterator, Sequence

from google.protobuf.message import DecodeError

from opscope.events.error import LogdirError
from opscope.events.event_decoder import EventDecoder
from opscope.events.problem import Problem
from opscope.events.proto.event_pb2 import Event
from opscope.events.record import FOOTER_SIZE, HEADER_SIZE, RecordReader, masked_crc32c
from opscope.events.run_series import RunSeries
from opscope.events.series import Location


class _File:
    """One event file: how far it was read, and what it was when it was read."""

    def __init__(self, path: str, number: int, run: RunSeries):
        self.reader = RecordReader(path)
        self.problems: list[Problem] = []
        self._decoder = EventDecoder(run, number)
        self._identity: tuple[int, int] | None = None
        self._size = -1

    def is_replaced(self) -> bool:
        """Whether the path now leads to another file, or to less than was read."""
        if self._identity is None:
            return False
        status = os.stat(self.reader.path)
        identity = (status.st_dev, status.st_ino)
        return identity != self._identity or status.st_size < self._size

    def read(self) -> bool:
        """Decode what has come since the last time; whether there was anything."""
        status = os.stat(self.reader.path)
        if status.st_size == self._size:
            return False
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for its writer
            raise OSError(errno.EINVAL, "neither a file nor a link to one")
        self._identity, self._size = (status.st_dev, status.st_ino), status.st_size
        for record in self.reader.records():
            fault = self._decoder.decode(record)
            if fault is not None:
                self.problems.append(Problem(self.reader.path, record.offset, fault))
        return True

    def all_problems(self) -> Iterator[Problem]:
        yield from self.reader.problems
        yield from self.problems
        if self.reader.pending is not None:
            yield self.reader.pending


class RunReader:
    """One run: its event files in the order of their names, and the series decoded from them."""

    def __init__(self) -> None:
        self.series = RunSeries()
        self._files: dict[str, _File] = {}
        self._unreadable: dict[str, Problem] = {}

    @property
    def has_records(self) -> bool:
        """Whether any of the run's files holds an intact record."""
        return any(file.reader.records_read for file in self._files.values())

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the run's files now."""
        for file in self._files.values():
            yield from file.all_problems()
        yield from self._unreadable.values()

    def update(self, paths: Sequence[str]) -> bool:
        """Read what is new in these files, or all again where one is gone or was replaced.

        Returns whether anything changed.
        """
        changed = False
        if self._must_restart(paths):
            changed = True
            self.series = RunSeries()
            self._files.clear()
        for path in paths:
            if path not in self._files:
                self._files[path] = _File(path, len(self._files), self.series)
            try:
                changed |= self._files[path].read()
                self._unreadable.pop(path, None)
            except OSError as error:
                message = f"cannot be read: {error.strerror or error}"
                self._unreadable[path] = Problem(path, 0, message)
        return changed

    def _must_restart(self, paths: Sequence[str]) -> bool:
        if not self._files.keys() <= set(paths):
            return True
        try:
            return any(file.is_replaced() for file in self._files.values())
        except OSError:
            return True

    def problem_at(self, location: Location, message: str) -> Problem:
        """A problem with what lies at a location."""
        return Problem(list(self._files)[location.file], location.offset, message)

    def events(self, locations: Sequence[Location]) -> Iterator[Event]:
        """The events at these locations, read again; LogdirError where they are no longer there."""
        paths = list(self._files)
        last: tuple[int, int] | None = None
        event = Event()
        open_number, file = -1, None
        try:
            for location in locations:
                if (location.file, location.offset) != last:
                    if location.file != open_number:
                        if file is not None:
                            file.close()
                        open_number = location.file
                        file = open(paths[open_number], "rb")  # noqa: SIM115
                    assert file is not None
                    file.seek(location.offset)
                    event = Event.FromString(_read_again(file.read, paths[open_number], location))
                    last = (location.file, location.offset)
                yield event
        except (OSError, DecodeError) as error:
            raise LogdirError(f"{paths[open_number]}: cannot be read again: {error}") from error
        finally:
            if file is not None:
                file.close()


def _read_again(read: Callable[[int], bytes], path: str, location: Location) -> bytes:
    header = read(HEADER_SIZE)
    gone = LogdirError(
        f"{path}: byte {location.offset}: the record that was read here is gone; reload the logdir"
    )
    if len(header) < HEADER_SIZE:
        raise gone
    length, crc = struct.unpack("<QI", header)
    if masked_crc32c(header[:8]) != crc:
        raise gone
    data, footer = read(length), read(FOOTER_SIZE)
    if len(footer) < FOOTER_SIZE or struct.unpack("<I", footer)[0] != masked_crc32c(data):
        raise gone
    return data
