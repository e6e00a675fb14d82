"""Asking a user's filter in the middle of a step, whatever it does."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from opscope.runtime.watch import Filter, WatchedTensor

if TYPE_CHECKING:
    from opscope.runtime.plan import Recorded


class FilterGuard:
    """Calls a filter with datum and tensor until it fails: then it is asked no more.

    error: which tensor it failed on, and how; None as long as all is well. One per filter and
    session.
    """

    def __init__(self, predicate: Filter) -> None:
        self._predicate = predicate
        self.error: str | None = None

    def passes(self, recorded: Recorded, value: Any) -> bool:
        """What the filter says of one tensor; False where it fails, which is said once."""
        if self.error is not None:
            return False
        tensor = recorded.tensor
        datum = WatchedTensor(
            tensor.op.name,
            tensor.value_index,
            recorded.device.name,
            tensor.op.type,
            time.time_ns() // 1000,
            recorded.device.to_host(value),
        )
        try:
            return bool(self._predicate(datum, datum.value))
        except Exception as error:  # training goes on, whatever the user's code raises
            name = getattr(self._predicate, "__name__", repr(self._predicate))
            reason = " ".join(str(error).split())
            self.error = f"filter {name} failed on {datum.name}: {type(error).__name__}: {reason}"
            print(
                f"WARNING: {self.error}; it is asked no more, the program runs on", file=sys.stderr
            )
            return False
