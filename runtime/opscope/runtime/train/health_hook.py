"""A hook that writes the health of tensors into event files while a training runs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

from opscope.events import Health, health_value
from opscope.events.proto.config_pb2 import RunOptions
from opscope.events.proto.summary_pb2 import Summary
from opscope.runtime.dtypes import as_dtype, resource, string, variant
from opscope.runtime.summary_writer import FileWriter, FileWriterCache
from opscope.runtime.train.basic_session_run_hooks import SecondOrStepTimer, global_step_tensor
from opscope.runtime.train.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from opscope.runtime.watch import (
    MEMORY_CALLBACK_SCHEME,
    Watch,
    register_callback,
)
from opscope.runtime.watched_run import WatchedRun

_keys = itertools.count()

# The numbers of a health summary that count NaN, -inf and inf.
_BAD = [2, 3, 7]


class HealthHook(SessionRunHook):
    """Writes health summaries of watched tensors every so many steps or seconds.

    The first step is written, and a step that fails, up to the op that failed. Summaries are of
    plugin `opscope_health`, tag `NODE:SLOT`; of a tensor that a loop computes several times, the
    first bad value counts, else the last. `node_name`, `op_type` and `tensor_dtype` are
    start-anchored regular expressions that a tensor must match; without them every numeric tensor
    is watched. Steps between run unwatched. RuntimeError where the graph has no global step.
    """

    def __init__(
        self,
        every_n_steps: int | None = 100,
        every_n_secs: float | None = None,
        output_dir: str | None = None,
        summary_writer: FileWriter | None = None,
        *,
        node_name: str | None = None,
        op_type: str | None = None,
        tensor_dtype: str | None = None,
    ) -> None:
        if (every_n_steps is None) == (every_n_secs is None):
            raise ValueError("exactly one of every_n_steps and every_n_secs should be provided.")
        if (output_dir is None) == (summary_writer is None):
            raise ValueError("exactly one of output_dir and summary_writer should be provided.")
        self._timer = SecondOrStepTimer(every_n_secs, every_n_steps)
        self._output_dir = output_dir
        self._given_writer = summary_writer
        self._watch = Watch(node_name, op_type, tensor_dtype, summaries=True)
        self._global_step: Any = None
        self._next_step: int | None = None
        self._watched: WatchedRun | None = None
        self._end_watch: Callable[[], None] | None = None

    def begin(self) -> None:
        """Find the global step and the writer."""
        if self._given_writer is not None:
            self._writer = self._given_writer
        else:
            assert self._output_dir is not None
            self._writer = FileWriterCache.get(self._output_dir)
        self._next_step = None
        self._timer.reset()
        self._global_step = global_step_tensor("HealthHook")

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Fetch the global step; have the run watched when it is due."""
        self._stop_watching()
        self._watched = None
        options = None
        if self._next_step is None or self._timer.should_trigger_for_step(self._next_step):
            key = f"opscope_health_{next(_keys)}"
            self._end_watch = register_callback(key, self._watch, self._receive)
            options = RunOptions()
            options.debug_options.debug_tensor_watch_opts.add(
                node_name="*", output_slot=-1, debug_urls=[MEMORY_CALLBACK_SCHEME + key]
            )
        return SessionRunArgs(self._global_step, options=options)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Write the health of what was watched."""
        watched, self._watched = self._watched, None
        self._stop_watching()
        # The value fetched may be that from before the step.
        step = int(run_values.results) + 1
        if watched is not None:
            step = int(run_context.session.run(self._global_step))
            self._timer.update_last_triggered_step(step)
            self._write(watched, step)
        self._next_step = step + 1

    def end(self, session: Any) -> None:
        """Flush the writer."""
        self._stop_watching()
        self._writer.flush()

    def _receive(self, watched: WatchedRun) -> None:
        # A run that fails never comes to after_run.
        self._stop_watching()
        if watched.error is None:
            self._watched = watched
        else:
            self._write(watched, self._next_step or 0)
            self._writer.flush()

    def _write(self, watched: WatchedRun, step: int) -> None:
        found: dict[tuple[str, int], Health] = {}
        for row in watched.health:
            key = (row.node_name, row.output_slot)
            if self._wants(row) and (key not in found or not found[key].summary[_BAD].any()):
                found[key] = row
        summary = Summary()
        for row in found.values():
            summary.value.append(health_value(row.node_name, row.output_slot, row.summary))
        self._writer.add_summary(summary, step)

    def _wants(self, row: Health) -> bool:
        """Another hook may have had more tensors watched than this one asked for."""
        watch, number = self._watch, int(row.summary[12])
        dtype = as_dtype(number).base_dtype if number else None
        if dtype in (string, resource, variant):
            return False
        return all(
            pattern is None or re.match(pattern, text) is not None
            for pattern, text in (
                (watch.node_name, row.node_name),
                (watch.op_type, row.op_type),
                (None if dtype is None else watch.tensor_dtype, dtype.name if dtype else ""),
            )
        )

    def _stop_watching(self) -> None:
        end, self._end_watch = self._end_watch, None
        if end is not None:
            end()
