"""Draws the step stats of a traced run as a Chrome trace: chrome://tracing, Perfetto."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from opscope.events.proto.step_stats_pb2 import NodeExecStats, StepStats
from opscope.runtime.client.memory_use import MemoryUse

_LABEL = re.compile(r"(?P<name>.*) = (?P<op>[^\s(]+)\((?P<inputs>.*)\)", re.DOTALL)
_NANOSECONDS = 1000  # in a microsecond, the unit of a trace


class AllocationMaximum(NamedTuple):
    """The most bytes an allocator held at once, and the tensors (`NODE:SLOT`) that they were of.

    timestamp: microseconds after the step's first op began.
    """

    timestamp: float
    num_bytes: int
    tensors: frozenset[str]


class StepStatsAnalysis(NamedTuple):
    """A trace, and each allocator's maximum."""

    chrome_trace: ChromeTrace
    allocator_maximums: dict[str, AllocationMaximum]


@dataclass(frozen=True)
class _Ran:
    """One execution of one op: times in microseconds after the first began, and its place."""

    stats: NodeExecStats
    name: str
    op: str
    inputs: tuple[str, ...]
    start: float
    end: float
    process: int
    lane: int


@dataclass
class ChromeTrace:
    """The events of a trace, in Chrome's Trace Event Format."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def add(self, phase: str, name: str, process: int, **rest: Any) -> None:
        """Add an event of a phase (`X` a box, `s` and `t` an arrow's ends, `C` a curve's point)."""
        self.events.append({"ph": phase, "name": name, "pid": process, **rest})

    def format_to_string(self, pretty: bool = False) -> str:
        """The trace as JSON."""
        return json.dumps(
            {"traceEvents": self.events}, indent=4 if pretty else None, allow_nan=False
        )


class Timeline:
    """The timeline of one step, from `RunMetadata.step_stats`, ours or TensorFlow's.

    Times are microseconds after the first op began, to the nanosecond: a number of JSON does not
    hold the nanoseconds since 1970. `graph` is not used; it is there because TensorFlow's has it.
    """

    def __init__(self, step_stats: StepStats, graph: object = None) -> None:
        if not hasattr(step_stats, "dev_stats"):
            raise TypeError(
                f"step_stats must be the StepStats of a RunMetadata, got {type(step_stats)}"
            )
        self._step_stats = step_stats

    def generate_chrome_trace_format(
        self, show_dataflow: bool = True, show_memory: bool = False
    ) -> str:
        """The trace as JSON: a row for each device's thread, a box for each op.

        show_dataflow: arrows from an op to those that read its outputs. show_memory: a curve of
        the bytes in use for each allocator.
        """
        return self.analyze_step_stats(show_dataflow, show_memory).chrome_trace.format_to_string()

    def analyze_step_stats(
        self, show_dataflow: bool = True, show_memory: bool = True
    ) -> StepStatsAnalysis:
        """The trace, and the maximum of each allocator's memory."""
        trace = ChromeTrace()
        ran = list(self._executions(trace))
        for each in ran:
            trace.add(
                "X",
                each.op,
                each.process,
                tid=each.lane,
                cat="Op",
                ts=each.start,
                dur=each.end - each.start,
                args=_arguments(each),
            )
        if show_dataflow:
            _add_dataflow(trace, ran)
        maximums = _add_memory(trace, ran, show_memory)
        return StepStatsAnalysis(trace, maximums)

    def _executions(self, trace: ChromeTrace) -> Iterator[_Ran]:
        devices = self._step_stats.dev_stats
        origin = min((_start(node) for device in devices for node in device.node_stats), default=0)
        for process, device in enumerate(devices):
            trace.add("M", "process_name", process, args={"name": f"{device.device} Compute"})
            lanes: dict[int, list[float]] = {}  # of each thread: when each of its lanes is free
            numbers: dict[tuple[int, int], int] = {}
            for stats in sorted(device.node_stats, key=_start):
                start = (_start(stats) - origin) / _NANOSECONDS
                end = (_start(stats) + _duration(stats) - origin) / _NANOSECONDS
                ends = lanes.setdefault(stats.thread_id, [])
                free = next((i for i, until in enumerate(ends) if until <= start), len(ends))
                ends[free : free + 1] = [end]
                known = len(numbers)
                lane = numbers.setdefault((stats.thread_id, free), known)
                if lane == known:
                    name = device.thread_names.get(stats.thread_id, f"thread {stats.thread_id}")
                    trace.add("M", "thread_name", process, tid=lane, args={"name": name})
                name, op, inputs = _labelled(stats)
                yield _Ran(stats, name, op, inputs, start, end, process, lane)


def _start(stats: NodeExecStats) -> int:
    return stats.all_start_nanos or stats.all_start_micros * _NANOSECONDS


def _duration(stats: NodeExecStats) -> int:
    return stats.all_end_rel_nanos or stats.all_end_rel_micros * _NANOSECONDS


def _labelled(stats: NodeExecStats) -> tuple[str, str, tuple[str, ...]]:
    """Name, op type and inputs, which only the label of the stats tells."""
    match = _LABEL.fullmatch(stats.timeline_label)
    if match is None:
        return stats.node_name, stats.node_name.partition(":")[0], ()
    inputs = (text.strip() for text in match["inputs"].split(","))
    return stats.node_name, match["op"], tuple(text for text in inputs if text)


def _arguments(ran: _Ran) -> dict[str, str]:
    inputs = {f"input{number}": name for number, name in enumerate(ran.inputs)}
    return {"name": ran.name, "op": ran.op, **inputs}


def _add_dataflow(trace: ChromeTrace, ran: list[_Ran]) -> None:
    """An arrow from the last run of each op before its reader to the reader."""
    latest: dict[str, _Ran] = {}
    number = 0
    for each in sorted(ran, key=lambda each: each.end):
        for name in dict.fromkeys(_node(text) for text in each.inputs):
            source = latest.get(name)
            if source is None:
                continue
            common = {"cat": "DataFlow", "id": number}
            start = min(source.end, each.start)  # an arrow never points back
            trace.add("s", name, source.process, tid=source.lane, ts=start, **common)
            trace.add("t", name, each.process, tid=each.lane, ts=each.start, **common)
            number += 1
        latest[each.name] = each


def _add_memory(trace: ChromeTrace, ran: list[_Ran], show: bool) -> dict[str, AllocationMaximum]:
    """The curves of the allocators where they are shown, and their maximums."""
    end = max((each.end for each in ran), default=0.0)
    uses: dict[str, MemoryUse] = {}
    for each in ran:
        for output in each.stats.output:
            description = output.tensor_description.allocation_description
            use = uses.setdefault(description.allocator_name, MemoryUse(end))
            use.allocate(description, f"{each.name}:{output.slot}", each.start)
    for each in ran:
        for text in each.inputs:
            for use in uses.values():
                use.read(_tensor(text), each.start, each.end)
    process = 1 + max((each.process for each in ran), default=-1)
    maximums = {}
    if show and uses:
        trace.add("M", "process_name", process, args={"name": "Memory"})
    for allocator, use in sorted(uses.items()):
        best = AllocationMaximum(0.0, 0, frozenset())
        for moment in use.moments():
            if moment.size > best.num_bytes:
                best = AllocationMaximum(moment.time, moment.size, moment.tensors())
            if show:
                args: Mapping[str, int] = {allocator: moment.size}
                trace.add("C", allocator, process, tid=0, cat="Memory", ts=moment.time, args=args)
        maximums[allocator] = best
    return maximums


def _node(text: str) -> str:
    return _tensor(text.removeprefix("^")).rpartition(":")[0]


def _tensor(text: str) -> str:
    """`NODE:SLOT` of an input as labels write it, without the slot where that is 0."""
    name, _, slot = text.rpartition(":")
    # The name of a control input, with its ^, is no tensor's.
    return text if name and slot.isdigit() else f"{text}:0"
