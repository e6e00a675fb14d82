"""Work that makes many objects, all of which stay: a garbage collection would find nothing."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_inside = 0


@contextmanager
def no_collection() -> Iterator[None]:
    """Hold Python's cyclic collector back meanwhile, in all threads, if it is on."""
    global _inside
    with _lock:
        pauses = gc.isenabled() or _inside
        if pauses:
            _inside += 1
            gc.disable()
    try:
        yield
    finally:
        if pauses:
            with _lock:
                _inside -= 1
                if not _inside:
                    gc.enable()
