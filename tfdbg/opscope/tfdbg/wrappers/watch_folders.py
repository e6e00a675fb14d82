"""Folders that TensorFlow writes watched runs to, each used again and again.

TensorFlow prepares a graph anew for every watch it has not seen, and a folder is part of the watch:
one that stays the same makes a watched run ten times faster. The folders inside stay as well, so
that only files are made and removed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

from opscope.events import BuiltInFilter, HasInfOrNan, HasNan, NoArray
from opscope.events.dump_folder import dumped_value
from opscope.events.dump_name import DEVICE_PREFIX, GRAPH_PREFIX
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.types_pb2 import DataType

_IN_MEMORY = Path("/dev/shm")
_FLOATS = frozenset(
    number
    for name, number in DataType.items()
    if any(kind in name for kind in ("FLOAT", "DOUBLE", "HALF", "COMPLEX"))
)
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

    def borrow(self) -> Path:
        """An empty folder of one run's own, until it is given back."""
        with self._lock:
            if self._free:
                return self._free.pop()
            folder = Path(tempfile.mkdtemp(prefix="opscope_tfdbg_", dir=_parent()))
            self._made.append(folder)
            return folder

    def give_back(self, folder: Path) -> None:
        """Remove the files in a folder and have it ready for the next run."""
        for path in _files(folder):
            os.unlink(path)
        with self._lock:
            self._free.append(folder)


def is_empty(folder: Path) -> bool:
    """True where no file was written."""
    return next(_files(folder), None) is None


def passing_files(folder: Path, passes: BuiltInFilter) -> Iterator[str]:
    """The files whose tensor passes a filter."""
    with os.scandir(folder) as devices:
        roots = [entry.path for entry in devices if entry.name.startswith(DEVICE_PREFIX)]
    for root in roots:
        for path in _files(root):
            if not os.path.basename(path).startswith(GRAPH_PREFIX) and _passes(path, passes):
                yield path


def _passes(path: str, passes: BuiltInFilter) -> bool:
    with open(path, "rb", buffering=0) as file:
        event = Event.FromString(file.read())
    tensor = event.summary.value[0].tensor
    if tensor.dtype not in _FLOATS and isinstance(passes, HasInfOrNan | HasNan):
        return False
    value = dumped_value(tensor)
    return not isinstance(value, NoArray) and passes(None, value)


def _files(folder: str | Path) -> Iterator[str]:
    """The files at or below a folder; nothing where it is gone."""
    left = [os.fspath(folder)]
    while left:
        try:
            entries = os.scandir(left.pop())
        except FileNotFoundError:
            continue
        with entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    left.append(entry.path)
                else:
                    yield entry.path


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
