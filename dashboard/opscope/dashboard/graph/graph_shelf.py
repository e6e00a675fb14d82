"""Graphs of a logdir, parsed once and kept while they are looked at."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from opscope.dashboard.graph.colouring import Colouring
from opscope.dashboard.graph.grouping import AUTOMATIC, Grouping
from opscope.dashboard.graph.step_stats import StepStats
from opscope.dashboard.graph.uploads import Uploads
from opscope.dashboard.graph.view import GraphView
from opscope.dashboard.store import Store, UnreadableError
from opscope.events.error import EventsError
from opscope.events.graph_calls import expand_calls
from opscope.events.graph_columns import GraphColumns, GraphDefError

KEPT = 4


@dataclass(frozen=True)
class Shelved:
    """A graph's view, its colours, and the digest of the bytes it was made from."""

    digest: str
    view: GraphView
    colouring: Colouring
    variants: OrderedDict[Grouping, Shelved] = field(default_factory=OrderedDict, compare=False)

    def grouped(self, grouping: Grouping) -> Shelved:
        """The graph with other groups; the last few are kept. Not safe from several threads."""
        if grouping == AUTOMATIC:
            return self
        found = self.variants.get(grouping)
        if found is None:
            view = self.view.grouped(grouping)
            found = self if view is self.view else Shelved(self.digest, view, Colouring(view))
            self.variants[grouping] = found
            while len(self.variants) > KEPT:
                self.variants.popitem(last=False)
        self.variants.move_to_end(grouping)
        return found


class GraphShelf:
    """The last four graphs asked for; a graph that changed in its file is parsed anew."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._preparing = threading.Lock()
        self._kept: OrderedDict[tuple[str, str | None], tuple[bytes, Shelved]] = OrderedDict()
        self._stats: tuple[bytes, StepStats] | None = None
        self.uploads = Uploads()

    def upload(self, name: str, data: bytes) -> str:
        """Take in a file of graphs; gives the run that has them.

        Raises LogdirError where it holds none and GraphDefError where the first cannot be read.
        """
        run = self.uploads.add(name, data)
        try:
            self.get(run, None)
        except GraphDefError:
            self.uploads.remove(run)
            raise
        return run

    def get(self, run: str, tag: str | None, grouping: Grouping = AUTOMATIC) -> Shelved:
        """Give a run's graph ready to be viewed, with its groups as somebody arranged them.

        Raises LogdirError where the run has none and GraphDefError where it cannot be read.
        """
        with self._lock:
            source = self.uploads if run in self.uploads else self._store
            data = source.graph(run, tag)
            raw, shelved = self._kept.get((run, tag), (None, None))
            if shelved is None or (raw is not data and raw != data):
                digest = hashlib.blake2b(data, digest_size=12).hexdigest()
                view = GraphView(expand_calls(GraphColumns.from_bytes(data)))
                shelved = Shelved(digest, view, Colouring(view))
            self._kept[run, tag] = (data, shelved)
            self._kept.move_to_end((run, tag))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return shelved.grouped(grouping)

    def first(self, run: str | None, tag: str | None) -> tuple[str, str] | None:
        """Run and tag of the graph that a page with these words in its address shows first.

        What is not there stands for the first run that has a graph, and its first tag.
        """
        found = {each["run"]: each["graphs"] for each in self.listing() if each["graphs"]}
        known = run if run in found else next(iter(found), None)
        if known is None:
            return None
        tags = [str(graph["tag"]) for graph in found[known]]
        return known, tag if tag in tags else tags[0]

    def prepare(self, run: str, tag: str, expanded: list[str]) -> None:
        """Begin in the background what the page asks for once its scripts have come.

        One graph at a time.
        """
        if self._preparing.acquire(blocking=False):
            asked = run, tag, expanded
            threading.Thread(target=self._prepare, args=asked, daemon=True).start()

    def _prepare(self, run: str, tag: str, expanded: list[str]) -> None:
        try:
            self.get(run, tag).view.view(expanded)
        except (EventsError, UnreadableError):
            pass  # told to who asks for the graph
        finally:
            self._preparing.release()

    def steps(self, run: str) -> list[dict[str, Any]]:
        """What a run has RunMetadata of: [{"tag", "step"}], in the order written."""
        if run in self.uploads:
            return []
        with self._store.reading() as logdir:
            return [{"tag": each.tag, "step": each.step} for each in logdir.run_metadata(run)]

    def stats(self, run: str, tag: str | None, profile: str | None) -> StepStats | None:
        """Statistics of the step `profile`, else of the graph's own tag, else the last one's.

        None where the run has none; raises StepStatsError where they cannot be read.
        """
        if run in self.uploads:
            return None
        with self._store.reading() as logdir:
            tags = [each.tag for each in logdir.run_metadata(run)]
            if not tags:
                return None
            chosen = next((each for each in (profile, tag) if each in tags), tags[-1])
            data = logdir.run_metadata_bytes(run, chosen)
        with self._lock:
            if self._stats is None or self._stats[0] != data:
                self._stats = data, StepStats.from_bytes(data)
            return self._stats[1]

    def listing(self) -> list[dict[str, Any]]:
        """Every run with its graphs: [{"run", "graphs": [{"tag", "kind"}]}]."""
        with self._store.reading() as logdir:
            runs = logdir.runs()
            beside = [run for run in logdir.graph_runs() if run not in runs]
            found = [(run, logdir.graph_tags(run)) for run in runs + beside]
        return [
            {"run": run, "graphs": [{"tag": graph.tag, "kind": graph.kind} for graph in graphs]}
            for run, graphs in found + self.uploads.runs()
        ]
