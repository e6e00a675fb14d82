"""Watching a run: which tensors, the inf/nan test in the middle of the step, and what was seen."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from opscope.events import has_inf_or_nan, health_summary
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.runtime.deferred import NOT_COMPUTED, with_deferred
from opscope.runtime.errors import OpError
from opscope.runtime.operation import Tensor

if TYPE_CHECKING:
    from opscope.events.proto.debug_pb2 import DebugOptions
    from opscope.runtime.execution import Execution
    from opscope.runtime.plan import Recorded

MEMORY_CALLBACK_SCHEME = "memcbk:///"


# Types whose values are objects of the session, not arrays.
_HANDLES = frozenset({"resource", "variant"})


@dataclass(frozen=True)
class Watch:
    """Which tensors of a run are watched; the regexes match at the start and are AND-ed.

    check: also test each watched tensor, exactly, for inf and nan as soon as it is computed.
    """

    node_name: str | None = None
    op_type: str | None = None
    tensor_dtype: str | None = None
    check: bool = False

    @property
    def wants_all(self) -> bool:
        """True when no pattern leaves anything out."""
        return self.node_name is None and self.op_type is None and self.tensor_dtype is None

    def wants(self, tensor: Tensor) -> bool:
        """True when the tensor passes every pattern; handles have no value to look at."""
        if tensor.dtype.name in _HANDLES:
            return False
        return all(
            pattern is None or re.match(pattern, text) is not None
            for pattern, text in (
                (self.node_name, tensor.op.name),
                (self.op_type, tensor.op.type),
                (self.tensor_dtype, tensor.dtype.name),
            )
        )


class WatchedTensor(NamedTuple):
    """One tensor of a watched run.

    value: the array (shared with the run, not to be written to), None for a variable without a
    value. timestamp: microseconds since the epoch, strictly increasing in execution order over all
    devices.
    """

    node_name: str
    output_slot: int
    device_name: str
    op_type: str
    timestamp: int
    value: Any

    @property
    def name(self) -> str:
        """The tensor's name, "node:slot"."""
        return f"{self.node_name}:{self.output_slot}"


class WatchedRun:
    """What one watched run did; lists are made when they are asked for.

    result: the fetched values, None when an op failed. error: the OpError of the op that failed,
    not raised. global_step: -1 when it is not known.
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

    @cached_property
    def tensors(self) -> list[WatchedTensor]:
        """The watched tensors in execution order; before an error, those computed so far.

        A check that finds nothing lets variables be updated in place: what they held before the
        step is then not listed.
        """
        recorded = self._seen.recorded
        values = self._all_values
        return [
            self._watched(i, r) for i, r in enumerate(recorded) if values[i] is not NOT_COMPUTED
        ]

    @cached_property
    def health_summaries(self) -> list[npt.NDArray[np.float64]]:
        """The health summary of each of `tensors`; one value under several names is read once."""
        recorded, values = self._seen.recorded, self._all_values
        constants = self._plan.constant_health
        found: dict[int, npt.NDArray[np.float64]] = {}
        summaries = []
        for r, value in zip(recorded, values, strict=True):
            if value is NOT_COMPUTED:
                continue
            known = constants if r.local.startswith("c") else found
            summary = known.get(id(value))
            if summary is None:
                summary = known[id(value)] = health_summary(r.device.to_host(value))
            summaries.append(summary)
        return summaries

    @cached_property
    def hits(self) -> list[WatchedTensor]:
        """With `Watch.check`: the tensors with inf or nan, in execution order."""
        if not self._execution.hits and not self._plan.program.static_hits:
            return []
        seen = self._seen
        values = self._all_values
        if seen.plan.program.repeats:
            # The very same value is handed on under several names; each of them is a hit.
            bad = {id(values[i]) for i in seen.hits}
            return [
                self._watched(i, r) for i, r in enumerate(seen.recorded) if id(values[i]) in bad
            ]
        roots = {*seen.hits, *seen.plan.program.static_hits}
        roots.update(
            i for i, r in enumerate(seen.recorded) if not r.local and has_inf_or_nan(values[i])
        )
        return [
            self._watched(i, r)
            for i, r in enumerate(seen.recorded)
            if r.root in roots and values[i] is not NOT_COMPUTED
        ]

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
        # Strictly increasing: the span is at least one microsecond per tensor.
        start, span = self._time
        moment = start + index * span // max(1, len(self._seen.values))
        return WatchedTensor(
            tensor.op.name,
            tensor.value_index,
            recorded.device.name,
            tensor.op.type,
            moment,
            recorded.device.to_host(self._all_values[index]),
        )

    @property
    def partition_graphs(self) -> Mapping[str, GraphDef]:
        """The GraphDef that each device ran, by device name."""
        return self._plan.partition_graphs()

    @property
    def feeds(self) -> dict[str, Any]:
        """The fed values by tensor name."""
        names = [feed.tensor.name for feed in self._plan.feeds]
        return dict(zip(names, self._fed_values, strict=True))

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


Sink = Callable[[WatchedRun], None]


@dataclass
class _Callbacks:
    """The in-process receivers of `memcbk:///KEY` URLs."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    entries: dict[str, tuple[Watch, Sink]] = field(default_factory=dict)
    serial: itertools.count[int] = field(default_factory=itertools.count)


_callbacks = _Callbacks()


def register_callback(key: str, watch: Watch, sink: Sink) -> Callable[[], None]:
    """Let runs whose debug options name the URL `memcbk:///KEY` be watched and given to `sink`.

    Returns a function that ends this. ValueError when the key is taken.
    """
    with _callbacks.lock:
        if key in _callbacks.entries:
            raise ValueError(f"a watch callback named {key!r} is registered already")
        _callbacks.entries[key] = (watch, sink)

    def unregister() -> None:
        with _callbacks.lock:
            _callbacks.entries.pop(key, None)

    return unregister


Receivers = Callable[[Sequence[Any], Any], list[tuple[Watch, Sink]]]
"""From the watch entries and the graph of a run to what is watched and who gets the run."""


def register_url_scheme(scheme: str, receivers: Receivers) -> None:
    """Have `receivers` say who gets the runs whose debug options name a URL of this scheme."""
    _schemes[scheme] = receivers


_schemes: dict[str, Receivers] = {}


def callbacks_of(options: DebugOptions, graph: Any = None) -> list[tuple[Watch, Sink]]:
    """The callbacks and receivers that the watches of `options` name, each once.

    ValueError for a URL of an unknown scheme or a key that nobody registered.
    """
    keys: dict[str, None] = {}
    schemes: dict[str, None] = {}
    for entry in options.debug_tensor_watch_opts:
        for url in entry.debug_urls:
            scheme = next((name for name in _schemes if url.startswith(name)), None)
            if scheme is not None:
                schemes[scheme] = None
            elif url.startswith(MEMORY_CALLBACK_SCHEME):
                keys[url.removeprefix(MEMORY_CALLBACK_SCHEME)] = None
            else:
                raise ValueError(
                    f"debug URL {url!r}: {MEMORY_CALLBACK_SCHEME}KEY is watched, and file://DIR "
                    "once opscope.tfdbg.add_debug_tensor_watch or watch_graph has named one"
                )
    found = []
    for scheme in schemes:
        found += _schemes[scheme](options.debug_tensor_watch_opts, graph)
    with _callbacks.lock:
        missing = [k for k in keys if k not in _callbacks.entries]
        if missing:
            raise ValueError(
                f"no watch callback is registered for {MEMORY_CALLBACK_SCHEME}{missing[0]}"
            )
        return found + [_callbacks.entries[k] for k in keys]
