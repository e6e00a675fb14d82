"""The generated code that shows tensors to the recorder of an instrumented program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opscope.events import health_summary
from opscope.runtime.operation import Operation, Tensor

if TYPE_CHECKING:
    from opscope.runtime.codegen import Generator
    from opscope.runtime.roots import Root


class RecordCode:
    """Writes, after an op, what the recorder asks for each tensor, or its health summary."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator
        self.summaries: dict[Root, str] = {}

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
            name = self._summary(tensor, op, known)
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

    def _summary(self, tensor: Tensor, op: Operation, known: Any) -> str:
        """The name of a tensor's health summary; outside of blocks a value is read once."""
        generator = self.generator
        content = generator.roots.content(tensor)
        name = self.summaries.get(content) if generator.flow is None else None
        if name is not None:
            return name
        if known is not None:
            name = generator.bind(health_summary(known), "c")
        else:
            slot = generator.slot_names.get(tensor)
            value = generator.expressions[tensor] if slot is None else f"{slot}.value"
            home = generator.inputs.placement[op]
            if home.device_type != "CPU":
                value = f"{generator.bind(home.to_host, 'd')}({value})"
            # A name of its own: after an error, what it holds is a summary or nothing.
            name = generator.names.new_local()
            generator.text.add(f"{name} = health({value})", op)
        self.summaries[content] = name
        return name
