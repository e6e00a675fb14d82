"""The generated code that drops values, and that lets operators write into memory at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from opscope.runtime.in_place import in_place_operator
from opscope.runtime.lifetimes import Lifetimes
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.plan import PLAIN, Again

if TYPE_CHECKING:
    from opscope.runtime.codegen import Generator

# Up to this size a value is held until its name gets another one: the line that drops it sooner
# costs more than its memory.
_SMALL_BYTES = 4096

# A checked value beyond this size is dropped as in a plain run; it can be computed again.
_KEPT_BYTES = 1 << 18


class MemoryCode:
    """Decides after each op what nothing reads any more.

    In a plain program without blocks the name of such a value, and the memory of an operator's
    first operand, go to the next one; so in one that takes health summaries. Under a check, which
    shows values after a hit, large ones that can be computed again are dropped as long as there is
    no hit.
    """

    def __init__(self, generator: Generator) -> None:
        self.generator = generator
        inputs = generator.inputs
        has_blocks = inputs.items is not None
        self.drops = inputs.instrument is PLAIN or generator.recorder.summarizes
        self.reuses = self.drops and not has_blocks
        self.lifetimes = Lifetimes(
            generator.names,
            generator.last_use,
            inputs.known.shapes,
            reuses=self.reuses,
            small=0 if has_blocks else _SMALL_BYTES if self.drops else _KEPT_BYTES,
        )
        self.again: dict[str, Again] = {}
        self._released = -1  # the place of the op whose inputs have been looked at

    def name(self, tensor: Tensor, name: str) -> None:
        """Note that the local `name` stands for a tensor, whose root is known."""
        generator = self.generator
        root = generator.roots.of(tensor)
        stays = root[0] in ("slot", "constant", "feed")
        holder = None if stays else next(generator.roots.sharers(root))
        self.lifetimes.named(tensor, name, holder)

    def write(
        self,
        op: Operation,
        call: str,
        template: str | None,
        arguments: Sequence[str],
        updated: Sequence[str],
        position: int,
    ) -> None:
        """Write the line of an op. template: what `call` was made from, if it is an expression."""
        generator = self.generator
        dead: list[str] = []
        if self.drops and generator.text.at_top:
            dead = self.lifetimes.release(arguments, position)
            self._released = position if generator.is_home else -1
        if (
            dead
            and self.reuses
            and template is not None
            and arguments[0] in dead
            and self._in_place(op, template, arguments, position)
        ):
            return
        targets = generator.targets(op, updated, template == "{0}")
        line = f"{', '.join(targets)} = {call}" if targets else call
        generator.text.add(line, op)
        if dead:
            self._drop(self.lifetimes.to_drop(targets), op)
        if not generator.recorder.defers or op.definition.stateful:
            return
        if all("." not in argument for argument in arguments):  # it reads locals alone
            self.again.update(dict.fromkeys(targets, Again(line, tuple(arguments))))

    def after(self, op: Operation, position: int) -> None:
        """Drop what nothing reads after `op`: outputs nobody needs, inputs that it handed on."""
        generator = self.generator
        if not generator.text.at_top or not (self.drops or generator.recorder.defers):
            return
        outputs = op.outputs
        if self._released == position:
            if len(outputs) == 1 and outputs[0] in generator.last_use:
                return
            names = self._locals(outputs)
        else:
            names = self._locals((*op.inputs, *outputs))
        if not self.lifetimes.release(names, position):
            return
        names = self.lifetimes.to_drop()
        if self.drops:
            self._drop(names, op)
            return
        names = [name for name in names if name in self.again]
        if names:
            generator.text.add(f"if not hits: {' = '.join(names)} = gone", op)

    def _in_place(
        self,
        op: Operation,
        template: str,
        arguments: Sequence[str],
        position: int,
    ) -> bool:
        """Write an operator into the memory of its first operand, if nobody misses that."""
        generator = self.generator
        operator = in_place_operator(op, template, generator.inputs.known.shapes)
        if operator is None:
            return False
        for tensor in generator.roots.sharers(generator.roots.of(op.inputs[0])):
            if generator.last_use.get(tensor, -1) > position or tensor in generator.fetched:
                return False
        (output,) = op.outputs
        self.lifetimes.take_back(arguments[0])
        generator.text.add(f"{arguments[0]} {operator} {arguments[1]}", op)
        generator.own(output, arguments[0])
        self._drop(self.lifetimes.to_drop(arguments[:1]), op)
        return True

    def _locals(self, tensors: Sequence[Tensor]) -> list[str]:
        expressions = self.generator.expressions
        return [expressions.get(tensor, "") for tensor in tensors]

    def _drop(self, names: Sequence[str], op: Operation) -> None:
        if names:
            self.generator.text.add(f"{' = '.join(names)} = None", op)
