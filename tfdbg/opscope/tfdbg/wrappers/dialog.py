"""The questions put to the user before and after a run, and what is shown with them."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from opscope.events import BuiltInFilter, CoreMetadata, HasInfOrNan
from opscope.tfdbg.action import STEP, Detach, RunRequest
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command_line import as_typed
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.debug_tensor import has_inf_or_nan
from opscope.tfdbg.filters import (
    FilterError,
    TensorFilter,
    add_tensor_filter,
    default_filters,
    find_passing,
)
from opscope.tfdbg.origin import first_bad
from opscope.tfdbg.profile import Profile
from opscope.tfdbg.run_screen import (
    run_end_title,
    run_error_screen,
    run_start_title,
    stepper_title,
)
from opscope.tfdbg.session_run import SessionRun
from opscope.tfdbg.settings import Settings
from opscope.tfdbg.stepper import NodeStepper, Stepping
from opscope.tfdbg.stored_run import StoredRun
from opscope.tfdbg.ui import ask, check_ui_type
from opscope.tfdbg.wrappers.dump_run import step_of, write_dump
from opscope.tfdbg.wrappers.graph_event import write_graph_event
from opscope.tfdbg.wrappers.run_call import RunCall
from opscope.tfdbg.wrappers.run_control import RunControl
from opscope.tfdbg.wrappers.traced_run import TracedRun
from opscope.tfdbg.wrappers.watched import WatchedRun

Ask = Callable[..., object]

_HAS_INF_OR_NAN = HasInfOrNan()


class Dialog:
    """The debugger's side of a wrapped session or a hook.

    `dump_root` is where the runs that the user should keep are written: those that pass a
    filter and those that fail. It is made when needed; ValueError where it is a file or not
    empty.
    """

    def __init__(
        self, dump_root: str | Path | None = None, ui_type: str = "auto", asking: Ask = ask
    ) -> None:
        self._dump_root = checked_root(dump_root, "dump_root")
        self._ui_type = check_ui_type(ui_type)
        self._ask = asking
        self.control = RunControl()
        self._lock = threading.RLock()  # runs of several threads are asked about one by one
        self._filters: dict[str, TensorFilter] = default_filters()
        self._settings = Settings.of_user()
        self._last_watch: tuple[RunRequest, BuiltInFilter | None, Any] | None = None

    def add_tensor_filter(self, filter_name: str, tensor_filter: TensorFilter) -> None:
        """Register a filter for `run -f` and `lt -f`."""
        add_tensor_filter(self._filters, filter_name, tensor_filter)

    def begin(self, call: RunCall, session: Any = None) -> RunRequest | None:
        """Ask before a run where that is due; how to watch it, None for not at all.

        `session` is what a run is stepped through with, without hooks around it.

        Raises SystemExit where the user chose to end the program. A debugger that fails
        detaches: the run must not suffer.
        """
        with self._lock:
            return self._begin(call, session)

    def _begin(self, call: RunCall, session: Any) -> RunRequest | None:
        control = self.control
        self._leave_if_asked()
        if control.attach_at is not None and call.number >= control.attach_at:
            control.attach()
        if control.needs_prompt:
            try:
                run = call.described
                context = self._context(session=run)
                action = self._show(context, run_start_title(run), "run_info", "start")
                control.take(self._stepped(call, session) if action is STEP else action)
            except Exception as error:  # the debugger's own fault, whatever it is
                self.fail(error)
            self._leave_if_asked()
        return control.next_run()

    def _stepped(self, call: RunCall, session: Any) -> object:
        """Let the user step through a run; what is done next is the run itself, unwatched.

        Variables hold afterwards what they held before.
        """
        run = call.described
        with NodeStepper(session, call.fetches, call.feed_dict) as stepper:
            context = self._context(session=run, stepping=Stepping(stepper))
            action = self._show(context, stepper_title(run), "lt", "stepper")
        return action if isinstance(action, Detach) else RunRequest(no_debug=True)

    def _leave_if_asked(self) -> None:
        if self.control.exiting:
            print("tfdbg: exit was chosen, ending the program.", file=sys.stderr)
            raise SystemExit(0)

    def watch(self, request: RunRequest) -> Any:
        """The runtime's Watch for a request.

        A built-in filter needs no dump to be answered: the watched step tests its own tensors.
        """
        tested = self._tested_in_step(request)
        last = self._last_watch
        if last is not None and last[0] is request and last[1] == tested:
            return last[2]
        from opscope.runtime.watch import Watch

        watch = Watch(
            node_name=request.node_name_filter,
            op_type=request.op_type_filter,
            tensor_dtype=request.tensor_dtype_filter,
            filter=tested,
        )
        self._last_watch = (request, tested, watch)
        return watch

    def _tested_in_step(self, request: RunRequest) -> BuiltInFilter | None:
        """The request's filter where it is a built-in one."""
        name = request.till_filter_pass
        if name is None or name not in self._filters:
            return None
        passes = self._filters[name]
        if passes is has_inf_or_nan:
            return _HAS_INF_OR_NAN
        return passes if isinstance(passes, BuiltInFilter) else None

    def end(self, call: RunCall, request: RunRequest, watched: WatchedRun, graph: Any) -> None:
        """After a watched run: show it where the user wants to see it, and follow the answer."""
        try:
            with self._lock:
                self._end(call, request, watched, graph)
        except Exception as error:  # the debugger's own fault, whatever it is
            self.fail(error)

    def _end(self, call: RunCall, request: RunRequest, watched: WatchedRun, graph: Any) -> None:
        failed = watched.error is not None
        passed = not failed and self._passes(request, watched)
        if not self.control.stops(passed or failed):
            return
        run = call.described
        intro = _error_intro(watched.error) if watched.error is not None else None
        command, kind = "lt", "end"
        if failed:
            command, kind = "help", "error"
        elif passed:
            command, kind = _listing(request), "hit"
        dump = in_memory(watched, graph)
        stored = None
        if failed or passed:
            bad = failed_node(watched.error) if failed else self._bad_node(request, dump)
            stored = self._keep(run, watched, graph, bad, call.run_metadata)
        context = self._context(dump=dump, session=run, intro=intro, stored=stored)
        self.control.take(self._show(context, run_end_title(run), command, kind))

    def _bad_node(self, request: RunRequest, dump: DebugDump) -> str | None:
        """The node where a hit began; None where the filter itself fails."""
        name = request.till_filter_pass
        if name is None:
            return None
        try:
            found = first_bad(dump, self._filters[name], request.filter_exclude_node_names)
        except FilterError:
            return None
        return found.datum.node_name if found else None

    def end_profiled(self, call: RunCall, run_metadata: Any, graph: Any) -> None:
        """After a traced run: show what its ops cost, and follow the answer."""
        try:
            with self._lock:
                if not self.control.stops(passed=True):
                    return
                run = call.described
                profile = Profile.of(run_metadata, graph)
                traced = TracedRun(run, run_metadata)
                stored = self._keep(run, traced, graph, None, run_metadata)
                context = self._context(profile=profile, session=run, stored=stored)
                title = run_end_title(run, profiled=True)
                self.control.take(self._show(context, title, "lp", "end"))
        except Exception as error:  # the debugger's own fault, whatever it is
            self.fail(error)

    def end_failed(self, call: RunCall, error: Exception) -> None:
        """After a run that failed without being watched: show the error, and follow the answer."""
        try:
            with self._lock:
                self.control.stops(passed=True)
                run = call.described
                context = self._context(session=run, intro=_error_intro(error))
                self.control.take(self._show(context, run_end_title(run), "help", "error"))
        except Exception as failure:  # the debugger's own fault, whatever it is
            self.fail(failure)

    def _context(self, **details: Any) -> Analysis:
        return Analysis(filters=self._filters, settings=self._settings, **details)

    def _passes(self, request: RunRequest, watched: WatchedRun) -> bool:
        """Whether a tensor passes the request's filter; a filter that fails stops the run too."""
        name, excluded = request.till_filter_pass, request.filter_exclude_node_names
        if name is None:
            return False
        if self._tested_in_step(request) is not None:
            return any(
                excluded is None or not re.match(excluded, hit.node_name) for hit in watched.hits
            )
        dump = DebugDump.from_memory(watched.tensors, {}, validate=False)
        try:
            return bool(find_passing(dump, self._filters[name], name, 1, excluded))
        except FilterError:
            return True  # the listing that follows shows the failure and the tensor it failed on

    def _keep(
        self,
        run: SessionRun,
        watched: WatchedRun,
        graph: Any,
        bad_node: str | None,
        run_metadata: Any = None,
    ) -> StoredRun:
        """Write the run where there is a root; how it is looked at again."""
        if self._dump_root is None:
            return StoredRun(None, bad_node)
        folder = self._dump_root / f"run_{time.time_ns() // 1000}_{run.run_call_count}"
        write_dump(
            folder,
            watched,
            graph,
            fetches_info=repr(list(run.fetches)),
            feed_keys_info=repr(list(run.feeds)),
            run_metadata=run_metadata,
        )
        drawn = write_graph_event(folder, graph)
        stored = StoredRun(folder, bad_node, drawn)
        self._say_stored(run, stored)
        return stored

    def _say_stored(self, run: SessionRun, stored: StoredRun) -> None:
        print(
            f"tfdbg: run #{run.run_call_count} was written; look at it again with "
            f"`opscope debug {stored.folder}`",
            file=sys.stderr,
        )
        for line in stored.link_lines:
            print(f"tfdbg: {line}", file=sys.stderr)

    def _show(self, context: Analysis, title: str, command: str, kind: str) -> object:
        return self._ask(context, title, command, kind=kind, ui_type=self._ui_type)

    def fail(self, error: Exception) -> None:
        """Detach because the debugger failed, with one line of warning."""
        self.control.detached = True
        reason = " ".join(str(error).split())
        print(
            f"WARNING: tfdbg failed and is detached, the program runs on: "
            f"{type(error).__name__}: {reason}",
            file=sys.stderr,
        )


def checked_root(root: str | Path | None, what: str) -> Path | None:
    """A folder to write to that does not exist or is empty; ValueError else, None for none."""
    if root is None or root == "":
        return None
    path = Path(root).expanduser()
    if path.exists():
        if not path.is_dir():
            raise ValueError(f"{what} path points to a file: {path}")
        if any(path.iterdir()):
            raise ValueError(f"{what} path points to a non-empty directory: {path}")
    return path


def in_memory(watched: WatchedRun, graph: Any) -> DebugDump:
    """The dump of a run, by reference: nothing is copied and nothing is written."""
    dump = DebugDump.from_memory(
        watched.tensors,
        watched.partition_graphs,
        core_metadata=CoreMetadata(
            step_of(watched, graph),
            watched.session_run_index,
            0,
            tuple(watched.input_names),
            tuple(watched.output_names),
            tuple(watched.target_nodes),
        ),
        feeds=watched.feeds,
        validate=False,
    )
    dump.set_python_graph(graph)
    return dump


def _listing(request: RunRequest) -> str:
    command = f"lt -f {request.till_filter_pass}"
    if request.filter_exclude_node_names:
        command += f" -fenn {as_typed(request.filter_exclude_node_names)}"
    return command


def failed_node(error: Exception | None) -> str | None:
    """The node that an OpError names; None where it names none."""
    name = getattr(getattr(error, "op", None), "name", None)
    return name if isinstance(name, str) else None


def _error_intro(error: Exception) -> Any:
    return run_error_screen(failed_node(error), str(type(error)), str(error))
