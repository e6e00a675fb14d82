"""Every session of a process under one debugger, though nobody wraps any of them.

`run` of the session classes is replaced, ours and TensorFlow's, so that `eval`, callables,
monitored sessions and sessions made in a library come by as well. `end` puts everything back.
"""

from __future__ import annotations

import functools
import re
import sys
import threading
import weakref
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from opscope.tfdbg.wrappers.attachment import Attachment
from opscope.tfdbg.wrappers.callable_options import options_runner
from opscope.tfdbg.wrappers.dialog import Dialog
from opscope.tfdbg.wrappers.run_call import RunCall
from opscope.tfdbg.wrappers.tensorflow_session import TensorFlowSession
from opscope.tfdbg.wrappers.traced_options import new_run_metadata, traced_options
from opscope.tfdbg.wrappers.watched import WatchedRun

OURS = "opscope.runtime.session"
THEIRS = "tensorflow.python.client.session"
_SESSION_CLASS = "BaseSession"
_FROM_OPTIONS = "_make_callable_from_options"

Plain = Callable[..., Any]


class EverySession:
    """Has `dialog` asked about each session run between `begin` and `end`.

    `attachment` says from which run on, and lets go and comes back. `thread_name_filter` is a
    start-anchored regular expression: runs in other threads are left alone, and so are runs that
    a debugger of the program's own watches already. Runs are counted over all sessions, from 1.
    """

    def __init__(
        self, dialog: Dialog, attachment: Attachment, thread_name_filter: str | None = None
    ) -> None:
        self._dialog = dialog
        self._attachment = attachment
        self._threads = re.compile(thread_name_filter) if thread_name_filter else None
        self._inside = threading.local()  # a watched run of TensorFlow's session runs it again
        self._count_lock = threading.Lock()
        self._foreign: weakref.WeakKeyDictionary[Any, TensorFlowSession]
        self._foreign = weakref.WeakKeyDictionary()
        self._imports = _AfterImport({OURS: self._patch, THEIRS: self._patch})
        self._restores: list[Callable[[], None]] = []
        self.run_count = 0

    def begin(self) -> None:
        """Watch the sessions of the modules that are loaded, and of those that will be."""
        for name in (OURS, THEIRS):
            if name in sys.modules:
                self._patch(sys.modules[name])
        sys.meta_path.insert(0, self._imports)

    def end(self) -> None:
        """Leave the session classes and imports as they were."""
        if self._imports in sys.meta_path:
            sys.meta_path.remove(self._imports)
        while self._restores:
            self._restores.pop()()
        for session in self._foreign.values():
            session.close()

    def _patch(self, module: ModuleType) -> None:
        session_class = getattr(module, _SESSION_CLASS)
        plain_run, plain_callable = session_class.run, session_class.make_callable
        ours = module.__name__ == OURS

        @functools.wraps(plain_run)
        def run(
            session: Any,
            fetches: Any,
            feed_dict: Any = None,
            options: Any = None,
            run_metadata: Any = None,
        ) -> Any:
            if getattr(self._inside, "now", False):
                return plain_run(session, fetches, feed_dict, options, run_metadata)
            return self._run(session, plain_run, fetches, feed_dict, options, run_metadata)

        @functools.wraps(plain_callable)
        def make_callable(
            session: Any, fetches: Any, feed_list: Any = None, accept_options: bool = False
        ) -> Any:
            return _runner(session, fetches, tuple(feed_list or ()), accept_options)

        plain_from_options: Any = getattr(session_class, _FROM_OPTIONS, None)

        def from_options(session: Any, callable_options: Any) -> Any:
            plain = functools.partial(plain_from_options, session)
            return options_runner(plain, callable_options, session.run)

        def restore() -> None:
            session_class.run, session_class.make_callable = plain_run, plain_callable
            if not ours:
                setattr(session_class, _FROM_OPTIONS, plain_from_options)

        session_class.run = run
        if not ours:  # a callable of ours runs the session, TensorFlow's goes round it
            session_class.make_callable = make_callable
            setattr(session_class, _FROM_OPTIONS, from_options)
        self._restores.append(restore)

    def _run(
        self,
        session: Any,
        plain_run: Plain,
        fetches: Any,
        feed_dict: Any,
        options: Any,
        run_metadata: Any,
    ) -> Any:
        with self._count_lock:
            self.run_count += 1
            number = self.run_count
        arguments = (session, fetches, feed_dict, options, run_metadata)
        if self._threads and not self._threads.match(threading.current_thread().name):
            return plain_run(*arguments)
        if not self._attachment.attached(number, session, functools.partial(plain_run, session)):
            return plain_run(*arguments)
        if options is not None and options.debug_options.debug_tensor_watch_opts:
            return plain_run(*arguments)
        call = RunCall(number, fetches, feed_dict, options, run_metadata)
        request = None if call.is_empty else self._dialog.begin(call)
        if request is None:
            return plain_run(*arguments)
        if request.profile:
            return self._profiled(session, functools.partial(plain_run, session), call)
        self._inside.now = True
        try:
            watched, graph = self._watched(session, call, self._dialog.watch(request))
        finally:
            self._inside.now = False
        self._dialog.end(call, request, watched, graph)
        if watched.error is not None:
            raise watched.error
        return watched.result

    def _profiled(self, session: Any, plain_run: Plain, call: RunCall) -> Any:
        foreign = not hasattr(session, "run_watched")
        metadata = new_run_metadata(foreign) if call.run_metadata is None else call.run_metadata
        options = traced_options(call.options, foreign)
        try:
            result = call._replace(options=options, run_metadata=metadata).passed_to(plain_run)
        except Exception as error:
            if hasattr(error, "op"):  # an OpError, ours or TensorFlow's
                self._dialog.end_failed(call, error)
            raise
        self._dialog.end_profiled(call, metadata, self._graph(session))
        return result

    def _graph(self, session: Any) -> Any:
        """The session's graph as the debugger asks about it."""
        if hasattr(session, "run_watched"):
            return session.graph
        return self._foreign_of(session).debug_graph

    def _foreign_of(self, session: Any) -> TensorFlowSession:
        known = self._foreign.get(session)
        if known is None:
            known = self._foreign[session] = TensorFlowSession(session)
        return known

    def _watched(self, session: Any, call: RunCall, watch: Any) -> tuple[WatchedRun, Any]:
        ours = hasattr(session, "run_watched")
        watchable: Any = session if ours else self._foreign_of(session)
        run: WatchedRun = watchable.run_watched(
            call.fetches,
            call.feed_dict,
            watch=watch,
            options=call.options,
            run_metadata=call.run_metadata,
        )
        return run, self._graph(session)


def _runner(
    session: Any, fetches: Any, keys: tuple[Any, ...], accept_options: bool
) -> Callable[..., Any]:
    """A callable of TensorFlow's that runs the session as `run` does."""

    def run(*values: Any, **options: Any) -> Any:
        if len(values) != len(keys):
            raise ValueError(f"Expected {len(keys)} values to feed, got {len(values)}")
        if options and not accept_options:
            raise TypeError("this callable was made without accept_options=True")
        return session.run(fetches, dict(zip(keys, values, strict=True)) or None, **options)

    return run


class _AfterImport(MetaPathFinder):
    """Calls a function with a module as soon as it has been imported."""

    def __init__(self, actions: dict[str, Callable[[ModuleType], None]]) -> None:
        self._actions = actions

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the other finders give, with the function behind its loader."""
        if fullname not in self._actions:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec: ModuleSpec | None = find(fullname, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = _ThenLoader(spec.loader, self._actions[fullname])
                return spec
        return None


class _ThenLoader(Loader):
    """Another loader, and a call when the module is there."""

    def __init__(self, loader: Any, then: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._then = then

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """What the loader makes."""
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Load, then call."""
        self._loader.exec_module(module)
        self._then(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
