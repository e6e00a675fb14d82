"""The lines of a program that made a node, from dumps and Debugger V2 files of its logdir."""

from __future__ import annotations

import threading
from typing import Any

from opscope.dashboard.store import Store
from opscope.events.debug_events import DebugEvents
from opscope.events.dump_extra import Frame
from opscope.events.dump_root import open_dump
from opscope.events.error import EventsError
from opscope.events.graph_columns import FUNCTION_LIBRARY
from opscope.events.logdir import Logdir

MOST_DUMPS = 4
MOST_FRAMES = 40


class Origins:
    """Tracebacks by run and node, read when first asked for and again when the logdir has grown."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._known: dict[str, dict[str, list[Frame]]] = {}
        self._generation = -1

    def of(self, run: str, name: str) -> list[dict[str, Any]]:
        """Frames of a node, the innermost first; empty where nothing tells of it."""
        with self._lock:
            if self._generation != self._store.generation:
                self._known.clear()
                self._generation = self._store.generation
            if run not in self._known:
                with self._store.reading() as logdir:
                    self._known[run] = _tracebacks(logdir, run)
            frames = self._known[run].get(name, [])
        return [frame._asdict() for frame in reversed(frames[-MOST_FRAMES:])]


def _tracebacks(logdir: Logdir, run: str) -> dict[str, list[Frame]]:
    """Frames by node; what the run's last dumps say goes before Debugger V2."""
    found: dict[str, list[Frame]] = {}
    for prefix in logdir.debug_events(run):
        try:
            events = DebugEvents(prefix)
        except EventsError:
            continue
        for op in events.ops:
            graph = events.graphs.get(op.graph_id)
            scope = f"{FUNCTION_LIBRARY}/{graph.name}/" if graph is not None and graph.name else ""
            found[scope + op.name] = events.frames(op.stack)
    for root in logdir.dumps(run)[-MOST_DUMPS:]:
        try:
            dump = open_dump(root)
            tracebacks, sources = dump.tracebacks, dump.sources
        except EventsError:
            continue
        for name, frames in tracebacks.items():
            found[name] = [_with_text(frame, sources) for frame in frames]
    return found


def _with_text(frame: Frame, sources: dict[str, str]) -> Frame:
    """The frame with its line of code where only the source file has it."""
    if frame.text or frame.file not in sources:
        return frame
    lines = sources[frame.file].splitlines()
    known = 0 < frame.line <= len(lines)
    return frame._replace(text=lines[frame.line - 1].strip()) if known else frame
