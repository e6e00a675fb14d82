"""The functions of an imported GraphDef, each made when an op names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from opscope.events.proto.function_pb2 import FunctionDef
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.op_def_pb2 import OpDef as OpDefProto
from opscope.runtime.function_graph import FunctionGraph, GraphFunction
from opscope.runtime.graph import Graph
from opscope.runtime.node_import import argument_dtypes, definition_of, parse_input, read_attrs
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import identity

ImportBody = Callable[[Graph, GraphDef], Mapping[str, Operation]]


class ImportedFunctions:
    """The library of a GraphDef as functions by name."""

    def __init__(
        self, outer: Graph, library: Mapping[str, FunctionDef], import_body: ImportBody
    ) -> None:
        """import_body adds the nodes of a GraphDef to a graph and returns them by name."""
        self._outer = outer
        self._library = library
        self._import_body = import_body
        self._made: dict[str, GraphFunction] = {}

    def find(self, name: str) -> GraphFunction:
        """The function of that name; KeyError when the library has none."""
        if name not in self._made:
            self._made[name] = self._make(self._library[name])
        return self._made[name]

    def _make(self, proto: FunctionDef) -> GraphFunction:
        graph = FunctionGraph(self._outer)
        body, sources = body_of(proto)
        made = self._import_body(graph, body)

        def tensor(text: str) -> Tensor:
            name, slot = parse_input(sources.get(text, text))
            return made[name].outputs[slot]

        arguments = [tensor(arg.name) for arg in proto.signature.input_arg]
        results = [tensor(proto.ret[arg.name]) for arg in proto.signature.output_arg]
        if proto.control_ret:
            # What runs for its effect alone runs before the results can be had.
            with (
                graph.as_default(),
                graph.control_dependencies([made[name] for name in proto.control_ret.values()]),
            ):
                results = [identity(result) for result in results]
        return GraphFunction(proto.signature.name, graph, arguments, results)


def body_of(proto: FunctionDef) -> tuple[GraphDef, dict[str, str]]:
    """The body of a function as a GraphDef whose placeholders are the arguments.

    Also returns what `node:output:index`, as functions name tensors, is called there: `node:slot`.
    """
    body = GraphDef()
    for i, arg in enumerate(proto.signature.input_arg):
        _add_argument(body, proto, i, arg)
    sources: dict[str, str] = {}
    for node in proto.node_def:
        attrs = read_attrs(node, {})
        slot = 0
        for output in definition_of(node).outputs:
            for index in range(len(argument_dtypes(output, attrs))):
                sources[f"{node.name}:{output.name}:{index}"] = f"{node.name}:{slot}"
                slot += 1
    for node in proto.node_def:
        copy = body.node.add()
        copy.CopyFrom(node)
        del copy.input[:]
        copy.input.extend(sources.get(text, text) for text in node.input)
    return body, sources


def _add_argument(body: GraphDef, proto: FunctionDef, index: int, arg: OpDefProto.ArgDef) -> None:
    if not arg.type or arg.number_attr or arg.type_list_attr:
        raise NotImplementedError(
            f"function {proto.signature.name!r} has an argument {arg.name!r} whose type depends "
            "on how it is called"
        )
    node = body.node.add(name=arg.name, op="Placeholder")
    node.attr["dtype"].type = arg.type
    node.attr["shape"].shape.unknown_rank = True
    shapes = proto.arg_attr[index].attr if index in proto.arg_attr else {}
    if "_output_shapes" in shapes and len(shapes["_output_shapes"].list.shape) == 1:
        node.attr["shape"].shape.CopyFrom(shapes["_output_shapes"].list.shape[0])
