"""Elements made ahead of time on other threads."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from opscope.runtime import errors
from opscope.runtime.data.elements import Element, Traversal
from opscope.runtime.deadline import wait

_END = object()


class _Buffer:
    """What the filling thread and the reader share; it does not keep the reader alive."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.items: deque[tuple[Any, BaseException | None]] = deque()
        self.changed = threading.Condition()
        self.stopped = False

    def stop(self) -> None:
        with self.changed:
            self.stopped = True
            self.items.clear()
            self.changed.notify_all()

    def fill(self, source: Iterator[Element]) -> None:
        """Run on the thread until the source ends or `stop` is called."""
        while True:
            error: BaseException | None = None
            item: Any = _END
            try:
                item = next(source)
            except StopIteration:
                pass
            except Exception as raised:
                error = raised
            with self.changed:
                while len(self.items) >= self.size and not self.stopped:
                    self.changed.wait()
                if self.stopped:
                    return
                self.items.append((item, error))
                self.changed.notify_all()
            if item is _END and error is None:
                return


class Prefetched:
    """Elements that a thread makes ahead, at most `size` of them."""

    def __init__(self, source: Iterator[Element], size: int, traversal: Traversal) -> None:
        self._buffer = _Buffer(size)
        self._source = source
        self._started = False
        self._done = False
        weakref.finalize(self, self._buffer.stop)
        traversal.closers.append(self._buffer.stop)

    def __iter__(self) -> Iterator[Element]:
        return self

    def __next__(self) -> Element:
        buffer = self._buffer
        if not self._started:
            self._started = True
            threading.Thread(
                target=buffer.fill, args=(self._source,), name="opscope prefetch", daemon=True
            ).start()
        if self._done:
            raise StopIteration
        with buffer.changed:
            while not buffer.items:
                if buffer.stopped:
                    raise errors.CancelledError(None, None, "Iterator was cancelled")
                wait(buffer.changed)
            item, error = buffer.items.popleft()
            buffer.changed.notify_all()
        if error is not None:
            raise error
        if item is _END:
            self._done = True
            raise StopIteration
        element: Element = item
        return element


class MappedInParallel:
    """`function` of each element, up to `threads` at once, in the order of the source."""

    def __init__(
        self,
        function: Callable[..., Element],
        source: Iterator[Element],
        threads: int,
        traversal: Traversal,
    ) -> None:
        self._function = function
        self._source = source
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, "opscope map")
        self._pending: deque[Future[Element]] = deque()
        self._ended = False
        stop = _stopper(self._pool)
        weakref.finalize(self, stop)
        traversal.closers.append(stop)

    def __iter__(self) -> Iterator[Element]:
        return self

    def __next__(self) -> Element:
        while not self._ended and len(self._pending) < self._threads:
            try:
                element = next(self._source)
            except StopIteration:
                self._ended = True
                break
            except Exception as error:
                failed: Future[Element] = Future()
                failed.set_exception(error)
                self._pending.append(failed)
                continue
            try:
                self._pending.append(self._pool.submit(self._function, *element))
            except RuntimeError:
                raise errors.CancelledError(None, None, "Iterator was cancelled") from None
        if not self._pending:
            raise StopIteration
        return self._pending.popleft().result()


def _stopper(pool: ThreadPoolExecutor) -> Callable[[], None]:
    return lambda: pool.shutdown(wait=False, cancel_futures=True)
