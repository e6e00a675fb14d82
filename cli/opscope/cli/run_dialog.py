"""What `opscope run` does at a bad step, and at the end of the script."""

from __future__ import annotations

import _thread
import importlib
import shlex
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opscope.cli.demo import this_command
from opscope.cli.origin_report import origin_lines, shown_path
from opscope.tfdbg.action import DETACH, RunRequest
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.filters import FilterError, TensorFilter, default_filters, find_passing
from opscope.tfdbg.origin import first_bad
from opscope.tfdbg.run_screen import run_end_title, run_error_screen
from opscope.tfdbg.session_run import SessionRun
from opscope.tfdbg.stored_run import StoredRun
from opscope.tfdbg.ui import ask
from opscope.tfdbg.wrappers.dialog import Dialog, failed_node, in_memory
from opscope.tfdbg.wrappers.own_frames import without_own_frames
from opscope.tfdbg.wrappers.run_call import RunCall
from opscope.tfdbg.wrappers.run_control import RunControl
from opscope.tfdbg.wrappers.watched import WatchedRun

EXIT_BAD_STEP = 3


class UnknownFilterError(ValueError):
    """There is no such filter."""


class _BadStep(SystemExit):
    """Ends the script at a bad step."""


@dataclass(frozen=True)
class _Failure:
    """A run in which an op failed; the script may go on from it."""

    call: RunCall
    watched: WatchedRun
    graph: Any


class RunDialog(Dialog):
    """The debugger's side of all sessions of a script.

    It begins with `run -f FILTER -fenn EXCLUDE`, without a prompt. UnknownFilterError for a name
    that is neither a filter nor `MODULE:FUNCTION`.
    """

    def __init__(self, filter_name: str, exclude: str | None, dump_root: Path, on_hit: str) -> None:
        super().__init__(asking=self._at_a_stop)
        self._dump_root = dump_root
        self._on_hit = on_hit
        self._filter_name = filter_name
        if filter_name not in default_filters():
            self.add_tensor_filter(filter_name, _loaded(filter_name))
        request = RunRequest(till_filter_pass=filter_name, filter_exclude_node_names=exclude)
        self.control = RunControl(request)
        self._failure: _Failure | None = None
        self._hit: tuple[SessionRun, WatchedRun] | None = None
        self.stopped: int | None = None

    # At a run

    def _end(self, call: RunCall, request: RunRequest, watched: WatchedRun, graph: Any) -> None:
        if watched.error is not None and request.till_filter_pass is not None:
            # Many a loop ends with an error that it catches: only what ends the script is shown.
            self._failure = _Failure(call, watched, graph)
            return
        super()._end(call, request, watched, graph)

    def _say_stored(self, run: SessionRun, stored: StoredRun) -> None:
        """The report that is printed follows with what the dump says."""

    def _at_a_stop(
        self, context: Analysis, title: str, command: str, *, kind: str, ui_type: str
    ) -> object:
        if kind != "hit":
            return ask(context, title, command, kind=kind, ui_type=ui_type)
        sys.stdout.flush()
        self._report_hit(context)
        if self._on_hit == "debug" and _can_talk():
            return ask(context, title, command, kind=kind, ui_type=ui_type)
        if self._on_hit == "continue":
            return DETACH
        self.stopped = EXIT_BAD_STEP
        self.control.detach_until(None)
        if threading.current_thread() is not threading.main_thread():
            # SystemExit ends only this thread; the main one may be waiting for it.
            _thread.interrupt_main(signal.SIGINT)
        raise _BadStep(EXIT_BAD_STEP)

    def _report_hit(self, context: Analysis) -> None:
        dump, run = context.dump, context.session
        if dump is None or run is None:
            return
        request = self.control.standing
        exclude = request.filter_exclude_node_names if request else None
        metadata = dump.core_metadata
        step = -1 if metadata is None or isinstance(metadata, list) else metadata.global_step
        where = f"run {run.run_call_count}" + (f", global step {step}" if step >= 0 else "")
        _say("")
        passes = self._filters[self._filter_name]
        try:
            origin = first_bad(dump, passes, exclude)
        except FilterError as error:
            _say(f"Stopped, {where}: {error}")
            return
        if origin is None:
            _say(f"Bad step, {where}: {self._filter_name} passed")
        else:
            count = len(find_passing(dump, passes, self._filter_name, 0, exclude))
            for text in origin_lines(origin, where, count):
                _say(text)
        _say("")
        _say_commands(context.stored)

    # At the end

    def ended_by(self, error: BaseException) -> int | None:
        """3 where the script was stopped; else None, when the error has been shown."""
        if self.stopped is not None and isinstance(error, _BadStep | KeyboardInterrupt):
            return self.stopped
        failure = self._failure
        if failure is not None and failure.watched.error in _chain(error):
            self._show_failure(failure)
        without_own_frames(error)
        return self.stopped

    def _show_failure(self, failure: _Failure) -> None:
        error = failure.watched.error
        if error is None:
            return
        try:
            run = failure.call.described
            dump = in_memory(failure.watched, failure.graph)
            node = failed_node(error)
            stored = self._keep(run, failure.watched, failure.graph, node)
            sys.stdout.flush()
            _say("")
            for text in _failure_lines(dump, node, run, error):
                _say(text)
            _say("")
            _say_commands(stored)
            if self._on_hit == "debug" and _can_talk():
                intro = run_error_screen(node, str(type(error)), str(error))
                context = self._context(dump=dump, session=run, intro=intro, stored=stored)
                ask(context, run_end_title(run), "help", kind="error")
        except Exception as fault:  # the script's own error must come through
            self.fail(fault)


def _failure_lines(
    dump: DebugDump, node: str | None, run: SessionRun, error: Exception
) -> list[str]:
    lines = [f"Op failed, run {run.run_call_count}: {node or '(unknown)'}"]
    lines.append(f"  {type(error).__name__}: {_reason(error)}")
    try:
        file, number, function, text = dump.node_traceback(node or "")[-1]
    except (LookupError, ValueError):
        return lines
    return [*lines, f"  built at {shown_path(file)}:{number} in {function}", f"    {text}"]


def _reason(error: Exception) -> str:
    """The row of an op error that says what is wrong.

    TensorFlow's begin with where the op was made; the reason stands behind the node's name.
    """
    rows = [row.strip() for row in str(error).strip().split("\n")]
    after = next((at for at, row in enumerate(rows) if row.startswith("Node: ")), -1) + 1
    return rows[after] if after < len(rows) else rows[0]


def _say_commands(stored: StoredRun | None) -> None:
    if stored is None or stored.folder is None:
        return
    opscope = this_command()
    _say(f"Debug it:  {opscope} debug {shlex.quote(str(stored.folder))}")
    if stored.link is not None:
        _say(f"See it:    {opscope} dashboard --logdir {shlex.quote(str(stored.folder.parent))}")
        _say(f"           and there {stored.link}")


def _chain(error: BaseException) -> list[BaseException]:
    """An error and those it came from."""
    found: list[BaseException] = []
    left: list[BaseException | None] = [error]
    while left:
        current = left.pop()
        if current is not None and current not in found:
            found.append(current)
            left += [current.__cause__, current.__context__]
    return found


def _can_talk() -> bool:
    """True where there is somebody to type."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _loaded(name: str) -> TensorFilter:
    module, colon, function = name.partition(":")
    if not colon:
        known = ", ".join(default_filters())
        raise UnknownFilterError(f"there is no filter {name!r}: give {known} or MODULE:FUNCTION")
    try:
        found: TensorFilter = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise UnknownFilterError(f"the filter {name} cannot be loaded: {error}") from error
    if not callable(found):
        raise UnknownFilterError(f"the filter {name} is no function")
    return found


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
