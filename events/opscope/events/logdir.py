"""Opens a folder of event files: its runs, their tags, and the points of each tag."""

import os
from collections.abc import Callable, Iterator
from threading import Thread
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from opscope.events import column_cache, payload, run_graph
from opscope.events import kind as kinds
from opscope.events.chunk_reader import ChunkReader
from opscope.events.column_cache import ColumnCache
from opscope.events.error import LogdirError, TensorProtoError
from opscope.events.event_file import EventFile
from opscope.events.file_access import access_to, is_url
from opscope.events.graphs_beside import GraphsBeside
from opscope.events.logdir_spec import JoinedFiles, LogdirSpec
from opscope.events.logdir_tree import PROJECTOR_CONFIG, LogdirTree, run_name
from opscope.events.natural import natural_key
from opscope.events.payload import Audio, Image
from opscope.events.problem import Problem
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.summary_pb2 import Summary
from opscope.events.run_reader import RunReader
from opscope.events.run_series import RUN_GRAPH_TAG
from opscope.events.series import Int64s, Plugin, Series
from opscope.events.tag_data import (
    GraphRef,
    Histograms,
    Payloads,
    RunMetadataRef,
    Scalars,
    TagPoints,
    TagSummary,
)

T = TypeVar("T")
MOST_EARLIER = 9
"""So many graphs before the last one of a run are listed."""


class Logdir:
    """A logdir with all that its files hold now; `reload()` takes in what has been written since.

    A run is a folder with event files in which anything could be read, named relative to the
    logdir, `.` being the logdir itself. Unknown runs and tags raise LogdirError. Damage is in
    `problems`. Not safe for use by several threads at once.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | LogdirSpec,
        progress: Callable[[int, int], None] | None = None,
    ):
        self._spec = path if isinstance(path, LogdirSpec) else None
        self.path = str(path) if isinstance(path, LogdirSpec) else os.fspath(path)
        self._files = JoinedFiles(self._spec) if self._spec else access_to(self.path)
        self._progress = progress
        self._tree = LogdirTree()
        self._beside: GraphsBeside | None = None
        self._runs: dict[str, RunReader] = {}
        self._payload_problems: dict[Problem, None] = {}
        self._chunks = ChunkReader()
        self._storing: Thread | None = None
        remote = self._spec.is_remote if self._spec else is_url(self.path)
        cache = None if remote else ColumnCache(self.path)
        if cache is not None:
            self._runs = cache.load(self._files)
        known = self._points()
        self.reload()
        if cache is not None and self._points() - known >= column_cache.WORTH:
            self._storing = cache.store(self._runs)

    def _points(self) -> int:
        return sum(run.series.points for run in self._runs.values())

    def reload(self) -> bool:
        """Read what is new; returns whether anything changed.

        Raises LogdirError when the logdir is gone.
        """
        tree = self._files.walk(self.path)
        changed = tree.names != self._tree.names
        self._tree = tree
        for name in self._runs.keys() - tree.event_files.keys():
            del self._runs[name]
        grown: list[EventFile] = []
        for name, files in tree.event_files.items():
            run = self._runs.get(name)
            if run is None:
                run = self._runs[name] = RunReader(self._files)
            of_run, again = run.changed(files)
            grown += of_run
            changed |= again
        changed |= self._chunks.read(grown, self._progress)
        if changed:
            self._payload_problems.clear()
            self._beside = None
        return changed

    @property
    def problems(self) -> list[Problem]:
        """What is damaged or unreadable now, by file and offset."""
        found = set(self._tree.problems) | set(self._payload_problems)
        for run in self._runs.values():
            found.update(run.problems())
        return sorted(found)

    @property
    def roots(self) -> list[str]:
        """The folders, files or URLs that this logdir was opened at, more than one of a spec."""
        return [part.path for part in self._spec.parts] if self._spec else [self.path]

    def run_name(self, folder: str) -> str:
        """The name that a folder below a root has as a run, `.` being the logdir itself."""
        return self._spec.run_name(folder) if self._spec else run_name(self.path, folder)

    # Runs and tags

    def runs(self) -> list[str]:
        """The names of the runs, numbers in them in numeric order."""
        names = [name for name, run in self._runs.items() if run.has_records]
        return sorted(names, key=natural_key)

    def tags(self, run: str, kind: str | None = None) -> list[str]:
        """The tags of a run, of one kind if one is given, sorted."""
        names = self._tag_names(run)
        return sorted(names if kind is None else [tag for tag, own in names.items() if kind in own])

    def kind(self, run: str, tag: str) -> str:
        """What a tag holds, a word of `opscope.events.kind`: of a mixed tag, the first kind."""
        return next(iter(self._of_tag(run, tag)))

    def plugin(self, run: str, tag: str) -> Plugin:
        """The plugin name, its content, and the description that a tag was written with."""
        return self._any_series(run, tag).plugin

    def summary(self, run: str, tag: str) -> TagSummary:
        """How much a tag holds."""
        series = self._any_series(run, tag)
        steps = series.steps(series.select(orphaned=False))
        if not len(steps):
            known = 1 if series.kind == kinds.PROJECTOR else 0
            return TagSummary(series.kind, known, None, None)
        return TagSummary(series.kind, len(steps), int(steps[0]), int(steps[-1]))

    # Points

    def scalars(self, run: str, tag: str, orphaned: bool = False) -> Scalars:
        """The numbers of a tag. `orphaned` adds the points that a restart made obsolete."""
        series = self._series(run, tag, kinds.SCALAR)
        chosen = series.select(orphaned)
        return Scalars(series.steps(chosen), series.wall_times(chosen), series.values(chosen))

    def histograms(self, run: str, tag: str, orphaned: bool = False) -> Histograms:
        """The histograms of a tag, of either summary format."""
        found = self._payloads(run, tag, (kinds.HISTOGRAM,), orphaned, payload.histogram_point)
        left_out = np.array([uncounted for _, uncounted in found.value], np.float64)
        return Histograms(found.step, found.wall_time, [rows for rows, _ in found.value], left_out)

    def tensors(
        self, run: str, tag: str, orphaned: bool = False
    ) -> Payloads[npt.NDArray[np.generic]]:
        """The arrays of a tag whose summaries hold tensors: also text, meshes, PR curves."""
        wanted = [kind for kind in self._of_tag(run, tag) if kind != kinds.SCALAR]
        return self._payloads(run, tag, (*wanted, kinds.TENSOR), orphaned, payload.tensor)

    def images(self, run: str, tag: str, orphaned: bool = False) -> Payloads[Image]:
        """The encoded pictures of a tag, of either summary format."""
        return self._payloads(run, tag, (kinds.IMAGE,), orphaned, payload.image)

    def audio(self, run: str, tag: str, orphaned: bool = False) -> Payloads[Audio]:
        """The encoded clips of a tag, of either summary format."""
        plugin = self.plugin(run, tag)
        return self._payloads(
            run, tag, (kinds.AUDIO,), orphaned, lambda value: payload.audio(value, plugin)
        )

    def text(self, run: str, tag: str, orphaned: bool = False) -> Payloads[npt.NDArray[np.object_]]:
        """The text of a tag: per step an array of `str`."""
        return self._payloads(run, tag, (kinds.TEXT,), orphaned, payload.text)

    def points(self, run: str, tag: str, kind: str, orphaned: bool = False) -> TagPoints:
        """When the points of a tag were written, without reading what they hold."""
        series = self._series(run, tag, kind)
        chosen = series.select(orphaned)
        index = np.arange(len(series), dtype=np.int64)
        return TagPoints(index[chosen], series.steps(chosen), series.wall_times(chosen))

    def point(self, run: str, tag: str, kind: str, index: int) -> Summary.Value:
        """The value of one point, by its index in `points`; the others are not read.

        Numbers are all in memory: `scalars` has them.
        """
        series = self._series(run, tag, kind)
        if series.kind == kinds.SCALAR:
            raise LogdirError(f"the points of {tag!r} in run {run!r} are numbers: see scalars()")
        if not 0 <= index < len(series):
            raise LogdirError(f"tag {tag!r} of run {run!r} has {len(series)} points, none {index}")
        value = next(self._values(run, series, slice(index, index + 1)))
        if value is None:
            raise LogdirError(f"point {index} of tag {tag!r} of run {run!r} is damaged")
        return value

    # Graphs and run metadata

    def graph_tags(self, run: str) -> list[GraphRef]:
        """The graphs of a run, its own graph first."""
        refs = self._refs_in_events(run) if self._has_events(run) else []
        return refs + self._graphs_beside(run).refs(run, not refs)

    def graph_runs(self) -> list[str]:
        """The names of runs and of what else has graphs: folders of graph files and of dumps."""
        beside = self._beside_events
        return sorted({*self.runs(), *beside.runs}, key=natural_key)

    def _refs_in_events(self, run: str) -> list[GraphRef]:
        reader = self._run(run)
        refs = []
        if len(reader.series.graphs) or len(reader.series.meta_graphs):
            count = len(reader.series.graphs) or len(reader.series.meta_graphs)
            earlier = range(count - 1, max(0, count - 1 - MOST_EARLIER), -1)
            refs += [GraphRef(tag, "run_graph") for tag in (RUN_GRAPH_TAG, *map(_earlier, earlier))]
        for tag, with_kinds in sorted(self._tag_names(run).items()):
            if not with_kinds & {kinds.GRAPH, kinds.RUN_METADATA}:
                continue
            for series in self._of_tag(run, tag).values():
                if series.plugin.name == kinds.KERAS_PLUGIN:
                    refs.append(GraphRef(tag, "conceptual"))
                elif series.plugin.name in _PROFILE_PLUGINS:
                    refs.append(GraphRef(tag, "profile"))
            if tag in reader.series.run_metadata_with_graph:
                refs.append(GraphRef(tag, "profile"))
        return refs

    def graph(self, run: str, tag: str | None = None) -> bytes:
        """A serialized GraphDef: of a tag in `graph_tags`, or the first one there.

        The last graph written under the tag is given; earlier graphs of the run itself have tags of
        their own. Keras models are converted, the graphs of a run metadata merged into one.
        """
        refs = self.graph_tags(run)
        if tag is None and refs:
            tag = refs[0].tag
        kind = next((ref.kind for ref in refs if ref.tag == tag), None)
        if tag is None or kind is None:
            names = ", ".join(ref.tag for ref in refs) or "none"
            raise LogdirError(f"run {run!r} has no graph {tag or ''}: its graphs are: {names}")
        if kind in ("file", "dump", "debugger"):
            return self._graphs_beside(run).graph(run, GraphRef(tag, kind))
        if kind == "profile":
            return run_graph.graph_of_run_metadata(self.run_metadata_bytes(run, tag))
        series = self._run(run).series
        if kind == "conceptual":
            return run_graph.graph_of_keras_model(self._plugin_string(run, tag))
        own = series.graphs if len(series.graphs) else series.meta_graphs
        number = next((n for n in range(1, len(own)) if tag == _earlier(n)), len(own))
        event = next(self._run(run).events(own.locations(slice(number - 1, number))))
        assert event is not None  # it was decoded whole when it was found
        if len(series.graphs):
            return event.graph_def
        return run_graph.graph_of_meta_graph(event.meta_graph_def)

    def run_metadata(self, run: str) -> list[RunMetadataRef]:
        """The run metadata of a run in the order written."""
        found = []
        for tag, with_kinds in self._tag_names(run).items():
            if kinds.RUN_METADATA in with_kinds:
                series = self._of_tag(run, tag)[kinds.RUN_METADATA]
                chosen = series.select(orphaned=False)
                steps = series.steps(chosen if len(series.steps(chosen)) else slice(None))
                found.append(RunMetadataRef(tag, int(steps[-1])))
        return found

    def run_metadata_bytes(self, run: str, tag: str) -> bytes:
        """The serialized RunMetadata of a tag, the last one written."""
        tagged = self._run(run).series.run_metadata.get(tag)
        if tagged is not None:
            metadata = self._run(run).series.series(tagged)
            return self._last_event(run, metadata).tagged_run_metadata.run_metadata
        return self._plugin_string(run, tag)

    def dumps(self, run: str) -> list[str]:
        """The run roots of the tfdbg dumps in this logdir that lie nearest to this run."""
        return list(self._graphs_beside(run).dumps.get(run, ()))

    def debug_events(self, run: str) -> list[str]:
        """The Debugger V2 dumps that lie nearest to this run, each for `DebugEvents(prefix)`."""
        return list(self._graphs_beside(run).debuggers.get(run, ()))

    @property
    def event_files(self) -> list[str]:
        """The paths of all event files in this logdir, readable or not."""
        return [path for files in self._tree.event_files.values() for path in files]

    @property
    def dump_roots(self) -> list[str]:
        """The run roots of all tfdbg dumps in this logdir, whether there are runs or not."""
        return list(self._tree.dump_roots)

    # Inside

    @property
    def _beside_events(self) -> GraphsBeside:
        if self._beside is None:
            self._beside = GraphsBeside(self.roots, self.run_name, self._tree, self.runs())
        return self._beside

    def _graphs_beside(self, run: str) -> GraphsBeside:
        """What lies beside event files; LogdirError where there is no such run."""
        beside = self._beside_events
        if run not in beside.runs:
            self._run(run)
        return beside

    def _has_events(self, run: str) -> bool:
        return run in self._runs and self._runs[run].has_records

    def _run(self, run: str) -> RunReader:
        reader = self._runs.get(run)
        if reader is None or not reader.has_records:
            names = ", ".join(self.runs()[:10]) or "none"
            raise LogdirError(f"{self.path} has no run {run!r}; its runs are: {names}")
        return reader

    def _tag_names(self, run: str) -> dict[str, frozenset[str]]:
        """The tags of a run, and their kinds; none of a run without event files."""
        if not self._has_events(run) and run in self._beside_events.runs:
            return {}
        series = self._run(run).series
        names = dict(series.kinds_of_tags)
        more = dict.fromkeys(series.run_metadata, kinds.RUN_METADATA)
        if len(series.graphs) or len(series.meta_graphs):
            more[RUN_GRAPH_TAG] = kinds.GRAPH
        if run in self._tree.projector_runs:
            more[PROJECTOR_CONFIG] = kinds.PROJECTOR
        for tag, kind in more.items():
            names[tag] = names.get(tag, frozenset()) | {kind}
        return names

    def _of_tag(self, run: str, tag: str) -> dict[str, Series]:
        series = self._run(run).series
        found = {series.kind(number): series.series(number) for number in series.tags.get(tag, ())}
        if tag == RUN_GRAPH_TAG:
            own_graph = series.graphs if len(series.graphs) else series.meta_graphs
            if len(own_graph):
                found.setdefault(kinds.GRAPH, own_graph)
        if tag in series.run_metadata:
            metadata = series.series(series.run_metadata[tag])
            found.setdefault(kinds.RUN_METADATA, metadata)
        if tag == PROJECTOR_CONFIG and run in self._tree.projector_runs:
            found.setdefault(kinds.PROJECTOR, Series(kinds.PROJECTOR, Plugin()))
        if not found:
            raise LogdirError(f"run {run!r} of {self.path} has no tag {tag!r}")
        return found

    def _any_series(self, run: str, tag: str) -> Series:
        return next(iter(self._of_tag(run, tag).values()))

    def _series(self, run: str, tag: str, *wanted: str) -> Series:
        by_kind = self._of_tag(run, tag)
        for kind in wanted:
            if kind in by_kind:
                return by_kind[kind]
        raise LogdirError(
            f"tag {tag!r} of run {run!r} holds {' and '.join(by_kind)}, not {' or '.join(wanted)}"
        )

    def _values(
        self, run: str, series: Series, chosen: Int64s | slice
    ) -> Iterator[Summary.Value | None]:
        """The values at a series' locations; None for one that is damaged inside its record."""
        locations = series.locations(chosen)
        for location, event in zip(locations, self._run(run).events(locations), strict=True):
            if event is not None and not event.summary.value:
                raise LogdirError(
                    f"a {series.kind} that run {run!r} has in an event of its own is no summary: "
                    "ask graph() or run_metadata_bytes() for it"
                )
            yield None if event is None else event.summary.value[location.value]

    def _payloads(
        self,
        run: str,
        tag: str,
        wanted: tuple[str, ...],
        orphaned: bool,
        decode: Callable[[Summary.Value], T],
    ) -> Payloads[T]:
        series = self._series(run, tag, *wanted)
        chosen = series.select(orphaned)
        values: list[T] = []
        intact: list[int] = []
        for index, value in enumerate(self._values(run, series, chosen)):
            try:
                if value is None:
                    raise TensorProtoError("the record is intact, but its value is not")
                values.append(decode(value))
                intact.append(index)
            except TensorProtoError as error:
                where = self._run(run).problem_at(
                    series.locations(chosen)[index], f"{tag!r}: {error}"
                )
                self._payload_problems[where] = None
        return Payloads(series.steps(chosen)[intact], series.wall_times(chosen)[intact], values)

    def _last_event(self, run: str, series: Series) -> Event:
        event = next(self._run(run).events(series.locations(slice(-1, None))))
        assert event is not None  # it was decoded whole when it was found
        return event

    def _plugin_string(self, run: str, tag: str) -> bytes:
        series = self._series(run, tag, kinds.GRAPH, kinds.RUN_METADATA)
        value = next(self._values(run, series, slice(-1, None)))
        if value is None or len(value.tensor.string_val) != 1:
            raise LogdirError(f"tag {tag!r} of run {run!r} does not hold one serialized message")
        return value.tensor.string_val[0]


def _earlier(number: int) -> str:
    """The tag of the `number`-th graph of a run, from 1, that is not the last."""
    return f"{RUN_GRAPH_TAG} {number}"


_PROFILE_PLUGINS = (kinds.RUN_METADATA_PLUGIN, kinds.GRAPH_OF_RUN_METADATA_PLUGIN)


def open_logdir(
    path: str | os.PathLike[str] | LogdirSpec,
    progress: Callable[[int, int], None] | None = None,
) -> Logdir:
    """The logdir at a path or URL (a folder, or one event file), with all data present read.

    A LogdirSpec joins several. URLs are fsspec's: `s3://`, `gs://`, `memory://`, ... with the extra
    `remote`. `progress` is told now and then how many bytes are read, and of how many. Raises
    LogdirError where there is nothing, or nothing that can be reached.
    """
    return Logdir(path, progress)
