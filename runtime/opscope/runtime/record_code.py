"""The generated code that shows tensors to the recorder of an instrumented program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opscope.runtime.health_code import HealthCode
from opscope.runtime.operation import Operation, Tensor

if TYPE_CHECKING:
    from opscope.runtime.codegen import Generator


class RecordCode:
    """Writes, after an op, what the recorder asks for each tensor, or its health summary."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator
        self.health = HealthCode(generator)

    def record(self, tensor: Tensor, op: Operation) -> None:
        """Record an output of `op`, if it is watched."""
        generator = self.generator
        recorder = generator.recorder
        if not recorder.wants(tensor) or generator.is_handle(tensor):
            return
        slot = generator.slot_names.get(tensor)
        values = generator.inputs.known.values
        known = values.get(tensor) if tensor not in generator.fed else None
        if recorder.summarizes:
            name = self.health.summary(tensor, op, known)
        elif slot is not None:
            name = generator.new_local()
            generator.text.add(f"{name} = {slot}.value", op)
        else:
            name = generator.expressions[tensor]
        for line in recorder.record(
            tensor,
            generator.inputs.placement[op],
            name,
            generator.roots.content(tensor),
            known,
            generator.inputs.known.shapes[tensor],
            slot if slot in generator.ready_slots else None,
            tensor in generator.covered,
        ):
            generator.text.add(line, op)
