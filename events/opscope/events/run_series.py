"""Everything that the event files of one run say, by tag."""

from collections.abc import Iterable

from opscope.events import kind as kinds
from opscope.events.series import Location, Plugin, Series

RUN_GRAPH_TAG = "__run_graph__"
"""The tag under which the run's own graph is listed, as TensorBoard calls it."""


class RunSeries:
    """The series of one run, and the state that decides which points a restart made obsolete."""

    def __init__(self) -> None:
        self.tags: dict[str, dict[str, Series]] = {}  # tag -> kind -> points; first kind first
        self.graphs = Series(kinds.GRAPH, Plugin())
        self.meta_graphs = Series(kinds.GRAPH, Plugin())
        self.run_metadata: dict[str, Series] = {}
        self.run_metadata_with_graph: set[str] = set()
        self.file_version: float | None = None
        self._plugins: dict[str, Plugin] = {}
        self._latest_step = -1

    def plugin(self, tag: str) -> Plugin:
        """The plugin of a tag: only the first point of a tag need name it."""
        return self._plugins.get(tag, _NO_PLUGIN)

    def set_plugin(self, tag: str, plugin: Plugin) -> None:
        """Note the plugin of a tag; the first one wins, as in TensorBoard."""
        self._plugins.setdefault(tag, plugin)

    def series_of(self, tag: str, kind: str) -> Series:
        """The series that holds the points of this kind, made if need be."""
        by_kind = self.tags.setdefault(tag, {})
        found = by_kind.get(kind)
        if found is None:
            found = by_kind[kind] = Series(kind, self.plugin(tag))
        return found

    def add_run_metadata(
        self, tag: str, step: int, wall_time: float, at: Location, has_graph: bool
    ) -> None:
        """Note a tagged run metadata."""
        series = self.run_metadata.get(tag)
        if series is None:
            series = self.run_metadata[tag] = Series(kinds.RUN_METADATA, Plugin())
        series.add_location(step, wall_time, at)
        if has_graph:
            self.run_metadata_with_graph.add(tag)

    def session_started(self, step: int) -> None:
        """A session began at this step: what was written for it and later steps is obsolete."""
        if self.file_version is not None and self.file_version >= 2:
            for tag in self.tags:
                self._restart(tag, step)

    def step_comes(self, step: int, tags: Iterable[str] | None) -> None:
        """Look for a restart before an event is added, in files that note no session start.

        Before file version 2, a summary (the event that has `tags`) whose step goes back makes the
        later points of its tags obsolete. The latest step stays until it is reached again: the
        other tags' summaries of the same step go back too.
        """
        if self.file_version is not None and self.file_version >= 2:
            return
        if tags is None or step >= self._latest_step:
            self._latest_step = step
            return
        for tag in dict.fromkeys(tags):
            self._restart(tag, step)

    def _restart(self, tag: str, step: int) -> None:
        for series in self.tags.get(tag, {}).values():
            series.restart(step)


_NO_PLUGIN = Plugin()
