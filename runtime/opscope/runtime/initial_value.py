"""Initial values that read no variable before it is initialized."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.op_def import find_op
from opscope.runtime.operation import Operation, Tensor

if TYPE_CHECKING:
    from opscope.runtime.variables import Variable

# Whether there is a value, and what it is, they find out when they run.
_SETTLED = frozenset({"IsVariableInitialized", "VarIsInitializedOp", "ReadVariableOp", "If"})


def initialized_value(variable: Any, initial_value: Tensor | None = None) -> Tensor:
    """The value of a variable if it has one when that is asked for, else its initial value."""
    from opscope.runtime.cond import cond  # it is built on variables
    from opscope.runtime.variables import is_variable_initialized

    start = variable.initial_value if initial_value is None else initial_value
    value: Tensor = cond(is_variable_initialized(variable), variable.read_value, lambda: start)
    return value


def without_uninitialized_reads(value: Tensor, scope: str) -> Tensor:
    """`value` with each use of a reference variable replaced by its `initialized_value`.

    So an initial value may be computed from other variables, whatever the order in which their
    initializers run. Nodes that depend on no variable are used as they are; a copy has the name of
    the node and of the variable whose name scope, with a slash at its end, is `scope`. A value that
    depends on itself, by a loop, is left as it is.
    """
    variables: dict[Operation, Variable] = {
        v.op: v
        for key in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES)
        for v in value.graph.get_collection(key)
        if getattr(v, "op", None) is not None and v.op.type in ("Variable", "VariableV2")
    }
    safe: dict[Operation, Operation] = {}

    def settled(tensor: Tensor) -> Tensor:
        order = _before(tensor.op)
        if order is None:
            return tensor
        for node in order:
            if node in safe:
                continue
            if node.type in _SETTLED:
                safe[node] = node
            elif node in variables:
                variable = variables[node]
                safe[node] = initialized_value(variable, settled(variable.initial_value)).op
            else:
                inputs = [safe[t.op].outputs[t.value_index] for t in node.inputs]
                safe[node] = _with_inputs(node, inputs, scope)
        return safe[tensor.op].outputs[tensor.value_index]

    return settled(value)


def _with_inputs(node: Operation, inputs: list[Tensor], scope: str) -> Operation:
    """The node, or a copy of it when its inputs are others."""
    if all(new is old for new, old in zip(inputs, node.inputs, strict=True)):
        return node
    # A reference that was switched is a value now.
    definition = find_op("Switch") if node.type == "RefSwitch" else node.definition
    return node.graph.create_op(
        definition, inputs, dict(node.attrs), f"{node.name}_{scope}".replace(":", "_")
    )


def _before(last: Operation) -> list[Operation] | None:
    """What a node is computed from, each after its inputs, itself at the end; None for a cycle."""
    done: dict[Operation, bool] = {}
    order: list[Operation] = []
    stack: list[tuple[Operation, bool]] = [(last, False)]
    while stack:
        node, after_inputs = stack.pop()
        if after_inputs:
            done[node] = True
            order.append(node)
            continue
        if node in done:
            if not done[node]:
                return None
            continue
        done[node] = False
        stack.append((node, True))
        for source in [t.op for t in node.inputs]:
            if source not in done:
                stack.append((source, False))
            elif not done[source]:
                return None
    return order
