"""The inside of a loop while it is being built: `Enter`, `Merge`, `Switch`, `NextIteration`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opscope.runtime.branches import merge
from opscope.runtime.control_flow_context import ControlFlowContext, output_context
from opscope.runtime.graph import Graph
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OpDef
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.flow import ENTERS
from opscope.runtime.tensor_shape import TensorShape

_OF_SHAPE = frozenset({"Shape", "Size", "Rank"})


class WhileContext(ControlFlowContext):
    """One loop under construction, or built.

    gradient: for a loop that computes gradients, what it knows of the loop it goes back over.
    maximum_iterations, back_prop, swap_memory and parallel_iterations are as the user gave them.
    """

    def __init__(
        self,
        graph: Graph,
        name: str = "while_context",
        *,
        parallel_iterations: int = 10,
        back_prop: bool = True,
        swap_memory: bool = False,
        maximum_iterations: Tensor | int | None = None,
        gradient: Any = None,
    ) -> None:
        super().__init__(graph)
        self.name = graph.unique_name(name)
        self.parallel_iterations = parallel_iterations
        self.back_prop = back_prop
        self.swap_memory = swap_memory
        self.maximum_iterations = maximum_iterations
        self.gradient = gradient
        self.pivot: Tensor | None = None  # the output of LoopCond
        self.pivot_for_pred: Tensor | None = None
        self.pivot_for_body: Tensor | None = None
        self.enters: list[Tensor] = []
        self.exits: list[Tensor] = []

    @property
    def is_loop(self) -> bool:
        """True."""
        return True

    @property
    def control_pivot(self) -> Operation | None:
        """The first variable: its Identity in the body, its Merge in the condition."""
        pivot = self.pivot_for_body if self.pivot_for_body is not None else self.pivot_for_pred
        return None if pivot is None else pivot.op

    # -- values from outside -----------------------------------------------------------------

    def capture(self, tensor: Tensor) -> Tensor:
        """The tensor as it can be used inside; a gradient loop asks the loop it belongs to."""
        if tensor in self.values:
            return self.externals.get(tensor, tensor)
        if self.gradient is not None and tensor.op.control_flow_context is not self:
            found: Tensor | None = self.gradient.forward_value(tensor)
            if found is not None:
                self.values.add(tensor)
                self.externals[tensor] = found
                return found
        return super().capture(tensor)

    def bring_in(self, tensor: Tensor) -> Tensor:
        """An Enter whose value is the same in every round."""
        entered = self.enter(tensor, is_constant=True)
        entered.op.graph.prevent_feeding(entered)
        return entered

    def enter(self, tensor: Tensor, is_constant: bool, name: str | None = None) -> Tensor:
        """The Enter op of a tensor."""
        kind = "RefEnter" if tensor.dtype.is_ref_dtype and is_constant else "Enter"
        return make_tensor(
            kind,
            tensor,
            frame_name=self.name,
            is_constant=is_constant,
            parallel_iterations=self.parallel_iterations,
            name=name,
        )

    # -- ops inside --------------------------------------------------------------------------

    def home(self, definition: OpDef, inputs: Sequence[Tensor]) -> ControlFlowContext:
        """This loop, but the forward loop for the shape of a value there.

        So the shape is saved in each round, and not the value.
        """
        if self.gradient is not None and definition.name in _OF_SHAPE:
            context = output_context(inputs[0].op)
            if context is not None and context.loop is self.gradient.forward:
                return context
        return self

    def wire(
        self, definition: OpDef, inputs: list[Tensor], controls: list[Operation]
    ) -> tuple[list[Tensor], list[Operation]]:
        """As in every context; an op of values that never change is tied to the round as well."""
        wired = [self.capture(t) for t in inputs]
        kept = self.wired_controls(wired, controls)
        pivot = self.control_pivot
        never_change = wired and all(is_constant_enter(t.op) for t in wired)
        if never_change and not kept and pivot is not None:
            kept.append(pivot)
        return wired, kept

    # -- the parts of a loop -----------------------------------------------------------------

    def enter_variable(
        self, tensor: Tensor, shape: TensorShape | None = None, name: str | None = None
    ) -> Tensor:
        """Bring the start value of a variable in, from the context around the loop.

        A tensor in `values` counts as being in that context already.
        """
        if self.outer is not None and tensor not in self.values:
            tensor = self.outer.capture(tensor)
        graph = self.graph
        controls = [c for c in graph.scoped_controls([tensor]) if self._is_around(c)]
        with graph.control_dependencies(None):
            entered = self.enter(tensor, is_constant=False, name=name)
        graph.prevent_feeding(entered)
        if shape is not None:
            entered.shape = shape
        op = entered.op
        if self.outer is not None and is_constant_enter(tensor.op) and self.outer.control_pivot:
            controls.append(self.outer.control_pivot)
        for control in controls:
            op.add_control_input(control)
        graph.mark_seen(op)
        op.control_flow_context = self
        self.values.add(entered)
        self.enters.append(entered)
        return entered

    def _is_around(self, control: Operation) -> bool:
        context = control.control_flow_context
        while context is not None:
            if context is self:
                return False
            context = context.outer
        return True

    def next_iteration(self, merged: Tensor, value: Tensor) -> Tensor:
        """Close the loop of one variable; ValueError when the value's shape does not fit it."""
        made = make_tensor("NextIteration", value)
        close_loop(merged, made)
        return made

    def leave(self, tensor: Tensor, name: str | None = None) -> Tensor:
        """The value of a variable after the loop; `tensor` is the first output of its Switch."""
        made = make_tensor("Exit", tensor, name=name)
        self.exits.append(made)
        if self.outer is not None:
            self.outer.values.add(made)
        return made


def close_loop(merged: Tensor, next_value: Tensor) -> None:
    """Make `next_value` the second input of a Merge, which held the first one twice."""
    op = merged.op
    op.graph.rewrite_inputs(op, [op.inputs[0], next_value])


def is_constant_enter(op: Operation) -> bool:
    """True for the Enter of a value that is the same in every round."""
    return op.type in ENTERS and bool(op.attrs["is_constant"])


def merge_variables(entered: Sequence[Tensor]) -> list[Tensor]:
    """A Merge for each variable, to be closed by `close_loop`."""
    return [merge([e, e]) for e in entered]
