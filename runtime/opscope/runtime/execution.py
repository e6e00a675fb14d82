"""Running an instrumented program, and what it recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from opscope.events import has_inf_or_nan
from opscope.runtime.deferred import NOT_COMPUTED, with_deferred
from opscope.runtime.errors import OpError
from opscope.runtime.halt import Halt
from opscope.runtime.plan import Plan, Recorded


@dataclass(slots=True)
class Execution:
    """One call of an instrumented program.

    result: the fetched values, None when an op failed. recorded and values belong together, in the
    order in which they came; hits are places in them. over: updates overwrote some of the values.
    times: as `Program` says. stopped: the run ended at its hit, recorded is what came up to it. For
    a program that only checks, values are those of its variables from before the run, and a hit
    says no more than that there is one.
    """

    plan: Plan
    result: Any
    error: OpError | None
    recorded: Sequence[Recorded]
    values: Sequence[Any]
    hits: Sequence[int]
    over: bool = False
    times: Sequence[Any] = ()
    stopped: bool = False

    def pairs(self) -> Iterator[tuple[Recorded, Any]]:
        """What was recorded, and its value."""
        return zip(self.recorded, self.values, strict=True)


def execute(plan: Plan, fed: Sequence[Any]) -> Execution:
    """Call the program of a plan; the error of an op is handed out, any other raised."""
    program = plan.program
    error: OpError | None = None
    stopped = False
    try:
        with np.errstate(all="ignore"):
            result, values, hits, times, over = program.function(*fed)
    except Exception as raised:
        stopped = isinstance(raised, Halt)
        if not stopped:
            translated = plan.op_error(raised)
            if not isinstance(translated, OpError):
                raise
            error = translated
        _, found = plan.failed_at(raised.__traceback__)
        result, times = None, ()
        values = found.get("seen", ())
        if not program.repeats:
            values = [
                found.get(r.local, program.namespace.get(r.local, NOT_COMPUTED))
                for r in program.recorded
            ]
        hits, over = found.get("hits", ()), found.get("over", False)
    if program.covered and (hits or program.static_hits or error is not None):
        complete = with_deferred(program, values)
        hits = sorted({*hits, *(i for i in program.covered if has_inf_or_nan(complete[i]))})
    recorded: Sequence[Recorded] = program.recorded
    if program.repeats and program.replay is None:
        recorded = [program.recorded[i] for i in values[::2]]
        values = values[1::2]
        hits = [place // 2 for place in hits]
    elif stopped and program.replay is None:
        end = _end_of_op(recorded, hits[-1])
        recorded, values = recorded[:end], values[:end]
    return Execution(plan, result, error, recorded, values, hits, over, times, stopped)


def _end_of_op(recorded: Sequence[Recorded], place: int) -> int:
    """The place after the last output of the op that the tensor at `place` is of."""
    op = recorded[place].tensor.op
    end = place + 1
    while end < len(recorded) and recorded[end].tensor.op is op:
        end += 1
    return end
