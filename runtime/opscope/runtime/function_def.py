"""Functions of a graph as FunctionDef: the library of a GraphDef."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from opscope.events.proto.function_pb2 import FunctionDef
from opscope.runtime.function_graph import GraphFunction
from opscope.runtime.function_import import ImportedFunction
from opscope.runtime.graph_def import node_to_def
from opscope.runtime.operation import Operation, Tensor, outputs_by_argument


def named_functions(
    ops: Iterable[Operation], others: Iterable[GraphFunction] = ()
) -> dict[str, GraphFunction]:
    """The functions that operations call or name, those inside them, and others, by name."""
    found: dict[str, GraphFunction] = {}
    waiting = [*others]
    for op in ops:
        waiting.extend(_named_by(op))
    while waiting:
        function = waiting.pop()
        if function.name in found:
            continue
        found[function.name] = function
        if isinstance(function, ImportedFunction):
            waiting.extend(function.named_functions())
        else:
            for op in function.graph.get_operations():
                waiting.extend(_named_by(op))
    return found


def _named_by(op: Operation) -> Iterator[GraphFunction]:
    if op.definition.function is not None:
        yield op.definition.function
    for value in op.attrs.values():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, GraphFunction):
                yield item


def functions_of(
    ops: Iterable[Operation], others: Iterable[GraphFunction] = ()
) -> list[FunctionDef]:
    """The functions that operations name, those inside them, and others, by name."""
    found = named_functions(ops, others)
    return [function_to_def(found[name]) for name in sorted(found)]


def function_to_def(function: GraphFunction) -> FunctionDef:
    """A function as TensorFlow serialises it: its placeholders become arguments.

    An imported one is as it was.
    """
    if isinstance(function, ImportedFunction):
        return function.proto
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
    for op in function.controls:
        made.control_ret[op.name] = op.name
        made.signature.control_output.append(op.name)
    made.signature.is_stateful = any(
        op.definition.stateful and op.type != "Placeholder"
        for op in function.graph.get_operations()
    )
    return made
