"""Writes events to an event file from a thread of its own."""

import itertools
import os
import socket
import threading
import time
import weakref
from collections.abc import Callable
from io import FileIO
from pathlib import Path

from opscope.events.error import EventWriterError
from opscope.events.proto.event_pb2 import Event
from opscope.events.record import frame

FILE_VERSION = "brain.Event:2"
_BUFFER_SIZE = 1 << 20
_file_numbers = itertools.count()


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


class _Worker:
    """The writing side: owns the file and the queue, and empties it even after an error.

    The thread sleeps until the queue is full, a flush is asked for or due, or the end: waking it
    for each event would cost more than writing the event. The buffer is ours and the file
    unbuffered: a forked child must not write the parent's bytes a second time when it ends.
    """

    def __init__(self, file: FileIO, max_queue: int, flush_secs: float):
        self.error: Exception | None = None
        self._file = file
        self._max_queue = max(1, max_queue)
        self._flush_secs = flush_secs
        self._changed = threading.Condition()  # guards what follows, except the thread's buffer
        self._queue: list[bytes] = []
        self._flushes_wanted = 0
        self._flushes_done = 0
        self._closing = False
        self._buffer = bytearray()
        self._thread = threading.Thread(target=self._run, name="opscope-events", daemon=True)
        self._thread.start()

    def add(self, data: bytes) -> bool:
        """Queue an event's bytes once there is room; False when the writer is closed."""
        with self._changed:
            while len(self._queue) >= self._max_queue and not self._closing:
                self._changed.wait()
            if self._closing:
                return False
            self._queue.append(data)
            if len(self._queue) in (1, self._max_queue):
                self._changed.notify_all()
            return True

    def flush(self) -> bool:
        """Return when all that is queued is written; False when the writer is closed."""
        with self._changed:
            if self._closing:
                return False
            self._flushes_wanted += 1
            ticket = self._flushes_wanted
            self._changed.notify_all()
            while self._flushes_done < ticket:
                self._changed.wait()
            return True

    def close(self) -> None:
        """Write what is queued, close the file, end the thread."""
        if self._thread.is_alive():
            with self._changed:
                self._closing = True
                self._changed.notify_all()
            self._thread.join()

    def _run(self) -> None:
        flush_at: float | None = None  # when the oldest event that is not written is due
        closing = False
        while not closing:
            with self._changed:
                due = False
                while not (due or self._is_wanted()):
                    if flush_at is None and (self._queue or self._buffer):
                        flush_at = time.monotonic() + self._flush_secs
                    wait = None if flush_at is None else flush_at - time.monotonic()
                    due = wait is not None and wait <= 0
                    if not due:
                        self._changed.wait(wait)
                taken, self._queue = self._queue, []
                wanted, closing = self._flushes_wanted, self._closing
                due |= closing or wanted > self._flushes_done
                self._changed.notify_all()
            for data in taken:
                self._buffer += frame(data)
            if due or len(self._buffer) >= _BUFFER_SIZE:
                self._write()
                flush_at = None
            with self._changed:
                self._flushes_done = wanted
                self._changed.notify_all()
        try:
            self._file.close()
        except OSError as error:
            self.error = self.error or error

    def _is_wanted(self) -> bool:
        full = len(self._queue) >= self._max_queue
        return full or self._closing or self._flushes_wanted > self._flushes_done

    def _write(self) -> None:
        pending, self._buffer = memoryview(self._buffer), bytearray()
        while pending and self.error is None:
            try:
                pending = pending[self._file.write(pending) or 0 :]
            except Exception as error:  # whatever it is, the caller must learn of it
                self.error = error


class EventFileWriter:
    """Appends events to `events.out.tfevents.<seconds>.<host>.<pid>.<n><suffix>` in a logdir.

    The folder is made if need be, and the file holds its version record when the constructor
    returns. `add_event` hands the event to a thread; it blocks only while `max_queue` events wait.
    The file is flushed when its buffer (1 MiB) is full, `flush_secs` after the first unflushed
    event, by `flush()` and by `close()`, and at interpreter exit. What `flush()` returned for
    survives the process. Safe to use from several threads. Failures of the thread (a full disk)
    raise EventWriterError from the next call.
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
        self._pid = os.getpid()
        self._worker = _Worker(file, max_queue, flush_secs)
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

    def flush(self) -> None:
        """Return when every event added so far is with the operating system."""
        self._check()
        if not self._worker.flush():
            raise self._closed()
        self._check()

    def close(self) -> None:
        """Write everything and close the file; closing twice is harmless."""
        if os.getpid() != self._pid or not self._finalizer.alive:
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
        if os.getpid() != self._pid:
            raise EventWriterError(
                f"the thread that writes {self.path} lives in process {self._pid}: "
                "make a new EventFileWriter after a fork"
            )
        if self._worker.error is not None:
            raise EventWriterError(
                f"{self.path} could not be written: {self._worker.error}"
            ) from self._worker.error
