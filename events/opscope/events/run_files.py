"""The event files that one `SummaryWriter` writes: its own, and those of runs below it."""

import os
import threading

from opscope.events.event_file_writer import EventFileWriter


class RunFiles:
    """An event file in a folder, and more in folders below it, each made when first needed.

    Safe to use from several threads.
    """

    def __init__(self, folder: str, max_queue: int, flush_secs: float, filename_suffix: str):
        self._folder = folder
        self._options = (max_queue, flush_secs, filename_suffix)
        self._lock = threading.Lock()
        self._others: dict[str, EventFileWriter] = {}
        self.own: EventFileWriter | None = EventFileWriter(folder, *self._options)

    def reopen(self) -> EventFileWriter:
        """The folder's own file, a new one after `close`."""
        with self._lock:
            if self.own is None:
                self.own = EventFileWriter(self._folder, *self._options)
            return self.own

    def below(self, name: str) -> EventFileWriter:
        """The file in the folder of this name."""
        with self._lock:
            if name not in self._others:
                folder = os.path.join(self._folder, name)
                self._others[name] = EventFileWriter(folder, *self._options)
            return self._others[name]

    def flush(self) -> None:
        """Return when everything added so far is with the operating system."""
        with self._lock:
            files = self._open()
        for file in files:
            file.flush()

    def close(self) -> None:
        """Write everything and close the files; closing twice is harmless."""
        with self._lock:
            files = self._open()
            self.own = None
            self._others.clear()
        for file in files:
            file.close()

    def _open(self) -> list[EventFileWriter]:
        return [*([self.own] if self.own else []), *self._others.values()]
