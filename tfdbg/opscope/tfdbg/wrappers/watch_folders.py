"""Folders that TensorFlow writes watched runs to, each used again and again.

TensorFlow prepares a graph anew for every watch it has not seen, and a folder is part of the watch:
one that stays the same makes a watched run ten times faster.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_IN_MEMORY = Path("/dev/shm")
_ENOUGH = 4 << 30
"""Bytes that must be free in memory for a step to be written there."""


class WatchFolders:
    """Lends out empty folders, and removes them all when it is closed or forgotten.

    They lie in memory where there is room.
    """

    def __init__(self) -> None:
        self._free: list[Path] = []
        self._made: list[Path] = []
        self._lock = threading.Lock()
        self.close = weakref.finalize(self, _remove, self._made)

    @contextmanager
    def lend(self) -> Iterator[Path]:
        """A folder of one run's own, which is emptied after it."""
        with self._lock:
            folder = self._free.pop() if self._free else None
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix="opscope_tfdbg_", dir=_parent()))
            self._made.append(folder)
        try:
            yield folder
        finally:
            for path in folder.iterdir():
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
            with self._lock:
                self._free.append(folder)


def _parent() -> Path | None:
    """Where temporary folders are made; None for the system's own place."""
    try:
        return _IN_MEMORY if shutil.disk_usage(_IN_MEMORY).free >= _ENOUGH else None
    except OSError:
        return None


def _remove(folders: list[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    folders.clear()
