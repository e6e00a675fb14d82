"""Where ops are being made: inside a branch of a condition, or inside a loop.

While a context is entered, a tensor from outside that an op takes is brought in by a `Switch` or an
`Enter` of its own, named under the op (`cond/mul/Switch`, `while/mul/Enter`), as in TensorFlow 1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opscope.runtime.graph import Graph
from opscope.runtime.make_op import make_node
from opscope.runtime.op_def import OpDef
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.flow import EXITS


class ControlFlowContext(ABC):
    """One branch or loop under construction.

    values: the tensors that may be used inside as they are. externals: what stands inside for a
    tensor from outside.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.outer = graph.control_flow_context
        self.values: set[Tensor] = set()
        self.externals: dict[Tensor, Tensor] = {}

    # -- what the kinds of context differ in -------------------------------------------------

    @property
    @abstractmethod
    def control_pivot(self) -> Operation | None:
        """An op that runs whenever ops of the context run."""

    @abstractmethod
    def bring_in(self, tensor: Tensor) -> Tensor:
        """Make the op that hands in a tensor of the context around this one."""

    # -- making ops inside -------------------------------------------------------------------

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Ops made inside belong to this context."""
        before = self.graph.control_flow_context
        self.graph.control_flow_context = self
        try:
            yield
        finally:
            self.graph.control_flow_context = before

    def capture(self, tensor: Tensor) -> Tensor:
        """The tensor as it can be used inside."""
        if tensor in self.values:
            return self.externals.get(tensor, tensor)
        self.values.add(tensor)
        result = tensor if self.outer is None else self.outer.capture(tensor)
        with self.graph.control_dependencies(None):
            result = self.bring_in(result)
        self._own(result.op)
        self.externals[tensor] = result
        return result

    def home(self, definition: OpDef, inputs: Sequence[Tensor]) -> ControlFlowContext:
        """The context that a new op on these inputs is put into."""
        return self

    def wire(
        self, definition: OpDef, inputs: list[Tensor], controls: list[Operation]
    ) -> tuple[list[Tensor], list[Operation]]:
        """The inputs and control inputs that an op made inside gets instead of the given ones."""
        wired = [self.capture(t) for t in inputs]
        return wired, self.wired_controls(wired, controls)

    def wired_controls(
        self, inputs: Sequence[Tensor], controls: Sequence[Operation]
    ) -> list[Operation]:
        """Control inputs from inside; an op with no other tie gets the pivot's."""
        kept = self.inner_controls(controls)
        pivot = self.control_pivot
        if not inputs and pivot is not None and not any(self.holds(c) for c in kept):
            kept.append(pivot)
        return kept

    def inner_controls(self, controls: Sequence[Operation]) -> list[Operation]:
        """Those control inputs that do not come from outside of the innermost loop.

        One from outside is replaced by an Identity of its first output, where it has one.
        """
        loop = self.loop
        if loop is None:
            return list(controls)
        kept = []
        for control in controls:
            if loop.holds(control):
                kept.append(control)
            elif control.outputs:
                with self.graph.control_dependencies(None), self.entered():
                    kept.append(make_node("Identity", control.outputs[0], name="Identity"))
        return kept

    def adopt(self, op: Operation) -> None:
        """Note an op made inside."""
        self._own(op)

    def _own(self, op: Operation) -> None:
        op.control_flow_context = self
        context: ControlFlowContext | None = self
        while context is not None:
            context.values.update(op.outputs)
            context = context.outer
        if self.outer is not None or op.type not in EXITS:
            self.graph.prevent_fetching(op)
            for tensor in op.outputs:
                self.graph.prevent_feeding(tensor)

    # -- where things are --------------------------------------------------------------------

    def holds(self, op: Operation) -> bool:
        """True when the op was made inside, be it further inside.

        What leaves a loop counts to the context around the loop.
        """
        context = output_context(op)
        while context is not None:
            if context is self:
                return True
            context = context.outer
        return False

    @property
    def is_loop(self) -> bool:
        """True for a loop."""
        return False

    @property
    def loop(self) -> ControlFlowContext | None:
        """The innermost loop, this context included."""
        context: ControlFlowContext | None = self
        while context is not None and not context.is_loop:
            context = context.outer
        return context


def output_context(op: Operation) -> ControlFlowContext | None:
    """The context that the outputs of an op are in."""
    context = op.control_flow_context
    if op.type in EXITS and context is not None:
        return context.outer
    return context
