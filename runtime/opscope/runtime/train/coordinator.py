"""Coordinator: lets threads stop together and brings the error of one to the caller."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from opscope.runtime import errors


class Coordinator:
    """Threads ask `should_stop`; whoever fails calls `request_stop(error)`; `join` raises it.

    clean_stop_exception_types: errors that mean a normal end, such as OutOfRangeError.
    """

    def __init__(
        self, clean_stop_exception_types: tuple[type[BaseException], ...] | None = None
    ) -> None:
        self._clean_types = clean_stop_exception_types or (errors.OutOfRangeError,)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._threads: set[threading.Thread] = set()
        self.joined = False

    def should_stop(self) -> bool:
        """True when somebody asked for the stop."""
        return self._stop.is_set()

    def request_stop(self, ex: Any = None) -> None:
        """Ask all to stop; the first error given, itself or as exc_info, is what `join` raises."""
        if isinstance(ex, tuple):
            ex = ex[1]
        with self._lock:
            if self._stop.is_set():
                return
            if ex is not None and not isinstance(ex, self._clean_types):
                self._error = ex
            self._stop.set()

    def clear_stop(self) -> None:
        """Make the coordinator fit for another round."""
        with self._lock:
            self.joined = False
            self._error = None
            self._stop.clear()

    @contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """Turn an error inside the block into a request to stop."""
        try:
            yield
        except Exception as error:
            self.request_stop(error)

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Wait until the stop is asked for; False when the time (s) is up before."""
        return self._stop.wait(timeout)

    def register_thread(self, thread: threading.Thread) -> None:
        """Let `join` wait for this thread too."""
        with self._lock:
            self._threads.add(thread)

    def raise_requested_exception(self) -> None:
        """Raise the error that stopped the threads, if there is one."""
        if self._error is not None:
            raise self._error

    def join(
        self,
        threads: Iterable[threading.Thread] | None = None,
        stop_grace_period_secs: float = 120,
        ignore_live_threads: bool = False,
    ) -> None:
        """Wait for the threads; after the stop was asked for, only the grace period.

        Raises the error given to `request_stop`; RuntimeError when threads did not end in time.
        """
        with self._lock:
            waiting = self._threads.union(threads or ())
        while any(t.is_alive() for t in waiting) and not self.wait_for_stop(1.0):
            pass
        deadline = time.monotonic() + stop_grace_period_secs
        for thread in waiting:
            thread.join(max(0.0, deadline - time.monotonic()))
        stragglers = [t.name for t in waiting if t.is_alive()]
        self.joined = True
        with self._lock:
            self._threads.clear()
        self.raise_requested_exception()
        if stragglers and not ignore_live_threads:
            raise RuntimeError(
                "Coordinator stopped with threads still running: " + " ".join(stragglers)
            )


class LooperThread(threading.Thread):
    """Calls `target` over and over, every `timer_interval_secs` s, until the coordinator stops.

    An error stops the coordinator.
    """

    def __init__(
        self,
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any] | None = None,
        args: Any = None,
        kwargs: Any = None,
    ) -> None:
        super().__init__(daemon=True)
        self._coord = coord
        self._interval = timer_interval_secs
        self._function = target
        self._arguments = tuple(args or ()), dict(kwargs or {})
        coord.register_thread(self)

    @staticmethod
    def loop(
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any],
        args: Any = None,
        kwargs: Any = None,
    ) -> LooperThread:
        """A started LooperThread."""
        looper = LooperThread(coord, timer_interval_secs, target, args, kwargs)
        looper.start()
        return looper

    def run(self) -> None:
        """The thread's work."""
        with self._coord.stop_on_exception():
            self.start_loop()
            while not self._coord.should_stop():
                self.run_loop()
                if self._interval is not None and self._coord.wait_for_stop(self._interval):
                    break
            self.stop_loop()

    def start_loop(self) -> None:
        """Called once before the loop; for subclasses."""

    def stop_loop(self) -> None:
        """Called once after the loop; for subclasses."""

    def run_loop(self) -> None:
        """Called over and over; calls `target`."""
        if self._function is not None:
            args, kwargs = self._arguments
            self._function(*args, **kwargs)
