"""Everything that the event files of one run say, by tag.

A run numbers its series as they come. The names in the rows of a chunk (see `value_names`) are the
same in all runs; the first time a run meets one, the series behind it is found, in the order of the
records, since the first value of a tag decides what the tag holds.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from opscope.events import kind as kinds
from opscope.events.file_points import (
    NO_PAYLOAD_ROWS,
    NO_SCALAR_ROWS,
    FilePoints,
    PointRows,
    Singles,
)
from opscope.events.payload_columns import PayloadColumns
from opscope.events.record_columns import ChunkColumns, ScalarColumns
from opscope.events.series import NO_POINTS, Float64s, Int64s, Location, Plugin, Points, Series
from opscope.events.series_numbers import (
    GRAPH_DEF,
    META_GRAPH_DEF,
    RUN_METADATA,
    SUMMARY,
    SeriesNumbers,
)
from opscope.events.value_names import Form, Int32s, ValueNames

RUN_GRAPH_TAG = "__run_graph__"
"""The tag under which the run's own graph is listed, as TensorBoard calls it."""

_UNBOUND, _ONE_BY_ONE = -1, -2  # in place of a series: not met yet; to be decoded singly
_NEVER = np.iinfo(np.int64).max


class RunSeries:
    """The series of one run, and the state that decides which points a restart made obsolete."""

    def __init__(self) -> None:
        self.run_metadata_with_graph: set[str] = set()
        self.file_version: float | None = None
        self.latest_step = -1
        self.numbers = SeriesNumbers()
        self._bound = np.zeros(0, np.int32)  # name -> series, once met
        self.files: list[FilePoints] = []
        self.file_order: list[int] = []
        # Of the part of a file that is being added, by record: single values, restarts.
        self._record = 0
        self._singles = Singles()

    # Reading

    def add_file(self, points: FilePoints | None = None) -> int:
        """Take in one more file, with the points that are known of it; its number."""
        self.files.append(points or FilePoints())
        self.file_order.append(len(self.files) - 1)
        return len(self.files) - 1

    @property
    def points(self) -> int:
        """How many points there are."""
        return sum(file.scalars.rows + file.payloads.rows for file in self.files)

    @property
    def tags(self) -> dict[str, tuple[int, ...]]:
        """The series of each tag's summaries, by number, the one that came first first."""
        return self.numbers.of_tags

    @property
    def kinds_of_tags(self) -> dict[str, frozenset[str]]:
        """The kinds of each tag's summaries."""
        kind = self.numbers.kinds
        of_one = {each: frozenset([each]) for each in set(kind)}
        return {
            tag: of_one[kind[numbers[0]]]
            if len(numbers) == 1
            else frozenset(kind[number] for number in numbers)
            for tag, numbers in self.tags.items()
        }

    def kind(self, number: int) -> str:
        """What the series of this number holds."""
        return self.numbers.kinds[number]

    def series(self, number: int) -> Series:
        """The series of this number."""
        _, kind, _, plugin = self.numbers[number]
        return Series(kind, plugin, lambda: self._points(number, kind == kinds.SCALAR))

    @property
    def graphs(self) -> Series:
        """The run's own graphs."""
        return self._of_source(GRAPH_DEF, kinds.GRAPH, "")

    @property
    def meta_graphs(self) -> Series:
        """The meta graphs that hold a graph."""
        return self._of_source(META_GRAPH_DEF, kinds.GRAPH, "")

    @property
    def run_metadata(self) -> Mapping[str, int]:
        """The tagged run metadata: tag -> number of the series."""
        return self.numbers.of_source(RUN_METADATA, kinds.RUN_METADATA)

    def _of_source(self, source: str, kind: str, tag: str) -> Series:
        number = self.numbers.of_source(source, kind).get(tag)
        return Series(kind, Plugin()) if number is None else self.series(number)

    def _points(self, number: int, is_scalar: bool) -> Points:
        parts: list[Points] = []
        limit: int = _NEVER
        for file_number in reversed(self.file_order):  # later files make earlier ones' obsolete
            file = self.files[file_number]
            of_file = []
            for columns, obsolete in (file.scalars if is_scalar else file.payloads).points(number):
                step: Int64s = columns[0]  # type: ignore[assignment]
                wall_time: Float64s = columns[1]  # type: ignore[assignment]
                rows, *rest = columns[2:]
                if not is_scalar:
                    rows = np.stack([np.full(len(step), file_number), rows, *rest], axis=1)
                if limit != _NEVER:
                    obsolete = obsolete | (step >= limit)
                of_file.append(Points(step, wall_time, rows, obsolete))
            parts[:0] = of_file
            restarts = file.restarts
            if restarts and self.numbers[number].source == SUMMARY:
                limit = min(limit, restarts.get(None, limit), restarts.get(number, limit))
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return NO_POINTS
        return Points(*map(np.concatenate, zip(*parts, strict=True)))

    # Adding values

    def add_scalar(self, tag: str, step: int, wall_time: float, value: float) -> None:
        """Append a point that is one number."""
        number = self.numbers.number(SUMMARY, kinds.SCALAR, tag)
        self._singles.scalars.append((self._record, number, step, wall_time, value))

    def add_location(
        self, source: str, kind: str, tag: str, step: int, wall_time: float, at: Location
    ) -> None:
        """Append a point whose value stays in the file."""
        number = self.numbers.number(source, kind, tag)
        place = self._record, number, step, wall_time, at.offset, at.value
        self._singles.payloads.append(place)

    def session_started(self, step: int) -> None:
        """A session began at this step: what was written for it and later steps is obsolete."""
        if self.file_version is not None and self.file_version >= 2:
            self._restart(step, None)

    def step_comes(self, step: int, tags: Iterator[str] | None) -> None:
        """Look for a restart before an event is added, in files that note no session start.

        Before file version 2, a summary (the event that has `tags`) whose step goes back makes the
        later points of its tags obsolete. The latest step stays until it is reached again: the
        other tags' summaries of the same step go back too.
        """
        if not self._steps_tell_restarts:
            return
        if tags is None or step >= self.latest_step:
            self.latest_step = step
            return
        for tag in dict.fromkeys(tags):
            for number in self.numbers.of_tags.get(tag, ()):
                self._restart(step, number)

    @property
    def _steps_tell_restarts(self) -> bool:
        return self.file_version is None or self.file_version < 2

    def _restart(self, step: int, series: int | None) -> None:
        self._singles.restarts.append((self._record, step, series))

    # Adding the part of a file

    def add_part(
        self,
        file: int,
        names: ValueNames,
        columns: ChunkColumns,
        offset_of: Callable[[Int64s], Int64s],
        decode: Callable[[int], None],
    ) -> None:
        """Add the records of a part of a file: columns, and the others by calls of `decode`.

        `offset_of` tells where records lie in the file. `decode(i)` adds what record `i` says by
        the methods above.
        """
        singly = columns.others.tolist()
        scalars, payloads = columns.scalars, columns.payloads
        if self._steps_tell_restarts:
            singly = self._decode_leading(singly, scalars, payloads, decode)
            if self._steps_tell_restarts and not self._goes_on(names, singly, scalars, payloads):
                every = [np.array(singly, np.int64), scalars.record, payloads.record]
                singly = np.unique(np.concatenate(every)).tolist()
                scalars, payloads = scalars.part(0, 0), payloads.part(0, 0)
        self._bind(names, singly, scalars, payloads, decode)
        offsets = offset_of(payloads.record)
        first_values = np.zeros(len(offsets), np.int32)
        self.files[file].add(
            PointRows(
                scalars.record,
                self._bound.take(scalars.name),
                [scalars.step, scalars.wall_time, scalars.value],
            ),
            PointRows(
                payloads.record,
                self._bound.take(payloads.name),
                [payloads.step, payloads.wall_time, offsets, first_values],
            ),
            self._singles,
        )
        self._singles = Singles()

    def add_single(self, file: int, decode: Callable[[], None]) -> None:
        """Add one record by a call of `decode`."""
        self._record = 0
        decode()
        self.files[file].add(NO_SCALAR_ROWS, NO_PAYLOAD_ROWS, self._singles)
        self._singles = Singles()

    def _decode_leading(
        self,
        singly: list[int],
        scalars: ScalarColumns,
        payloads: PayloadColumns,
        decode: Callable[[int], None],
    ) -> list[int]:
        """Decode the single records before all others: the file's version is among them."""
        firsts = [int(each.record[0]) for each in (scalars, payloads) if len(each.record)]
        stop = min(firsts, default=1 << 62)
        for index, record in enumerate(singly):
            if record > stop or not self._steps_tell_restarts:
                return singly[index:]
            self._decode_once(record, decode)
        return []

    def _goes_on(
        self,
        names: ValueNames,
        singly: list[int],
        scalars: ScalarColumns,
        payloads: PayloadColumns,
    ) -> bool:
        """Whether no step goes back here, which in old files would be a restart.

        Nor may a record turn out to be one for the single decoder, which looks at steps itself.
        """
        met = np.unique(np.concatenate([scalars.name, payloads.name])).tolist()
        if singly or any(names.forms[name].field == "tensor" for name in met):
            return False
        records = np.concatenate([scalars.record, payloads.record])
        steps = np.concatenate([scalars.step, payloads.step])[np.argsort(records, kind="stable")]
        if not len(steps):
            return True
        if steps[0] < self.latest_step or (steps[1:] < steps[:-1]).any():
            return False
        self.latest_step = int(steps[-1])
        return True

    def _bind(
        self,
        names: ValueNames,
        singly: list[int],
        scalars: ScalarColumns,
        payloads: PayloadColumns,
        decode: Callable[[int], None],
    ) -> None:
        """Find the series of the names that are new here, and decode the single records.

        Both in the order of the records: what a tag's first record says holds for the later ones.
        """
        missing = len(names.tags) - len(self._bound)
        if missing > 0:
            more = np.full(max(missing, len(self._bound)), _UNBOUND, np.int32)
            self._bound = np.concatenate([self._bound, more])
        new, first = self._new_names(scalars, payloads)
        if all(names.forms[name].is_plain for name in new):
            self._bind_plain(names, np.array(new, np.int32), first, singly, decode)
            return
        records = np.concatenate([np.array(singly, np.int64), first])
        order = np.argsort(records, kind="stable")
        late: list[int] = []  # more single records, found on the way
        numbers = np.full(len(new), _ONE_BY_ONE, np.int32).tolist()
        for record, place in zip(
            records[order].tolist(), (order - len(singly)).tolist(), strict=True
        ):
            while late and late[0] < record:
                self._decode_once(heapq.heappop(late), decode)
            if place < 0:
                self._decode_once(record, decode)
                continue
            name = new[place]
            form = names.forms[name]
            numbers[place] = self._series_of(names.tags[name], form)
            if numbers[place] == _ONE_BY_ONE:
                rows = scalars if form.is_number else payloads
                for each in rows.record[rows.name == name].tolist():
                    heapq.heappush(late, each)
        while late:
            self._decode_once(heapq.heappop(late), decode)
        self._bound[new] = numbers

    def _bind_plain(
        self,
        names: ValueNames,
        new: Int32s,
        first: Int64s,
        singly: list[int],
        decode: Callable[[int], None],
    ) -> None:
        """Do the same for names that are scalars in any case, all those between two records."""
        order = np.argsort(first)
        stops = np.searchsorted(first[order], singly).tolist()
        start = 0
        for stop, record in zip([*stops, len(new)], [*singly, None], strict=True):
            if stop > start:
                some = new[order[start:stop]]
                tags = [names.tags[name] for name in some.tolist()]
                self._bound[some] = self.numbers.numbers_of_scalars(tags)
                start = stop
            if record is not None:
                self._decode_once(record, decode)

    def _new_names(
        self, scalars: ScalarColumns, payloads: PayloadColumns
    ) -> tuple[list[int], Int64s]:
        """The names that no series is known for, and the first record of each."""
        found: list[tuple[Int32s, Int64s]] = []
        for rows in (scalars, payloads):
            unbound = np.flatnonzero(self._bound.take(rows.name) < 0)
            if len(unbound):
                new, first = np.unique(rows.name[unbound], return_index=True)
                found.append((new, rows.record[unbound[first]]))
        if not found:
            return [], np.zeros(0, np.int64)
        return (
            np.concatenate([new for new, _ in found]).tolist(),
            np.concatenate([first for _, first in found]),
        )

    def _decode_once(self, record: int, decode: Callable[[int], None]) -> None:
        if record not in self._singles.records:
            self._singles.records.add(record)
            self._record = record
            decode(record)

    def _series_of(self, tag: str, form: Form) -> int:
        plugin = form.plugin
        if plugin is not None:
            self.numbers.set_plugin(tag, plugin)
        kind = _KINDS.get(form.field)
        if kind is None:  # a tensor is what its plugin makes of it
            if tag not in self.numbers.plugins:
                return _ONE_BY_ONE
            kind = kinds.kind_of(self.numbers.plugin(tag).name, form.field)
        if (kind == kinds.SCALAR) != form.is_number:
            return _ONE_BY_ONE
        return self.numbers.number(SUMMARY, kind, tag)


_KINDS = {field: kinds.kind_of("", field) for field in ("simple_value", "image", "histo", "audio")}
