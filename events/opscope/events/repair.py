"""Copies what is intact of a damaged event file into a new one."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from opscope.events.error import EventsError, EventWriterError
from opscope.events.record import FOOTER_SIZE, HEADER_SIZE, RecordReader, RecordWriter


class Loss(NamedTuple):
    """Bytes of a damaged file that are in no intact record: where they begin and how many."""

    offset: int
    size: int


@dataclass(frozen=True)
class Repair:
    """What a repair kept and lost; sizes are in bytes, frames included."""

    source: str
    target: str
    records: int
    kept: int
    losses: tuple[Loss, ...]

    @property
    def lost(self) -> int:
        """How many bytes of the damaged file are not in the new one."""
        return sum(loss.size for loss in self.losses)


def repair_event_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    progress: Callable[[int], None] = lambda offset: None,
) -> Repair:
    """Copy every record whose two CRCs are right, in order, into the new file `target`.

    `progress` is called with the offset in `source` that was reached. Bytes between two intact
    records, and after the last one, are lost; an unfinished last record is among them. Raises
    EventsError where the source cannot be read, EventWriterError where the target cannot be written
    or exists: neither file is ever overwritten.
    """
    reader = RecordReader(source)
    records, kept, end = 0, 0, 0
    losses: list[Loss] = []
    try:
        size = os.stat(source).st_size
        intact = reader.records()
        first = next(intact, None)
    except OSError as error:
        raise EventsError(f"{reader.path}: cannot be read: {error.strerror or error}") from error
    try:
        with open(target, "xb") as file:
            writer = RecordWriter(file)
            record = first
            while record is not None:
                if record.offset > end:
                    losses.append(Loss(end, record.offset - end))
                writer.write(record.data)
                whole = HEADER_SIZE + len(record.data) + FOOTER_SIZE
                records, kept, end = records + 1, kept + whole, record.offset + whole
                progress(end)
                record = next(intact, None)
    except FileExistsError:
        raise EventWriterError(f"{os.fspath(target)} exists: give the name of a new file") from None
    except OSError as error:
        raise EventWriterError(
            f"{os.fspath(target)} could not be written from {reader.path}: {error}"
        ) from error
    if size > end:
        losses.append(Loss(end, size - end))
    return Repair(reader.path, str(Path(target)), records, kept, tuple(losses))
