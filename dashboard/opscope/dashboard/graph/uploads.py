"""Graphs that somebody opened in the page: kept in memory, shown as runs `(uploaded) NAME`."""

from __future__ import annotations

import posixpath
import tempfile
import threading
from collections import OrderedDict
from pathlib import Path

from opscope.events import LogdirError, open_logdir
from opscope.events.graph_file import graphs_in_file, unpacked
from opscope.events.record import is_record_file
from opscope.events.tag_data import GraphRef

MOST_BYTES = 1 << 29
"""One file."""
KEPT_BYTES = 1 << 30
"""All files together; the oldest go first."""
PREFIX = "(uploaded) "


class Uploads:
    """Runs of one graph file each, the last ones uploaded. Safe to use from several threads."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._lock = threading.Lock()
        self._runs: OrderedDict[str, dict[GraphRef, bytes]] = OrderedDict()

    def add(self, name: str, data: bytes) -> str:
        """Keep the graphs of a file of any form; gives the run's name.

        A file of the same name takes the earlier one's place. Raises LogdirError where there is no
        graph in it.
        """
        name = posixpath.basename(name.replace("\\", "/")) or "file"
        graphs = _graphs(name, data)
        run = PREFIX + name
        with self._lock:
            self._runs.pop(run, None)
            self._runs[run] = graphs
            while len(self._runs) > 1 and self._bytes() > self._kept_bytes:
                self._runs.popitem(last=False)
        return run

    def remove(self, run: str) -> None:
        """Forget a run."""
        with self._lock:
            self._runs.pop(run, None)

    def __contains__(self, run: str) -> bool:
        return run in self._runs

    def runs(self) -> list[tuple[str, list[GraphRef]]]:
        """The runs and their graphs, in the order they came."""
        with self._lock:
            return [(run, list(graphs)) for run, graphs in self._runs.items()]

    def graph(self, run: str, tag: str | None) -> bytes:
        """A serialized GraphDef; of the first graph where there is no tag. Raises LogdirError."""
        with self._lock:
            graphs = self._runs.get(run, {})
        for ref, data in graphs.items():
            if tag is None or ref.tag == tag:
                return data
        raise LogdirError(f"{run!r} has no graph {tag or ''}: it may have been forgotten")

    def _bytes(self) -> int:
        return sum(len(data) for graphs in self._runs.values() for data in graphs.values())


def _graphs(name: str, data: bytes) -> dict[GraphRef, bytes]:
    data = unpacked(data, name)
    if not is_record_file(data):
        found = graphs_in_file(data, name)
        return {
            GraphRef(f"{name}: {label}" if label else name, "file"): graph
            for label, graph in found.items()
        }
    with tempfile.TemporaryDirectory(prefix="opscope-upload-") as folder:
        path = Path(folder) / "events.out.tfevents"
        path.write_bytes(data)
        logdir = open_logdir(path)
        graphs = {}
        for run in logdir.runs():
            for ref in logdir.graph_tags(run):
                graphs[ref] = logdir.graph(run, ref.tag)
    if not graphs:
        raise LogdirError(f"{name} is an event file without a graph")
    return graphs
