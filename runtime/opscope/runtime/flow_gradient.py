"""How gradients flow through Switch, Merge, Enter, Exit and NextIteration."""

from __future__ import annotations

from typing import Any

from opscope.runtime.branches import BranchContext, merge, switch
from opscope.runtime.control_flow_context import output_context
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.flow import enter, exit_, ref_enter, ref_merge, ref_switch
from opscope.runtime.ops.flow import merge as merge_op
from opscope.runtime.ops.flow import next_iteration as next_op
from opscope.runtime.ops.flow import switch as switch_op
from opscope.runtime.while_context import WhileContext


def _current(node: Operation) -> WhileContext | None:
    """The backward loop that gradients are being made in."""
    context = node.graph.control_flow_context
    loop = None if context is None else context.loop
    return loop if isinstance(loop, WhileContext) else None


def _switch_gradient(node: Operation, *grads: Any) -> list[Tensor | None]:
    """A Merge: of the two rounds for a loop variable, of the two sides for a condition."""
    context = node.control_flow_context
    if isinstance(context, WhileContext) and node.inputs[1].op.type == "LoopCond":
        current = _current(node)
        assert current is not None
        merges = current.gradient.switch_merges
        merged = merges.get(node)
        if merged is not None:  # the second visit comes out of the body
            if grads[1] is not None:
                current.next_iteration(merged, grads[1])
            return [None, None]
        if grads[0] is None:
            return [None, None]
        merges[node] = made = merge([grads[0], grads[0]], name="b_switch")
        return [made, None]
    if isinstance(context, BranchContext):
        if grads[1 - context.branch] is None:
            return [None, None]
        return [merge(list(grads), name="cond_grad"), None]
    pred = node.inputs[1]
    return [merge([switch(grads[0], pred)[0], switch(grads[1], pred)[1]]), None]


def _merge_gradient(node: Operation, grad: Any, _: Any) -> list[Tensor | None]:
    """A Switch: on the same predicate, or of the backward loop."""
    context = output_context(node.inputs[0].op)
    current = _current(node)
    if isinstance(context, WhileContext) and node.inputs[1].op.type == "NextIteration":
        assert current is not None
        assert current.pivot is not None
        return list(switch(grad, current.pivot))
    if isinstance(context, BranchContext):
        pred = context.pred
        if current is not None and current.gradient is not None:
            pred = current.gradient.predicate(pred)
        return list(switch(grad, pred, name="cond_grad"))
    index = node.outputs[1]
    return [
        switch(grad, make_tensor("Equal", index, i, name="Equal"))[1]
        for i in range(len(node.inputs))
    ]


def _exit_gradient(node: Operation, grad: Any) -> list[Tensor | None]:
    """An Enter into the backward loop."""
    loop = node.control_flow_context
    current = _current(node)
    assert current is not None
    if not current.back_prop:
        return [None]
    if isinstance(loop, WhileContext) and loop.gradient is not None:
        raise TypeError("Second-order gradient for while loops not supported.")
    current.values.add(grad)
    with current.entered():
        return [current.enter_variable(grad, name="b_exit")]


def _enter_gradient(node: Operation, grad: Any) -> list[Tensor | None]:
    """An Exit out of the backward loop; for a loop constant the sum over all rounds."""
    current = _current(node)
    if current is None or not current.back_prop or current.gradient is None:
        return [grad]
    if node.attrs["is_constant"]:
        return [current.gradient.sum_over_rounds(node, grad)]
    return [current.leave(grad)]


for _definition in (switch_op, ref_switch):
    _definition.gradient(_switch_gradient)
for _definition in (merge_op, ref_merge):
    _definition.gradient(_merge_gradient)
for _definition in (enter, ref_enter):
    _definition.gradient(_enter_gradient)
exit_.gradient(_exit_gradient)


@next_op.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [grad]
