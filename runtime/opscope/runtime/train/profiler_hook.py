"""ProfilerHook: a timeline of a run, every so many steps or seconds."""

from __future__ import annotations

import os
from typing import Any

from opscope.events.proto.config_pb2 import RunOptions
from opscope.runtime import gfile, logging
from opscope.runtime.client.timeline import Timeline
from opscope.runtime.summary_writer import FileWriter, FileWriterCache
from opscope.runtime.train.basic_session_run_hooks import SecondOrStepTimer, global_step_tensor
from opscope.runtime.train.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)


class ProfilerHook(SessionRunHook):
    """Traces a run and writes `timeline-STEP.json`, for chrome://tracing, into a folder.

    The run's metadata goes into the folder's event file too, under the tag `step_STEP`. The first
    run is not traced: it makes the plan.
    """

    def __init__(
        self,
        save_steps: int | None = None,
        save_secs: float | None = None,
        output_dir: str | os.PathLike[str] = "",
        show_dataflow: bool = True,
        show_memory: bool = False,
    ) -> None:
        self._folder = os.fspath(output_dir)
        self._writer: FileWriter = FileWriterCache.get(self._folder)
        self._show_dataflow = show_dataflow
        self._show_memory = show_memory
        self._timer = SecondOrStepTimer(save_secs, save_steps)
        self._global_step: Any = None
        self._next_step: int | None = None
        self._traces = False

    def begin(self) -> None:
        """Find the global step; RuntimeError when there is none."""
        self._next_step = None
        self._global_step = global_step_tensor("ProfilerHook")

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Fetch the global step; trace the run when it is due."""
        self._traces = self._next_step is not None and self._timer.should_trigger_for_step(
            self._next_step
        )
        options = RunOptions(trace_level=RunOptions.FULL_TRACE) if self._traces else None
        return SessionRunArgs(self._global_step, options=options)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Write what was traced."""
        before = int(run_values.results)
        if self._next_step is None:
            self._timer.update_last_triggered_step(before)
        step = before + 1
        if self._traces:
            step = int(run_context.session.run(self._global_step))
            self._timer.update_last_triggered_step(step)
            self._save(step, run_values.run_metadata)
        self._next_step = step + 1

    def _save(self, step: int, run_metadata: Any) -> None:
        path = os.path.join(self._folder, f"timeline-{step}.json")
        logging.info(f"Saving timeline for {step} into '{path}'.")
        trace = Timeline(run_metadata.step_stats).generate_chrome_trace_format(
            show_dataflow=self._show_dataflow, show_memory=self._show_memory
        )
        with gfile.GFile(path, "w") as file:
            file.write(trace)
        self._writer.add_run_metadata(run_metadata, f"step_{step}")
