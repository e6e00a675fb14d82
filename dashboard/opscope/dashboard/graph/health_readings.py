"""The health of tensors from wherever a logdir has it: summaries, tfdbg dumps, Debugger V2."""

from __future__ import annotations

import os
from collections import Counter, OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opscope.events import HEALTH_PLUGIN, health_summary
from opscope.events.debug_events import DebugEvents
from opscope.events.dump_folder import DumpFolder, NoArray
from opscope.events.dump_root import open_dump
from opscope.events.error import EventsError
from opscope.events.graph_columns import FUNCTION_LIBRARY
from opscope.events.logdir import Logdir

SUMMARIES, DUMPS, DEBUG_EVENTS = "summaries", "dumps", "debugger-v2"
KEPT_DUMPS = 8
MOST_BYTES = 1 << 29
"""Values of a dump without health summaries are read up to half a gigabyte."""

COUNTS = ("nan", "-inf", "negative", "zero", "positive", "+inf")
_OF_SUMMARY = (2, 3, 4, 5, 6, 7)  # where DebugNumericSummary has them


class Reading(NamedTuple):
    """What is known of one tensor at one time.

    `counts` are elements by `COUNTS`, NaN where the source does not tell them; `order` sorts the
    readings of a step by time; `summary` has the 14 + rank numbers of DebugNumericSummary or is
    None.
    """

    node: str
    slot: int
    order: int
    counts: NDArray[np.float64]
    summary: NDArray[np.float64] | None = None

    @property
    def bad(self) -> bool:
        """Whether the tensor held a NaN or an infinity."""
        return bool(self.counts[0] or self.counts[1] or self.counts[5])


@dataclass(frozen=True)
class HealthSource:
    """One place that tells of health: `name` is one of the three, `steps` what it has, rising.

    `opens` is the step to show before somebody chose one; `roots` are the folders of dumps by step.
    """

    name: str
    title: str
    steps: list[int]
    opens: int
    roots: dict[int, str] = field(default_factory=dict)


def of_summary(node: str, slot: int, order: int, summary: NDArray[np.float64]) -> Reading:
    """A reading from the numbers of DebugNumericSummary."""
    return Reading(node, slot, order, summary[list(_OF_SUMMARY)].astype(np.float64), summary)


class HealthReader:
    """Reads the health of runs; dumps and Debugger V2 files are read again only where they grew.

    Not safe to share by threads.
    """

    def __init__(self) -> None:
        self._steps: dict[str, tuple[object, int | None]] = {}
        self._dumped: OrderedDict[str, tuple[object, list[Reading]]] = OrderedDict()
        self._events: dict[str, DebugEvents] = {}

    def sources(self, logdir: Logdir, run: str) -> list[HealthSource]:
        """What tells of a run's health, the most exact first."""
        found = []
        roots = self._roots(logdir, run)
        if roots:
            steps = sorted(roots)
            found.append(HealthSource(DUMPS, "Dumped tensors", steps, steps[-1], roots))
        points = {s for tag in health_tags(logdir, run) for s in logdir.tensors(run, tag).step}
        if points:
            steps = sorted(map(int, points))
            found.append(HealthSource(SUMMARIES, "Health summaries", steps, steps[-1]))
        counts: Counter[int] = Counter()
        for events in self._executions(logdir, run):
            times = Counter((t.graph_id, t.op_name, t.output_slot) for t in events.traces)
            counts.update(times.values())
        if counts:
            # How many tensors were computed that often, and more often.
            most = max(counts)
            made = np.cumsum([counts[times] for times in range(most, 0, -1)])[::-1]
            opens = int(np.nonzero(2 * made >= made[0])[0][-1])
            found.append(HealthSource(DEBUG_EVENTS, "Debugger V2", list(range(most)), opens))
        return found

    def readings(self, logdir: Logdir, run: str, source: str, step: int) -> list[Reading]:
        """What a source says of a step, in the order of time."""
        if source == DUMPS:
            root = self._roots(logdir, run).get(step)
            return self._of_dump(root) if root else []
        if source == SUMMARIES:
            return list(_of_summaries(logdir, run, step))
        executions = self._executions(logdir, run)
        return [reading for events in executions for reading in _of_events(events, step)]

    def _roots(self, logdir: Logdir, run: str) -> dict[int, str]:
        """Run roots by global step, else by their number; the last one of a step."""
        found = {}
        for number, root in enumerate(logdir.dumps(run)):
            written = _written(root, deep=False)
            known, step = self._steps.get(root, (None, None))
            if known != written:
                try:
                    step = open_dump(root).global_step
                except EventsError:
                    continue
                self._steps[root] = written, step
            found[number if step is None else step] = root
        return found

    def _of_dump(self, root: str) -> list[Reading]:
        written = _written(root, deep=True)
        known, readings = self._dumped.get(root, (None, []))
        if known != written:
            readings = readings_of_dump(open_dump(root))
            self._dumped[root] = written, readings
            while len(self._dumped) > KEPT_DUMPS:
                self._dumped.popitem(last=False)
        self._dumped.move_to_end(root)
        return readings

    def _executions(self, logdir: Logdir, run: str) -> list[DebugEvents]:
        """The Debugger V2 dumps of a run as they are now."""
        found = []
        for prefix in logdir.debug_events(run):
            events = self._events.get(prefix)
            try:
                if events is None:
                    events = self._events[prefix] = DebugEvents(prefix)
                else:
                    events.reload()
            except EventsError:
                continue
            found.append(events)
        return found


def _written(root: str, deep: bool) -> object:
    """What changes when something is written to a dump, in its folder alone or in all of it."""
    found: list[tuple[str, int, int]] = []
    folders = [root]
    for folder in folders:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                status = entry.stat()
                found.append((entry.path, status.st_size, status.st_mtime_ns))
                if deep and entry.is_dir():
                    folders.append(entry.path)
    return sorted(found)


def health_tags(logdir: Logdir, run: str) -> list[str]:
    """Tags `NODE:SLOT` whose values are health summaries."""
    return [tag for tag in logdir.tags(run) if logdir.plugin(run, tag).name == HEALTH_PLUGIN]


def readings_of_dump(dump: DumpFolder) -> list[Reading]:
    """What a dump says, in the order of time."""
    known = dump.health
    if known:
        rows = sorted(known, key=lambda row: row.timestamp)
        return [of_summary(r.node_name, r.output_slot, r.timestamp, r.summary) for r in rows]
    found = []
    left = MOST_BYTES
    for entry in dump.entries:
        if entry.debug_op != "DebugIdentity":
            continue
        try:
            left -= entry.size if entry.size >= 0 else os.path.getsize(entry.path)
            if left < 0:
                break
            value = dump.load(entry)
        except (EventsError, OSError):
            continue
        if isinstance(value, NoArray) or value.dtype == object:
            continue
        found.append(of_summary(entry.node, entry.slot, entry.timestamp, health_summary(value)))
    return found


def _of_summaries(logdir: Logdir, run: str, step: int) -> Iterable[Reading]:
    for tag in health_tags(logdir, run):
        points = logdir.tensors(run, tag)
        at = np.nonzero(points.step == step)[0]
        node, _, slot = tag.rpartition(":")
        if len(at) and slot.isdecimal():
            summary = np.asarray(points.value[int(at[-1])], np.float64).reshape(-1)
            if len(summary) >= 14:
                yield of_summary(node, int(slot), 0, summary)


def _of_events(events: DebugEvents, step: int) -> Iterable[Reading]:
    """The values computed for the `step`-th time (from 0) inside each graph."""
    seen: Counter[tuple[str, str, int]] = Counter()
    for order, trace in enumerate(events.traces):
        key = (trace.graph_id, trace.op_name, trace.output_slot)
        seen[key] += 1
        counts = _kept(trace.mode, trace.value)
        if seen[key] == step + 1 and counts is not None:
            graph = events.graphs.get(trace.graph_id)
            scope = f"{FUNCTION_LIBRARY}/{graph.name}/" if graph is not None and graph.name else ""
            yield Reading(scope + trace.op_name, trace.output_slot, order, counts)


def _kept(mode: str, value: NDArray[np.generic]) -> NDArray[np.float64] | None:
    """Counts that a TensorDebugMode keeps; tensorflow/core/protobuf/debug_event.proto."""
    unknown = np.nan
    if mode == "FULL_TENSOR":
        return health_summary(value)[list(_OF_SUMMARY)]
    numbers = np.asarray(value, np.float64).reshape(-1)
    if mode == "CURT_HEALTH" and len(numbers) > 1:
        return np.array([numbers[1], 0, unknown, unknown, unknown, 0])
    if mode == "CONCISE_HEALTH" and len(numbers) > 4:
        return np.array([numbers[4], numbers[2], unknown, unknown, unknown, numbers[3]])
    if mode == "FULL_HEALTH" and len(numbers) > 10:
        low, high, nan, negative, zero, positive = numbers[5:11]
        return np.array([nan, low, negative, zero, positive, high])
    return None
