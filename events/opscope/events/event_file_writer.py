"""Writes events to an event file from a thread of its own."""

import itertools
import operator
import os
import socket
import time
import weakref
from collections.abc import Callable
from io import FileIO
from pathlib import Path

from opscope.events.error import EventWriterError
from opscope.events.proto.event_pb2 import Event
from opscope.events.scalar_encoder import scalar_summary
from opscope.events.write_thread import WriteThread

FILE_VERSION = "brain.Event:2"
_LEAST_STEP, _GREATEST_STEP = -(1 << 63), (1 << 63) - 1
_file_numbers = itertools.count()
_process = os.getpid()


def _note_fork() -> None:
    global _process
    _process = os.getpid()


# Asking the system for the process each time would take a tenth of the time of a scalar.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def _create(
    logdir: str | os.PathLike[str], suffix: str, seconds: float, host: str
) -> tuple[Path, FileIO]:
    folder = Path(logdir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            number = next(_file_numbers)
            name = f"events.out.tfevents.{int(seconds):010d}.{host}.{os.getpid()}.{number}{suffix}"
            path = folder / name
            try:
                return path, FileIO(path, "x")
            except FileExistsError:
                continue  # another process with this pid, on a host of this name
    except OSError as error:
        raise EventWriterError(f"no event file can be made in {folder}: {error}") from error


class EventFileWriter:
    """Appends events to `events.out.tfevents.<seconds>.<host>.<pid>.<n><suffix>` in a logdir.

    The folder is made if need be, and the file holds its version record when the constructor
    returns. What is added goes to a thread; adding blocks only while `max_queue` events, or batches
    of some thousand scalars, wait. Events come into the file in the order added. The file is
    flushed when its buffer (1 MiB) is full, `flush_secs` after the first unflushed event, by
    `flush()` and by `close()`, and at interpreter exit. What `flush()` returned for survives the
    process. Safe to use from several threads. Failures of the thread (a full disk) raise
    EventWriterError from the next call.
    """

    def __init__(
        self,
        logdir: str | os.PathLike[str],
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
        *,
        clock: Callable[[], float] = time.time,
        host: str | None = None,
    ):
        now = clock()
        self.path, file = _create(logdir, filename_suffix, now, host or socket.gethostname())
        self._clock = clock
        self._pid = os.getpid()
        self._worker = WriteThread(file, max_queue, flush_secs)
        # Series numbers by tag: of simple values, and of tensors.
        self._series: tuple[dict[str, int | None], dict[str, int | None]] = ({}, {})
        # At exit the daemon thread would die with events in its queue; this runs before.
        self._finalizer = weakref.finalize(self, self._worker.close)
        self.add_event(Event(wall_time=now, file_version=FILE_VERSION))
        self.flush()

    def add_event(self, event: Event) -> None:
        """Queue an event. It is serialized now: later changes to it are not written."""
        data = event.SerializeToString()
        self._check()
        if not self._worker.add(data):
            raise self._closed()

    def add_scalar(
        self,
        tag: str,
        value: float,
        step: int = 0,
        wall_time: float | None = None,
        as_tensor: bool = False,
    ) -> None:
        """Queue one number, stored as float32; much cheaper than an event that says the same.

        `step` is an int64, `wall_time` seconds since the epoch (default: now). The summary holds a
        `simple_value`, or with `as_tensor` a float tensor of plugin `scalars` as TensorFlow 2
        writes it. Raises ValueError for a step beyond 64 bits and for a tag that is no text.
        """
        if wall_time is None:
            wall_time = self._clock()
        # What only the thread would find wrong would be every caller's error.
        if type(value) is not float or type(step) is not int or type(wall_time) is not float:
            value, step, wall_time = float(value), operator.index(step), float(wall_time)
        if not _LEAST_STEP <= step <= _GREATEST_STEP:
            raise ValueError(f"tag {tag!r}: step {step} does not fit in 64 bits")
        if _process != self._pid or self._worker.error is not None:
            self._check()
        known = self._series[as_tensor]
        if tag in known:
            series = known[tag]
        else:
            # Two threads may both register a tag: two series then write the same records.
            series = known[tag] = self._worker.register(tag, as_tensor)
        if series is None:
            summary = scalar_summary(tag, value, as_tensor)
            self.add_event(Event(wall_time=wall_time, step=step, summary=summary))
        elif not self._worker.add_point((series, step, wall_time, value)):
            raise self._closed()

    def flush(self) -> None:
        """Return when every event added so far is with the operating system."""
        self._check()
        if not self._worker.flush():
            raise self._closed()
        self._check()

    def close(self) -> None:
        """Write everything and close the file; closing twice is harmless."""
        if _process != self._pid or not self._finalizer.alive:
            return
        self._finalizer()
        self._check()

    def __enter__(self) -> "EventFileWriter":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _closed(self) -> EventWriterError:
        return EventWriterError(f"{self.path} is closed: make a new EventFileWriter")

    def _check(self) -> None:
        if _process != self._pid:
            raise EventWriterError(
                f"the thread that writes {self.path} lives in process {self._pid}: "
                "make a new EventFileWriter after a fork"
            )
        if self._worker.error is not None:
            raise EventWriterError(
                f"{self.path} could not be written: {self._worker.error}"
            ) from self._worker.error
