"""Running once more what a check only tested, to see every tensor of every round.

A checked loop that kept each round's tensors would cost many times the plain one, for values that
nobody looks at as long as all are finite. So its program only tests. After a hit the same ops run
again on the same feeds and on the variables as they were, and everything is recorded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from opscope.runtime.execution import Execution, execute
from opscope.runtime.operation import Operation
from opscope.runtime.plan import Plan
from opscope.runtime.variable_slot import VariableSlot

# Stateful ops that do the same when they run once more. Updates do: they go to stand-ins.
_REPEATABLE = frozenset({"Assert", "CheckNumerics", "ControlTrigger", "NoOp", "Placeholder"})
_REPEATABLE_BEGINNINGS = ("IsVariable", "Stack", "TensorArray", "Var")


def is_repeatable(ops: Collection[Operation]) -> bool:
    """True when running the ops once more gives the same values and has no effect outside."""
    return all(
        not op.definition.stateful
        or op.definition.updates
        or op.type in _REPEATABLE
        or op.type.startswith(_REPEATABLE_BEGINNINGS)
        for op in ops
    )


class Replay:
    """Runs the recording twin of a program that only checks.

    make: generates the plan of that twin, given the slot to use for each variable op. slots: the
    session's slot of each variable op of the plan.
    """

    def __init__(
        self,
        make: Callable[[Callable[[Operation], VariableSlot]], Plan],
        slots: Mapping[Operation, VariableSlot],
    ) -> None:
        self.slots = tuple(dict.fromkeys(slots.values()))
        self._make = make
        self._stand_ins = {slot: VariableSlot(slot.name) for slot in self.slots}
        self._by_op = {op: self._stand_ins[slot] for op, slot in slots.items()}
        self._plan: Plan | None = None
        self._lock = threading.Lock()

    def run(self, before: Sequence[tuple[Any, int]], fed: Sequence[Any]) -> Execution:
        """What the program would have recorded.

        before: value and number of rewrites of each of `slots` before the run.
        """
        with self._lock:
            for stand_in, (value, _) in zip(self._stand_ins.values(), before, strict=True):
                stand_in.value, stand_in.shared, stand_in.moderate = value, True, False
            if self._plan is None:
                self._plan = self._make(self._by_op.__getitem__)
            execution = execute(self._plan, fed)
            for stand_in in self._stand_ins.values():
                stand_in.value = stand_in.spare = None
            return execution

    def is_possible(self, before: Sequence[tuple[Any, int]]) -> bool:
        """False when a variable's value from before the run has been overwritten since."""
        pairs = zip(self.slots, before, strict=True)
        return all(slot.rewrites == rewrites for slot, (_, rewrites) in pairs)
