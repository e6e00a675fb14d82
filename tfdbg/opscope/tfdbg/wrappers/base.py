"""A session around a session: the same calls, with a look at each run on the way."""

from __future__ import annotations

import logging
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from opscope.tfdbg.wrappers.callable_options import options_runner
from opscope.tfdbg.wrappers.memory_watch import watch_by_options
from opscope.tfdbg.wrappers.run_call import RunCall
from opscope.tfdbg.wrappers.tensorflow_session import TensorFlowSession, is_tensorflow
from opscope.tfdbg.wrappers.traced_options import new_run_metadata, traced_options
from opscope.tfdbg.wrappers.watched import WatchedRun

if TYPE_CHECKING:
    from collections.abc import Iterator

_logger = logging.getLogger(__name__)


class BaseDebugWrapperSession(ABC):
    """Stands in for a session; a subclass says in `debugged_run` what happens to a run.

    `thread_name_filter` is a start-anchored regular expression: runs in other threads go
    straight to the session, and so do runs that fetch nothing. Raises TypeError where `sess` can
    not be watched. What is not defined here is the wrapped session's own.
    """

    def __init__(self, sess: Any, thread_name_filter: str | None = None) -> None:
        if not (hasattr(sess, "run") and hasattr(sess, "graph")):
            raise TypeError(f"Expected a session to wrap; got {type(sess)}")
        foreign = TensorFlowSession(sess) if is_tensorflow(sess) else None
        if not foreign and not (hasattr(sess, "run_watched") or hasattr(sess, "should_stop")):
            raise TypeError(
                f"{type(sess)} cannot be watched: wrap a Session or a MonitoredSession of "
                "opscope.runtime, or a tf.compat.v1.Session of TensorFlow."
            )
        self._foreign = foreign
        self._sess = sess
        self._thread_name_filter = re.compile(thread_name_filter) if thread_name_filter else None
        self._attached = True
        self._run_call_count = 0
        self._count_lock = threading.Lock()

    @abstractmethod
    def debugged_run(self, call: RunCall) -> Any:
        """The result of a run that is not exempt from debugging."""

    # Running

    def run(
        self,
        fetches: Any,
        feed_dict: Any = None,
        options: Any = None,
        run_metadata: Any = None,
    ) -> Any:
        """Run as the wrapped session does, through the debugger."""
        return self._run(fetches, feed_dict, options, run_metadata, is_callable_runner=False)

    def make_callable(
        self, fetches: Any, feed_list: Sequence[Any] | None = None, accept_options: bool = False
    ) -> Callable[..., Any]:
        """A function of the values to feed that runs the fetches, through the debugger."""
        keys = tuple(feed_list or ())

        def runner(*values: Any, **options: Any) -> Any:
            if len(values) != len(keys):
                raise ValueError(f"expected {len(keys)} values to feed, got {len(values)}")
            if options and not accept_options:
                raise TypeError("this callable was made without accept_options=True")
            feeds = dict(zip(keys, values, strict=True)) or None
            return self._run(
                fetches,
                feeds,
                options.get("options"),
                options.get("run_metadata"),
                is_callable_runner=True,
            )

        return runner

    def _make_callable_from_options(self, callable_options: Any) -> Callable[..., Any]:
        """As TensorFlow's sessions have it for Keras, through the debugger."""

        def run(fetches: Any, feeds: Any, options: Any, run_metadata: Any) -> Any:
            return self._run(fetches, feeds, options, run_metadata, is_callable_runner=True)

        return options_runner(self._sess._make_callable_from_options, callable_options, run)

    def _run(
        self,
        fetches: Any,
        feed_dict: Any,
        options: Any,
        run_metadata: Any,
        is_callable_runner: bool,
    ) -> Any:
        with self._count_lock:
            self._run_call_count += 1
            number = self._run_call_count
        if not self._attached:
            return self._sess.run(fetches, feed_dict, options, run_metadata)
        call = RunCall(number, fetches, feed_dict, options, run_metadata, is_callable_runner)
        names = self._thread_name_filter
        if names is not None and not names.match(threading.current_thread().name):
            return self.plain_run(call)
        if call.is_empty:
            _logger.info(
                "Due to empty fetches, tfdbg Session wrapper is letting a Session.run pass through "
                "without any debugging actions."
            )
            return self.plain_run(call)
        return self.debugged_run(call)

    def detach(self) -> None:
        """Let all further runs go straight to the session, at its own speed."""
        self._attached = False

    def attach(self) -> None:
        """Have the runs debugged again."""
        self._attached = True

    def plain_run(self, call: RunCall) -> Any:
        """The result of a run that nobody looks at."""
        return call.passed_to(self._sess.run)

    def watched_run(self, call: RunCall, watch: Any) -> tuple[Any, WatchedRun]:
        """The result and the tensors of a run; an OpError is in the latter and not raised."""
        watchable = self._foreign or self._sess
        if hasattr(watchable, "run_watched"):
            run: WatchedRun = watchable.run_watched(
                call.fetches,
                call.feed_dict,
                watch=watch,
                options=call.options,
                run_metadata=call.run_metadata,
            )
            return run.result, run
        return self._watched_by_options(call, watch)

    def traced_run(self, call: RunCall) -> tuple[Any, Any]:
        """The result and the RunMetadata of a run with a full trace; errors are raised."""
        foreign = self._foreign is not None
        metadata = new_run_metadata(foreign) if call.run_metadata is None else call.run_metadata
        options = traced_options(call.options, foreign)
        traced = call._replace(options=options, run_metadata=metadata)
        return traced.passed_to(self._sess.run), metadata

    def _watched_by_options(self, call: RunCall, watch: Any) -> tuple[Any, WatchedRun]:
        """As watched_run, for a session that runs another one with hooks around it."""
        runs: list[WatchedRun] = []
        options, unregister = watch_by_options(watch, runs.append, call.options)
        try:
            result = call._replace(options=options).passed_to(self._sess.run)
        except Exception as error:
            if not runs or runs[-1].error is not error:
                raise
            result = None
        finally:
            unregister()
        return result, runs[-1]

    def partial_run_setup(self, fetches: Any, feeds: Any = None) -> Any:
        """Not possible under a debugger."""
        raise NotImplementedError(
            "partial_run_setup is not implemented for debug-wrapper sessions."
        )

    def partial_run(self, handle: Any, fetches: Any, feed_dict: Any = None) -> Any:
        """Not possible under a debugger."""
        raise NotImplementedError("partial_run is not implemented for debug-wrapper sessions.")

    # The session's own face

    @property
    def session(self) -> Any:
        """The wrapped session."""
        return self._sess

    @property
    def plain_session(self) -> Any:
        """The session that runs without hooks: of a monitored session, the one inside."""
        run_step_fn = getattr(self._sess, "run_step_fn", None)
        if run_step_fn is None:
            return self._sess
        return run_step_fn(lambda step_context: step_context.session)

    @property
    def graph(self) -> Any:
        """The session's graph."""
        return self._sess.graph

    @property
    def debug_graph(self) -> Any:
        """The graph as the debugger asks about it."""
        return self._sess.graph if self._foreign is None else self._foreign.debug_graph

    @property
    def graph_def(self) -> Any:
        """The session's graph as a GraphDef."""
        return self._sess.graph_def

    @property
    def sess_str(self) -> str:
        """The target the session was made for."""
        return str(self._sess.sess_str)

    @property
    def run_call_count(self) -> int:
        """How many runs there were, debugged or not."""
        return self._run_call_count

    def increment_run_call_count(self) -> int:
        """Count one run more; the new count."""
        with self._count_lock:
            self._run_call_count += 1
            return self._run_call_count

    def list_devices(self) -> Any:
        """The devices of the session."""
        return self._sess.list_devices()

    def close(self) -> None:
        """Close the wrapped session."""
        self._sess.close()

    def should_stop(self) -> bool:
        """Whether a monitored session was asked to stop; ValueError for any other."""
        if not hasattr(self._sess, "should_stop"):
            raise ValueError(
                f"The wrapped session {self._sess!r} does not have a method called 'should_stop'. "
                "Do you intend to wrap a tf.MonitoredSession instead?"
            )
        return bool(self._sess.should_stop())

    def as_default(self) -> AbstractContextManager[Any]:
        """Make the wrapper the default session, so that `tensor.eval()` is debugged as well."""
        if self._foreign is not None:
            context: AbstractContextManager[Any] = self._foreign.as_default(self)
            return context
        from opscope.runtime.default_session import default_session

        return default_session(self)

    def __enter__(self) -> BaseDebugWrapperSession:
        self._entered = self._opened()
        self._entered.__enter__()
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self._entered.__exit__(*exc_info)

    @contextmanager
    def _opened(self) -> Iterator[None]:
        # The wrapped session enters and leaves its own block; the wrapper is the default within.
        with self._sess, self.as_default():
            yield

    def __getattr__(self, name: str) -> Any:
        if name in ("_sess", "_foreign"):  # not made yet: a failed __init__
            raise AttributeError(name)
        return getattr(self._sess, name)
