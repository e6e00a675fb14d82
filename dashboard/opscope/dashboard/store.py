"""The logdir as the pages see it: read in the background, followed while it grows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from opscope.dashboard.heap import give_back
from opscope.dashboard.run_colours import RunColours
from opscope.events import Logdir, LogdirError, LogdirSpec, Problem, open_logdir
from opscope.events.file_access import is_url

TELL_EVERY = 5.0  # seconds of a first reading
INTERVAL, REMOTE_INTERVAL = 0.2, 5.0  # seconds between two looks
REST = 9  # so many times longer than a look took nothing is read afterwards


class UnreadableError(Exception):
    """The logdir could not be opened; the message says why."""


class Store:
    """A logdir, a lock, and a thread that opens it and then reads what was added.

    `reload_interval` is in seconds; 0 reads once. Without one it is 0.2, behind a URL 5; looking
    takes a tenth of the time at most, however large the logdir. `generation` starts at 0 (nothing
    read yet) and rises whenever something was read that was not there before. `progress` says how
    many bytes were read, and of how many, once that is known. `problems` are the damaged places; a
    record that a running training has half written is not among them. `tell` gets one line of news
    at a time. Use it as a context manager, or call `start()` and `close()`.
    """

    def __init__(
        self,
        path: str | Path | LogdirSpec,
        *,
        reload_interval: float | None = None,
        tell: Callable[[str], None] = lambda _: None,
        opener: Callable[..., Logdir] = open_logdir,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # A Path would take a URL's slashes.
        self.path = path if isinstance(path, LogdirSpec) or is_url(path) else Path(path)
        if reload_interval is None:
            remote = any(is_url(folder) for _, folder in self.folders)
            reload_interval = REMOTE_INTERVAL if remote else INTERVAL
        self.reload_interval = reload_interval
        self.error: str | None = None
        self.generation = 0
        self.problems: list[Problem] = []
        self.progress: tuple[int, int] | None = None
        self._told_at = 0.0
        self._found: list[Problem] = []
        self.colours = RunColours()
        self._tell = tell
        self._opener = opener
        self._clock = clock
        self._lock = threading.RLock()
        self._logdir: Logdir | None = None
        self._opened = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._graphs: dict[tuple[str, str | None], tuple[int, bytes]] = {}
        self._facts: tuple[int, dict[str, bool]] = (0, {})

    def __enter__(self) -> Store:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> Store:
        """Open the logdir in the background and follow it; gives the store itself."""
        self._thread = threading.Thread(target=self._follow, name="opscope-reload", daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop following the logdir; what was read so far stays readable."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    @property
    def loaded(self) -> bool:
        """Whether the first reading of the logdir has ended, well or badly."""
        return self._opened.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the first reading has ended; says whether it has."""
        return self._opened.wait(timeout)

    @property
    def folders(self) -> list[tuple[str, str]]:
        """What names of files begin with ("" or "NAME/"), and the folder or URL it stands for."""
        if isinstance(self.path, LogdirSpec):
            return [(f"{part.name}/" if part.name else "", part.path) for part in self.path.parts]
        return [("", str(self.path))]

    @property
    def logdir(self) -> Logdir:
        """The opened logdir, for one thread at a time: see `reading()`.

        Waits for the first reading to end; raises UnreadableError where that failed.
        """
        self._opened.wait()
        if self._logdir is None:
            raise UnreadableError(f"{self.path} cannot be read: {self.error}")
        return self._logdir

    @contextmanager
    def reading(self) -> Iterator[Logdir]:
        """The logdir, held still: no reload and no other reader inside the `with` block."""
        logdir = self.logdir
        with self._lock:
            yield logdir

    def reload(self) -> bool:
        """Read what was added since the last time; says whether there was anything."""
        with self._lock:
            if self._logdir is None:
                return False
            try:
                changed = self._logdir.reload()
            except LogdirError as error:
                # The folder may come back: what was read stays, the page says what is wrong.
                changed = self.error != str(error)
                self.error = str(error)
            else:
                changed |= self.error is not None
                self.error = None
                self._note_problems(self._logdir.problems)
            self.generation += changed
            return changed

    def graph(self, run: str, tag: str | None = None) -> bytes:
        """Serialized GraphDef of a run, read from its files once per generation."""
        with self.reading() as logdir:
            generation, graph = self._graphs.get((run, tag), (-1, b""))
            if generation != self.generation:
                graph = logdir.graph(run, tag)
                self._graphs[run, tag] = (self.generation, graph)
            return graph

    def once(self, name: str, find: Callable[[], bool]) -> bool:
        """What `find` says, which is asked once per generation."""
        generation = self.generation
        if self._facts[0] != generation:
            self._facts = (generation, {})
        facts = self._facts[1]
        if name not in facts:
            facts[name] = find()
        return facts[name]

    def _follow(self) -> None:
        began = self._told_at = self._clock()
        try:
            self._logdir = self._opener(self.path, progress=self._note_progress)
            self.problems = self._found = self._logdir.problems
        except Exception as error:
            # Shown on the page and in the console: a thread has nobody to raise to.
            self.error = str(error)
            self._tell(f"{self.path} cannot be read: {error}")
            return
        finally:
            self.generation += 1
            self._opened.set()
        give_back()
        self._tell(self._first_news(self._clock() - began))
        told = self.error
        rest = self.reload_interval
        while self.reload_interval > 0 and not self._stop.wait(rest):
            began = self._clock()
            self.reload()
            rest = max(self.reload_interval, REST * (self._clock() - began))
            if self.error not in (told, None):
                self._tell(f"{self.path} cannot be read any more: {self.error}")
            told = self.error

    def _note_progress(self, done: int, of: int) -> None:
        self.progress = done, of
        now = self._clock()
        if not self.loaded and now - self._told_at >= TELL_EVERY:
            self._told_at = now
            self._tell(f"reading {self.path}: {done / 1e6:.0f} of {of / 1e6:.0f} MB")

    def _note_problems(self, found: list[Problem]) -> None:
        # What is still there at the next reading was not merely being written.
        self.problems = [problem for problem in found if problem in self._found]
        self._found = found

    def _first_news(self, seconds: float) -> str:
        with self.reading() as logdir:
            runs, problems = len(logdir.runs()), self.problems
        if not runs:
            follow = "what is written there will be shown" if self.reload_interval else "read once"
            return f"{self.path} holds no event files yet; {follow}"
        many = "s" * (len(problems) != 1)
        damaged = f"; {len(problems)} damaged place{many}, first {problems[0]}" if problems else ""
        return f"read {runs} run{'s' * (runs > 1)} in {seconds:.1f} s{damaged}"
