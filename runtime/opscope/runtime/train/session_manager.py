"""SessionManager: a session made ready, from a checkpoint where there is one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.events.proto.config_pb2 import ConfigProto
from opscope.runtime import errors, logging
from opscope.runtime.checkpoint.checkpoint_state import get_checkpoint_state, latest_checkpoint
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.session import Session
from opscope.runtime.train.saver import Saver


class SessionManager:
    """Makes sessions of a graph: restored or initialized, then checked with the ready ops.

    ready_op, ready_for_local_init_op: string tensors that are empty when the session is ready;
    local_init_op is run between the two.
    """

    def __init__(
        self,
        local_init_op: Any = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        graph: Graph | None = None,
        recovery_wait_secs: float = 30,
        local_init_run_options: Any = None,
        local_init_feed_dict: Any = None,
    ) -> None:
        if graph is None:
            graph = get_default_graph()
        self._graph = graph
        self._local_init_op = local_init_op
        self._local_init_feed_dict = local_init_feed_dict
        self._local_init_run_options = local_init_run_options
        self._recovery_wait_secs = recovery_wait_secs
        self._ready_op = ready_op
        self._ready_for_local_init_op = ready_for_local_init_op

    def prepare_session(
        self,
        master: str = "",
        init_op: Any = None,
        saver: Saver | None = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: ConfigProto | None = None,
        init_feed_dict: Any = None,
        init_fn: Callable[[Session], Any] | None = None,
    ) -> Session:
        """A session restored from the checkpoint, else initialized by init_op and init_fn.

        RuntimeError when variables are left without a value, and when there is nothing to
        initialize with.
        """
        session = Session(master, graph=self._graph, config=config)
        try:
            if wait_for_checkpoint and saver is not None and checkpoint_dir:
                self._await_checkpoint(checkpoint_dir, max_wait_secs)
            restored = self._restore(session, saver, checkpoint_dir, checkpoint_filename_with_path)
            if not restored:
                if init_op is None and init_fn is None and self._local_init_op is None:
                    raise RuntimeError(
                        "Model is not initialized and no init_op or init_fn or local_init_op was "
                        "given"
                    )
                if init_op is not None:
                    session.run(init_op, feed_dict=init_feed_dict)
                if init_fn is not None:
                    init_fn(session)
            described = (
                f"Init op: {init_op and init_op.name}, init fn: {init_fn}, "
                f"local_init_op: {self._local_init_op and self._local_init_op.name}"
            )
            missing = self._make_ready(session)
            if missing is not None:
                raise RuntimeError(f"{missing[0]} {described}, error: {missing[1]}")
        except BaseException:
            session.close()
            raise
        return session

    def recover_session(
        self,
        master: str = "",
        saver: Saver | None = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: ConfigProto | None = None,
    ) -> tuple[Session, bool]:
        """A session, and whether it is restored and ready."""
        session = Session(master, graph=self._graph, config=config)
        try:
            if wait_for_checkpoint and saver is not None and checkpoint_dir:
                self._await_checkpoint(checkpoint_dir, max_wait_secs)
            restored = self._restore(session, saver, checkpoint_dir, checkpoint_filename_with_path)
            ready = restored and self._make_ready(session) is None
        except BaseException:
            session.close()
            raise
        return session, ready

    def wait_for_session(
        self,
        master: str = "",
        config: ConfigProto | None = None,
        max_wait_secs: float | None = float("inf"),
    ) -> Session:
        """A session that another process made ready; looked at every recovery_wait_secs.

        DeadlineExceededError when that takes longer than max_wait_secs.
        """
        end = time.monotonic() + (float("inf") if max_wait_secs is None else max_wait_secs)
        while True:
            session = Session(master, graph=self._graph, config=config)
            missing = self._make_ready(session)
            if missing is None:
                return session
            session.close()
            if time.monotonic() + self._recovery_wait_secs > end:
                raise errors.DeadlineExceededError(
                    None, None, f"Session was not ready after waiting {max_wait_secs} secs."
                )
            logging.info(f"Waiting for model to be ready: {missing[1]}")
            time.sleep(self._recovery_wait_secs)

    def _await_checkpoint(self, checkpoint_dir: str, max_wait_secs: float) -> None:
        """Wait until there is a checkpoint, or time is over."""
        end = time.monotonic() + max_wait_secs
        while latest_checkpoint(checkpoint_dir) is None and time.monotonic() < end:
            logging.info("Waiting for checkpoint to be available.")
            time.sleep(self._recovery_wait_secs)

    def _restore(
        self,
        session: Session,
        saver: Saver | None,
        checkpoint_dir: str | None,
        checkpoint_filename_with_path: str | None,
    ) -> bool:
        """Restore a checkpoint if there is one to be restored; True when that was done."""
        if checkpoint_dir and checkpoint_filename_with_path:
            raise ValueError(
                "Can not provide both checkpoint_dir and checkpoint_filename_with_path."
            )
        if saver is None:
            return False
        if checkpoint_filename_with_path:
            saver.restore(session, checkpoint_filename_with_path)
            return True
        found = latest_checkpoint(checkpoint_dir) if checkpoint_dir else None
        if found is None or checkpoint_dir is None:
            return False
        saver.restore(session, found)
        state = get_checkpoint_state(checkpoint_dir)
        if state is not None:
            saver.recover_last_checkpoints(list(state.all_model_checkpoint_paths))
        return True

    def _make_ready(self, session: Session) -> tuple[str, str] | None:
        """Initialize what is local; what failed and the names of the variables without a value."""
        missing = _missing(session, self._ready_for_local_init_op)
        if missing:
            return (
                "Init operations did not make model ready for local_init. ",
                f"Variables not initialized: {missing}",
            )
        if self._local_init_op is not None:
            session.run(
                self._local_init_op,
                feed_dict=self._local_init_feed_dict,
                options=self._local_init_run_options,
            )
        missing = _missing(session, self._ready_op)
        if missing:
            return (
                "Init operations did not make model ready. ",
                f"Variables not initialized: {missing}",
            )
        return None


def _missing(session: Session, ready_op: Any) -> str:
    """The names a ready op reports; "" when the session is ready."""
    if ready_op is None:
        return ""
    try:
        names = session.run(ready_op)
    except errors.FailedPreconditionError as error:
        return str(error)
    if names is None or names.dtype == np.int32:  # what older ready ops give
        return ""
    return ", ".join(n.decode() for n in names)
