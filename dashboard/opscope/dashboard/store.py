"""The logdir as the pages see it: read in the background, followed while it grows."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

OpenLogdir = Callable[[Path], Any]


def _open(path: Path) -> Any:
    from opscope.events import open_logdir

    return open_logdir(path)


class Store:
    """A logdir, a lock, and a thread that opens it and then reads what was added.

    `reload_interval` is in seconds; 0 reads once. `generation` starts at 0 (nothing read yet)
    and rises whenever something was read that was not there before. Use it as a context
    manager, or call `start()` and `close()`.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        reload_interval: float = 5.0,
        open_logdir: OpenLogdir = _open,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = Path(path)
        self.reload_interval = reload_interval
        self.error: str | None = None
        self.generation = 0
        self._open = open_logdir
        self._clock = clock
        self._lock = threading.RLock()
        self._logdir: Any = None
        self._opened = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._started_at = 0.0
        self._seen: list[tuple[str, int]] = []
        self._read: list[tuple[str, int]] | None = None
        self._graphs: dict[tuple[str, str | None], tuple[int, bytes]] = {}

    def __enter__(self) -> Store:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> Store:
        """Open the logdir in the background and follow it; gives the store itself."""
        self._started_at = self._clock()
        self._thread = threading.Thread(target=self._follow, name="opscope-reload", daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop following the logdir; the data read so far stay readable."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    @property
    def loaded(self) -> bool:
        """Whether the first reading of the logdir has ended."""
        return self._opened.is_set()

    @property
    def seconds_loading(self) -> float:
        """Seconds since the first reading began (0 once it has ended)."""
        return 0.0 if self.loaded else self._clock() - self._started_at

    @property
    def logdir(self) -> Any:
        """The opened logdir; waits for the first reading to end."""
        self._opened.wait()
        if self._logdir is None:
            raise RuntimeError(self.error or f"{self.path} could not be opened")
        return self._logdir

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """The logdir, held still: no reload happens inside the `with` block."""
        logdir = self.logdir
        with self._lock:
            yield logdir

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the first reading has ended; says whether it has."""
        return self._opened.wait(timeout)

    def reload(self) -> bool:
        """Read what was added since the last time; says whether there was anything."""
        with self._lock:
            if self._logdir is None:
                return False
            self._seen = contents(self.path)
            if self._seen != self._read:
                self._logdir.reload()
            return self._note_change()

    def graph(self, run: str, tag: str | None = None) -> bytes:
        """Serialized GraphDef of a run, read from its files once per generation."""
        with self.reading() as logdir:
            generation, graph = self._graphs.get((run, tag), (-1, b""))
            if generation != self.generation:
                graph = logdir.graph(run, tag)
                self._graphs[run, tag] = (self.generation, graph)
            return graph

    def _follow(self) -> None:
        self._seen = contents(self.path)
        try:
            logdir = self._open(self.path)
        except Exception as error:
            # Shown on the page and in the console: a thread has nobody to raise to.
            self.error = str(error)
            self.generation += 1
            self._opened.set()
            return
        with self._lock:
            self._logdir = logdir
            self._note_change()
            self._opened.set()
        while self.reload_interval > 0 and not self._stop.wait(self.reload_interval):
            self.reload()

    def _note_change(self) -> bool:
        changed = self._seen != self._read
        if changed:
            self._read = self._seen
            self.generation += 1
        return changed


def contents(path: Path) -> list[tuple[str, int]]:
    """Every event file below a folder with its size, and every folder with its change time.

    Two equal lists mean that nothing was written in between, so that a reload can be skipped.
    """
    if not path.is_dir():
        return [(str(path), path.stat().st_size)] if path.exists() else []
    found = []
    for folder, _, names in os.walk(path, followlinks=True):
        with suppress(FileNotFoundError):
            found.append((folder, os.stat(folder).st_mtime_ns))
            found += [
                (file, os.stat(file).st_size)
                for file in (os.path.join(folder, name) for name in names if "tfevents" in name)
            ]
    return sorted(found)
