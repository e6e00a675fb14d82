"""Session: runs the ops of a graph and keeps the values of its variables."""

from __future__ import annotations

import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from opscope.events.proto.config_pb2 import ConfigProto, RunMetadata, RunOptions
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.runtime.cancellation import CANCELLATION, Cancellation
from opscope.runtime.compat import as_str
from opscope.runtime.deadline import deadline
from opscope.runtime.default_session import default_session
from opscope.runtime.devices import DeviceAttributes, local_devices
from opscope.runtime.errors import CancelledError
from opscope.runtime.execution import execute
from opscope.runtime.executor_type import INTERPRETER, require_executor
from opscope.runtime.feed import Feed, read_feeds, whole_feeds
from opscope.runtime.fetch import fetch_key, read_fetches
from opscope.runtime.filter_guard import FilterGuard
from opscope.runtime.garbage import no_collection
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.local_servers import find_server
from opscope.runtime.operation import Operation
from opscope.runtime.plan import PLAIN, Instrument, Plan
from opscope.runtime.plan_family import PlanFamily
from opscope.runtime.planner import make_plan
from opscope.runtime.run_metadata import fill_run_metadata
from opscope.runtime.tensor_shape import Sizes
from opscope.runtime.threads import INTRA_OP_THREADS
from opscope.runtime.variable_slot import VariableSlot
from opscope.runtime.watch import Filter, Watch, callbacks_of
from opscope.runtime.watch_history import WatchHistory
from opscope.runtime.watched_run import WatchedRun

# A session that is given ever new fetches forgets the plans of the oldest beyond this number.
MAX_FAMILIES = 500


class BaseSession:
    """What `Session` and `InteractiveSession` share."""

    def __init__(
        self, target: str = "", graph: Graph | None = None, config: ConfigProto | None = None
    ) -> None:
        self._server = find_server(as_str(target)) if target else None
        if self._server is not None:
            self._server.cluster.require_all()
        if graph is not None and not isinstance(graph, Graph):
            raise TypeError(f"graph must be a tf.Graph, but got {type(graph)}")
        if config is not None and not isinstance(config, ConfigProto):
            raise TypeError(f"config must be a tf.ConfigProto, but got {type(config)}")
        self._graph = graph or get_default_graph()
        self._config = ConfigProto()
        if config is not None:
            self._config.CopyFrom(config)
        self._timeout_ms = self._config.operation_timeout_in_ms
        require_executor(self._config.experimental.executor_type)
        devices = local_devices(self._config)
        self._devices = devices if self._server is None else self._server.devices(devices)
        self._families: dict[Any, PlanFamily] = {}
        self._instrumented: defaultdict[Instrument, dict[Any, PlanFamily]] = defaultdict(dict)
        self._histories: dict[Watch, WatchHistory] = {}
        self._guards: dict[Filter, FilterGuard] = {}
        self._seen_rewrites = self._graph.rewrites
        self._slots: dict[Any, VariableSlot] = (
            {} if self._server is None else self._server.cluster.slots
        )
        self._cancellation = Cancellation()
        self._state: dict[Any, Any] = {
            INTRA_OP_THREADS: self._config.intra_op_parallelism_threads,
            CANCELLATION: self._cancellation,
        }
        self._lock = threading.RLock()
        self._closed = False
        self._run_count = 0
        self._last_timestamp = 0

    # -- the session itself --------------------------------------------------------------------

    @property
    def graph(self) -> Graph:
        """The graph this session runs."""
        return self._graph

    @property
    def graph_def(self) -> GraphDef:
        """The graph serialised."""
        return self._graph.as_graph_def(add_shapes=True)

    @property
    def sess_str(self) -> str:
        """The target this session was made for, "" without a server."""
        return "" if self._server is None else self._server.target

    def list_devices(self) -> list[DeviceAttributes]:
        """The devices ops can run on."""
        return [d.attributes for d in self._devices]

    def close(self) -> None:
        """Free plans and variables; later runs raise RuntimeError, waiting ones CancelledError."""
        self._closed = True
        self._cancellation.cancel()
        self._forget_plans()
        if self._server is None:
            self._slots.clear()
        self._state.clear()
        self._histories.clear()
        self._guards.clear()

    def as_default(self) -> AbstractContextManager[BaseSession]:
        """Make this the default session, not the default graph, inside a `with` block."""
        return default_session(self)

    # -- running -------------------------------------------------------------------------------

    def run(
        self,
        fetches: Any,
        feed_dict: Any = None,
        options: RunOptions | None = None,
        run_metadata: RunMetadata | None = None,
    ) -> Any:
        """Compute `fetches` with `feed_dict` fed, and return the values in the same structure.

        Tensors give NumPy arrays or scalars, operations None. An op that fails raises an OpError
        that names it and the line that made it.
        """
        if feed_dict:
            feed_dict = whole_feeds(feed_dict)
        if options is not None or run_metadata is not None or self._timeout_ms:
            options = options or RunOptions()
            timeout = options.timeout_in_ms or self._timeout_ms
            with deadline(timeout) if timeout > 0 else nullcontext():
                return self._run_with_options(fetches, feed_dict, options, run_metadata)
        family = self._family(fetches, feed_dict, PLAIN)
        self._run_count += 1
        if not feed_dict:
            return family.plan(()).run(())
        values = [f.convert(v) for f, v in zip(family.feeds, feed_dict.values(), strict=True)]
        return family.plan(values).run(values)

    def run_watched(
        self,
        fetches: Any,
        feed_dict: Any = None,
        *,
        watch: Watch,
        options: RunOptions | None = None,
        run_metadata: RunMetadata | None = None,
    ) -> WatchedRun:
        """Run and keep every watched tensor, in memory, by reference; nothing is written.

        An op that fails does not raise: the error is in the WatchedRun, with the tensors computed
        before it. A run that `watch.stop` ends has no result either: `stopped` says so. Wrong
        fetches and feeds raise as in `run`.
        """
        trace = options is not None and options.trace_level != RunOptions.NO_TRACE
        if feed_dict:
            feed_dict = whole_feeds(feed_dict)
        timeout = (0 if options is None else options.timeout_in_ms) or self._timeout_ms
        instrument = self._instrument(watch, trace)
        with deadline(timeout) if timeout > 0 else nullcontext():
            return self._run_instrumented(fetches, feed_dict, instrument, options, run_metadata)

    def make_callable(
        self, fetches: Any, feed_list: Sequence[Any] | None = None, accept_options: bool = False
    ) -> Callable[..., Any]:
        """A function of the values of `feed_list` that runs `fetches`."""
        keys = list(feed_list or ())

        def run(*values: Any, **kwargs: Any) -> Any:
            if len(values) != len(keys):
                raise ValueError(f"expected {len(keys)} values to feed, got {len(values)}")
            if kwargs and not accept_options:
                raise TypeError("this callable was made without accept_options=True")
            return self.run(fetches, dict(zip(keys, values, strict=True)), **kwargs)

        return run

    def _family(self, fetches: Any, feed_dict: Any, instrument: Instrument) -> PlanFamily:
        """The plans for these fetches and fed tensors, whatever the shapes of the values."""
        if self._graph.rewrites != self._seen_rewrites:
            self._forget_plans()
        families = self._families if instrument is PLAIN else self._instrumented[instrument]
        feed_keys = tuple(feed_dict) if feed_dict else ()
        key: Any = (fetches, feed_keys)
        if fetches.__class__ is list:
            key = (list, *fetches, feed_keys)
        try:
            found = families.get(key)
        except TypeError:  # a nested structure is not hashable as it is
            key = (fetch_key(fetches), feed_keys)
            found = families.get(key)
        return found or self._make_family(families, key, fetches, feed_keys, instrument)

    def _forget_plans(self) -> None:
        """Drop every plan: an existing node of the graph has changed."""
        with self._lock:
            self._seen_rewrites = self._graph.rewrites
            self._families.clear()
            self._instrumented.clear()

    def _make_family(
        self,
        families: dict[Any, PlanFamily],
        key: Any,
        fetches: Any,
        feed_keys: Sequence[Any],
        instrument: Instrument,
    ) -> PlanFamily:
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        if self._graph.version == 0:
            raise RuntimeError(
                "The Session graph is empty. Add operations to the graph before calling run()."
            )
        feeds = read_feeds(self._graph, feed_keys)
        read_fetches(self._graph, fetches)

        def make(fed_sizes: Sequence[Sizes]) -> Plan:
            with self._lock:
                return self._make_plan(fetches, feeds, fed_sizes, instrument)

        with self._lock:
            while len(families) >= MAX_FAMILIES:
                del families[next(iter(families))]
            made = families[key] = PlanFamily(feeds, make)
        return made

    def _make_plan(
        self,
        fetches: Any,
        feeds: tuple[Feed, ...],
        fed_sizes: Sequence[Sizes],
        instrument: Instrument,
    ) -> Plan:
        with no_collection():
            plan = make_plan(
                self._graph,
                fetches,
                feeds,
                fed_sizes,
                devices=self._devices,
                soft_placement=self._config.allow_soft_placement,
                slot=self._slot,
                session_state=self._state,
                instrument=instrument,
                interprets=self._config.experimental.executor_type == INTERPRETER,
            )
        if self._config.log_device_placement:
            for op in plan.order:
                print(f"{op.name}: ({op.type}): {plan.placement[op].name}", file=sys.stderr)
        return plan

    def _slot(self, variable: Operation) -> VariableSlot:
        """The slot of a variable op; ops with one `shared_name` share it."""
        attrs = variable.attrs
        key: tuple[Any, ...] = (
            attrs.get("container", ""),
            attrs.get("shared_name") or variable.name,
        )
        if self._server is not None:
            key = (*key, self._server.home(variable.device))
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = VariableSlot(variable.name)
        return slot

    def _run_with_options(
        self,
        fetches: Any,
        feed_dict: Any,
        options: RunOptions,
        run_metadata: RunMetadata | None,
    ) -> Any:
        callbacks = callbacks_of(options.debug_options, self._graph)
        trace = options.trace_level != RunOptions.NO_TRACE and run_metadata is not None
        if not callbacks and not trace:
            family = self._family(fetches, feed_dict, PLAIN)
            self._run_count += 1
            fed = self._fed_values(family, feed_dict)
            plan = family.plan(fed)
            result = plan.run(fed)
            if run_metadata is not None and options.output_partition_graphs:
                run_metadata.partition_graphs.extend(plan.partition_graphs().values())
            return result
        watch = Watch.for_all(w for w, _ in callbacks) if callbacks else None
        run = self._run_instrumented(
            fetches, feed_dict, self._instrument(watch, trace), options, run_metadata
        )
        run.global_step = options.debug_options.global_step if callbacks else -1
        for _, sink in callbacks:
            sink(run)
        if run.error is not None:
            raise run.error
        if run.stopped:
            hit = run.hits[0]
            raise CancelledError(
                None, None, f"the run was stopped at {hit.name}, which passed the watch's filter"
            )
        return run.result

    def _instrument(self, watch: Watch | None, trace: bool) -> Instrument:
        """What instrumented programs do; a user's filter has one guard in a session."""
        guard = None
        if watch is not None and watch.filter is not None and watch.asks_by_name:
            guard = self._guards.setdefault(watch.filter, FilterGuard(watch.filter))
        return Instrument(watch, trace, guard)

    def _run_instrumented(
        self,
        fetches: Any,
        feed_dict: Any,
        instrument: Instrument,
        options: RunOptions | None,
        run_metadata: RunMetadata | None,
    ) -> WatchedRun:
        family = self._family(fetches, feed_dict, instrument)
        index = self._run_count
        self._run_count += 1
        fed = self._fed_values(family, feed_dict)
        watch = instrument.watch
        if watch is not None and watch.holds_values:
            fed = [v.copy() if isinstance(v, np.ndarray) else v for v in fed]  # the caller's
        plan = family.plan(fed)
        start = max(time.time_ns() // 1000, self._last_timestamp + 1)
        clock = time.perf_counter_ns()
        execution = execute(plan, fed)
        elapsed = (time.perf_counter_ns() - clock) // 1000

        def stamps(count: int) -> tuple[int, int]:
            span = max(elapsed, count)
            self._last_timestamp = max(self._last_timestamp, start + span)
            return start, span

        run = WatchedRun(execution, stamps, index, fed)
        if instrument.guard is not None:
            run.filter_error = instrument.guard.error
        if watch is not None and watch.keep_last:
            with self._lock:
                history = self._histories.setdefault(watch, WatchHistory(watch))
            run.history = history
            history.add(run)
        if run_metadata is not None and execution.error is None:
            fill_run_metadata(run_metadata, execution, options)
        return run

    @staticmethod
    def _fed_values(family: PlanFamily, feed_dict: Any) -> list[Any]:
        values = (feed_dict or {}).values()
        return [feed.convert(value) for feed, value in zip(family.feeds, values, strict=True)]


class Session(BaseSession):
    """A session that a `with` block opens and closes; inside, its graph is the default graph."""

    def __init__(
        self, target: str = "", graph: Graph | None = None, config: ConfigProto | None = None
    ) -> None:
        super().__init__(target, graph, config)
        self._contexts: list[AbstractContextManager[Any]] = []

    def __enter__(self) -> Session:
        for context in (self.graph.as_default(), self.as_default()):
            context.__enter__()
            self._contexts.append(context)
        return self

    def __exit__(self, *exc_info: Any) -> None:
        for _ in range(2):
            self._contexts.pop().__exit__(*exc_info)
        self.close()


class InteractiveSession(BaseSession):
    """A session that is the default one from the start until `close`, for use in a shell."""

    def __init__(
        self, target: str = "", graph: Graph | None = None, config: ConfigProto | None = None
    ) -> None:
        super().__init__(target, graph, config)
        self._contexts: list[AbstractContextManager[Any]] = []
        for context in (self.graph.as_default(), self.as_default()):
            context.__enter__()
            self._contexts.append(context)

    def close(self) -> None:
        """Stop being the default session, and close."""
        super().close()
        while self._contexts:
            self._contexts.pop().__exit__(None, None, None)
