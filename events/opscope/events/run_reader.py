"""One run: its event files in the order of their names, and the payloads in them."""

import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from opscope.events.error import LogdirError
from opscope.events.event_file import Change, EventFile
from opscope.events.event_message import event_of
from opscope.events.file_access import FileAccess, Status, buffered
from opscope.events.problem import Problem
from opscope.events.proto.event_pb2 import Event
from opscope.events.record import FOOTER_SIZE, HEADER_SIZE, masked_crc32c
from opscope.events.run_series import RunSeries
from opscope.events.series import Location


class RunReader:
    """Knows which of a run's files have changed, and fetches payloads again."""

    def __init__(self, files: FileAccess, series: RunSeries | None = None) -> None:
        self.series = series or RunSeries()
        self._access = files
        self._files: dict[str, EventFile] = {}

    @property
    def files(self) -> list[EventFile]:
        """The run's files by their numbers."""
        return list(self._files.values())

    def add(self, file: EventFile) -> None:
        """Take in a file, with what is known of it; they come by their numbers."""
        self._files[file.path] = file

    @property
    def has_records(self) -> bool:
        """Whether any of the run's files holds an intact record."""
        return any(file.reader.records_read for file in self._files.values())

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the run's files now."""
        for file in self._files.values():
            yield from file.problems()

    def changed(self, files: Mapping[str, Status | None]) -> tuple[list[EventFile], bool]:
        """The files that may have something new to read, and whether all are to be read again.

        They are when one is gone or was replaced. `files` are those that the run has now, in their
        order, each with its status (None where it has none: the file cannot be read).
        """
        if self._are_the_same(files):
            return [], False
        changes = {
            path: self._files[path].change(status)
            for path, status in files.items()
            if path in self._files
        }
        again = len(changes) < len(self._files) or Change.REPLACED in changes.values()
        if again:
            self.series = RunSeries()
            self._files.clear()
        grown = []
        for path, status in files.items():
            if path not in self._files:
                self._files[path] = EventFile(
                    path, self.series.add_file(), self.series, self._access
                )
                self._files[path].change(status)
                grown.append(path)
            elif changes[path] is Change.GROWN:
                grown.append(path)
        if len(grown) and list(files) != list(self._files):
            self.series.file_order = [self._files[path].number for path in files]
        return [self._files[path] for path in grown], again

    def _are_the_same(self, files: Mapping[str, Status | None]) -> bool:
        """Whether nothing changed: what a poll of many runs asks of most of them."""
        known = self._files
        for path, status in files.items():
            file = known.get(path)
            if file is None or status is None or not file.is_as_read(status):
                return False
        return len(files) == len(known)

    def problem_at(self, location: Location, message: str) -> Problem:
        """A problem with what lies at a location."""
        return Problem(list(self._files)[location.file], location.offset, message)

    def events(self, locations: Sequence[Location]) -> Iterator[Event | None]:
        """The events at these locations, read again; None for one that is none after all.

        Raises LogdirError where the record is no longer there.
        """
        paths = list(self._files)
        last: tuple[int, int] | None = None
        event: Event | None = None
        open_number, file, size = -1, None, 0
        try:
            for location in locations:
                if (location.file, location.offset) != last:
                    if location.file != open_number:
                        if file is not None:
                            file.close()
                        open_number = location.file
                        file = buffered(self._access.open(paths[open_number]))
                        size = file.seek(0, os.SEEK_END)
                    assert file is not None
                    event = event_of(_read_again(file, size, paths[open_number], location))
                    last = (location.file, location.offset)
                yield event
        except OSError as error:
            raise LogdirError(f"{paths[open_number]}: cannot be read again: {error}") from error
        finally:
            if file is not None:
                file.close()


def _read_again(file: BinaryIO, size: int, path: str, location: Location) -> bytes:
    file.seek(location.offset)
    header = file.read(HEADER_SIZE)
    gone = LogdirError(
        f"{path}: byte {location.offset}: the record that was read here is gone; reload the logdir"
    )
    if len(header) < HEADER_SIZE:
        raise gone
    length, crc = struct.unpack("<QI", header)
    if masked_crc32c(header[:8]) != crc or length > size:
        raise gone
    data, footer = file.read(length), file.read(FOOTER_SIZE)
    if len(footer) < FOOTER_SIZE or struct.unpack("<I", footer)[0] != masked_crc32c(data):
        raise gone
    return data
