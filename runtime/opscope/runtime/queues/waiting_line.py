"""What a queue is while the graph runs: elements under a lock, and threads that wait."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from opscope.runtime import errors

Element = tuple[Any, ...]


class WaitingLine:
    """First in, first out, at most `capacity` elements (negative: no limit).

    Whoever waits is woken by a change, by `close`, and by `cancel`, the end of the session. One
    operation puts in at a time and one takes out, so that batches stay together.
    """

    kind = "FIFOQueue"

    def __init__(self, name: str, capacity: int) -> None:
        self.name = name
        self._capacity = capacity
        self._elements: deque[Element] = deque()
        self._changed = threading.Condition()
        self._putting = threading.Lock()
        self._taking = threading.Lock()
        self._enqueues = 0  # begun before `close`, and so still allowed to put in
        self._gives_up = False
        self._cancelled = False
        self._closed = False

    # -- what the kinds of queues differ in --------------------------------------------------

    def _take(self) -> Element:
        return self._elements.popleft()

    def _available(self) -> int:
        """How many elements may be taken now."""
        return len(self._elements)

    # -- operations --------------------------------------------------------------------------

    def size(self) -> int:
        """The number of elements."""
        return len(self._elements)

    def is_closed(self) -> bool:
        """True after `close`."""
        return self._closed

    def enqueue(self, elements: Sequence[Element]) -> None:
        """Put elements in, waiting for room; CancelledError when the queue is closed."""
        with self._changed:
            if self._closed:
                raise errors.CancelledError(None, None, f"{self.kind} '{self.name}' is closed.")
            self._enqueues += 1
        try:
            with self._putting, self._changed:
                for element in elements:
                    while 0 <= self._capacity <= len(self._elements):
                        self._require_going()
                        self._changed.wait()
                    self._require_going()
                    self._elements.append(element)
                    self._changed.notify_all()
        finally:
            with self._changed:
                self._enqueues -= 1
                self._changed.notify_all()

    def dequeue(self, count: int, fewer_at_end: bool = False) -> list[Element]:
        """Take `count` elements, waiting for them; OutOfRangeError when none can come any more.

        fewer_at_end: take what is left, at least one, when the queue is closed.
        """
        taken: list[Element] = []
        with self._taking, self._changed:
            try:
                while len(taken) < count:
                    if self._cancelled:
                        raise errors.CancelledError(None, None, "Dequeue operation was cancelled")
                    if self._has_ended() and len(self._elements) < count - len(taken):
                        if fewer_at_end and (taken or self._elements):
                            taken.extend(self._take() for _ in range(len(self._elements)))
                            break
                        raise errors.OutOfRangeError(
                            None,
                            None,
                            f"{self.kind} '{self.name}' is closed and has insufficient elements "
                            f"(requested {count}, current size {len(self._elements) + len(taken)})",
                        )
                    if self._has_ended() or self._available() > 0:
                        taken.append(self._take())
                        self._changed.notify_all()
                    else:
                        self._changed.wait()
            except BaseException:
                self._elements.extendleft(reversed(taken))
                raise
        return taken

    def close(self, cancel_pending_enqueues: bool = False) -> None:
        """Take no more elements in; with `cancel_pending_enqueues` not even from who waits."""
        with self._changed:
            self._closed = True
            self._gives_up = self._gives_up or cancel_pending_enqueues
            self._changed.notify_all()

    def cancel(self) -> None:
        """Wake all who wait, for good."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def _has_ended(self) -> bool:
        """True when closed and nobody is still putting in."""
        return self._closed and not self._enqueues

    def _require_going(self) -> None:
        if self._cancelled or self._gives_up:
            raise errors.CancelledError(None, None, "Enqueue operation was cancelled")


class ShuffledLine(WaitingLine):
    """Elements come out in random order, mixed from more than `min_after_dequeue`."""

    kind = "RandomShuffleQueue"

    def __init__(
        self, name: str, capacity: int, min_after_dequeue: int, seeds: tuple[int, int]
    ) -> None:
        super().__init__(name, capacity)
        self._kept = min_after_dequeue
        entropy = None if seeds == (0, 0) else list(seeds)
        self._generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(entropy)))

    def _take(self) -> Element:
        elements = self._elements
        chosen = int(self._generator.integers(len(elements)))
        elements[chosen], elements[-1] = elements[-1], elements[chosen]
        return elements.pop()

    def _available(self) -> int:
        return len(self._elements) - self._kept


class PaddedLine(WaitingLine):
    """Elements whose shapes may differ where the queue's shape is open."""

    kind = "PaddingFIFOQueue"


class PriorityLine(WaitingLine):
    """The element whose first component is lowest comes first; of equals, the one put in first."""

    kind = "PriorityQueue"

    def _take(self) -> Element:
        elements = self._elements
        chosen = min(range(len(elements)), key=lambda i: int(elements[i][0]))
        element = elements[chosen]
        del elements[chosen]
        return element
