"""Monitored sessions: hooks around every run, opened and closed with the training."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from opscope.events.proto.config_pb2 import ConfigProto, RunMetadata, RunOptions
from opscope.runtime import errors, logging
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.train.basic_session_run_hooks import StepCounterHook, SummarySaverHook
from opscope.runtime.train.checkpoint_saver_hook import CheckpointSaverHook
from opscope.runtime.train.coordinator import Coordinator
from opscope.runtime.train.queue_runner import start_queue_runners
from opscope.runtime.train.scaffold import (
    ChiefSessionCreator,
    Scaffold,
    SessionCreator,
    WorkerSessionCreator,
)
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
    # The errors after which the session is made anew.
    _recovered: tuple[type[BaseException], ...] = ()

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
        self._creator = session_creator
        self._open()

    def _open(self) -> None:
        """Make the session and show it to the hooks; again while the error is one to recover."""
        while True:
            self._coord = Coordinator()
            self._session: Any = None
            try:
                self._session = self._creator.create_session()
                start_queue_runners(self._session, self._coord)
                for hook in self._hooks:
                    hook.after_create_session(self._session, self._coord)
            except self._recovered as error:
                logging.info(f"An error was raised while a session was being created: {error}")
                self._abandon()
            except BaseException:
                if self._session is not None:
                    self._close(failed=True)
                raise
            else:
                return

    def _abandon(self) -> None:
        """Close a session that is lost, whatever that raises."""
        session, self._session = self._session, None
        self._coord.request_stop()
        with suppress(Exception):  # what ended the session is known already
            self._coord.join(stop_grace_period_secs=self._grace, ignore_live_threads=True)
        if session is not None:
            session.close()

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

        After an error that says the session is lost, where there is a way back, it is made again
        and the run repeated. RuntimeError when the end was asked for already.
        """
        while True:
            try:
                return self._run_once(fetches, feed_dict, options, run_metadata)
            except self._recovered as error:
                logging.info(
                    "An error was raised. The current session is closed and a new one is made, "
                    f"from the latest checkpoint where there is one. Error: {error}"
                )
                self._abandon()
                self._open()

    def _run_once(
        self, fetches: Any, feed_dict: Any, options: RunOptions | None, run_metadata: Any
    ) -> Any:
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
    block as if it were finished; AbortedError and UnavailableError make a new session, restored
    from the latest checkpoint; any other error skips the hooks' `end` and is raised.
    """

    _recovered = (errors.AbortedError, errors.UnavailableError)

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

    With `checkpoint_dir` the training goes on from the latest checkpoint there, and a checkpoint is
    saved at the start, every 600 s if not told otherwise, and at the end. There (or in
    `summary_dir`) go the merged summaries, every 100 steps if not told otherwise, and the steps per
    second.
    """
    if save_checkpoint_secs is USE_DEFAULT and save_checkpoint_steps is USE_DEFAULT:
        save_checkpoint_secs, save_checkpoint_steps = 600, None
    save_checkpoint_secs = None if save_checkpoint_secs is USE_DEFAULT else save_checkpoint_secs
    save_checkpoint_steps = None if save_checkpoint_steps is USE_DEFAULT else save_checkpoint_steps
    if save_summaries_steps is USE_DEFAULT and save_summaries_secs is USE_DEFAULT:
        save_summaries_steps, save_summaries_secs = 100, None
    save_summaries_steps = None if save_summaries_steps is USE_DEFAULT else save_summaries_steps
    save_summaries_secs = None if save_summaries_secs is USE_DEFAULT else save_summaries_secs
    scaffold = scaffold or Scaffold()
    if not is_chief:
        worker = WorkerSessionCreator(scaffold, master, config, max_wait_secs)
        return MonitoredSession(worker, hooks, stop_grace_period_secs)
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
    if checkpoint_dir and ((save_checkpoint_secs or 0) > 0 or (save_checkpoint_steps or 0) > 0):
        all_hooks.append(
            CheckpointSaverHook(
                checkpoint_dir, save_checkpoint_secs, save_checkpoint_steps, scaffold=scaffold
            )
        )
    all_hooks.extend(hooks or ())
    return MonitoredSession(creator, all_hooks, stop_grace_period_secs)
