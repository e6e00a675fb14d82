"""The threads that share the work of one large kernel.

A plan runs on one thread. A kernel that is worth it cuts its work into one part per thread of the
pool and waits until all are done. While there is a pool, BLAS is held to one thread: two layers of
threads would fight for the same cores.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from opscope.runtime.binding import Binding

# The key of a session's state that says how many threads one kernel may use (0: one per core).
INTRA_OP_THREADS = "intra_op_parallelism_threads"


class _Worker:
    """A thread that waits for one function at a time."""

    def __init__(self, number: int) -> None:
        self._go = threading.Lock()
        self._done = threading.Lock()
        self._go.acquire()
        self._done.acquire()
        self._work: Callable[[], None] | None = None
        self._error: BaseException | None = None
        thread = threading.Thread(target=self._loop, name=f"opscope-kernel-{number}", daemon=True)
        thread.start()

    def _loop(self) -> None:
        while True:
            self._go.acquire()
            work, self._work = self._work, None
            assert work is not None
            try:
                work()
            except BaseException as error:  # handed to the thread that waits in `join`
                self._error = error
            del work
            self._done.release()

    def start(self, work: Callable[[], None]) -> None:
        """Begin `work` on the worker's thread."""
        self._work = work
        self._go.release()

    def join(self) -> None:
        """Wait for the work; its error is raised here."""
        self._done.acquire()
        error, self._error = self._error, None
        if error is not None:
            raise error


class KernelPool:
    """`size` threads, the caller's among them, for one kernel at a time."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._free = threading.Lock()
        self._workers = [_Worker(i + 1) for i in range(size - 1)]

    def split(self, count: int, work: Callable[[int, int], None], least: int = 1) -> None:
        """Call work(start, stop) on parts that together cover range(count), one per thread.

        No part is smaller than `least`, unless count is. Runs here when another kernel has the
        pool.
        """
        parts = min(self.size, max(1, count // max(1, least)))
        if parts == 1 or not self._free.acquire(blocking=False):
            work(0, count)
            return
        try:
            edges = [count * i // parts for i in range(parts + 1)]
            workers = self._workers[: parts - 1]
            for i, worker in enumerate(workers):
                worker.start(_part(work, edges[i + 1], edges[i + 2]))
            try:
                work(0, edges[1])
            finally:
                for worker in workers:
                    worker.join()
        finally:
            self._free.release()

    def forget_threads(self) -> None:
        """Work on the caller's thread alone: after a fork the child has no other."""
        self.size = 1
        self._workers = []
        self._free = threading.Lock()


def _part(work: Callable[[int, int], None], start: int, stop: int) -> Callable[[], None]:
    return lambda: work(start, stop)


_pools: dict[int, KernelPool] = {}
_blas_limit: Any = None
_lock = threading.Lock()


def _after_fork() -> None:
    for pool in _pools.values():
        pool.forget_threads()
    _pools.clear()


os.register_at_fork(after_in_child=_after_fork)


def pool_of(threads: int) -> KernelPool | None:
    """The pool of that many threads (0: one per core); None for one thread.

    Holds BLAS to one thread from the first call on.
    """
    global _blas_limit
    size = threads or len(os.sched_getaffinity(0))
    with _lock:
        if _blas_limit is None:
            _blas_limit = threadpool_limits(limits=1, user_api="blas")
        if size <= 1:
            return None
        if size not in _pools:
            _pools[size] = KernelPool(size)
        return _pools[size]


def kernel_pool(binding: Binding) -> KernelPool | None:
    """The pool for the kernels of a session on CPU; None when one thread is all there is.

    A binding without a session (a constant being folded) has no pool.
    """
    threads = binding.session_state.get(INTRA_OP_THREADS)
    if threads is None or binding.device_type != "CPU":
        return None
    return pool_of(int(threads))
