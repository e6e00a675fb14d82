"""The last watched runs, held in memory, so that one sees how a hit came about."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from opscope.runtime.watch import Watch
from opscope.runtime.watched_run import WatchedRun


class WatchHistory:
    """The last `Watch.keep_last` runs of one watch in one session, within its byte budget.

    Where the budget does not last, the oldest runs go first, and a run that alone takes more is not
    held: `dropped` says what is missing. Memory that runs share, a constant or a variable between
    updates, counts once. Safe to use from threads.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._lock = threading.Lock()
        self._held: deque[tuple[WatchedRun, dict[int, int]]] = deque()
        self._users: dict[int, int] = {}
        self._bytes = 0
        self._added = 0

    @property
    def runs(self) -> list[WatchedRun]:
        """The runs held, the oldest first, that of now last."""
        with self._lock:
            return [run for run, _ in self._held]

    @property
    def bytes(self) -> int:
        """What they take."""
        return self._bytes

    @property
    def dropped(self) -> str:
        """What the budget left out of the last runs, in words; "" where nothing is missing."""
        with self._lock:
            wanted = min(self._added, self._watch.keep_last)
            missing = wanted - len(self._held)
        if not missing:
            return ""
        return (
            f"{missing} of the last {wanted} runs are not held: the budget of "
            f"{self._watch.byte_budget:,} bytes does not last (raise byte_budget=, watch fewer "
            "tensors, or hold summaries=True)"
        )

    def add(self, run: WatchedRun) -> None:
        """Hold a run, and let go what no longer has its place."""
        if self._watch.summaries:
            run = run.without_values()
        memory = dict(_memory(run))
        with self._lock:
            self._added += 1
            self._held.append((run, memory))
            for where, size in memory.items():
                users = self._users.get(where, 0)
                self._users[where] = users + 1
                self._bytes += 0 if users else size
            while len(self._held) > self._watch.keep_last or (
                self._held and self._bytes > self._watch.byte_budget
            ):
                self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, memory = self._held.popleft()
        for where, size in memory.items():
            self._users[where] -= 1
            if not self._users[where]:
                del self._users[where]
                self._bytes -= size


def _memory(run: WatchedRun) -> Iterator[tuple[int, int]]:
    """The pieces of memory that a run holds, by identity, and their bytes."""
    if run.health_only:
        for row in run.health:
            yield id(row.summary), row.summary.nbytes
        return
    for value in run.held_values():
        owner: Any = value
        while isinstance(getattr(owner, "base", None), type(owner)):
            owner = owner.base
        size = getattr(owner, "nbytes", 0)
        if isinstance(owner, np.ndarray) and owner.dtype.kind == "O":
            size += sum(len(text) for text in owner.flat if isinstance(text, bytes))
        elif isinstance(owner, bytes):
            size = len(owner)
        yield id(owner), size
