"""The generated code of loops and conditionals.

A loop reads like this; the merges are the locals of its variables:

    v1, v2 = c0, f0
    while True:
        v3 = v1 < c1
        if not v3: break
        v4 = v1 + c2
        v5 = v2 * f1
        v1, v2 = v4, v5
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from opscope.runtime import errors
from opscope.runtime.flow_schedule import Item, Loop, Step, deciding
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.flow import MERGES, NEXTS, SWITCHES

if TYPE_CHECKING:
    from opscope.runtime.codegen import Generator

# Stands for a fetched tensor as long as its branch was not taken.
DEAD = object()


def refuse_dead(op: Operation) -> NoReturn:
    """Say that a fetched tensor is in a branch that did not run."""
    raise errors.InvalidArgumentError(
        op.node_def,
        op,
        f"Retval[0] does not have value: {op.name} is in a branch of a condition that this run "
        "did not take",
    )


class FlowCode:
    """Writes items with their blocks; `generator` writes the ops inside."""

    def __init__(self, generator: Generator, items: Sequence[Item]) -> None:
        self.generator = generator
        self.text = generator.text
        self.items = items
        self.fetch_locals: dict[Tensor, str] = {}
        self.deciding = deciding(items)

    def write(self) -> None:
        """Write all items."""
        for tensor in self.deciding & self.generator.fed:
            self.text.predicates[tensor] = self.generator.value(tensor, None, None)
        self._declare_fetches(self.items)
        self._items(self.items)
        self.text.want(())
        for tensor, name in self.fetch_locals.items():
            dead = self.generator.bind(DEAD, "n")
            refuse = self.generator.bind(refuse_dead, "e")
            op = self.generator.bind(tensor.op, "o")
            self.text.add(f"if {name} is {dead}: {refuse}({op})", tensor.op)

    def _declare_fetches(self, items: Sequence[Item]) -> None:
        """Give the fetched tensors of branches a local that says they have no value yet."""
        wanted = set(self.generator.fetched)
        for item in items:
            guarded = item.guard != ()
            for op in item.exits if isinstance(item, Loop) else [item.op]:
                for tensor in op.outputs:
                    branches = op.type in SWITCHES and isinstance(item, Step)
                    if tensor in wanted and (guarded or branches):
                        name = self.fetch_locals[tensor] = self.generator.new_local()
                        dead = self.generator.bind(DEAD, "n")
                        self.text.add(f"{name} = {dead}", None)

    # -- blocks --------------------------------------------------------------------------------

    def _items(self, items: Sequence[Item]) -> None:
        for item in items:
            if item.guard is None:
                continue
            self.text.want(item.guard)
            if isinstance(item, Loop):
                self._loop(item)
            elif item.op.type in SWITCHES and item.choices:
                self._switch(item)
            elif item.op.type in MERGES and item.choices:
                self._join(item)
            else:
                self.generator.op(item.op, self.generator.positions[item.op])

    def _loop(self, loop: Loop) -> None:
        generator, text = self.generator, self.text
        active = generator.active
        for op in loop.enters:
            self._alias(op, (0,))
        merges = [op for op in loop.merges if op in active]
        starts: list[str] = []
        locals_: list[str] = []
        goes_on: dict[Operation, str] = {}
        for merge in merges:
            device = generator.inputs.placement[merge]
            (start,) = (t for t in merge.inputs if t.op.type not in NEXTS)
            if merge.outputs[0].dtype.is_ref_dtype:
                generator.refer(merge.outputs[0], start)
            else:
                starts.append(generator.value(start, merge, device))
                locals_.append(generator.own_local(merge.outputs[0]))
            if self._is_wanted(merge.outputs[1]):
                locals_.append(generator.own_local(merge.outputs[1]))
                zero, one = (generator.bind(np.int32(i), "c") for i in (0, 1))
                starts.append(zero)
                goes_on[merge] = one
        if locals_:
            text.add(f"{', '.join(locals_)} = {', '.join(starts)}", None)
        with text.forever():
            for op in merges:
                self.generator.finish(op, op.outputs if op in goes_on else op.outputs[:1])
            self._items(loop.condition)
            text.want(())
            stop = loop.stop
            test = generator.value(stop.inputs[0], stop, None)
            self._alias(stop, (0,))
            text.add(f"if not {test}: break", stop)
            for op in loop.switches:
                self._alias(op, (1,))
            self._items(loop.body)
            text.want(())
            for op in loop.nexts:
                self._alias(op, (0,))
            self._go_on(merges, locals_, goes_on)
        self._test_ends(merges)
        for op in loop.switches:
            self._alias(op, (0,))
        for op in loop.last:
            generator.op(op, generator.positions[op])
        for op in loop.exits:
            self._alias(op, (0,))

    def _test_ends(self, merges: Sequence[Operation]) -> None:
        """Test what carries to the last round what was bad in those before."""
        generator = self.generator
        for op in merges:
            if op in generator.tested_ends:
                tensor = op.outputs[0]
                device = generator.inputs.placement[op]
                shape = generator.inputs.known.shapes[tensor]
                local = generator.expressions[tensor]
                for line in generator.recorder.end_test(tensor, shape, device, local):
                    self.text.add(line, op)

    def _go_on(
        self, merges: Sequence[Operation], locals_: Sequence[str], indices: dict[Operation, str]
    ) -> None:
        """Write the step to the next round: all variables change at once."""
        values = []
        for merge in merges:
            (back,) = (t for t in merge.inputs if t.op.type in NEXTS)
            device = self.generator.inputs.placement[merge]
            if not merge.outputs[0].dtype.is_ref_dtype:
                values.append(self.generator.value(back, merge, device))
            if merge in indices:
                values.append(indices[merge])
        pairs = [(a, b) for a, b in zip(locals_, values, strict=True) if a != b]
        if pairs:
            targets, sources = zip(*pairs, strict=True)
            self.text.add(f"{', '.join(targets)} = {', '.join(sources)}", None)

    # -- ops -----------------------------------------------------------------------------------

    def _is_due(self, op: Operation) -> bool:
        """True when the op is to be written: something needs it, be it a folded value."""
        generator = self.generator
        return op in generator.active or op.outputs[0] in generator.inputs.known.values

    def _is_wanted(self, tensor: Tensor) -> bool:
        """True when something reads, fetches or shows the tensor, an index that is never bad."""
        generator = self.generator
        return (
            tensor in generator.last_use
            or tensor in generator.fetched
            or (generator.recorder.wants(tensor) and not generator.recorder.only_checks)
        )

    def _alias(self, op: Operation, slots: Sequence[int]) -> None:
        """Let outputs of `op` go by the name of its first input."""
        if not self._is_due(op):
            return
        for slot in slots:
            self.generator.hand_on(op, op.outputs[slot])
        self.generator.finish(op, [op.outputs[slot] for slot in slots])

    def _switch(self, step: Step) -> None:
        generator, op = self.generator, step.op
        if not self._is_due(op):
            return
        for tensor in op.outputs:
            generator.hand_on(op, tensor)
        for tensor, guard in zip(op.outputs, step.choices, strict=True):
            if guard is not None:
                self.text.want(guard)
                generator.finish(op, [tensor])
        self.text.want(step.guard or ())

    def _join(self, step: Step) -> None:
        """Write a Merge of branches: its local is set in each of them."""
        generator, op = self.generator, step.op
        if not self._is_due(op):
            return
        device = generator.inputs.placement[op]
        is_reference = op.outputs[0].dtype.is_ref_dtype
        if is_reference:
            generator.refer(op.outputs[0], op.inputs[0])
        else:
            local = generator.own_local(op.outputs[0])
        index = generator.own_local(op.outputs[1]) if self._is_wanted(op.outputs[1]) else None
        for i, (tensor, guard) in enumerate(zip(op.inputs, step.choices, strict=True)):
            if guard is None:
                continue
            self.text.want(guard)
            if not is_reference:
                self.text.add(f"{local} = {generator.value(tensor, op, device)}", op)
            if index is not None:
                self.text.add(f"{index} = {generator.bind(np.int32(i), 'c')}", op)
        assert step.guard is not None
        self.text.want(step.guard)
        self.generator.finish(op, op.outputs if index is not None else op.outputs[:1])
