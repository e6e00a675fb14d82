"""FileWriter: summaries, graphs and run metadata into an event file."""

from __future__ import annotations

import os
import threading
import time
import warnings
from typing import Any

from opscope.events import EventFileWriter
from opscope.events.proto.config_pb2 import RunMetadata
from opscope.events.proto.event_pb2 import Event, SessionLog, TaggedRunMetadata
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.meta_graph_pb2 import MetaGraphDef
from opscope.events.proto.summary_pb2 import Summary
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.meta_graph import create_meta_graph_def


class FileWriter:
    """Appends summaries and events to an event file in `logdir`, which is made at once.

    With `graph`, the graph is written first, as GraphDef and as MetaGraphDef. Writing happens in a
    thread; `flush` returns when what was added is on disk, `close` also ends the thread. What is
    added after `close` and before `reopen` is dropped with a warning.
    """

    def __init__(
        self,
        logdir: str | os.PathLike[str],
        graph: Graph | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        graph_def: GraphDef | None = None,
        filename_suffix: str | None = None,
        session: Any = None,
    ) -> None:
        if session is not None:
            raise NotImplementedError("opscope's FileWriter writes files only, not into a session")
        self._logdir = os.fspath(logdir)
        self._max_queue = max_queue
        self._flush_secs = flush_secs
        self._suffix = filename_suffix or ""
        self._run_tags: set[str] = set()
        self._described_tags: set[str] = set()
        self._writer: EventFileWriter | None = None
        self._lock = threading.Lock()
        self.reopen()
        if graph is not None or graph_def is not None:
            self.add_graph(graph, graph_def=graph_def)
            self.add_meta_graph(create_meta_graph_def(graph_def, graph))

    def get_logdir(self) -> str:
        """The folder that the event file is in."""
        return self._logdir

    def add_summary(self, summary: bytes | Summary, global_step: int | None = None) -> None:
        """Add a Summary, or its serialized form as summary ops give it.

        A tag's metadata are written with its first value only.
        """
        if isinstance(summary, bytes):
            summary = Summary.FromString(summary)
        else:
            summary = Summary.FromString(summary.SerializeToString())
        for value in summary.value:
            if not value.HasField("metadata"):
                continue
            if value.tag in self._described_tags:
                value.ClearField("metadata")
            else:
                self._described_tags.add(value.tag)
        self._add(Event(summary=summary), global_step)

    def add_graph(
        self,
        graph: Graph | None,
        global_step: int | None = None,
        graph_def: GraphDef | None = None,
    ) -> None:
        """Add a graph with its static shapes, or a GraphDef as it is."""
        if graph is not None and graph_def is not None:
            raise ValueError("Please pass only graph, or graph_def (deprecated), but not both.")
        if isinstance(graph, Graph):
            graph_def = graph.as_graph_def(add_shapes=True)
        elif graph is not None:
            raise TypeError(f"The passed graph must be an instance of `Graph`, got {type(graph)}")
        if graph_def is None:
            raise ValueError("The argument graph must be specified.")
        self._add(Event(graph_def=graph_def.SerializeToString()), global_step)

    def add_meta_graph(self, meta_graph_def: MetaGraphDef, global_step: int | None = None) -> None:
        """Add a MetaGraphDef."""
        if not isinstance(meta_graph_def, MetaGraphDef):
            raise TypeError(
                f"meta_graph_def must be type MetaGraphDef, saw type: {type(meta_graph_def)}"
            )
        self._add(Event(meta_graph_def=meta_graph_def.SerializeToString()), global_step)

    def add_run_metadata(
        self, run_metadata: RunMetadata, tag: str, global_step: int | None = None
    ) -> None:
        """Add the statistics of one run under a tag that was not used before."""
        if tag in self._run_tags:
            raise ValueError("The provided tag was already used for this event type")
        self._run_tags.add(tag)
        tagged = TaggedRunMetadata(tag=tag, run_metadata=run_metadata.SerializeToString())
        self._add(Event(tagged_run_metadata=tagged), global_step)

    def add_session_log(self, session_log: SessionLog, global_step: int | None = None) -> None:
        """Add a note that a session started, stopped or wrote a checkpoint."""
        self._add(Event(session_log=session_log), global_step)

    def add_event(self, event: Event) -> None:
        """Add an event as it is."""
        writer = self._writer
        if writer is None:
            warnings.warn("Attempting to use a closed FileWriter.", stacklevel=2)
        else:
            writer.add_event(event)

    def _add(self, event: Event, step: int | None) -> None:
        event.wall_time = time.time()
        if step is not None:
            event.step = int(step)
        self.add_event(event)

    def flush(self) -> None:
        """Return when everything added is on disk."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Flush and close the file; closing twice is harmless."""
        with self._lock:
            writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def reopen(self) -> None:
        """After `close`: go on in a new event file."""
        with self._lock:
            if self._writer is None:
                self._writer = EventFileWriter(
                    self._logdir, self._max_queue, self._flush_secs, self._suffix
                )

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class FileWriterCache:
    """One FileWriter per folder, shared by all who ask."""

    _lock = threading.RLock()
    _writers: dict[str, FileWriter] = {}

    @staticmethod
    def get(logdir: str | os.PathLike[str]) -> FileWriter:
        """The writer of a folder."""
        key = os.fspath(logdir)
        with FileWriterCache._lock:
            if key not in FileWriterCache._writers:
                FileWriterCache._writers[key] = FileWriter(key, graph=get_default_graph())
            return FileWriterCache._writers[key]

    @staticmethod
    def clear() -> None:
        """Close and forget all writers."""
        with FileWriterCache._lock:
            for writer in FileWriterCache._writers.values():
                writer.close()
            FileWriterCache._writers.clear()
