"""Monitored sessions: hooks around every run, opened and closed with the training."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from opscope.events.proto.config_pb2 import ConfigProto, RunMetadata, RunOptions
from opscope.runtime import errors, logging
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.train.basic_session_run_hooks import StepCounterHook, SummarySaverHook
from opscope.runtime.train.coordinator import Coordinator
from opscope.runtime.train.scaffold import ChiefSessionCreator, Scaffold, SessionCreator
from opscope.runtime.train.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)

# Stands for "the caller did not say".
USE_DEFAULT: Any = object()


class StepContext:
    """What a step function gets: the session without hooks, and a run with them."""

    def __init__(self, session: Any, run_with_hooks: Callable[..., Any]) -> None:
        self.session = session
        self.run_with_hooks = run_with_hooks

    def request_stop(self) -> None:
        """Leave the step function and end the training."""
        raise StopIteration("step_fn has requested the iterations to stop.")


class _MonitoredSession:
    """What MonitoredSession and SingularMonitoredSession share."""

    StepContext = StepContext

    def __init__(
        self,
        session_creator: SessionCreator,
        hooks: Sequence[SessionRunHook] | None,
        stop_grace_period_secs: float,
    ) -> None:
        self._graph = get_default_graph()
        self._graph_was_finalized = self._graph.finalized
        self._hooks = list(hooks or ())
        self._grace = stop_grace_period_secs
        self._stop_requested = False
        for hook in self._hooks:
            hook.begin()
        self._coord = Coordinator()
        self._session: Any = session_creator.create_session()
        try:
            for hook in self._hooks:
                hook.after_create_session(self._session, self._coord)
        except BaseException:
            self._close(failed=True)
            raise

    @property
    def graph(self) -> Graph:
        """The graph that the session runs."""
        return self._graph

    def should_stop(self) -> bool:
        """True when a hook or a thread asked for the end, or the session is closed."""
        return self._session is None or self._stop_requested or self._coord.should_stop()

    def run(
        self,
        fetches: Any,
        feed_dict: Any = None,
        options: RunOptions | None = None,
        run_metadata: RunMetadata | None = None,
    ) -> Any:
        """As `Session.run`, together with what the hooks ask for, their methods called around it.

        RuntimeError when the end was asked for already.
        """
        session = self._open_session()
        if self.should_stop():
            raise RuntimeError("Run called even after should_stop requested.")
        context = SessionRunContext(SessionRunArgs(fetches, feed_dict, options), session)
        wanted: dict[Any, Any] = {"caller": fetches}
        merged = RunOptions()
        if options is not None:
            merged.CopyFrom(options)
        feeds = self._asked_by_hooks(context, wanted, feed_dict, merged)
        metadata = RunMetadata() if run_metadata is None else run_metadata
        plain = run_metadata is None and merged == _NO_OPTIONS
        try:
            if plain:
                values = session.run(wanted, feed_dict=feeds)
            else:
                values = session.run(wanted, feed_dict=feeds, options=merged, run_metadata=metadata)
        except Exception:
            # When another thread failed first, its error is the cause.
            self._coord.raise_requested_exception()
            raise
        for hook in self._hooks:
            hook.after_run(context, SessionRunValues(values.get(hook), merged, metadata))
        self._stop_requested = self._stop_requested or context.stop_requested
        return values["caller"]

    def _asked_by_hooks(
        self, context: SessionRunContext, wanted: dict[Any, Any], user_feeds: Any, options: Any
    ) -> Any:
        """Call `before_run` of the hooks; add their fetches and options, return all feeds."""
        feeds: dict[Any, Any] = {}
        for hook in self._hooks:
            request = hook.before_run(context)
            if request is None:
                continue
            if request.fetches is not None:
                wanted[hook] = request.fetches
            if request.feed_dict:
                self._require_distinct(feeds, request.feed_dict, "Same tensor is fed by two hooks.")
                feeds.update(request.feed_dict)
            if request.options is not None:
                _merge_options(options, request.options)
        if not feeds:
            return user_feeds
        if user_feeds:
            self._require_distinct(
                feeds, user_feeds, "Same tensor is fed by a SessionRunHook and user."
            )
            feeds.update(user_feeds)
        return feeds

    def _require_distinct(self, feeds: dict[Any, Any], others: dict[Any, Any], text: str) -> None:
        for key in others:
            if key in feeds:
                raise RuntimeError(f"{text} Conflict tensor: {key}")

    def run_step_fn(self, step_fn: Callable[..., Any]) -> Any:
        """Call step_fn(step_context) and return what it returns.

        Its argument must be named `step_context`. ValueError for another signature.
        """
        names = list(inspect.signature(step_fn).parameters)
        if names not in (["step_context"], ["self", "step_context"]):
            raise ValueError(
                "`step_fn` may either have one `step_context` argument, or `self` and "
                f"`step_context` arguments if it's an instance method. Got {names} instead."
            )
        return step_fn(StepContext(self._open_session(), self.run))

    def close(self) -> None:
        """Call the hooks' `end` and close the session; RuntimeError when it is closed already."""
        self._open_session()
        self._close(failed=False)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: Any, traceback: Any) -> bool:
        # The end of the data, and a step function's wish to stop, are a normal end.
        normal = kind is None or kind in (errors.OutOfRangeError, StopIteration)
        if self._session is not None:
            self._close(failed=not normal)
        return normal

    def _open_session(self) -> Any:
        if self._session is None:
            raise RuntimeError("Session is already closed.")
        return self._session

    def _close(self, failed: bool) -> None:
        session = self._session
        try:
            if not failed:
                for hook in self._hooks:
                    hook.end(session)
        finally:
            self._session = None
            self._coord.request_stop()
            try:
                self._coord.join(stop_grace_period_secs=self._grace, ignore_live_threads=True)
            finally:
                session.close()
                if not self._graph_was_finalized:
                    self._graph._unsafe_unfinalize()


_NO_OPTIONS = RunOptions()


def _merge_options(options: RunOptions, incoming: RunOptions) -> None:
    """Add to `options` what `incoming` asks for beyond it; watches add up."""
    options.trace_level = max(options.trace_level, incoming.trace_level)
    options.timeout_in_ms = max(options.timeout_in_ms, incoming.timeout_in_ms)
    options.inter_op_thread_pool = max(options.inter_op_thread_pool, incoming.inter_op_thread_pool)
    options.output_partition_graphs |= incoming.output_partition_graphs
    if incoming.HasField("debug_options"):
        mine, theirs = options.debug_options, incoming.debug_options
        mine.debug_tensor_watch_opts.extend(theirs.debug_tensor_watch_opts)
        mine.global_step = max(mine.global_step, theirs.global_step)
        mine.reset_disk_byte_usage |= theirs.reset_disk_byte_usage


class MonitoredSession(_MonitoredSession):
    """A session with hooks; use it in a `with` block and loop until `should_stop()`.

    The session is made by `session_creator` (by default one that initializes all variables) after
    the hooks' `begin`; the graph is final until the session is closed. OutOfRangeError ends the
    block as if it were finished; any other error skips the hooks' `end` and is raised.
    """

    def __init__(
        self,
        session_creator: SessionCreator | None = None,
        hooks: Sequence[SessionRunHook] | None = None,
        stop_grace_period_secs: float = 120,
    ) -> None:
        super().__init__(session_creator or ChiefSessionCreator(), hooks, stop_grace_period_secs)


class SingularMonitoredSession(_MonitoredSession):
    """As MonitoredSession, and gives access to the session inside."""

    def __init__(
        self,
        hooks: Sequence[SessionRunHook] | None = None,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: ConfigProto | None = None,
        checkpoint_dir: str | None = None,
        stop_grace_period_secs: float = 120,
        checkpoint_filename_with_path: str | None = None,
    ) -> None:
        creator = ChiefSessionCreator(
            scaffold, master, config, checkpoint_dir, checkpoint_filename_with_path
        )
        super().__init__(creator, hooks, stop_grace_period_secs)

    def raw_session(self) -> Any:
        """The session inside, without hooks."""
        return self._session


def MonitoredTrainingSession(  # noqa: N802 - TensorFlow's name
    master: str = "",
    is_chief: bool = True,
    checkpoint_dir: str | None = None,
    scaffold: Scaffold | None = None,
    hooks: Sequence[SessionRunHook] | None = None,
    chief_only_hooks: Sequence[SessionRunHook] | None = None,
    save_checkpoint_secs: Any = USE_DEFAULT,
    save_summaries_steps: Any = USE_DEFAULT,
    save_summaries_secs: Any = USE_DEFAULT,
    config: ConfigProto | None = None,
    stop_grace_period_secs: float = 120,
    log_step_count_steps: int | None = 100,
    max_wait_secs: float = 7200,
    save_checkpoint_steps: Any = USE_DEFAULT,
    summary_dir: str | None = None,
) -> MonitoredSession:
    """A MonitoredSession with the usual hooks for training.

    With `summary_dir` (or `checkpoint_dir`) it writes the merged summaries there, every 100 steps
    if not told otherwise, and the steps per second. There are no checkpoints yet: asking for them
    is an error, and so is a folder that holds one, which would have to be restored.
    """
    if not is_chief:
        raise NotImplementedError(
            "opscope trains in one process, which is the chief: is_chief must be True"
        )
    for name, value in (
        ("save_checkpoint_secs", save_checkpoint_secs),
        ("save_checkpoint_steps", save_checkpoint_steps),
    ):
        if value is not USE_DEFAULT and value:
            raise NotImplementedError(f"opscope cannot save checkpoints yet: pass {name}=None")
    if save_summaries_steps is USE_DEFAULT and save_summaries_secs is USE_DEFAULT:
        save_summaries_steps, save_summaries_secs = 100, None
    save_summaries_steps = None if save_summaries_steps is USE_DEFAULT else save_summaries_steps
    save_summaries_secs = None if save_summaries_secs is USE_DEFAULT else save_summaries_secs
    if (
        checkpoint_dir is not None
        and save_checkpoint_secs is USE_DEFAULT
        and save_checkpoint_steps is USE_DEFAULT
    ):
        logging.warning(
            f"opscope cannot save checkpoints yet: {checkpoint_dir} gets summaries only"
        )
    scaffold = scaffold or Scaffold()
    creator = ChiefSessionCreator(scaffold, master, config, checkpoint_dir)
    all_hooks = list(chief_only_hooks or ())
    folder = summary_dir or checkpoint_dir
    if folder:
        if log_step_count_steps and log_step_count_steps > 0:
            all_hooks.append(StepCounterHook(log_step_count_steps, output_dir=folder))
        if (save_summaries_steps or 0) > 0 or (save_summaries_secs or 0) > 0:
            all_hooks.append(
                SummarySaverHook(
                    save_summaries_steps,
                    save_summaries_secs,
                    output_dir=folder,
                    scaffold=scaffold,
                )
            )
    all_hooks.extend(hooks or ())
    return MonitoredSession(creator, all_hooks, stop_grace_period_secs)
