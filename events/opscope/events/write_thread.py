"""The thread behind an event file: takes records from a queue and writes them."""

import threading
import time
from io import FileIO

from opscope.events.record import frame
from opscope.events.scalar_encoder import Point, ScalarEncoder

_BUFFER_SIZE = 1 << 20
_BATCH = 4096  # points


class WriteThread:
    """Owns the file and the queue, and empties the queue even after an error.

    The queue holds serialized events and batches of scalar points, in the order added. The thread
    sleeps until the queue or a batch is full, a flush is asked for or due, or the end: waking it
    for each event would cost more than writing the event. The buffer is ours and the file
    unbuffered: a forked child must not write the parent's bytes a second time when it ends.
    """

    def __init__(self, file: FileIO, max_queue: int, flush_secs: float):
        self.error: Exception | None = None
        self._file = file
        self._max_queue = max(1, max_queue)
        self._flush_secs = flush_secs
        self._lock = threading.Lock()  # guards what follows, except the thread's own buffer
        self._changed = threading.Condition(self._lock)
        self._queue: list[bytes | list[Point]] = []
        self._points: list[Point] = []  # those after the queue's last entry
        self._encoder = ScalarEncoder()
        self._batch_is_full = False
        self._flushes_wanted = 0
        self._flushes_done = 0
        self._closing = False
        self._buffer = bytearray()
        self._thread = threading.Thread(target=self._run, name="opscope-events", daemon=True)
        self._thread.start()

    def register(self, tag: str, as_tensor: bool) -> int | None:
        """The number by which points of a new series are added, see `ScalarEncoder.register`."""
        with self._lock:
            return self._encoder.register(tag, as_tensor)

    def add(self, data: bytes) -> bool:
        """Queue an event's bytes once there is room; False when the writer is closed."""
        with self._lock:
            self._wait_for_room()
            if self._closing:
                return False
            if self._points:
                self._queue.append(self._points)
                self._points = []
            self._queue.append(data)
            if len(self._queue) == 1 or len(self._queue) >= self._max_queue:
                self._changed.notify_all()
            return True

    def add_point(self, point: Point) -> bool:
        """Queue a point once there is room; False when the writer is closed."""
        with self._lock:
            if self._closing:
                return False
            points = self._points
            points.append(point)
            if len(points) == 1:
                self._changed.notify_all()  # a flush will be due
            elif len(points) >= _BATCH:
                self._queue.append(points)
                self._points = []
                self._batch_is_full = True
                self._changed.notify_all()
                self._wait_for_room()
            return True

    def flush(self) -> bool:
        """Return when all that is queued is written; False when the writer is closed."""
        with self._lock:
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
            with self._lock:
                self._closing = True
                self._changed.notify_all()
            self._thread.join()

    def _wait_for_room(self) -> None:
        while len(self._queue) >= self._max_queue and not self._closing:
            self._changed.wait()

    def _run(self) -> None:
        flush_at: float | None = None  # when the oldest event that is not written is due
        closing = False
        while not closing:
            with self._lock:
                due = False
                while not (due or self._is_wanted()):
                    if flush_at is None and (self._queue or self._points or self._buffer):
                        flush_at = time.monotonic() + self._flush_secs
                    wait = None if flush_at is None else flush_at - time.monotonic()
                    due = wait is not None and wait <= 0
                    if not due:
                        self._changed.wait(wait)
                wanted, closing = self._flushes_wanted, self._closing
                due |= closing or wanted > self._flushes_done
                taken, self._queue = self._queue, []
                if due and self._points:
                    taken.append(self._points)
                    self._points = []
                self._batch_is_full = False
                self._changed.notify_all()
            self._encode(taken)
            if due or len(self._buffer) >= _BUFFER_SIZE:
                self._write()
                flush_at = None
            with self._lock:
                self._flushes_done = wanted
                self._changed.notify_all()
        try:
            self._file.close()
        except OSError as error:
            self.error = self.error or error

    def _is_wanted(self) -> bool:
        full = self._batch_is_full or len(self._queue) >= self._max_queue
        return full or self._closing or self._flushes_wanted > self._flushes_done

    def _encode(self, taken: list[bytes | list[Point]]) -> None:
        encode = self._encoder.encode
        for each in taken:
            try:
                self._buffer += frame(each) if isinstance(each, bytes) else encode(each)
            except Exception as error:  # whatever it is, the caller must learn of it
                self.error = error

    def _write(self) -> None:
        pending, self._buffer = memoryview(self._buffer), bytearray()
        while pending and self.error is None:
            try:
                pending = pending[self._file.write(pending) or 0 :]
            except Exception as error:  # whatever it is, the caller must learn of it
                self.error = error
