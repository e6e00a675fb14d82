"""The functions of an imported GraphDef, each made when a plan needs its body."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from opscope.events.proto.attr_value_pb2 import AttrValue
from opscope.events.proto.function_pb2 import FunctionDef
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.node_def_pb2 import NodeDef
from opscope.events.proto.op_def_pb2 import OpDef as OpDefProto
from opscope.runtime import dtypes
from opscope.runtime import function_loop_gradient as _loops  # noqa: F401 - registers gradients
from opscope.runtime.function_gradient import differentiate_call
from opscope.runtime.function_graph import FunctionGraph, GraphFunction
from opscope.runtime.graph import Graph
from opscope.runtime.node_import import argument_dtypes, definition_of, parse_input, read_attrs
from opscope.runtime.op_def import OPS, ArgDef, OpDef
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.functions import call_of

ImportBody = Callable[[Graph, GraphDef], Mapping[str, Operation]]


class ImportedFunction(GraphFunction):
    """A function of a library: its body is made when it is first asked for."""

    def __init__(self, proto: FunctionDef, library: ImportedFunctions) -> None:
        self.name = proto.signature.name
        self.proto = proto
        self.library = library
        self._made: GraphFunction | None = None

    @property
    def _whole(self) -> GraphFunction:
        if self._made is None:
            self._made = self.library.make(self.proto)
        return self._made

    @property
    def graph(self) -> FunctionGraph:  # type: ignore[override]
        """The body."""
        return self._whole.graph

    @property
    def arguments(self) -> tuple[Tensor, ...]:  # type: ignore[override]
        """The placeholders of the arguments."""
        return self._whole.arguments

    @property
    def results(self) -> tuple[Tensor, ...]:  # type: ignore[override]
        """What the function returns."""
        return self._whole.results

    @property
    def controls(self) -> tuple[Operation, ...]:  # type: ignore[override]
        """What runs for its effect at each call."""
        return self._whole.controls

    def named_functions(self) -> Iterator[ImportedFunction]:
        """The functions that ops of the body name."""
        for node in self.proto.node_def:
            for attr in node.attr.values():
                for name in _names_in(attr):
                    if name in self.library:
                        yield self.library.find(name)
            if node.op not in OPS and node.op in self.library:
                yield self.library.find(node.op)


def _names_in(attr: AttrValue) -> list[str]:
    if attr.HasField("func"):
        return [attr.func.name]
    return [f.name for f in attr.list.func]


class ImportedFunctions:
    """The library of a GraphDef as functions by name."""

    def __init__(
        self, outer: Graph, library: Mapping[str, FunctionDef], import_body: ImportBody
    ) -> None:
        """import_body adds the nodes of a GraphDef to a graph and returns them by name."""
        self._outer = outer
        self._library = library
        self._import_body = import_body
        self._found: dict[str, ImportedFunction] = {}
        self._whole: set[str] = set()
        self._calls: dict[str, OpDef] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._library

    def find(self, name: str) -> ImportedFunction:
        """The function of that name; KeyError when the library has none."""
        if name not in self._found:
            self._found[name] = ImportedFunction(self._library[name], self)
        return self._found[name]

    def require(self, node: NodeDef, name: str) -> ImportedFunction:
        """The function that an attribute of a node names.

        ValueError when the library lacks it, or one that its body names.
        """
        if name not in self._library:
            raise ValueError(
                f"node {node.name!r} (op: {node.op!r}) names the function {name!r}, which "
                "the graph_def's library lacks"
            )
        if name not in self._whole:
            self._whole.add(name)
            for inner in self._library[name].node_def:
                for attr in inner.attr.values():
                    for named in _names_in(attr):
                        self.require(inner, named)
        return self.find(name)

    def definition(self, node: NodeDef) -> OpDef:
        """The op type of a node: one of ours, or the call of a function that has its name."""
        if node.op in OPS or node.op not in self._library:
            return definition_of(node)
        if node.op not in self._calls:
            self._calls[node.op] = _call_op(self.find(node.op))
        return self._calls[node.op]

    def make(self, proto: FunctionDef) -> GraphFunction:
        """The function with its body. NotImplementedError names a node that opscope lacks."""
        graph = FunctionGraph(self._outer)
        body, sources = body_of(proto, self.definition)
        made = self._import_body(graph, body)

        def tensor(text: str) -> Tensor:
            name, slot = parse_input(sources.get(text, text))
            return made[name].outputs[slot]

        arguments = [tensor(arg.name) for arg in proto.signature.input_arg]
        results = [tensor(proto.ret[arg.name]) for arg in proto.signature.output_arg]
        controls = [made[name] for name in proto.control_ret.values()]
        if not proto.control_ret and proto.signature.is_stateful:
            # Written before functions said what they run: everything that has an effect.
            controls = [o for o in made.values() if o.definition.stateful and not _reads(o)]
        return GraphFunction(proto.signature.name, graph, arguments, results, controls)


def _reads(op: Operation) -> bool:
    """True for a stateful op whose only use is its value."""
    return op.type in ("Placeholder", "VarHandleOp", "ReadVariableOp", "VariableV2")


def _call_op(function: ImportedFunction) -> OpDef:
    """The op type that is the call of a function."""
    signature = function.proto.signature

    def uncalled(*values: object) -> None:
        raise AssertionError("a call is written out when the plan is made")

    definition = OpDef(
        function.name,
        signature.description,
        tuple(_argument(function.name, arg) for arg in signature.input_arg),
        tuple(_argument(function.name, arg) for arg in signature.output_arg),
        {},
        stateful=signature.is_stateful,
        kernels={"ANY": uncalled},
        function=function,
    )
    definition.expand_rule = call_of(function)
    definition.gradient_rule = partial(differentiate_call, function)
    return definition


def _argument(function: str, arg: OpDefProto.ArgDef) -> ArgDef:
    _require_plain(function, arg)
    return ArgDef(arg.name, dtypes.as_dtype(arg.type))


def _require_plain(function: str, arg: OpDefProto.ArgDef) -> None:
    if not arg.type or arg.number_attr or arg.type_list_attr:
        raise NotImplementedError(
            f"function {function!r} has an argument {arg.name!r} whose type depends "
            "on how it is called"
        )


def body_of(
    proto: FunctionDef, definition: Callable[[NodeDef], OpDef]
) -> tuple[GraphDef, dict[str, str]]:
    """The body of a function as a GraphDef whose placeholders are the arguments.

    Also returns what `node:output:index`, as functions name tensors, is called there: `node:slot`.
    """
    body = GraphDef()
    for i, arg in enumerate(proto.signature.input_arg):
        _add_argument(body, proto, i, arg)
    sources: dict[str, str] = {}
    for node in proto.node_def:
        op_type = definition(node)
        attrs = read_attrs(node, {}, op_type)
        slot = 0
        for output in op_type.outputs:
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
    _require_plain(proto.signature.name, arg)
    node = body.node.add(name=arg.name, op="Placeholder")
    node.attr["dtype"].type = arg.type
    node.attr["shape"].shape.unknown_rank = True
    shapes = proto.arg_attr[index].attr if index in proto.arg_attr else {}
    if "_output_shapes" in shapes and len(shapes["_output_shapes"].list.shape) == 1:
        node.attr["shape"].shape.CopyFrom(shapes["_output_shapes"].list.shape[0])
