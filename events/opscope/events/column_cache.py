"""Keeps the decoded columns of large logdirs in the user's cache folder.

One file for each logdir: the length of an index, its CRC-32C, the index as JSON, and the arrays,
raw, each at a multiple of 64 bytes, to be mapped into memory. The index says of each event file
what it was when it was read: device, inode, size, time, its first bytes and the last ones read. A
file for which any of that is not so any more is read again, and its run with it; one that has grown
is read from where it ended.

Entries are written beside and renamed, so any process sees whole ones; deleting them is safe. The
folder is `$OPSCOPE_CACHE`, else `opscope` in `$XDG_CACHE_HOME` or `~/.cache`; `off` is none.
"""

import hashlib
import json
import mmap
import os
import struct
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Thread

import google_crc32c
import numpy as np

from opscope.events.file_access import FileAccess
from opscope.events.run_reader import RunReader
from opscope.events.saved_run import Array, restore_run, save_run

WORTH = 2_000_000
"""Points that were decoded, from which on keeping them pays."""

_FORMAT = 1  # goes up when what is decoded or how it is kept changes
_ALIGNMENT = 64
_HEAD = struct.Struct("<8sQI")
_MAGIC = b"OPSCOLS\0"
_UNSETTLED = 2_000_000_000  # ns after a write in which another one may leave the time as it is
_UNUSED_DAYS = 30
_SUFFIX = ".columns"


def cache_folder() -> Path | None:
    """The folder that entries are kept in; None where none is wanted or the user has no home."""
    chosen = os.environ.get("OPSCOPE_CACHE")
    if chosen == "off":
        return None
    if chosen:
        return Path(chosen)
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:
        return None
    return Path(base) / "opscope"


class ColumnCache:
    """The entry of one logdir."""

    def __init__(self, logdir: str):
        folder = cache_folder()
        # Files are known by their paths, which begin as the logdir's was given.
        name = hashlib.sha256(os.fsencode(os.path.abspath(logdir) + "\0" + logdir))
        self.path = None if folder is None else folder / (name.hexdigest()[:32] + _SUFFIX)

    def load(self, access: FileAccess) -> dict[str, RunReader]:
        """The runs in the entry; none where there is no entry, or one of another format."""
        if self.path is None:
            return {}
        try:
            with open(self.path, "rb") as file:
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            os.utime(self.path)
        except (OSError, ValueError):
            return {}
        try:
            magic, size, crc = _HEAD.unpack_from(data)
            text = data[_HEAD.size : _HEAD.size + size]
            if magic != _MAGIC or google_crc32c.value(text) != crc:
                return {}
            index = json.loads(text)
            if index["format"] != _FORMAT or index["size"] != len(data):
                return {}
            start = index["arrays_at"]
            arrays: list[Array] = [
                np.frombuffer(data, dtype, count, start + offset)
                for dtype, count, offset in index["arrays"]
            ]
            runs = {
                name: restore_run(saved, arrays, access) for name, saved in index["runs"].items()
            }
        except (struct.error, KeyError, ValueError, TypeError, IndexError):
            return {}
        return {
            name: run
            for name, run in runs.items()
            if all(file.is_what_was_read() for file in run.files)
        }

    def store(self, runs: Mapping[str, RunReader]) -> Thread | None:
        """Write the entry anew, in a thread of its own; a folder that cannot be written is left.

        Runs are left out that were written to just now: the time of their files may not tell the
        next change.
        """
        if self.path is None:
            return None
        arrays: list[Array] = []
        places: list[tuple[str, int, int]] = []
        end = 0

        def keep(array: Array) -> int:
            nonlocal end
            array = np.ascontiguousarray(array)
            arrays.append(array)
            places.append((array.dtype.str, array.size, end))
            end += -(-array.nbytes // _ALIGNMENT) * _ALIGNMENT
            return len(arrays) - 1

        settled = time.time_ns() - _UNSETTLED
        saved = {
            name: save_run(run, keep)
            for name, run in runs.items()
            if run.files and all(file.was_settled(settled) for file in run.files)
        }
        if not saved:
            return None
        index = {"format": _FORMAT, "arrays": places, "runs": saved, "size": 0, "arrays_at": 0}
        thread = Thread(target=_write, args=(self.path, index, arrays, end), name="opscope-cache")
        thread.start()
        return thread


def _write(path: Path, index: dict[str, object], arrays: list[Array], end: int) -> None:
    room = 64  # for the two numbers that depend on the index's own length
    start = _HEAD.size + len(json.dumps(index).encode()) + room
    start = -(-start // _ALIGNMENT) * _ALIGNMENT
    index |= {"arrays_at": start, "size": start + end}
    text = json.dumps(index).encode()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _drop_unused(path.parent)
        descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with open(descriptor, "wb") as file:
                file.write(_HEAD.pack(_MAGIC, len(text), google_crc32c.value(text)) + text)
                file.seek(start)
                for array in arrays:
                    file.write(array.data)
                    file.seek(-array.nbytes % _ALIGNMENT, os.SEEK_CUR)
                file.truncate(start + end)
                file.flush()
                os.fsync(file.fileno())  # a name must not outlive a power cut without its bytes
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError:
        return  # a cache that cannot be written is none


def _drop_unused(folder: Path) -> None:
    long_ago = time.time() - _UNUSED_DAYS * 86400
    for entry in folder.iterdir():
        if entry.suffix in (_SUFFIX, ".part") and entry.stat().st_mtime < long_ago:
            entry.unlink(missing_ok=True)
