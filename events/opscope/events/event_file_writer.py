"""Writes events to an event file from a thread of its own."""

import itertools
import os
import queue
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


class _Flush:
    """A request that travels through the queue behind the events it must cover."""

    def __init__(self) -> None:
        self.done = threading.Event()


class _Worker:
    """The writing side: owns the file, and keeps taking from the queue even after an error.

    The buffer is ours and the file unbuffered: a forked child must not write the parent's bytes
    a second time when it ends.
    """

    def __init__(self, file: FileIO, max_queue: int, flush_secs: float):
        self.queue: queue.Queue[bytes | _Flush | None] = queue.Queue(max_queue)
        self.error: Exception | None = None
        self._file = file
        self._flush_secs = flush_secs
        self._buffer = bytearray()
        self._flush_at: float | None = None  # when the oldest byte in the buffer has waited enough
        self._thread = threading.Thread(target=self._run, name="opscope-events", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        item: bytes | _Flush | None
        while (item := self._next()) is not None:
            if isinstance(item, _Flush):
                self._flush()
                item.done.set()
                continue
            if self._flush_at is None:
                self._flush_at = time.monotonic() + self._flush_secs
            self._buffer += frame(item)
            if len(self._buffer) >= _BUFFER_SIZE or time.monotonic() >= self._flush_at:
                self._flush()
        self._flush()
        try:
            self._file.close()
        except OSError as error:
            self.error = self.error or error

    def _next(self) -> bytes | _Flush | None:
        while True:
            due = self._flush_at
            try:
                return self.queue.get(timeout=due and max(0.0, due - time.monotonic()))
            except queue.Empty:
                self._flush()

    def _flush(self) -> None:
        pending, self._buffer, self._flush_at = memoryview(self._buffer), bytearray(), None
        while pending and self.error is None:
            try:
                pending = pending[self._file.write(pending) or 0 :]
            except Exception as error:  # whatever it is, the caller must learn of it
                self.error = error

    def close(self) -> None:
        """Write what is queued, close the file, end the thread."""
        if self._thread.is_alive():
            self.queue.put(None)
            self._thread.join()


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
        self._closed = False
        self._lock = threading.Lock()
        self._worker = _Worker(file, max_queue, flush_secs)
        # At exit the daemon thread would die with events in its queue; this runs before.
        self._finalizer = weakref.finalize(self, self._worker.close)
        self.add_event(Event(wall_time=now, file_version=FILE_VERSION))
        self.flush()

    def add_event(self, event: Event) -> None:
        """Queue an event. It is serialized now: later changes to it are not written."""
        data = event.SerializeToString()
        with self._lock:
            self._check()
            self._worker.queue.put(data)

    def flush(self) -> None:
        """Return when every event added so far is with the operating system."""
        request = _Flush()
        with self._lock:
            self._check()
            self._worker.queue.put(request)
        request.done.wait()
        self._check_worker()

    def close(self) -> None:
        """Write everything and close the file; closing twice is harmless."""
        with self._lock:
            if self._closed or os.getpid() != self._pid:
                return
            self._closed = True
            self._finalizer()
        self._check_worker()

    def __enter__(self) -> "EventFileWriter":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _check(self) -> None:
        if self._closed:
            raise EventWriterError(f"{self.path} is closed: make a new EventFileWriter")
        if os.getpid() != self._pid:
            raise EventWriterError(
                f"the thread that writes {self.path} lives in process {self._pid}: "
                "make a new EventFileWriter after a fork"
            )
        self._check_worker()

    def _check_worker(self) -> None:
        if self._worker.error is not None:
            raise EventWriterError(
                f"{self.path} could not be written: {self._worker.error}"
            ) from self._worker.error
