"""Where a session keeps the value of one variable."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from opscope.events import health_summary

# What `sys.getrefcount` says of an array that only one local name holds.
_HELD_BY_ONE_NAME = 2


class VariableSlot:
    """The value of one variable in one session, None until it is initialized.

    A kernel that updates the variable writes into `target()` and then calls `commit`:

        var.commit(xp.subtract(var.value, delta * alpha, out=var.target()))

    so that the same kernel works in place and, when someone still needs the old value (a fetch, the
    debugger), in other memory. The memory of the value before is used again for the next such
    update once nobody holds it.
    """

    __slots__ = ("_health", "commits", "moderate", "name", "rewrites", "shared", "spare", "value")

    def __init__(self, name: str) -> None:
        self.name = name
        self.value: Any = None
        self.shared = False
        self.spare: Any = None
        self.moderate = False  # a watch found the sum of its squares finite
        self.rewrites = 0  # how often an update was made in place
        self.commits = 0  # how often there was an update
        self._health: tuple[int, npt.NDArray[np.float64]] | None = None

    def target(self) -> Any:
        """The array to write the next value into; None for a scalar: the ufunc makes a new one."""
        value = self.value
        if not hasattr(value, "flags") or value.ndim == 0:
            self.shared = False
            return None
        if not self.shared:
            return value
        self.shared = False
        spare = self.spare
        self.spare = None
        if (
            spare is None
            or spare.shape != value.shape
            or spare.dtype != value.dtype
            or sys.getrefcount(spare) > _HELD_BY_ONE_NAME
        ):
            return np.empty_like(value)  # a cupy array answers with a cupy array
        return spare

    def commit(self, value: Any) -> None:
        """Make `value` the variable's value."""
        if value is not self.value:
            self.spare = self.value
            self.value = value
        else:
            self.rewrites += 1
        self.commits += 1
        self.shared = False
        self.moderate = False

    def health(self) -> npt.NDArray[np.float64]:
        """The health summary of a value on the host, taken once until it is updated.

        An update by another thread meanwhile makes what is found here that of no later value.
        """
        commits, found = self.commits, self._health
        if found is None or found[0] != commits:
            found = self._health = commits, health_summary(self.value)
        return found[1]
