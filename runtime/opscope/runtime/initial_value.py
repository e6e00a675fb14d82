"""Initial values that read no variable before it is initialized."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.operation import Operation, Tensor

if TYPE_CHECKING:
    from opscope.runtime.variables import Variable

# Their values are there, or looked up, in the run itself: `initialized_value` is made of them.
_SETTLED = frozenset({"IsVariableInitialized", "VarIsInitializedOp", "ReadVariableOp"})


def without_uninitialized_reads(value: Tensor) -> Tensor:
    """`value` with each read of a reference variable replaced by that variable's initial value.

    So an initial value may be computed from other variables, whatever the order in which their
    initializers run. Nodes that depend on no variable are used as they are, and so is what was read
    of a resource variable.
    """
    variables: dict[Operation, Variable] = {
        v.op: v
        for key in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES)
        for v in value.graph.get_collection(key)
        if getattr(v, "op", None) is not None and v.op.type == "VariableV2"
    }
    copies: dict[Operation, Operation | Tensor] = {}

    def rebuilt(tensor: Tensor) -> Tensor:
        node = tensor.op
        if node.type in _SETTLED:
            return tensor
        if node in variables:
            return without_uninitialized_reads(variables[node].initial_value)
        if node not in copies:
            inputs = [rebuilt(t) for t in node.inputs]
            if all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
                copies[node] = node
            elif node.type == "Identity":
                copies[node] = inputs[0]
            else:
                copies[node] = node.graph.create_op(
                    node.definition, inputs, dict(node.attrs), f"{node.name.split('/')[-1]}_initial"
                )
        made = copies[node]
        return made if isinstance(made, Tensor) else made.outputs[tensor.value_index]

    return rebuilt(value)
