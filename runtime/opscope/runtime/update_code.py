"""The generated code around updates of variables: who still needs the old value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from opscope.runtime.instrumentation import is_fast
from opscope.runtime.operation import Operation

if TYPE_CHECKING:
    from opscope.runtime.codegen import Generator


class UpdateCode:
    """Writes, before an update, that it leaves the old value alone, where that is needed."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator

    def keep_old_values(
        self, op: Operation, updated: Sequence[str], arguments: Sequence[str], position: int
    ) -> None:
        """Emit that an update leaves the old values alone, where somebody needs them."""
        generator = self.generator
        if generator.inputs.instrument.watch is None or generator.recorder.summarizes:
            needed = [n for n in updated if self._is_read_later(n, position)]
            share = "; ".join(f"{name}.shared = True" for name in needed)
            if share:
                generator.text.add(share, op)
            return
        share = " = ".join(f"{name}.shared" for name in updated) + " = True"
        condition = self._may_go_bad(op, arguments)
        if condition is None:
            generator.text.add(share, op)
        else:
            generator.text.add(f"if {condition}: {share}", op)
            generator.text.add("else: over = True", op)

    def _is_read_later(self, slot: str, position: int) -> bool:
        """True when a tensor that shares the slot's memory is read at or after an update."""
        generator = self.generator
        if generator.flow is not None:
            return True
        sharers = generator.roots.sharers(generator.slot_root(slot))
        return any(
            t not in generator.slot_names and generator.last_use.get(t, -1) >= position
            for t in sharers
        )

    def _may_go_bad(self, op: Operation, arguments: Sequence[str]) -> str | None:
        """When the debugger needs what an update overwrites: the condition, None for always.

        A clean run in which the update cannot make an inf or nan shows nothing to anyone.
        """
        generator = self.generator
        rule = op.definition.finite_rule
        if rule is None or not generator.recorder.defers:
            return None
        scalars = []
        for tensor, argument in zip(op.inputs, arguments, strict=True):
            if generator.is_handle(tensor):
                return None
            rank = generator.inputs.known.shapes[tensor].ndims
            if rank == 0 and not tensor.dtype.is_ref_dtype:
                scalars.append(argument)
            elif not is_fast(tensor, rank) or generator.slot_names.get(tensor) not in (
                None,
                *generator.ready_slots,
            ):
                return None
        if generator.recorder.static_hits:
            return None
        return f"hits or wild or not {generator.bind(rule, 'k')}({', '.join(scalars)})"
