"""Whose memory the values of one run have: views and updated variables share that of another."""

from __future__ import annotations

from typing import Any, NamedTuple


class Allocation(NamedTuple):
    """The memory that a value lies in.

    number: counts the allocations of a run from 1, 0 for values without memory. size: bytes of the
    whole allocation, `requested` of them the value's own. is_new: no value before had it.
    """

    number: int
    requested: int
    size: int
    is_new: bool


class Allocations:
    """The allocations of one run, in the order their values are shown to `of`.

    Values must stay alive meanwhile: an owner is known by its identity.
    """

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}

    def of(self, value: Any) -> Allocation:
        """The allocation of an array, scalar or string."""
        if isinstance(value, (bytes, str)):
            requested = size = len(value)
            owner = value
        else:
            requested = int(getattr(value, "nbytes", 0))
            owner = _owner(value)
            size = max(requested, int(getattr(owner, "nbytes", 0)))
        if not size:
            return Allocation(0, 0, 0, False)
        key = id(owner)
        is_new = key not in self._numbers
        return Allocation(
            self._numbers.setdefault(key, len(self._numbers) + 1), requested, size, is_new
        )


def _owner(value: Any) -> Any:
    """The array whose memory a chain of views ends in."""
    base = getattr(value, "base", None)
    while hasattr(base, "nbytes"):
        value = base
        base = getattr(value, "base", None)
    return value
