"""The series of a run, numbered as they come, and the plugins of its tags."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
        # By number, a column each: an object for each series would be felt with 100,000 tags.
        self._sources: list[str] = []
        self._kinds: list[str] = []
        self._tags: list[str] = []
        self._plugins_then: list[Plugin] = []
        self._numbers: dict[tuple[str, str], dict[str, int]] = {}  # (source, kind) -> tag -> number
        self._listing: dict[str, tuple[int, ...]] = {}
        self._listed = 0  # so many series are in the listing

    def __len__(self) -> int:
        return len(self._tags)

    def __getitem__(self, number: int) -> SeriesName:
        return SeriesName(
            self._sources[number],
            self._kinds[number],
            self._tags[number],
            self._plugins_then[number],
        )

    @property
    def names(self) -> Iterator[SeriesName]:
        """The series in the order of their numbers."""
        columns = (self._sources, self._kinds, self._tags, self._plugins_then)
        return map(SeriesName._make, zip(*columns, strict=True))

    @property
    def kinds(self) -> Sequence[str]:
        """What each series holds, by number."""
        return self._kinds

    @property
    def of_tags(self) -> dict[str, tuple[int, ...]]:
        """The series of each tag's summaries, the one that came first first."""
        listing = self._listing
        for number in range(self._listed, len(self)):
            if self._sources[number] == SUMMARY:
                tag = self._tags[number]
                listing[tag] = (*listing[tag], number) if tag in listing else (number,)
        self._listed = len(self)
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
            number = numbers[tag] = len(self)
            self._sources.append(source)
            self._kinds.append(kind)
            self._tags.append(tag)
            self._plugins_then.append(self.plugin(tag) if source == SUMMARY else _NO_PLUGIN)
        return number

    def numbers_of_scalars(self, tags: list[str]) -> list[int]:
        """The scalar series of tags: found by the thousand, in few steps."""
        numbers = self._numbers.setdefault((SUMMARY, kinds.SCALAR), {})
        new = [tag for tag in dict.fromkeys(tags) if tag not in numbers]
        numbers.update(zip(new, range(len(self), len(self) + len(new)), strict=True))
        self._sources += [SUMMARY] * len(new)
        self._kinds += [kinds.SCALAR] * len(new)
        self._tags += new
        self._plugins_then += map(self.plugin, new) if self.plugins else [_NO_PLUGIN] * len(new)
        return [numbers[tag] for tag in tags]

    def restore(self, plugins: dict[str, Plugin], names: Iterable[SeriesName]) -> None:
        """Take over what another one held."""
        self.plugins = plugins
        for number, (source, kind, tag, plugin) in enumerate(names):
            self._numbers.setdefault((source, kind), {})[tag] = number
            self._sources.append(source)
            self._kinds.append(kind)
            self._tags.append(tag)
            self._plugins_then.append(plugin)
