"""What the user has chosen: filter, cursor, marks, view; and what each key makes of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from opscope.cli.live.live_log import HEALTH, HISTOGRAM, SCALAR, Entry, LiveLog
from opscope.cli.live.view import View


class Item(NamedTuple):
    """A line of the list: a heading, or what can be shown, of one run or of all that have it."""

    label: str
    kind: str = ""
    entries: tuple[Entry, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What stays the same when the log grows."""
        run = self.entries[0].run if len(self.entries) == 1 else ""
        return (self.kind, run, self.label)


@dataclass
class Browser:
    """The state of the screen, free of keys and colours."""

    log: LiveLog
    view: View = field(default_factory=View)
    pattern: re.Pattern[str] | None = None
    typing: str | None = None
    all_runs: bool = False
    grid: bool = False
    help: bool = False
    damage: bool = False
    hides_list: bool = False
    message: str = ""
    marks: set[tuple[str, str, str]] = field(default_factory=set)
    extent: tuple[float, float] | None = None
    page: int = 1
    across: int = 1
    scroll: int = 0
    _cursor: tuple[str, str, str] | None = None
    _items: tuple[object, list[Item]] = (None, [])

    def items(self) -> list[Item]:
        """The lines of the list that the filter leaves."""
        key = (self.log.generation, self.pattern, self.all_runs)
        if self._items[0] != key:
            self._items = (key, self._made_items())
        return self._items[1]

    def _made_items(self) -> list[Item]:
        pattern = self.pattern
        entries = [
            entry
            for entry in self.log.entries
            if pattern is None or pattern.search(f"{entry.run}/{entry.tag}")
        ]
        if self.all_runs:
            by_tag: dict[tuple[str, str], list[Entry]] = {}
            for entry in entries:
                by_tag.setdefault((entry.kind, entry.tag), []).append(entry)
            order = (HEALTH, SCALAR, HISTOGRAM)
            keys = sorted(by_tag, key=lambda key: (order.index(key[0]), key[1]))
            return [Item(tag, kind, tuple(by_tag[kind, tag])) for kind, tag in keys]
        found: list[Item] = []
        run = None
        for entry in entries:
            if entry.run != run:
                run = entry.run
                found.append(Item(run))
            found.append(Item(entry.tag, entry.kind, (entry,)))
        return found

    def choices(self) -> list[Item]:
        """The lines that can be shown: all but the headings."""
        return [item for item in self.items() if item.entries]

    def current(self) -> Item | None:
        """The line under the cursor: the first curve, if there is one, before the cursor moved."""
        choices = self.choices()
        for item in choices:
            if item.key == self._cursor:
                return item
        curves = [item for item in choices if item.kind == SCALAR]
        return next(iter(curves or choices), None)

    def shown(self) -> list[Item]:
        """What the picture shows: the marked lines of the kind under the cursor, and that one."""
        current = self.current()
        if current is None:
            return []
        marked = [
            item
            for item in self.choices()
            if item.key in self.marks and item.kind == current.kind and item.key != current.key
        ]
        return [current, *marked]

    # Keys

    def move(self, by: int) -> None:
        """Up or down in the list; it ends at its ends."""
        choices = self.choices()
        current = self.current()
        if current is not None:
            keys = [item.key for item in choices]
            at = min(max(keys.index(current.key) + by, 0), len(choices) - 1)
            self._go(choices[at])

    def move_to_end(self, last: bool) -> None:
        """The first or the last line."""
        choices = self.choices()
        if choices:
            self._go(choices[-1 if last else 0])

    def move_run(self, by: int) -> None:
        """The first line of the next run or of the one before."""
        current = self.current()
        if current is None or self.all_runs:
            return
        choices = self.choices()
        runs = list(dict.fromkeys(item.entries[0].run for item in choices))
        at = min(max(runs.index(current.entries[0].run) + by, 0), len(runs) - 1)
        of_run = [item for item in choices if item.entries[0].run == runs[at]]
        same = [item for item in of_run if item.label == current.label]
        self._go((same or of_run)[0])

    def _go(self, item: Item) -> None:
        if item.key != self._cursor:
            self._cursor = item.key
            self.scroll = 0
            self.view = replace(self.view, zoom=None)

    def mark(self) -> None:
        """Mark the line under the cursor or take its mark away, and go to the next of its kind."""
        current = self.current()
        if current is not None:
            self._go(current)
            self.marks ^= {current.key}
            zoom = self.view.zoom
            choices = self.choices()
            following = choices[choices.index(current) + 1 :]
            if following and following[0].kind == current.kind:
                self._go(following[0])
            self.view = replace(self.view, zoom=zoom)

    def toggle_all_runs(self) -> None:
        """One line per tag for all runs, or one for each run; the cursor stays on its tag."""
        current = self.current()
        self.all_runs = not self.all_runs
        self.marks.clear()
        if current is not None:
            same = [i for i in self.choices() if (i.kind, i.label) == (current.kind, current.label)]
            of_run = [i for i in same if i.entries[0].run == current.entries[0].run]
            if same:
                self._cursor = (of_run or same)[0].key

    def zoom(self, factor: float) -> None:
        """Wider or narrower in x."""
        if self.extent is not None:
            self.view = self.view.zoomed(self.extent, factor)

    def pan(self, by: float) -> None:
        """The zoomed range to the left or right by a share of its width."""
        if self.extent is not None:
            self.view = self.view.moved(self.extent, by)

    # The filter being typed

    def type(self, char: str) -> None:
        """A letter of the filter."""
        self.typing = (self.typing or "") + char
        self._filter(self.typing)

    def rub_out(self) -> None:
        """Without the last letter of the filter."""
        self.typing = (self.typing or "")[:-1]
        self._filter(self.typing)

    def clear_typing(self) -> None:
        """Without all letters of the filter."""
        self.typing = ""
        self._filter("")

    def _filter(self, text: str) -> None:
        self.message = ""
        try:
            self.pattern = re.compile(text) if text else None
        except re.error as error:
            self.message = f"no regular expression yet: {error}"

    def start_typing(self) -> None:
        """Begin to type a filter, with what it is now."""
        self.typing = self.pattern.pattern if self.pattern else ""

    def end_typing(self, kept: bool) -> None:
        """The filter stays as it is, or goes."""
        self.typing = None
        self.message = ""
        if not kept:
            self.pattern = None

    def escape(self) -> None:
        """Back from help or grid; else without marks, then without the filter."""
        if self.help or self.damage:
            self.help = self.damage = False
        elif self.grid:
            self.grid = False
        elif self.marks:
            self.marks.clear()
        elif self.view.zoom is not None:
            self.view = replace(self.view, zoom=None)
        else:
            self.pattern = None
