"""What a watched run did: its tensors, its hits with their inputs, its error."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from opscope.events import Health, has_inf_or_nan, health_summary
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.runtime.deferred import NOT_COMPUTED, with_deferred
from opscope.runtime.errors import OpError
from opscope.runtime.health_code import with_numbers
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.flow import MERGES
from opscope.runtime.watch import WatchedTensor

if TYPE_CHECKING:
    from opscope.runtime.execution import Execution
    from opscope.runtime.plan import Recorded
    from opscope.runtime.watch_history import WatchHistory


class WatchedRun:
    """What one watched run did; lists are made when they are asked for.

    result: the fetched values, None when an op failed. error: the OpError of the op that failed,
    not raised. stopped: `Watch.stop` ended it at its hit; the result is None. filter_error: why the
    watch's filter is asked no more. history: with `Watch.keep_last` the last runs. global_step: -1
    when it is not known.
    """

    def __init__(
        self,
        execution: Execution,
        stamps: Callable[[int], tuple[int, int]],
        session_run_index: int,
        fed_values: Sequence[Any],
    ) -> None:
        """stamps: when the run began, and how long it took to compute that many tensors, in us."""
        self._execution = execution
        self._stamps = stamps
        self._fed_values = fed_values
        self._plan = execution.plan
        self.session_run_index = session_run_index
        self.result: Any = execution.result
        self.error: OpError | None = execution.error
        self.stopped = execution.stopped
        self.filter_error: str | None = None
        self.history: WatchHistory | None = None
        self.global_step = -1
        if execution.hits or execution.error is not None or not execution.plan.program.replay:
            _ = self._time

    @cached_property
    def _seen(self) -> Execution:
        """What was recorded; recorded now, if the run only checked."""
        execution = self._execution
        replay = execution.plan.program.replay
        if replay is None:
            return execution
        if not execution.hits and not execution.error and not replay.is_possible(execution.values):
            return replace(execution, recorded=(), values=())
        return replay.run(execution.values, self._fed_values)

    @cached_property
    def _time(self) -> tuple[int, int]:
        return self._stamps(len(self._seen.values))

    def _moment(self, index: int) -> int:
        """When a recorded tensor was computed; strictly increasing.

        The span is at least one microsecond per tensor.
        """
        start, span = self._time
        return start + index * span // max(1, len(self._seen.values))

    @cached_property
    def tensors(self) -> list[WatchedTensor]:
        """The watched tensors in execution order; before an error, those computed so far.

        Empty with `Watch.summaries`.

        A check that finds nothing lets variables be updated in place: what they held before the
        step is then not listed.
        """
        if self._plan.program.summarizes:
            return []
        recorded = self._seen.recorded
        values = self._all_values
        return [
            self._watched(i, r)
            for i, r in enumerate(recorded)
            if r.listed and values[i] is not NOT_COMPUTED
        ]

    @cached_property
    def health(self) -> list[Health]:
        """The health of each of `tensors`, or with `Watch.summaries` of what was computed."""
        recorded = self._seen.recorded
        rows = []
        for i, summary in self._summaries.items():
            tensor = recorded[i].tensor
            op = tensor.op
            rows.append(
                Health(
                    recorded[i].device.name,
                    op.name,
                    tensor.value_index,
                    self._moment(i),
                    summary,
                    op.type,
                )
            )
        return rows

    @property
    def health_summaries(self) -> list[npt.NDArray[np.float64]]:
        """The numbers of `health`."""
        return list(self._summaries.values())

    @cached_property
    def _summaries(self) -> dict[int, npt.NDArray[np.float64]]:
        """The health summary of what was recorded at each place."""
        recorded, values = self._seen.recorded, self._all_values
        places = [i for i, r in enumerate(recorded) if r.listed and values[i] is not NOT_COMPUTED]
        if self._plan.program.summarizes:
            return with_numbers({i: values[i] for i in places})
        found: dict[int, npt.NDArray[np.float64]] = {}
        summaries = {}
        for i in places:
            # One value under several names is read once; a constant's was known before.
            r, value = recorded[i], values[i]
            known = self._plan.constant_health if r.local.startswith("c") else found
            summary = known.get(id(value))
            if summary is None:
                summary = known[id(value)] = health_summary(r.device.to_host(value))
            summaries[i] = summary
        return summaries

    def without_values(self) -> WatchedRun:
        """This run with its health, its hits by name, and no value."""
        run = copy(self)
        for name in ("_seen", "_all_values", "_places"):
            run.__dict__.pop(name, None)
        run.__dict__.update(
            _execution=replace(self._execution, recorded=(), values=(), hits=()),
            _fed_values=[None] * len(self._fed_values),
            _time=self._time,
            health=self.health,
            _summaries=self._summaries,
            tensors=[],
            hits=[hit._replace(value=None, inputs=()) for hit in self.hits],
            result=None,
        )
        return run

    @property
    def health_only(self) -> bool:
        """True where there are summaries and no values."""
        return self._plan.program.summarizes or not self._execution.values

    def held_values(self) -> Iterator[Any]:
        """What this run keeps in memory, one value perhaps several times."""
        yield from (v for v in self._seen.values if v is not None and v is not NOT_COMPUTED)
        yield from self._fed_values

    @cached_property
    def hits(self) -> list[WatchedTensor]:
        """The tensors that passed `Watch.check` or `Watch.filter`, in execution order.

        Each has the values that its op read as `inputs`.
        """
        program = self._plan.program
        # A program that only checks may have ended before the test that shows what was bad.
        is_open = self._execution.error is not None and program.replay is not None
        if not (self._execution.hits or program.static_hits or is_open):
            return []
        recorded, values = self._seen.recorded, self._all_values
        return [
            self._watched(i, recorded[i])._replace(inputs=self._inputs(i))
            for i in self._hit_places()
            if recorded[i].listed and values[i] is not NOT_COMPUTED
        ]

    def _hit_places(self) -> Sequence[int]:
        """The places of the hits among what was recorded; a value's other names are hits too."""
        seen = self._seen
        values = self._all_values
        watch = self._plan.instrument.watch
        if watch is not None and watch.asks_by_name:
            return sorted(seen.hits)
        if seen.plan.program.repeats:
            # The very same value is handed on under several names; each of them is a hit.
            bad = {id(values[i]) for i in seen.hits}
            return [i for i in range(len(values)) if id(values[i]) in bad]
        roots = {*seen.hits, *seen.plan.program.static_hits}
        roots.update(
            i for i, r in enumerate(seen.recorded) if not r.local and has_inf_or_nan(values[i])
        )
        return [i for i, r in enumerate(seen.recorded) if r.root in roots]

    @cached_property
    def _places(self) -> dict[Tensor, list[int]]:
        """Where each tensor was recorded, in order."""
        places: dict[Tensor, list[int]] = {}
        for i, r in enumerate(self._seen.recorded):
            places.setdefault(r.tensor, []).append(i)
        return places

    def _inputs(self, place: int) -> tuple[WatchedTensor, ...]:
        """What the op of a recorded tensor read: the last value of each input before it."""
        recorded, values = self._seen.recorded, self._all_values
        op = recorded[place].tensor.op
        before = []
        for tensor in op.inputs:
            places = self._places.get(tensor, [])
            at = bisect_left(places, place) - 1
            if at >= 0 and values[places[at]] is not NOT_COMPUTED:
                before.append(places[at])
        if op.type in MERGES:
            before = [max(before)] if before else []
        return tuple(self._watched(i, recorded[i]) for i in before)

    @cached_property
    def _all_values(self) -> Sequence[Any]:
        """The recorded values that still stand, with the deferred ones computed now."""
        seen = self._seen
        values = seen.values
        if seen.over:
            values = [
                NOT_COMPUTED if r.in_slot else value
                for r, value in zip(seen.recorded, values, strict=True)
            ]
        return values if seen.plan.program.repeats else with_deferred(seen.plan.program, values)

    def _watched(self, index: int, recorded: Recorded) -> WatchedTensor:
        tensor = recorded.tensor
        return WatchedTensor(
            tensor.op.name,
            tensor.value_index,
            recorded.device.name,
            tensor.op.type,
            self._moment(index),
            recorded.device.to_host(self._all_values[index]),
        )

    @property
    def partition_graphs(self) -> Mapping[str, GraphDef]:
        """The GraphDef that each device ran, by device name."""
        return self._plan.partition_graphs()

    @property
    def feeds(self) -> dict[str, Any]:
        """The fed values by tensor name; none where only summaries are held."""
        pairs = zip(self._plan.feeds, self._fed_values, strict=True)
        return {feed.tensor.name: value for feed, value in pairs if value is not None}

    @property
    def input_names(self) -> list[str]:
        """The names of the fed tensors."""
        return [feed.tensor.name for feed in self._plan.feeds]

    @property
    def output_names(self) -> list[str]:
        """The names of the fetched tensors."""
        return [e.name for e in self._plan.fetches.elements if isinstance(e, Tensor)]

    @property
    def target_nodes(self) -> list[str]:
        """The names of the operations run for their effect."""
        return [e.name for e in self._plan.fetches.elements if not isinstance(e, Tensor)]
