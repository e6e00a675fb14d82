"""Functions of a graph as FunctionDef: the library of a GraphDef."""

from __future__ import annotations

from collections.abc import Iterable

from opscope.events.proto.function_pb2 import FunctionDef
from opscope.runtime.function_graph import GraphFunction
from opscope.runtime.graph_def import node_to_def
from opscope.runtime.operation import Operation, Tensor, outputs_by_argument


def functions_of(ops: Iterable[Operation]) -> list[FunctionDef]:
    """The functions that attributes of the operations name, and those inside them, by name."""
    found: dict[str, GraphFunction] = {}
    waiting = list(ops)
    while waiting:
        for value in waiting.pop().attrs.values():
            if isinstance(value, GraphFunction) and value.name not in found:
                found[value.name] = value
                waiting.extend(value.graph.get_operations())
    return [function_to_def(found[name]) for name in sorted(found)]


def function_to_def(function: GraphFunction) -> FunctionDef:
    """A traced function as TensorFlow serialises it: its placeholders become arguments."""
    made = FunctionDef()
    made.signature.name = function.name
    names: dict[Tensor, str] = {}
    for tensor in function.inputs:
        names[tensor] = tensor.op.name
        made.signature.input_arg.add(name=tensor.op.name, type=tensor.dtype.as_datatype_enum)
    for op in function.graph.get_operations():
        if op.outputs and op.outputs[0] in names:
            continue
        for arg, tensors in outputs_by_argument(op):
            for i, tensor in enumerate(tensors):
                names[tensor] = f"{op.name}:{arg.name}:{i}"
        node = made.node_def.add()
        node.CopyFrom(node_to_def(op))
        del node.input[:]
        node.input.extend(names[t] for t in op.inputs)
        node.input.extend(sorted(f"^{c.name}" for c in op.control_inputs))
    for i, tensor in enumerate(function.results):
        name = f"result_{i}"
        made.signature.output_arg.add(name=name, type=tensor.dtype.as_datatype_enum)
        made.ret[name] = names[tensor]
    made.signature.is_stateful = any(
        op.definition.stateful and op.type != "Placeholder"
        for op in function.graph.get_operations()
    )
    return made
