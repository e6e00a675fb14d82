"""CheckpointSaverHook: saves checkpoints while a monitored session trains."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from opscope.events.proto.event_pb2 import SessionLog
from opscope.runtime import logging
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_file import write_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.meta_graph import create_meta_graph_def
from opscope.runtime.summary_writer import FileWriter, FileWriterCache
from opscope.runtime.train.basic_session_run_hooks import SecondOrStepTimer, global_step_tensor
from opscope.runtime.train.saver import Saver
from opscope.runtime.train.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)


class CheckpointSaverListener:
    """What is told of each checkpoint: override what you need."""

    def begin(self) -> None:
        """Called before the session is made."""

    def before_save(self, session: Any, global_step_value: int) -> None:
        """Called before a checkpoint is written."""

    def after_save(self, session: Any, global_step_value: int) -> bool | None:
        """Called after a checkpoint was written; True ends the training."""

    def end(self, session: Any, global_step_value: int) -> None:
        """Called after the last checkpoint."""


class CheckpointSaverHook(SessionRunHook):
    """Saves a checkpoint at the first step, then every so many steps or seconds, and at the end.

    saver: else that of the scaffold, else the one in the collection SAVERS. Listeners are told of
    each checkpoint. The graph goes into the folder too: `graph.pbtxt` and an event file.
    """

    def __init__(
        self,
        checkpoint_dir: str | os.PathLike[str],
        save_secs: float | None = None,
        save_steps: int | None = None,
        saver: Saver | None = None,
        checkpoint_basename: str = "model.ckpt",
        scaffold: Any = None,
        listeners: Sequence[CheckpointSaverListener] | None = None,
        save_graph_def: bool = True,
    ) -> None:
        if saver is not None and scaffold is not None:
            raise ValueError("You cannot provide both saver and scaffold.")
        self._saver = saver
        self._scaffold = scaffold
        self._folder = os.fspath(checkpoint_dir)
        self._save_path = os.path.join(self._folder, checkpoint_basename)
        self._timer = SecondOrStepTimer(save_secs, save_steps)
        self._listeners = list(listeners or ())
        self._save_graph_def = save_graph_def
        self._writer: FileWriter | None = None
        self._global_step: Any = None

    def begin(self) -> None:
        """Find the global step and the writer; RuntimeError when there is no global step."""
        self._writer = FileWriterCache.get(self._folder)
        self._global_step = global_step_tensor("CheckpointSaverHook")
        for listener in self._listeners:
            listener.begin()

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Write the graph and the first checkpoint."""
        step = int(session.run(self._global_step))
        graph = get_default_graph()
        if self._save_graph_def:
            write_graph(graph.as_graph_def(add_shapes=True), self._folder, "graph.pbtxt")
        saver = self._get_saver()
        assert self._writer is not None
        self._writer.add_graph(graph)
        self._writer.add_meta_graph(create_meta_graph_def(graph=graph, saver_def=saver.saver_def))
        self._save(session, step)
        self._timer.update_last_triggered_step(step)

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Fetch the global step."""
        return SessionRunArgs(self._global_step)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Save when it is due."""
        if not self._timer.should_trigger_for_step(int(run_values.results) + 1):
            return
        step = int(run_context.session.run(self._global_step))
        if self._timer.should_trigger_for_step(step):
            self._timer.update_last_triggered_step(step)
            if self._save(run_context.session, step):
                run_context.request_stop()

    def end(self, session: Any) -> None:
        """Save the last step, if that was not done."""
        step = int(session.run(self._global_step))
        if step != self._timer.last_triggered_step():
            self._save(session, step)
        for listener in self._listeners:
            listener.end(session, step)

    def _save(self, session: Any, step: int) -> bool:
        """Save; True when a listener asks for the end of the training."""
        logging.info(f"Saving checkpoints for {step} into {self._save_path}.")
        for listener in self._listeners:
            listener.before_save(session, step)
        self._get_saver().save(
            session, self._save_path, global_step=step, write_meta_graph=self._save_graph_def
        )
        assert self._writer is not None
        self._writer.add_session_log(
            SessionLog(status=SessionLog.CHECKPOINT, checkpoint_path=self._save_path), step
        )
        wants_stop = [listener.after_save(session, step) for listener in self._listeners]
        return any(wants_stop)

    def _get_saver(self) -> Saver:
        if self._saver is None:
            self._saver = getattr(self._scaffold, "saver", None) or _collected_saver()
        return self._saver


def _collected_saver() -> Saver:
    savers = get_default_graph().get_collection(GraphKeys.SAVERS)
    if len(savers) != 1:
        found = "More than one item in" if savers else "No items in"
        raise RuntimeError(
            f"{found} collection {GraphKeys.SAVERS}. Please indicate which one to use by passing "
            "it to the constructor."
        )
    saver: Saver = savers[0]
    return saver
