"""The bytes that an allocator has in use in the course of a step."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

from opscope.events.proto.step_stats_pb2 import AllocationDescription


class Moment(NamedTuple):
    """Bytes in use from `time` (us) on, and a function that names the tensors they are of."""

    time: float
    size: int
    tensors: Callable[[], frozenset[str]]


@dataclass
class _Held:
    """One allocation: from the start of the op that made it to the end of its last reader's."""

    size: int
    start: float
    end: float | None = None
    tensors: set[str] = field(default_factory=set)


class MemoryUse:
    """The allocations of one allocator.

    An allocation lasts until the last op that reads one of the tensors in it has ended; one that no
    op reads is a result of the step and lasts until `step_end`.
    """

    def __init__(self, step_end: float) -> None:
        self._step_end = step_end
        self._held: dict[object, _Held] = {}
        self._versions: dict[str, list[tuple[float, _Held]]] = {}

    def allocate(self, description: AllocationDescription, tensor: str, time: float) -> None:
        """Note that an op that started at `time` put out a tensor; call in the order of time."""
        size = description.allocated_bytes or description.requested_bytes
        if not size:
            return
        # Without an id (TensorFlow's CPU) every output is taken for memory of its own.
        key: object = description.allocation_id or description.ptr or (tensor, time)
        held = self._held.setdefault(key, _Held(size, time))
        held.tensors.add(tensor)
        self._versions.setdefault(tensor, []).append((time, held))

    def read(self, tensor: str, start: float, end: float) -> None:
        """Note that an op that ran from `start` to `end` read the latest value of a tensor."""
        versions = self._versions.get(tensor, [])
        place = bisect_right(versions, start, key=itemgetter(0)) - 1
        if place >= 0:
            held = versions[place][1]
            held.end = max(held.end or 0.0, end)

    def moments(self) -> Iterator[Moment]:
        """The bytes in use after each change, in the order of time."""
        changes: list[tuple[float, int, _Held]] = []
        for held in self._held.values():
            end = self._step_end if held.end is None else held.end
            if end > held.start:
                # What ends when another begins makes room for it.
                changes += [(held.start, 1, held), (end, 0, held)]
        changes.sort(key=lambda change: change[:2])
        alive: dict[int, _Held] = {}
        size = 0
        for time, begins, held in changes:
            if begins:
                alive[id(held)] = held
                size += held.size
            else:
                del alive[id(held)]
                size -= held.size
            yield Moment(
                time, size, lambda: frozenset(t for each in alive.values() for t in each.tensors)
            )
