"""What a run says of itself in RunMetadata."""

from __future__ import annotations

import time
from collections.abc import Sequence

from opscope.events.proto.config_pb2 import RunMetadata, RunOptions
from opscope.runtime.execution import Execution
from opscope.runtime.operation import Operation
from opscope.runtime.step_stats import build_step_stats


def fill_run_metadata(
    run_metadata: RunMetadata, execution: Execution, options: RunOptions | None
) -> None:
    """Put the times, memory and shapes of the ops there if they were traced, and the partitions."""
    plan, times = execution.plan, execution.times
    program = plan.program
    traced: Sequence[Operation] = program.traced
    if program.repeats:
        traced = [traced[i] for i, _ in times[1:]]
        times = [moment for _, moment in times]
    if program.traced:
        recorded = [
            (r.tensor, v) for r, v in zip(execution.recorded, execution.values, strict=True)
        ]
        offset = time.time_ns() - time.perf_counter_ns()
        stats = build_step_stats(traced, plan.placement, times, recorded, offset)
        run_metadata.step_stats.CopyFrom(stats)
    if options is not None and options.output_partition_graphs:
        run_metadata.partition_graphs.extend(plan.partition_graphs().values())
