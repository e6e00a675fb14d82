"""The series of a run, numbered as they come, and the plugins of its tags."""

from collections.abc import Mapping
from typing import NamedTuple

from opscope.events import kind as kinds
from opscope.events.series import Plugin

SUMMARY, GRAPH_DEF, META_GRAPH_DEF, RUN_METADATA = "summary", "graph", "meta_graph", "metadata"
"""Where in an event a series' points lie. Tags of different sources have nothing in common."""

_NO_PLUGIN = Plugin()


class SeriesName(NamedTuple):
    """What tells a series of a run from the others, and the plugin that its tag had at first."""

    source: str
    kind: str
    tag: str
    plugin: Plugin


class SeriesNumbers:
    """Gives each (source, kind, tag) a number, from 0 on."""

    def __init__(self) -> None:
        self.plugins: dict[str, Plugin] = {}
        self._names: list[SeriesName] = []
        self._numbers: dict[tuple[str, str], dict[str, int]] = {}  # (source, kind) -> tag -> number
        self._listing: dict[str, tuple[int, ...]] = {}
        self._listed = 0  # so many series are in the listing

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, number: int) -> SeriesName:
        return self._names[number]

    @property
    def names(self) -> list[SeriesName]:
        """The series in the order of their numbers."""
        return self._names

    @property
    def of_tags(self) -> dict[str, tuple[int, ...]]:
        """The series of each tag's summaries, the one that came first first."""
        listing = self._listing
        for number in range(self._listed, len(self._names)):
            source, _, tag, _ = self._names[number]
            if source == SUMMARY:
                listing[tag] = (*listing[tag], number) if tag in listing else (number,)
        self._listed = len(self._names)
        return listing

    def of_source(self, source: str, kind: str) -> Mapping[str, int]:
        """The series of a source and kind by tag."""
        return self._numbers.get((source, kind), {})

    def plugin(self, tag: str) -> Plugin:
        """The plugin of a tag: only the first point of a tag need name it."""
        return self.plugins.get(tag, _NO_PLUGIN)

    def set_plugin(self, tag: str, plugin: Plugin) -> None:
        """Note the plugin of a tag; the first one wins, as in TensorBoard."""
        self.plugins.setdefault(tag, plugin)

    def number(self, source: str, kind: str, tag: str) -> int:
        """The number of a series, a new one if need be."""
        numbers = self._numbers.get((source, kind))
        if numbers is None:
            numbers = self._numbers[source, kind] = {}
        number = numbers.get(tag)
        if number is None:
            number = numbers[tag] = len(self._names)
            plugin = self.plugin(tag) if source == SUMMARY else _NO_PLUGIN
            self._names.append(SeriesName(source, kind, tag, plugin))
        return number

    def numbers_of_scalars(self, tags: list[str]) -> list[int]:
        """The scalar series of tags: found by the thousand, in few steps."""
        numbers = self._numbers.setdefault((SUMMARY, kinds.SCALAR), {})
        new = [tag for tag in dict.fromkeys(tags) if tag not in numbers]
        first = len(self._names)
        numbers.update(zip(new, range(first, first + len(new)), strict=True))
        source, kind, plugin = SUMMARY, kinds.SCALAR, self.plugins.get
        self._names += [SeriesName(source, kind, tag, plugin(tag, _NO_PLUGIN)) for tag in new]
        return [numbers[tag] for tag in tags]

    def restore(self, plugins: dict[str, Plugin], names: list[SeriesName]) -> None:
        """Take over what another one held."""
        self.plugins, self._names = plugins, names
        for number, (source, kind, tag, _) in enumerate(names):
            self._numbers.setdefault((source, kind), {})[tag] = number
