"""Gradients through loops: for each loop a second one that goes back over its rounds.

The forward loop counts its rounds and saves on stacks what the backward loop needs; the backward
loop counts down. Nodes are named as TensorFlow 1 names them: `gradients/f_count`,
`gradients/while/mul_grad/Mul_1/StackPushV2`, `gradients/b_count`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opscope.runtime.branches import BranchContext, merge, switch
from opscope.runtime.constant import constant
from opscope.runtime.control_flow_context import ControlFlowContext, output_context
from opscope.runtime.graph import Graph
from opscope.runtime.make_op import make_node, make_tensor
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.filling import zeros
from opscope.runtime.while_context import WhileContext, close_loop, is_constant_enter

_HANDS_ON = frozenset({"Switch", "RefSwitch", "Identity", "RefIdentity"})


class LoopGradient:
    """The backward loop of one forward loop.

    outer: the same for the loop around it, where gradients flow through that too. saved: by tensor
    of the forward loop, what stands for it in the backward one. switch_merges: by Switch of a loop
    variable, the Merge of its gradient.
    """

    def __init__(
        self, forward: WhileContext, outer: LoopGradient | None, base: ControlFlowContext | None
    ) -> None:
        graph = forward.graph
        self.graph: Graph = graph
        self.forward = forward
        self.context: WhileContext
        self.outer = outer
        self.base = base
        self.saved: dict[Tensor, Tensor] = {}
        self.switch_merges: dict[Operation, Tensor] = {}
        self.exits = list(forward.exits)
        self.pending_exits = len(self.exits)
        self.deferred_exits: list[Tensor] = []
        self.unused_exits: list[Tensor] = []
        self._grad_sync: Operation | None = None
        self._forward_sync: Operation | None = None
        with within(graph, forward.outer if outer is None else outer.forward):
            count, self.forward_index = self._count_forward()
        if outer is not None:
            history = outer.accumulate(count)
            with outer.context.entered():
                self.context = self._backward_context()
                real_count = outer.accumulated(history, count)
                self.index = self._count_backward(real_count)
        else:
            with within(graph, forward.outer):
                self.context = self._backward_context()
                self.index = self._count_backward(count)

    # -- counters ----------------------------------------------------------------------------

    def _backward_context(self) -> WhileContext:
        forward = self.forward
        return WhileContext(
            self.graph,
            forward.name,
            parallel_iterations=forward.parallel_iterations,
            back_prop=forward.back_prop,
            swap_memory=forward.swap_memory,
            maximum_iterations=forward.maximum_iterations,
            gradient=self,
        )

    def _count_forward(self) -> tuple[Tensor, Tensor]:
        """Let the forward loop count its rounds: the count, and its NextIteration."""
        start = constant(0, name="f_count")
        if self.outer is not None:
            start.op.add_control_input(self.outer.forward_index.op.inputs[0].op)
        forward = self.forward
        assert forward.pivot is not None
        with forward.entered():
            forward.values.add(start)
            entered = forward.enter_variable(start, name="f_count")
            merged = merge([entered, entered])
            done, alive = switch(merged, forward.pivot)
            following = _add_one(alive)
            back = forward.next_iteration(merged, following)
            count = forward.leave(done, name="f_count")
        return count, back

    def _count_backward(self, count: Tensor) -> Tensor:
        """The backward loop's own counter, from `count` down: its NextIteration."""
        one = constant(1, name="b_count")
        context = self.context
        with context.entered():
            context.values.add(count)
            entered = context.enter_variable(count, name="b_count")
            merged = merge([entered, entered])
            context.pivot_for_pred = merged
            goes_on = make_tensor("GreaterEqual", merged, one, name="GreaterEqual")
            context.pivot = make_tensor("LoopCond", goes_on, name="b_count")
            done, alive = switch(merged, context.pivot)
            following = make_tensor("Sub", alive, one, name="Sub")
            context.pivot_for_body = following
            back = context.next_iteration(merged, following)
            zero = context.leave(done, name="b_count")
        if self.outer is not None:
            self.outer.grad_sync.add_control_input(zero.op)
        return back

    @property
    def grad_sync(self) -> Operation:
        """What a round of the backward loop waits for: everything taken off stacks."""
        if self._grad_sync is None:
            with self.graph.control_dependencies(None):
                self._grad_sync = make_node("ControlTrigger", name="b_sync")
            self._grad_sync.control_flow_context = self.context
            self.index.op.add_control_input(self._grad_sync)
        return self._grad_sync

    @property
    def forward_sync(self) -> Operation:
        """What a round of the forward loop waits for: everything saved inside branches."""
        if self._forward_sync is None:
            with self.graph.control_dependencies(None):
                self._forward_sync = make_node("ControlTrigger", name="f_sync")
            self._forward_sync.control_flow_context = self.forward
            self.forward_index.op.add_control_input(self._forward_sync)
        return self._forward_sync

    # -- values of the forward loop ----------------------------------------------------------

    def forward_value(self, tensor: Tensor) -> Tensor | None:
        """What stands in the backward loop for a tensor of the forward loop; None for others."""
        context = output_context(tensor.op)
        if (None if context is None else context.loop) is not self.forward:
            return None
        found = self.saved.get(tensor)
        if found is None:
            found = self.saved[tensor] = self._real_value(tensor)
        return found

    def _real_value(self, tensor: Tensor) -> Tensor:
        state: LoopGradient = self
        current = tensor
        while True:
            entered = _constant_enter(current)
            if entered is None:
                break
            current = entered.inputs[0]
            if state.outer is None:  # the same in every round: no need to save it
                return self.context.capture(current)
            state = state.outer
        if current.op.type == "Const":
            with self.context.entered():
                return constant(current.op.attrs["value"], current.dtype)
        with within(self.graph, self.base):
            history = state.accumulate(current)
        real = state.accumulated(history, current)
        return real if state is self else self.context.capture(real)

    def accumulate(self, value: Tensor, dead_branch: bool = False) -> Tensor:
        """Save `value` in each round of the forward loop; returns the stack."""
        graph = self.graph
        around = graph.control_flow_context
        with graph.control_dependencies(None):
            with within(graph, around), graph.colocate_with(value.op):
                limit = constant(-1)
                stack = make_tensor(
                    "StackV2", limit, elem_type=value.dtype.base_dtype, name="f_acc"
                )
            entered = self.forward.capture(stack)
            context = output_context(value.op)
            inside = context.outer if dead_branch and context is not None else context
            with within(graph, inside):
                push = make_node(
                    "StackPushV2", entered, value, swap_memory=self.forward.swap_memory
                )
            if context is self.forward:
                self.forward_index.op.add_control_input(push)
            else:
                push.control_flow_context = context
                self.forward_sync.add_control_input(push)
            push.add_control_input(self.forward_index.op.inputs[0].op)
        return stack

    def accumulated(self, stack: Tensor, value: Tensor, dead_branch: bool = False) -> Tensor:
        """In the backward loop, `value` as it was in the round that is gone back over."""
        branch = _branch_of(value.op, stack.op.control_flow_context)
        with self.graph.control_dependencies(None), self.context.entered():
            if branch is not None:
                pred = self._saved_predicate(branch)
                side = 1 - branch.branch if dead_branch else branch.branch
                stack = switch(stack, pred)[side]
            popped = make_tensor("StackPopV2", stack, elem_type=value.dtype.base_dtype)
            popped.set_shape(value.shape)
        if self.context.parallel_iterations > 1:
            self.grad_sync.add_control_input(popped.op)
        return popped

    def _saved_predicate(self, branch: BranchContext) -> Tensor:
        state: LoopGradient | None = self
        while state is not None:
            found = state.saved.get(branch.pred)
            if found is not None:
                return found
            state = state.outer
        return branch.pred

    def predicate(self, pred: Tensor) -> Tensor:
        """The predicate of a condition inside the loop, as it was in each round."""
        found = self.saved.get(pred)
        if found is None:
            with within(self.graph, self.base):
                history = self.accumulate(pred)
            found = self.saved[pred] = self.accumulated(history, pred)
        return found

    # -- gradients of what enters and leaves -------------------------------------------------

    def sum_over_rounds(self, enter: Operation, grad: Tensor) -> Tensor:
        """The sum of the gradients that reach a loop constant in each round."""
        context = self.context
        with within(self.graph, context.outer):
            start = self._zeros_of(enter, grad)
        with context.entered():
            context.values.add(start)
            entered = context.enter_variable(start, name="b_acc")
            merged = merge([entered, entered], name="b_acc")
            assert context.pivot is not None
            done, alive = switch(merged, context.pivot)
            total = make_tensor("AddV2", alive, grad, name="Add")
            context.next_iteration(merged, total)
            return context.leave(done, name="b_acc")

    def _zeros_of(self, enter: Operation, grad: Tensor) -> Tensor:
        """Zeros to start a sum from."""
        if grad.shape.is_fully_defined():
            sizes = grad.shape.as_list()
            return constant(0, grad.dtype.base_dtype, shape=sizes, name="b_acc")
        value = enter.inputs[0]
        if self.outer is None:
            return zeros(make_tensor("Shape", value), grad.dtype.base_dtype)
        with within(self.graph, self.forward.outer):
            shape = make_tensor("Shape", value)
        with within(self.graph, self.base):
            history = self.outer.accumulate(shape)
        return zeros(self.outer.accumulated(history, shape), grad.dtype.base_dtype)

    def close_open_loops(self) -> None:
        """Feed zeros back where a variable does not depend on its value in the round before."""
        for merged in self.switch_merges.values():
            first, second = merged.op.inputs
            if first is not second:
                continue
            if first.shape.is_fully_defined():
                with self.context.entered():
                    value = constant(0, first.dtype.base_dtype, shape=first.shape.as_list())
                    back = make_tensor("NextIteration", value)
            else:
                with within(self.graph, self.context.outer):
                    shape = make_tensor("Shape", first.op.inputs[0])
                    value = zeros(shape, first.dtype.base_dtype)
                with self.context.entered():
                    back = make_tensor("NextIteration", value)
            close_loop(merged, back)


def within(graph: Graph, context: ControlFlowContext | None) -> AbstractContextManager[None]:
    """Ops made inside belong to `context`, or to none."""
    return _entered(graph, context) if graph.control_flow_context is not context else nullcontext()


@contextmanager
def _entered(graph: Graph, context: ControlFlowContext | None) -> Iterator[None]:
    before = graph.control_flow_context
    graph.control_flow_context = context
    try:
        yield
    finally:
        graph.control_flow_context = before


def _add_one(value: Tensor) -> Tensor:
    return make_tensor("AddV2", value, 1, name="Add")


def _constant_enter(tensor: Tensor) -> Operation | None:
    """The Enter of a loop constant that a tensor hands on."""
    op = tensor.op
    while op.type in _HANDS_ON:
        op = op.inputs[0].op
    return op if is_constant_enter(op) else None


def _branch_of(op: Operation, until: ControlFlowContext | None) -> BranchContext | None:
    """The innermost branch that an op is in, looked for up to the context `until`."""
    context = op.control_flow_context
    while context is not None and context is not until:
        if isinstance(context, BranchContext):
            return context
        context = context.outer
    return None
