"""How many bytes dumps may take."""

import os
import threading

from opscope.events.error import DumpBudgetError

BUDGET_VARIABLE = "OPSCOPE_DUMP_BYTES"
DEFAULT_BUDGET = 100_000_000_000
"""Bytes without any other word: as many as TensorFlow's debugger takes."""


class ByteBudget:
    """Bytes that dumps may still take, shared by all their writers; safe to use from threads.

    `limit` is in bytes; None is what the environment variable OPSCOPE_DUMP_BYTES says, else 100 GB.
    Raises ValueError where that is no number or negative.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.is_default = limit is None and BUDGET_VARIABLE not in os.environ
        self.limit = _from_environment() if limit is None else int(limit)
        if self.limit < 0:
            raise ValueError(f"a byte budget is 0 or more, not {self.limit}")
        self._used = 0
        self._lock = threading.Lock()

    @property
    def used(self) -> int:
        """Bytes taken so far."""
        return self._used

    @property
    def left(self) -> int:
        """Bytes that may still be taken."""
        return self.limit - self._used

    def take(self, size: int) -> None:
        """Take `size` bytes; DumpBudgetError, and nothing taken, where they are not there."""
        with self._lock:
            self._check(size)
            self._used += size

    def check(self, size: int) -> None:
        """Raise DumpBudgetError where `size` bytes are more than are left."""
        with self._lock:
            self._check(size)

    def _check(self, size: int) -> None:
        if self._used + size > self.limit:
            raise DumpBudgetError(
                f"the budget of {self.limit:,} bytes for dumps does not last: {self._used:,} are "
                f"used and {size:,} more are wanted (raise it by byte_budget= or "
                f"{BUDGET_VARIABLE})"
            )


def _from_environment() -> int:
    text = os.environ.get(BUDGET_VARIABLE)
    if text is None:
        return DEFAULT_BUDGET
    try:
        return int(text.replace("_", ""))
    except ValueError:
        raise ValueError(f"{BUDGET_VARIABLE} must be a number of bytes, not {text!r}") from None
