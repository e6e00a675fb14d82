"""The time a run is given: DeadlineExceededError when it is over.

What waits (queues, prefetched elements) asks `wait`. What computes in Python, a loop or a generated
step, is interrupted between two instructions; one call into NumPy or another library is let finish.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from opscope.runtime import errors


class _TimeIsOver(BaseException):
    """Thrown into the thread of a run from outside; no handler for errors of kernels catches it."""


class _Current(threading.local):
    end: float | None = None


_current = _Current()


def _left() -> float | None:
    """Seconds until this thread's run is over, or None."""
    return None if _current.end is None else max(0.0, _current.end - time.monotonic())


def wait(condition: threading.Condition) -> None:
    """Wait to be notified; DeadlineExceededError when the run's time is over before."""
    left = _left()
    if not condition.wait(left) and left is not None:
        raise _exceeded()


@contextmanager
def held(lock: threading.Lock) -> Iterator[None]:
    """Hold a lock inside the block; DeadlineExceededError when it is not to be had in time."""
    left = _left()
    if not lock.acquire(timeout=-1 if left is None else left):
        raise _exceeded()
    try:
        yield
    finally:
        lock.release()


def _exceeded() -> errors.DeadlineExceededError:
    return errors.DeadlineExceededError(None, None, "Timed out waiting for notification")


@contextmanager
def deadline(milliseconds: int) -> Iterator[None]:
    """Let the block last this long; DeadlineExceededError after that."""
    thread = ctypes.c_ulong(threading.get_ident())
    lock = threading.Lock()
    is_done = is_thrown = has_arrived = False

    def throw() -> None:
        nonlocal is_thrown
        with lock:
            if not is_done:
                is_thrown = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(_TimeIsOver))

    seconds = milliseconds / 1000
    # What waits has ended by itself then.
    timer = threading.Timer(seconds + 0.005, throw)
    timer.daemon = True
    outer, _current.end = _current.end, time.monotonic() + seconds
    timer.start()
    try:
        try:
            yield
        except _TimeIsOver:
            has_arrived = True
            raise
        finally:
            with lock:
                is_done = True
            while is_thrown and not has_arrived:
                time.sleep(0.001)  # it is on its way, and must not arrive later than here
    except _TimeIsOver:
        raise _exceeded() from None
    finally:
        timer.cancel()
        _current.end = outer
