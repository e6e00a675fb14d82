"""Supervisor: the session, the checkpoints and the summaries of a training in one object."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from opscope.events.proto.config_pb2 import ConfigProto
from opscope.events.proto.event_pb2 import SessionLog
from opscope.events.proto.summary_pb2 import Summary
from opscope.runtime import logging
from opscope.runtime import summary as summaries
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.graph_file import write_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.group import group
from opscope.runtime.meta_graph import create_meta_graph_def
from opscope.runtime.older_names import tables_initializer
from opscope.runtime.summary_writer import FileWriter
from opscope.runtime.train.coordinator import Coordinator, LooperThread
from opscope.runtime.train.saver import Saver
from opscope.runtime.train.session_manager import SessionManager
from opscope.runtime.train.training_util import global_step as step_of
from opscope.runtime.uninitialized import report_uninitialized_variables
from opscope.runtime.variables import (
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
)

# Stands for "the caller did not say": the op is taken from its collection, or made.
USE_DEFAULT: Any = 0


class Supervisor:
    """Makes sessions from the latest checkpoint in `logdir`, and saves into it while they train.

    A checkpoint is saved every save_model_secs, the merged summaries and the steps per second are
    written every save_summaries_secs, by threads of their own. The graph is final from here on. Use
    `managed_session` in a `with` block and loop until `should_stop()`.
    """

    USE_DEFAULT = USE_DEFAULT

    def __init__(
        self,
        graph: Graph | None = None,
        ready_op: Any = USE_DEFAULT,
        ready_for_local_init_op: Any = USE_DEFAULT,
        is_chief: bool = True,
        init_op: Any = USE_DEFAULT,
        init_feed_dict: Any = None,
        local_init_op: Any = USE_DEFAULT,
        logdir: str | os.PathLike[str] | None = None,
        summary_op: Any = USE_DEFAULT,
        saver: Any = USE_DEFAULT,
        global_step: Any = USE_DEFAULT,
        save_summaries_secs: float | None = 120,
        save_model_secs: float | None = 600,
        recovery_wait_secs: float = 30,
        stop_grace_secs: float = 120,
        checkpoint_basename: str = "model.ckpt",
        session_manager: SessionManager | None = None,
        summary_writer: Any = USE_DEFAULT,
        init_fn: Callable[[Any], Any] | None = None,
        local_init_run_options: Any = None,
    ) -> None:
        self.graph = graph or get_default_graph()
        with self.graph.as_default():
            self.ready_op = _given(ready_op, GraphKeys.READY_OP, report_uninitialized_variables)
            self.ready_for_local_init_op = _given(
                ready_for_local_init_op, GraphKeys.READY_FOR_LOCAL_INIT_OP
            )
            self.init_op = _given(init_op, GraphKeys.INIT_OP, global_variables_initializer)
            self.local_init_op = _given(local_init_op, GraphKeys.LOCAL_INIT_OP, _local_init_op)
            self.saver: Any = _given(saver, GraphKeys.SAVERS, _default_saver)
            self.summary_op = _given(summary_op, GraphKeys.SUMMARY_OP, summaries.merge_all)
            self.global_step = _given(global_step, GraphKeys.GLOBAL_STEP, _named_global_step)
        self.init_feed_dict = init_feed_dict
        self.is_chief = is_chief
        self.coord = Coordinator()
        self.session_manager = session_manager or SessionManager(
            self.local_init_op,
            self.ready_op,
            self.ready_for_local_init_op,
            self.graph,
            recovery_wait_secs,
            local_init_run_options,
        )
        self._meta_graph_def = create_meta_graph_def(
            graph=self.graph, saver_def=self.saver.saver_def if self.saver else None
        )
        self._stop_grace_secs = stop_grace_secs
        self._init_fn = init_fn
        # What only the chief writes.
        self._logdir = os.fspath(logdir) if is_chief and logdir else None
        self.save_summaries_secs = save_summaries_secs if is_chief else None
        self.save_model_secs = save_model_secs if is_chief else None
        self.save_path = os.path.join(self._logdir, checkpoint_basename) if self._logdir else None
        self.summary_writer: FileWriter | None = None
        if is_chief and summary_writer is not USE_DEFAULT:
            self.summary_writer = summary_writer
        elif self._logdir:
            self.summary_writer = FileWriter(self._logdir)
        self._graph_is_written = False
        if not is_chief:
            self._require_devices()
        self.graph.finalize()

    def _require_devices(self) -> None:
        for op in self.graph.get_operations():
            if op.type in ("Variable", "VariableV2") and not op.device:
                raise ValueError(
                    f"When using replicas, all Variables must have their device set: {op}"
                )

    # -- sessions ----------------------------------------------------------------------------

    @contextmanager
    def managed_session(
        self,
        master: str = "",
        config: ConfigProto | None = None,
        start_standard_services: bool = True,
        close_summary_writer: bool = True,
    ) -> Iterator[Any]:
        """A session for a `with` block; at its end all threads stop.

        The first error, of the block or of a thread, is raised then; OutOfRangeError ends the block
        as if it were finished.
        """
        session = None
        try:
            session = self.prepare_or_wait_for_session(
                master, config, start_standard_services=start_standard_services
            )
            yield session
        except Exception as error:
            self.request_stop(error)
        finally:
            try:
                # Raises what was requested with.
                self.stop(close_summary_writer=close_summary_writer)
            finally:
                if session is not None:
                    session.close()

    def prepare_or_wait_for_session(
        self,
        master: str = "",
        config: ConfigProto | None = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        start_standard_services: bool = True,
    ) -> Any:
        """A session that is ready: the chief makes it so, others wait for the chief."""
        self.coord.clear_stop()
        if self.summary_writer is not None:
            self.summary_writer.reopen()
        if self.is_chief:
            session = self.session_manager.prepare_session(
                master,
                init_op=self.init_op,
                saver=self.saver,
                checkpoint_dir=self._logdir,
                wait_for_checkpoint=wait_for_checkpoint,
                max_wait_secs=max_wait_secs,
                config=config,
                init_feed_dict=self.init_feed_dict,
                init_fn=self._init_fn,
            )
            self._write_graph()
            if start_standard_services:
                self.start_standard_services(session)
        else:
            session = self.session_manager.wait_for_session(master, config, max_wait_secs)
        if start_standard_services:
            self.start_queue_runners(session)
        return session

    def _write_graph(self) -> None:
        if self._logdir:
            write_graph(self.graph.as_graph_def(add_shapes=True), self._logdir, "graph.pbtxt")
        if self.summary_writer is not None and not self._graph_is_written:
            self.summary_writer.add_graph(self.graph)
            self.summary_writer.add_meta_graph(self._meta_graph_def)
            self._graph_is_written = True

    # -- services ----------------------------------------------------------------------------

    def start_standard_services(self, sess: Any) -> list[LooperThread]:
        """Start the threads that save and summarize; RuntimeError unless this is the chief."""
        if not self.is_chief:
            raise RuntimeError(
                "Only chief supervisor can start standard services. Because only chief supervisors "
                "can write events."
            )
        if not self._logdir:
            logging.warning("Standard services need a 'logdir' passed to the SessionManager")
            return []
        writer = self.summary_writer
        if self.global_step is not None and writer is not None:
            log = SessionLog(status=SessionLog.START)
            writer.add_session_log(log, step_of(sess, self.global_step))
        threads: list[LooperThread] = []
        if self.save_summaries_secs and writer is not None:
            if self.summary_op is not None:
                threads.append(_SummaryThread(self, sess, self.save_summaries_secs))
            if self.global_step is not None:
                threads.append(_StepCounterThread(self, sess, self.save_summaries_secs))
        if self.saver and self.save_model_secs:
            threads.append(_CheckpointThread(self, sess, self.save_model_secs))
        for thread in threads:
            thread.start()
        return threads

    def start_queue_runners(
        self, sess: Any, queue_runners: Sequence[Any] | None = None
    ) -> list[Any]:
        """Start the threads of the queue runners, by default of those in the graph."""
        if queue_runners is None:
            queue_runners = self.graph.get_collection(GraphKeys.QUEUE_RUNNERS)
        return [
            thread
            for runner in queue_runners
            for thread in runner.create_threads(sess, coord=self.coord, daemon=True, start=True)
        ]

    def loop(
        self,
        timer_interval_secs: float | None,
        target: Callable[..., Any],
        args: Any = None,
        kwargs: Any = None,
    ) -> LooperThread:
        """Call `target` every so many seconds in a thread, until the stop."""
        thread = LooperThread(self.coord, timer_interval_secs, target, args, kwargs)
        thread.start()
        return thread

    def summary_computed(self, sess: Any, summary: Any, global_step: Any = None) -> None:
        """Write a summary that was computed; RuntimeError without a writer."""
        if self.summary_writer is None:
            raise RuntimeError("Writing a summary requires a summary writer.")
        if global_step is None and self.global_step is not None:
            global_step = step_of(sess, self.global_step)
        self.summary_writer.add_summary(summary, global_step)

    # -- the end -----------------------------------------------------------------------------

    def stop(
        self,
        threads: Any = None,
        close_summary_writer: bool = True,
        ignore_live_threads: bool = False,
    ) -> None:
        """Stop the threads, wait for them, and close the writer; raises the first error."""
        self.coord.request_stop()
        try:
            self.coord.join(
                threads,
                stop_grace_period_secs=self._stop_grace_secs,
                ignore_live_threads=ignore_live_threads,
            )
        finally:
            if close_summary_writer and self.summary_writer is not None:
                self.summary_writer.add_session_log(SessionLog(status=SessionLog.STOP))
                self.summary_writer.close()
                self._graph_is_written = False

    def request_stop(self, ex: Any = None) -> None:
        """Ask for the end of the training; an error given is raised at the end."""
        self.coord.request_stop(ex)

    def should_stop(self) -> bool:
        """True when somebody asked for the end."""
        return self.coord.should_stop()

    def stop_on_exception(self) -> AbstractContextManager[None]:
        """Turn an error inside the block into a request to stop."""
        return self.coord.stop_on_exception()

    def wait_for_stop(self) -> None:
        """Wait until somebody asks for the end."""
        self.coord.wait_for_stop()

    PrepareSession = prepare_or_wait_for_session
    StartQueueRunners = start_queue_runners
    StartStandardServices = start_standard_services
    Stop = stop
    RequestStop = request_stop
    Loop = loop
    ShouldStop = should_stop
    StopOnException = stop_on_exception
    WaitForStop = wait_for_stop
    SummaryComputed = summary_computed


def _given(value: Any, key: str, make: Callable[[], Any] | None = None) -> Any:
    """What the caller gave, else the first of a collection, else what `make` adds to it."""
    if value is not USE_DEFAULT:
        return value
    graph = get_default_graph()
    found = graph.get_collection(key)
    if found or make is None:
        return found[0] if found else None
    made = make()
    if made is not None:
        graph.add_to_collection(key, made)
    return made


def _local_init_op() -> Any:
    return group(local_variables_initializer(), tables_initializer())


def _default_saver() -> Saver | None:
    return Saver() if global_variables() else None


def _named_global_step() -> Any:
    try:
        step = get_default_graph().get_tensor_by_name("global_step:0")
    except KeyError:
        return None
    if not step.dtype.base_dtype.is_integer:
        logging.warning(f"Found 'global_step' is not an int type: {step.dtype}")
        return None
    return step


class _Service(LooperThread):
    def __init__(self, supervisor: Supervisor, session: Any, every_secs: float) -> None:
        super().__init__(supervisor.coord, every_secs)
        self.supervisor = supervisor
        self.session = session


class _SummaryThread(_Service):
    def run_loop(self) -> None:
        supervisor = self.supervisor
        step = None
        if supervisor.global_step is None:
            summary = self.session.run(supervisor.summary_op)
        else:
            summary, step = self.session.run([supervisor.summary_op, supervisor.global_step])
        if supervisor.summary_writer is not None:
            supervisor.summary_writer.add_summary(summary, step)


class _StepCounterThread(_Service):
    _last_time = 0.0
    _last_step = 0

    def start_loop(self) -> None:
        self._last_time = time.monotonic()
        self._last_step = step_of(self.session, self.supervisor.global_step)

    def run_loop(self) -> None:
        step = step_of(self.session, self.supervisor.global_step)
        now = time.monotonic()
        elapsed, steps = now - self._last_time, step - self._last_step
        self._last_time, self._last_step = now, step
        rate = steps / elapsed if elapsed > 0 else float("inf")
        tag = f"{self.supervisor.global_step.op.name}/sec"
        if self.supervisor.summary_writer is not None:
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=rate)])
            self.supervisor.summary_writer.add_summary(summary, step)
        logging.info(f"{tag}: {rate:g}")


class _CheckpointThread(_Service):
    def run_loop(self) -> None:
        supervisor = self.supervisor
        logging.info(f"Saving checkpoint to path {supervisor.save_path}")
        supervisor.saver.save(
            self.session, supervisor.save_path, global_step=supervisor.global_step
        )
        if supervisor.summary_writer is not None and supervisor.global_step is not None:
            log = SessionLog(status=SessionLog.CHECKPOINT, checkpoint_path=supervisor.save_path)
            step = step_of(self.session, supervisor.global_step)
            supervisor.summary_writer.add_session_log(log, step)


def basic_train_loop(
    supervisor: Supervisor,
    train_step_fn: Callable[..., Any],
    args: Sequence[Any] | None = None,
    kwargs: dict[str, Any] | None = None,
    master: str = "",
) -> None:
    """Call train_step_fn(session, *args, **kwargs) until the supervisor should stop.

    After an AbortedError the session is made anew and the training goes on.
    """
    from opscope.runtime.errors import AbortedError

    while True:
        try:
            with supervisor.managed_session(master) as session:
                while not supervisor.should_stop():
                    train_step_fn(session, *(args or ()), **(kwargs or {}))
        except AbortedError as error:
            logging.info(f"The session was aborted and is made anew: {error}")
        else:
            return
