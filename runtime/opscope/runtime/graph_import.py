"""`import_graph_def`: the nodes of a GraphDef, ours or TensorFlow's, in the default graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from opscope.events.proto.attr_value_pb2 import AttrValue
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.node_def_pb2 import NodeDef
from opscope.events.proto.op_def_pb2 import OpList
from opscope.runtime.attr_value import shape_from_proto
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.function_import import ImportedFunctions
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.node_import import (
    OUTPUT_SHAPES,
    check_inputs,
    parse_input,
    read_attrs,
)
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.flow import ENTERS, MERGES, NEXTS

_COLOCATION = "loc:@"


def import_graph_def(
    graph_def: Any,
    input_map: Mapping[str, Any] | None = None,
    return_elements: Sequence[str] | None = None,
    name: str | None = None,
    op_dict: Any = None,
    producer_op_list: Any = None,
) -> list[Tensor | Operation] | None:
    """Add the nodes of a GraphDef to the default graph, named `name/...` ("import" by default).

    graph_def: a GraphDef of opscope or of TensorFlow. input_map: by input name ("a", "a:1", "^a"),
    the tensor (or operation) of this graph that takes its place. return_elements: names of
    operations and tensors of the GraphDef, returned as a list in that order, else None. With
    `name=""` the names stay as they are. producer_op_list: the OpList of the program that wrote the
    graph; attributes it added later, at their default, are left out. op_dict is ignored.

    NotImplementedError names the node whose op type opscope lacks; ValueError says what else does
    not fit: a name already taken, a missing input, a wrong type, an unused key of input_map.
    """
    proto = as_message(graph_def, GraphDef, "graph_def")
    producer = OpList() if producer_op_list is None else producer_op_list
    producer = as_message(producer, OpList, "producer_op_list")
    graph = get_default_graph()
    mapped = _mapped_inputs(graph, input_map or {})
    with graph.name_scope("import" if name is None else name) as scope:
        functions = _functions(graph, proto, producer)
        importer = _Importer(graph, proto, scope, mapped, producer, functions)
    with graph.name_scope(None):
        importer.run()
    importer.check_all_mapped(input_map or {})
    return None if return_elements is None else [importer.element(e) for e in return_elements]


def as_message(value: Any, kind: type[Any], argument: str) -> Any:
    """`value` as our message type, read anew when it is TensorFlow's; TypeError for anything else.

    A file that holds one is read with `kind.FromString(data)`.
    """
    if isinstance(value, kind):
        return value
    descriptor = getattr(value, "DESCRIPTOR", None)
    if descriptor is None or descriptor.name != kind.DESCRIPTOR.name:
        raise TypeError(
            f"Argument `{argument}` must be a {kind.DESCRIPTOR.name} proto, "
            f"got {type(value).__name__}"
        )
    return kind.FromString(value.SerializeToString())


def _functions(graph: Graph, graph_def: GraphDef, producer: OpList) -> ImportedFunctions:
    """The library of a GraphDef, its bodies imported in the same way."""

    def import_body(body_graph: Graph, body: GraphDef) -> dict[str, Operation]:
        importer = _Importer(body_graph, body, "", {}, producer, functions)
        with body_graph.as_default():
            importer.run()
        return importer.made

    library = {f.signature.name: f for f in graph_def.library.function}
    functions = ImportedFunctions(graph, library, import_body)
    graph.keep_functions(functions.find(name) for name in library)
    return functions


def _mapped_inputs(graph: Graph, input_map: Mapping[str, Any]) -> dict[tuple[str, int], Any]:
    mapped: dict[tuple[str, int], Any] = {}
    for key, value in input_map.items():
        source = parse_input(key)
        if source[1] < 0:
            element = graph.as_graph_element(value)
            mapped[source] = element.op if isinstance(element, Tensor) else element
        else:
            with graph.name_scope("_inputs") if not _in_graph(value) else nullcontext():
                mapped[source] = convert_to_tensor(value)
    return mapped


def _in_graph(value: Any) -> bool:
    return isinstance(value, Tensor) or hasattr(value, "_as_tensor")


class _Importer:
    """One import: the operations made so far, by their names in the GraphDef."""

    def __init__(
        self,
        graph: Graph,
        graph_def: GraphDef,
        scope: str,
        mapped: dict[tuple[str, int], Any],
        producer: OpList,
        functions: ImportedFunctions,
    ) -> None:
        self.graph = graph
        self.scope = scope
        self.mapped = mapped
        self.used: set[tuple[str, int]] = set()
        self.nodes: dict[str, NodeDef] = {}
        for node in graph_def.node:
            if node.name in self.nodes:
                raise ValueError(f"Node {node.name!r} is not unique in the graph_def")
            self.nodes[node.name] = node
        self.defaults: dict[str, dict[str, AttrValue]] = {
            op.name: {a.name: a.default_value for a in op.attr if a.HasField("default_value")}
            for op in producer.op
        }
        self.functions = functions
        self.made: dict[str, Operation] = {}
        self.open_inputs: list[tuple[Operation, int, str]] = []

    def run(self) -> None:
        for node in self.nodes.values():
            self.functions.definition(node)
        for node in in_order(self.nodes):
            self._add(node)
        for op, index, text in self.open_inputs:
            inputs = list(op.inputs)
            inputs[index] = self._tensor(self.nodes[op.name[len(self.scope) :]], text)
            self.graph.rewrite_inputs(op, inputs)
        for node in self.nodes.values():
            self._place(node)

    def element(self, name: str) -> Tensor | Operation:
        """What one of return_elements names."""
        source, slot = parse_input(name)
        op = self.made.get(source)
        if ":" not in name:
            if op is None:
                raise ValueError(f"Requested return_element {name!r} not found in graph_def.")
            return op
        if (source, slot) in self.mapped:
            tensor: Tensor = self.mapped[source, slot]
            return tensor
        if op is None or slot >= len(op.outputs):
            raise ValueError(f"Requested return_element {name!r} not found in graph_def.")
        return op.outputs[slot]

    def check_all_mapped(self, input_map: Mapping[str, Any]) -> None:
        """ValueError names the keys of the input map that are no node of the GraphDef."""
        unknown = [
            k
            for k in input_map
            if parse_input(k) not in self.used and parse_input(k)[0] not in self.nodes
        ]
        if unknown:
            raise ValueError(
                f"Attempted to map inputs that were not found in graph_def: [{', '.join(unknown)}]"
            )

    def _add(self, node: NodeDef) -> None:
        definition = self.functions.definition(node)
        attrs = read_attrs(node, self.defaults.get(node.op, {}), definition)
        for key, attr in definition.attrs.items():
            if attr.kind in ("func", "list(func)"):
                attrs[key] = self._function(node, attrs[key])
        if "_class" in attrs:
            attrs["_class"] = tuple(self._colocation(c) for c in attrs["_class"])
        inputs: list[Tensor] = []
        controls: list[Operation] = []
        later: list[tuple[int, str]] = []
        for text in node.input:
            if text.startswith("^"):
                controls.append(self._operation(node, text))
            elif _closes_loop(self.nodes, node, parse_input(text)[0]):
                later.append((len(inputs), text))
                inputs.append(inputs[0])  # stands in until the end of the loop is made
            else:
                inputs.append(self._tensor(node, text))
        if node.op in ENTERS:  # two imports of one loop are two loops
            attrs["frame_name"] = self.scope + attrs["frame_name"]
        check_inputs(node, attrs, inputs, definition)
        op = self.graph.create_op(
            definition,
            inputs,
            attrs,
            f"{self.scope}{node.name}/",
            control_inputs=list(dict.fromkeys(controls)),
            device="",
        )
        self.made[node.name] = op
        self.open_inputs.extend((op, index, text) for index, text in later)
        self._apply_shapes(node, op)

    def _function(self, node: NodeDef, named: Any) -> Any:
        """The function that an attribute names, or several."""
        if isinstance(named, tuple):
            return tuple(self._function(node, item) for item in named)
        return self.functions.require(node, named.name)

    def _operation(self, node: NodeDef, text: str) -> Operation:
        source = parse_input(text)
        if source in self.mapped:
            self.used.add(source)
            op: Operation = self.mapped[source]
            return op
        if source[0] not in self.made:
            raise _missing(node, text)
        return self.made[source[0]]

    def _tensor(self, node: NodeDef, text: str) -> Tensor:
        source = parse_input(text)
        if source in self.mapped:
            self.used.add(source)
            tensor: Tensor = self.mapped[source]
            return tensor
        op = self.made.get(source[0])
        if op is None:
            raise _missing(node, text)
        if source[1] >= len(op.outputs):
            raise ValueError(
                f"Node {node.name!r}: Connecting to invalid output {source[1]} of source node "
                f"{source[0]} which has {len(op.outputs)} outputs."
            )
        return op.outputs[source[1]]

    def _colocation(self, entry: str) -> str:
        name = entry.removeprefix(_COLOCATION)
        if name == entry or name not in self.nodes:
            return entry
        return f"{_COLOCATION}{self.scope}{name}"

    def _place(self, node: NodeDef) -> None:
        """Give an imported op a device: its own, or that of the op it stands with, in the scopes'.

        Done after all are made: an op may stand with one that comes later in the file.
        """
        op = self.made[node.name]
        hosts = [
            e.removeprefix(_COLOCATION)
            for e in op.attrs.get("_class", ())
            if e.startswith(_COLOCATION)
        ]
        if any(h != op.name for h in hosts):
            owners = [self.nodes.get(h[len(self.scope) :]) for h in hosts]
            op.device = next((n.device for n in owners if n is not None and n.device), node.device)
        else:
            op.device = node.device
        with self.graph.device(op.device) if op.device else nullcontext():
            op.device = self.graph._device_for(op)

    @staticmethod
    def _apply_shapes(node: NodeDef, op: Operation) -> None:
        """Add what `_output_shapes` says to the inferred shapes; ValueError on contradiction."""
        if OUTPUT_SHAPES not in node.attr:
            return
        for tensor, shape in zip(op.outputs, node.attr[OUTPUT_SHAPES].list.shape, strict=False):
            try:
                tensor.set_shape(shape_from_proto(shape))
            except ValueError:
                raise ValueError(
                    f"Node {node.name!r} has an {OUTPUT_SHAPES} attribute inconsistent with the "
                    f"GraphDef for output #{tensor.value_index}: {shape_from_proto(shape)} against "
                    f"inferred {tensor.shape}"
                ) from None


def _missing(node: NodeDef, text: str) -> ValueError:
    return ValueError(
        f"graph_def is invalid at node {node.name!r}: Input tensor {text!r} not found in graph_def."
    )


def in_order(nodes: Mapping[str, NodeDef]) -> Iterator[NodeDef]:
    """The nodes in the order given, but each after its inputs; only a Merge may close a loop.

    ValueError names a node of any other cycle.
    """
    done: set[str] = set()
    open_nodes: set[str] = set()
    for first in nodes:
        if first in done:
            continue
        stack = [(first, _sources(nodes, first))]
        open_nodes.add(first)
        while stack:
            name, sources = stack[-1]
            for source in sources:
                if source in open_nodes:
                    raise ValueError(f"graph_def has a cycle through node {source!r}")
                if source not in done:
                    open_nodes.add(source)
                    stack.append((source, _sources(nodes, source)))
                    break
            else:
                stack.pop()
                open_nodes.discard(name)
                done.add(name)
                yield nodes[name]


def _sources(nodes: Mapping[str, NodeDef], name: str) -> Iterator[str]:
    """The nodes that must be made before a node."""
    for text in nodes[name].input:
        source = parse_input(text)[0]
        if source in nodes and not _closes_loop(nodes, nodes[name], source):
            yield source


def _closes_loop(nodes: Mapping[str, NodeDef], node: NodeDef, source: str) -> bool:
    """True for the input of a Merge that comes round from the end of a loop's body."""
    return node.op in MERGES and source in nodes and nodes[source].op in NEXTS
