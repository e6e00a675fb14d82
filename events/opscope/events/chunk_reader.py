"""Reads event files by the chunk: many small ones, or a part of a large one, at a time.

What a chunk costs apart from its bytes is the same for one file as for many, so files share chunks.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import RawIOBase

import numpy as np

from opscope.events.event_file import EventFile
from opscope.events.file_access import Status
from opscope.events.framing import PADDING, Framing
from opscope.events.record import HEADER_SIZE
from opscope.events.record_columns import ChunkColumns, RecordColumns
from opscope.events.run_series import RunSeries
from opscope.events.series import Int64s

_CHUNK, _LARGE_CHUNK = 2 << 20, 1 << 22
_MUCH = 100_000_000  # bytes to read, from which on what a large chunk takes does not count
_LEAST = 1 << 16  # of a file that does not fit: less of it is not put into the rest of a chunk
_FEW = 2048  # bytes that are read record by record
_ALIGNMENT = 8


@dataclass
class _Span:
    """The part of a chunk that comes from one file, and its records among the chunk's."""

    file: EventFile
    start: int
    end: int
    offset: int  # of `start` in the file
    is_last: bool
    first: int = 0
    last: int = 0


class ChunkReader:
    """Reads files, whichever runs they belong to; knows the layouts of the records met so far."""

    def __init__(self) -> None:
        self._columns = RecordColumns()
        self._buffer = np.zeros(0, np.uint8)
        self._spans: list[_Span] = []
        self._used = 0
        self._size = _CHUNK

    def read(
        self,
        files: Sequence[EventFile],
        progress: Callable[[int, int], None] | None = None,
    ) -> bool:
        """Read what is new in these files, in this order; whether there was anything.

        Faults are kept with the files. `progress` is told of each chunk: bytes read, and of how
        many.
        """
        before = [file.state for file in files]
        new = sum(file.new_bytes for file in files)
        self._size = _LARGE_CHUNK if new >= _MUCH else _CHUNK
        done = 0
        statuses: list[tuple[EventFile, Status]] = []
        for file in files:
            try:
                with file.open() as handle:
                    statuses.append((file, file.status(handle)))
                    start, size = file.offset, statuses[-1][1].st_size
                    for offset in self._read(file, handle, size):
                        if progress is not None:
                            progress(done + offset - start, new)
                    done += max(0, size - start)
            except OSError as error:
                file.cannot_be_read(error)
        self._decode()
        self._buffer = np.zeros(0, np.uint8)
        for file, status in statuses:
            try:
                file.note_status(status)
            except OSError as error:
                file.cannot_be_read(error)
        return before != [file.state for file in files]

    def _read(self, file: EventFile, handle: RawIOBase, size: int) -> Iterator[int]:
        """Read a file to its end; gives how far it got each time a part is done."""
        file.reader.pending = None
        while file.offset < size:
            yield file.offset
            rest = size - file.offset
            if rest <= _FEW or file.reader.is_in_gap:
                self._decode_before(file.run)
                if not file.read_singly(None if rest <= _FEW else 1):
                    return
                continue
            room = self._size - self._used
            if self._spans and room < min(rest, _LEAST):
                self._decode()
                continue
            count = self._fill(handle, file.offset, min(rest, room))
            end = self._used + count
            self._spans.append(_Span(file, self._used, end, file.offset, count == rest))
            self._used = -(-end // _ALIGNMENT) * _ALIGNMENT
            if count == rest:
                return
            offset = file.offset
            self._decode()
            if file.offset == offset and not file.read_singly(1):
                return  # a record larger than a chunk is read by itself

    def _fill(self, handle: RawIOBase, offset: int, count: int) -> int:
        if not len(self._buffer):
            self._buffer = np.zeros(self._size + PADDING, np.uint8)
        handle.seek(offset)
        part = self._buffer[self._used : self._used + count].data
        return handle.readinto(part)

    def _decode_before(self, run: RunSeries) -> None:
        """Decode what waits in the chunk if it is of this run: files come in their order."""
        if any(span.file.run is run for span in self._spans):
            self._decode()

    def _decode(self) -> None:
        """Decode the chunk."""
        spans, used = self._spans, self._used
        self._spans, self._used = [], 0
        if not spans:
            return
        framing = Framing(self._buffer, used, spans[0].start)
        places, lengths = _frame(framing, spans)
        columns = self._columns.decode(self._buffer, framing, places, lengths)
        for span in spans:
            try:
                self._add(span, columns, places, lengths)
                if span.is_last:
                    span.file.run.files[span.file.number].sort()
                if span.is_last and span.file.offset < span.offset + span.end - span.start:
                    span.file.read_singly()
            except OSError as error:
                span.file.cannot_be_read(error)

    def _add(self, span: _Span, columns: ChunkColumns, places: Int64s, lengths: Int64s) -> None:
        file, shift = span.file, span.offset - span.start
        first, last = span.first, span.last
        if first == last:
            return
        file.reader.records_read += last - first

        def decode(record: int) -> None:
            start = int(places[record]) + HEADER_SIZE
            end = start + int(lengths[record])
            crc = int(self._buffer[end : end + 4].view("<u4")[0])
            file.decode(start - HEADER_SIZE + shift, self._buffer[start:end].tobytes(), crc)

        file.run.add_part(
            file.number,
            self._columns.names,
            columns.part(first, last),
            lambda records: places[records] + shift,
            decode,
        )


def _frame(framing: Framing, spans: list[_Span]) -> tuple[Int64s, Int64s]:
    """The records of all spans; the files' readers are moved behind them."""
    places: list[Int64s] = []
    lengths: list[Int64s] = []
    count = 0
    for span in spans:
        span.first, at, shift = count, span.start, span.offset - span.start
        while at < span.end:
            frames = framing.follow(at, span.end)
            places.append(frames.places)
            lengths.append(frames.lengths)
            count += len(frames.places)
            span.file.reader.offset = frames.end + shift
            if not frames.broken or not _leave_gap(span.file):
                break
            at = span.file.offset - shift
        span.last = count
    return np.concatenate(places), np.concatenate(lengths)


def _leave_gap(file: EventFile) -> bool:
    try:
        return file.reader.leave_gap(file.offset)
    except OSError as error:
        file.cannot_be_read(error)
        return False
