"""Files whose memory is made ahead: in a memory file system, that is most of what a write costs."""

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

_LARGEST = 1 << 28  # bytes: what may lie ready without being needed


class PageStock:
    """One nameless file with room for the next dump, made by a thread while the program goes on.

    `order` has it made, `take` gives it a name. Where the system has no such files, or no room,
    there is none to take. What is not taken goes with this object.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ordered: Future[_Ready | None] | None = None
        self._worker: ThreadPoolExecutor | None = None
        self._process = os.getpid()

    def order(self, folder: Path, size: int) -> None:
        """Begin to make room for `size` bytes in the file system of `folder`."""
        if not 0 < size <= _LARGEST or not hasattr(os, "O_TMPFILE"):
            return
        with self._lock:
            if self._ordered is not None or self._process != os.getpid():
                return
            if self._worker is None:
                self._worker = ThreadPoolExecutor(1, "dump pages")
            try:
                self._ordered = self._worker.submit(_made, folder, size)
            except RuntimeError:  # the interpreter ends
                return

    def take(self, path: Path) -> int | None:
        """The descriptor of a file ready to be written, now at `path`; None without one.

        It is as long as was ordered, and reads as zeros. OSError where `path` exists.
        """
        with self._lock:
            ordered, self._ordered = self._ordered, None
        if ordered is None or self._process != os.getpid():
            return None  # a forked process has no thread that would make it
        ready = ordered.result()
        return None if ready is None else ready.named(path)


class _Ready:
    """The descriptor of a nameless file, closed with this object."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def named(self, path: Path) -> int | None:
        """The descriptor, which is the caller's now; None where a name cannot be given."""
        descriptor, self._descriptor = self._descriptor, -1
        try:
            # src_dir_fd has Python follow the link, which the path's being absolute overrides.
            os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=descriptor)
        except FileExistsError:
            os.close(descriptor)
            raise
        except OSError:
            os.close(descriptor)
            return None
        return descriptor

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


def _made(folder: Path, size: int) -> _Ready | None:
    try:
        if os.major(folder.stat().st_dev):
            return None  # a disk: its files get their memory as they are written, not before
        ready = _Ready(os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666))
        os.posix_fallocate(ready._descriptor, 0, size)
    except OSError:
        return None  # no such files here, or no room: the dump is written as any other
    return ready
