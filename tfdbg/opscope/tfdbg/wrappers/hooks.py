"""The debugger as hooks of a monitored session."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from opscope.events import DumpForm
from opscope.events.packed_dump_writer import Compression
from opscope.tfdbg.filters import TensorFilter
from opscope.tfdbg.wrappers.dialog import Dialog
from opscope.tfdbg.wrappers.dumping import RunDumper, watch_of
from opscope.tfdbg.wrappers.memory_watch import watch_by_options
from opscope.tfdbg.wrappers.run_call import RunCall
from opscope.tfdbg.wrappers.traced_options import traced_options
from opscope.tfdbg.wrappers.watch_options import WatchFunction
from opscope.tfdbg.wrappers.watched import WatchedRun

TRACED = object()
"""Stands where a Watch would, for a run that is traced."""


class DebugHook:
    """A session run hook whose runs are watched in memory.

    A run is watched through the URL `memcbk:///KEY` in the options that `before_run` asks for;
    the caller's own options are not touched. `thread_name_filter` is a start-anchored regular
    expression: runs in other threads are left alone.
    """

    def __init__(self, thread_name_filter: str | None = None) -> None:
        self._thread_name_filter = re.compile(thread_name_filter or "")
        self._run_call_count = 0
        self._watching = threading.local()  # each thread's run has its own watch

    def plan(self, call: RunCall, session: Any) -> tuple[Any, Callable[[Any], None]] | None:
        """The runtime's Watch for a run and who gets the watched run; None to let it pass.

        With TRACED in place of a Watch the run is traced, and what is got is its RunMetadata, or
        the error that ended it.
        """
        raise NotImplementedError(f"{type(self).__name__} must say what it watches")

    # What a monitored session calls

    def begin(self) -> None:
        """Nothing is needed before the session is made."""

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Nothing is needed once the session is made."""

    def before_run(self, run_context: Any) -> Any:
        """The options that have the run watched, as SessionRunArgs; None to let it pass."""
        self._stop_watching()
        if not self._thread_name_filter.match(threading.current_thread().name):
            return None
        self._run_call_count += 1
        asked = run_context.original_args
        call = RunCall(self._run_call_count, asked.fetches, asked.feed_dict, asked.options)
        planned = None if call.is_empty else self.plan(call, run_context.session)
        if planned is None:
            return None
        watch, receive = planned
        traced = watch is TRACED

        def sink(watched: WatchedRun) -> None:
            # A run that fails never comes to after_run: the watch ends here in any case.
            if traced and watched.error is None:
                return
            self._stop_watching()
            receive(watched.error if traced else watched)

        if traced:
            options, end = watch_by_options(_nothing(), sink, traced_options())
            self._watching.traced = receive
        else:
            options, end = watch_by_options(watch, sink)
        self._watching.end = end
        # The monitored session's own SessionRunArgs, wherever that session comes from.
        return type(asked)(fetches=None, feed_dict=None, options=options)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """End the watch of the run; what was traced is in the values' metadata."""
        receive: Callable[[Any], None] | None = getattr(self._watching, "traced", None)
        self._stop_watching()
        if receive is not None:
            receive(run_values.run_metadata)

    def end(self, session: Any) -> None:
        """End any watch."""
        self._stop_watching()

    def _stop_watching(self) -> None:
        end: Callable[[], None] | None = getattr(self._watching, "end", None)
        self._watching.end = None
        self._watching.traced = None
        if end is not None:
            end()


class LocalCLIDebugHook(DebugHook):
    """What LocalCLIDebugWrapperSession does, for a monitored session."""

    def __init__(
        self,
        ui_type: str = "auto",
        dump_root: str | Path | None = None,
        thread_name_filter: str | None = None,
    ) -> None:
        super().__init__(thread_name_filter)
        self._dialog = Dialog(dump_root, ui_type)

    def add_tensor_filter(self, filter_name: str, tensor_filter: TensorFilter) -> None:
        """Register `tensor_filter(datum, tensor) -> bool` for `run -f` and `lt -f`."""
        self._dialog.add_tensor_filter(filter_name, tensor_filter)

    def plan(self, call: RunCall, session: Any) -> tuple[Any, Callable[[Any], None]] | None:
        """Ask where that is due; show the run afterwards, also one that failed."""
        dialog = self._dialog
        request = dialog.begin(call, session)
        if request is None:
            return None
        graph = session.graph
        if request.profile:

            def profiled(outcome: Any) -> None:
                if isinstance(outcome, Exception):
                    dialog.end_failed(call, outcome)
                else:
                    dialog.end_profiled(call, outcome, graph)

            return TRACED, profiled
        return dialog.watch(request), lambda run: dialog.end(call, request, run, graph)


class DumpingDebugHook(DebugHook):
    """What DumpingDebugWrapperSession does, for a monitored session."""

    def __init__(
        self,
        session_root: str | Path,
        watch_fn: WatchFunction | None = None,
        thread_name_filter: str | None = None,
        format: DumpForm = "tfdbg",  # noqa: A002 - the name is fixed
        compression: Compression | None = None,
        byte_budget: int | None = None,
    ) -> None:
        super().__init__(thread_name_filter)
        self._dumper = RunDumper(session_root, watch_fn, format, compression, byte_budget)

    def plan(self, call: RunCall, session: Any) -> tuple[Any, Callable[[Any], None]] | None:
        """Write the run when it is done, also one that failed."""
        dumper = self._dumper
        if dumper.detached:
            return None
        options = dumper.options(call)

        def write(watched: WatchedRun) -> None:
            dumper.write(call, options, watched, session.graph)

        return watch_of(options), write


def _nothing() -> Any:
    """A watch that no node fits: it tells of the error that ends a run, and holds no tensor."""
    from opscope.runtime.watch import Watch

    return Watch(node_name="(?!)")
