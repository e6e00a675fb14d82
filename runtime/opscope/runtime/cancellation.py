"""The end of a session, told to what waits inside it."""

from __future__ import annotations

import threading
from collections.abc import Callable

# The key of a session's state under which its Cancellation is.
CANCELLATION = "cancellation"


class Cancellation:
    """Calls back, once, whoever may be waiting when the session is closed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        self.cancelled = False

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Have `callback` called at the end; at once when that has come."""
        with self._lock:
            if not self.cancelled:
                self._callbacks.append(callback)
                return
        callback()

    def cancel(self) -> None:
        """Call back everybody."""
        with self._lock:
            self.cancelled = True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()
