"""The health of graphs, read from the logdir and kept while it is looked at."""

from __future__ import annotations

import shlex
import threading
from typing import Any

from opscope.dashboard.graph.graph_shelf import Shelved
from opscope.dashboard.graph.health import Health
from opscope.dashboard.graph.health_readings import HealthReader, HealthSource
from opscope.dashboard.graph.view import GraphView
from opscope.dashboard.store import Store

KEPT = 16


class HealthShelf:
    """Sources of a run and the last steps looked at; read anew when the logdir has grown."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._reader = HealthReader()
        self._sources: dict[str, list[HealthSource]] = {}
        self._steps: dict[tuple[GraphView, str, str, int], Health] = {}
        self._generation = -1

    def sources(self, run: str) -> list[HealthSource]:
        """What tells of the run's health."""
        with self._lock:
            self._renew()
            if run not in self._sources:
                with self._store.reading() as logdir:
                    self._sources[run] = self._reader.sources(logdir, run)
            return self._sources[run]

    def choose(self, run: str, source: str | None, step: int | None) -> tuple[str, int] | None:
        """The source and step that a query means: else the first source, and where it opens."""
        known = self.sources(run)
        found = next((each for each in known if each.name == source), known[0] if known else None)
        if found is None:
            return None
        return found.name, step if step in found.steps else found.opens

    def health(self, shelved: Shelved, run: str, source: str, step: int) -> Health:
        """Health of a graph at a step."""
        key = (shelved.view, run, source, step)
        with self._lock:
            self._renew()
            found = self._steps.get(key)
            if found is None or found.view is not shelved.view:
                with self._store.reading() as logdir:
                    rows = self._reader.readings(logdir, run, source, step)
                found = self._steps[key] = Health(shelved.view, rows)
                while len(self._steps) > KEPT:
                    del self._steps[next(iter(self._steps))]
            return found

    def command(self, run: str, source: str, step: int, tensor: str) -> str | None:
        """The command that shows a tensor in the terminal; None where its value is not there."""
        for each in self.sources(run):
            root = each.roots.get(step) if each.name == source else None
            if root is not None:
                command = f"print_tensor {tensor}"
                return f"opscope debug {shlex.quote(root)} -c {shlex.quote(command)}"
        return None

    def described(self, run: str) -> list[dict[str, Any]]:
        """The sources as JSON."""
        return [
            {"name": each.name, "title": each.title, "steps": each.steps}
            for each in self.sources(run)
        ]

    def _renew(self) -> None:
        if self._store.generation != self._generation:
            self._generation = self._store.generation
            self._sources.clear()
            self._steps.clear()
