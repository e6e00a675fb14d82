"""The loops between the targets and the sources of one call of `tf.gradients`."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from opscope.runtime.branches import BranchContext, switch
from opscope.runtime.constant import constant
from opscope.runtime.control_flow_context import output_context
from opscope.runtime.errors import UnimplementedError
from opscope.runtime.graph import Graph
from opscope.runtime.loop_gradient import LoopGradient, within
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.filling import zeros, zeros_like
from opscope.runtime.ops.flow import EXITS, SWITCHES
from opscope.runtime.while_context import WhileContext


class LoopGradients:
    """A backward loop for each loop that gradients flow through."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.base = graph.control_flow_context
        self.by_loop: dict[WhileContext, LoopGradient] = {}

    def add(self, leave: Operation) -> list[Operation]:
        """Note the loop that an Exit leaves; returns all its Exits when it is new."""
        if leave.control_flow_context is None:
            self._find_loops_of(leave)
        loop = leave.control_flow_context
        assert isinstance(loop, WhileContext)
        if loop in self.by_loop:
            return []
        around = None if loop.outer is None else loop.outer.loop
        outer = self.by_loop.get(around) if isinstance(around, WhileContext) else None
        made = self.by_loop[loop] = LoopGradient(loop, outer, self.base)
        return [e.op for e in made.exits]

    def _find_loops_of(self, leave: Operation) -> None:
        """Find the loops and branches of a graph that was imported as a GraphDef."""
        from opscope.runtime.derived_contexts import derive_contexts

        try:
            derive_contexts(self.graph)
        except UnimplementedError as error:
            raise LookupError(
                f"No gradient defined for operation '{leave.name}': it leaves a loop of an "
                f"imported graph that is not made of whole loops and conditionals: {error.message}"
            ) from None

    def of(self, op: Operation, from_behind: bool = False) -> LoopGradient | None:
        """The backward loop of the loop an op is in; `from_behind` counts an Exit as outside."""
        context = output_context(op) if from_behind else op.control_flow_context
        loop = None if context is None else context.loop
        return self.by_loop.get(loop) if isinstance(loop, WhileContext) else None

    def beside(self, op: Operation, from_behind: bool = False) -> AbstractContextManager[None]:
        """Ops made inside are in the backward loop of the op's loop."""
        state = self.of(op, from_behind)
        return within(self.graph, self.base if state is None else state.context)

    def unused_exits(
        self, pending: dict[Operation, int], targets: Iterable[Operation]
    ) -> list[Tensor]:
        """The Exits that no gradient comes from, of loops all whose Exits are settled."""
        asked = set(targets)
        found: list[Tensor] = []
        for state in self.by_loop.values():
            for left in state.exits:
                if pending.get(left.op, 0) == 0:
                    state.pending_exits -= 1
                    if left.op not in asked:
                        state.unused_exits.append(left)
                    if state.pending_exits == 0:
                        found.extend(state.unused_exits)
            for entered in state.forward.enters:
                if pending.get(entered.op, 0) == 0:
                    pending[entered.op] = 1
        return found

    def zeros_for_exit(self, left: Tensor) -> Tensor:
        """Zeros in the shape of what leaves a loop."""
        loop = left.op.control_flow_context
        assert loop is not None
        state = self.of(left.op, from_behind=True)
        if state is None:
            if left.shape.is_fully_defined():
                return zeros(left.shape, left.dtype.base_dtype)
            return zeros_like(left, optimize=False)
        if left.shape.is_fully_defined():
            with within(self.graph, state.context):
                return zeros(left.shape, left.dtype.base_dtype)
        with within(self.graph, loop.outer):
            shape = make_tensor("Shape", left)
        history = state.accumulate(shape)
        with within(self.graph, state.context):
            return zeros(state.accumulated(history, shape), left.dtype.base_dtype)

    def zeros_for(self, op: Operation, index: int) -> Tensor | None:
        """Zeros for an output that no gradient reached; None for a loop variable's Switch."""
        if is_loop_switch(op):
            return None
        state = self.of(op)
        if state is None:
            return zeros_outside_loops(op, index)
        value = op.outputs[index]
        context = op.control_flow_context
        branch = context if op.type in SWITCHES and isinstance(context, BranchContext) else None
        if value.shape.is_fully_defined():
            made = constant(0, value.dtype.base_dtype, shape=value.shape.as_list())
            if branch is not None:
                return switch(made, state.predicate(branch.pred))[1 - branch.branch]
            return made
        if branch is not None:
            with within(self.graph, branch.outer):
                other = switch(op.inputs[0], branch.pred)[1 - branch.branch]
                shape = make_tensor("Shape", other)
            other.op.control_flow_context = shape.op.control_flow_context = branch
            state.predicate(branch.pred)
        else:
            with within(self.graph, context):
                shape = make_tensor("Shape", value)
        with within(self.graph, self.base):
            history = state.accumulate(shape, dead_branch=branch is not None)
        sizes = state.accumulated(history, shape, dead_branch=branch is not None)
        return zeros(sizes, value.dtype.base_dtype)

    def close_open_loops(self) -> None:
        """Complete the variables that do not depend on their value in the round before."""
        for state in self.by_loop.values():
            state.close_open_loops()


def is_loop_switch(op: Operation) -> bool:
    """True for the Switch of a loop variable."""
    return op.type in SWITCHES and op.inputs[1].op.type == "LoopCond"


def is_exit(op: Operation) -> bool:
    """True for what leaves a loop."""
    return op.type in EXITS


def zeros_outside_loops(op: Operation, index: int) -> Tensor:
    """Zeros for an output that no gradient reached; those of a Switch only where it is dead."""
    value = op.outputs[index]
    context = op.control_flow_context
    if op.type not in SWITCHES or not isinstance(context, BranchContext):
        return zeros_like(value, optimize=False)
    other = switch(op.inputs[0], context.pred)[1 - context.branch]
    pivot = identity(other)
    sizes = make_tensor("Shape", other)
    with op.graph.control_dependencies([pivot]):
        return zeros(sizes, value.dtype.base_dtype)
