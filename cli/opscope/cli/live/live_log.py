"""A logdir that is followed: its entries, and the data that a picture asked for."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from typing import NamedTuple, TypeVar

from opscope.cli.inspect import printable
from opscope.cli.live.health import Health, HealthReader
from opscope.cli.live.series import Series
from opscope.cli.live.writer import Writer, newest_writer
from opscope.cli.selection import Selection
from opscope.dashboard.graph.health_readings import health_tags
from opscope.dashboard.scalar_series import Curve
from opscope.events import EventsError, Histograms, Logdir, open_logdir
from opscope.events.nearest_run import nearest_run

T = TypeVar("T")

SCALAR, HISTOGRAM, HEALTH = "scalar", "histogram", "health"
_HASTE = (SCALAR, HISTOGRAM, HEALTH)


class Entry(NamedTuple):
    """Something that can be shown: a tag of a run, or the health of a run (tag "health")."""

    kind: str
    run: str
    tag: str


class LiveLog:
    """What is known of a logdir now.

    `reload` and `fetch` read files and are called by one thread at a time; everything else only
    looks at what they found, so that a screen never waits for a file. `curve` and its like answer
    None, or what was known before, and note what `fetch` is to read.
    """

    def __init__(self, path: str, selected: Selection):
        self.path = path
        self.entries: tuple[Entry, ...] = ()
        self.problems: tuple[str, ...] = ()
        self.writers: dict[str, Writer] = {}
        self.checked: float | None = None
        self.changed: float | None = None
        self.generation = 0
        self._selected = selected
        self._logdir: Logdir | None = None
        self._health_reader = HealthReader()
        self._found: dict[Entry, object] = {}
        self._sizes: dict[Entry, object] = {}
        self._read: dict[Entry, int] = {}
        self._asked: set[Entry] = set()

    @property
    def is_open(self) -> bool:
        """Whether the logdir was read once."""
        return self._logdir is not None

    @property
    def logdir(self) -> Logdir:
        """The logdir, for those who read in the same thread as `reload`."""
        assert self._logdir is not None, "reload() comes first"
        return self._logdir

    def reload(self) -> bool:
        """Read what is new; whether anything changed.

        Raises LogdirError where there is no logdir at first; one that goes away later is a problem.
        """
        lost: tuple[str, ...] = ()
        if self._logdir is None:
            self._logdir = open_logdir(self.path)
            changed = True
        else:
            try:
                changed = self._logdir.reload()
            except EventsError as error:
                changed, lost = False, (printable(str(error)),)
        self.checked = time.time()
        if changed:
            self.changed = self.checked
            self.generation += 1
            self.entries = tuple(self._all_entries(self._logdir))
            self._forget()
        self.problems = lost + tuple(printable(str(each)) for each in self._logdir.problems)
        self.writers = self._all_writers(self._logdir)
        return changed

    def _all_entries(self, logdir: Logdir) -> list[Entry]:
        found = []
        for run, tags in self._selected.runs(logdir):
            wanted = set(tags)
            if self._selected.tag is None and (logdir.dumps(run) or health_tags(logdir, run)):
                found.append(Entry(HEALTH, run, HEALTH))
            for kind in (SCALAR, HISTOGRAM):
                found += [Entry(kind, run, tag) for tag in logdir.tags(run, kind) if tag in wanted]
        return found

    def _all_writers(self, logdir: Logdir) -> dict[str, Writer]:
        names = logdir.runs()
        by_run: dict[str, list[str]] = defaultdict(list)
        of_folder: dict[str, str | None] = {}
        for path in logdir.event_files:
            folder = os.path.dirname(path)
            if folder not in of_folder:
                of_folder[folder] = nearest_run(logdir.run_name(path), names)
            run = of_folder[folder]
            if run is not None:
                by_run[run].append(path)
        found = {run: newest_writer(paths) for run, paths in by_run.items()}
        return {run: writer for run, writer in found.items() if writer is not None}

    def _forget(self) -> None:
        """Let go of what no picture has asked for since the last change."""
        for entry in self._found.keys() - self._asked:
            del self._found[entry], self._sizes[entry], self._read[entry]
        self._asked.clear()

    # What pictures ask

    def _ask(self, entry: Entry, kind: type[T]) -> T | None:
        self._asked.add(entry)
        found = self._found.get(entry)
        return found if isinstance(found, kind) else None

    def series(self, entry: Entry) -> Series | None:
        """The curve of a scalar entry."""
        return self._ask(entry, Series)

    def histograms(self, entry: Entry) -> Histograms | None:
        """The points of a histogram entry."""
        return self._ask(entry, Histograms)

    def health(self, entry: Entry) -> Health | None:
        """The health of a run."""
        return self._ask(entry, Health)

    @property
    def wanting(self) -> bool:
        """Whether something was asked for that `fetch` has not read as it is now."""
        return any(self._read.get(entry) != self.generation for entry in tuple(self._asked))

    def fetch(self) -> bool:
        """Read what was asked for, for half a second at most; whether anything was read."""
        if self._logdir is None:
            return False
        end = time.monotonic() + 0.5
        known = set(self.entries)
        any_read = False
        # Curves come first: a dump may take seconds.
        for entry in sorted(self._asked, key=lambda each: _HASTE.index(each.kind)):
            if self._read.get(entry) == self.generation:
                continue
            if entry not in known:
                self._asked.discard(entry)
                continue
            self._fetch(self._logdir, entry)
            any_read = True
            if time.monotonic() > end:
                break
        return any_read

    def _fetch(self, logdir: Logdir, entry: Entry) -> None:
        try:
            size = self._size(logdir, entry)
            if entry not in self._found or size is None or self._sizes.get(entry) != size:
                self._found[entry] = self._data(logdir, entry)
                self._sizes[entry] = size
        except EventsError as error:  # the file changed under us: the next reload knows better
            self.problems += (printable(str(error)),)
            self._found.setdefault(entry, None)
            self._sizes.setdefault(entry, None)
        self._read[entry] = self.generation

    def _size(self, logdir: Logdir, entry: Entry) -> object:
        """What tells whether histograms are new, which are slow to decode; None: read them all."""
        if entry.kind != HISTOGRAM or logdir.kind(entry.run, entry.tag) != HISTOGRAM:
            return None
        return logdir.summary(entry.run, entry.tag)

    def _data(self, logdir: Logdir, entry: Entry) -> object:
        if entry.kind == HEALTH:
            return self._health_reader.read(logdir, entry.run)
        if entry.kind == HISTOGRAM:
            return logdir.histograms(entry.run, entry.tag)
        points = logdir.scalars(entry.run, entry.tag)
        known = self._found.get(entry)
        if isinstance(known, Series) and known.holds(points):
            return known  # with what was computed of it
        curve = Curve(entry.run, points.step, points.wall_time, points.value)
        return Series(entry.run, entry.tag, curve)
