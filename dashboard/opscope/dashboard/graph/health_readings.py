"""The health of tensors from wherever a logdir has it: summaries, tfdbg dumps, Debugger V2."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
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

    `roots` are the folders of dumps by step.
    """

    name: str
    title: str
    steps: list[int]
    roots: dict[int, str] = field(default_factory=dict)


def of_summary(node: str, slot: int, order: int, summary: NDArray[np.float64]) -> Reading:
    """A reading from the numbers of DebugNumericSummary."""
    return Reading(node, slot, order, summary[list(_OF_SUMMARY)].astype(np.float64), summary)


def sources(logdir: Logdir, run: str) -> list[HealthSource]:
    """What tells of a run's health, the most exact first."""
    found = []
    roots = _dumps(logdir, run)
    if roots:
        found.append(HealthSource(DUMPS, "Dumped tensors", sorted(roots), roots))
    steps: set[int] = set()
    for tag in health_tags(logdir, run):
        steps.update(logdir.tensors(run, tag).step.tolist())
    if steps:
        found.append(HealthSource(SUMMARIES, "Health summaries", sorted(steps)))
    if logdir.debug_events:
        most = max((count for _, count in _executions(logdir)), default=0)
        if most:
            found.append(HealthSource(DEBUG_EVENTS, "Debugger V2", list(range(most))))
    return found


def readings(logdir: Logdir, run: str, source: str, step: int) -> list[Reading]:
    """What a source says of a step, in the order of time."""
    if source == DUMPS:
        root = _dumps(logdir, run).get(step)
        return _of_dump(open_dump(root)) if root else []
    if source == SUMMARIES:
        return list(_of_summaries(logdir, run, step))
    return [reading for events, _ in _executions(logdir) for reading in _of_events(events, step)]


def health_tags(logdir: Logdir, run: str) -> list[str]:
    """Tags `NODE:SLOT` whose values are health summaries."""
    return [tag for tag in logdir.tags(run) if logdir.plugin(run, tag).name == HEALTH_PLUGIN]


def _dumps(logdir: Logdir, run: str) -> dict[int, str]:
    """Run roots by global step, else by their number; the last one of a step."""
    found = {}
    for number, root in enumerate(logdir.dumps(run)):
        try:
            step = open_dump(root).global_step
        except EventsError:
            continue
        found[number if step is None else step] = root
    return found


def _of_dump(dump: DumpFolder) -> list[Reading]:
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


def _executions(logdir: Logdir) -> list[tuple[DebugEvents, int]]:
    """Debugger V2 dumps and how often their most frequent tensor was computed."""
    found = []
    for prefix in logdir.debug_events:
        try:
            events = DebugEvents(prefix)
        except EventsError:
            continue
        times = Counter((t.graph_id, t.op_name, t.output_slot) for t in events.traces)
        found.append((events, max(times.values(), default=0)))
    return found


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
