"""Several GraphDefs as one: the functions of a trace, the partitions of a run."""

from collections.abc import Iterable, Sequence

from opscope.events.proto.attr_value_pb2 import AttrValue, NameAttrList
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.node_def_pb2 import NodeDef


def merge_functions(graphs: Sequence[GraphDef]) -> GraphDef:
    """The graphs under `graph_1/`, `graph_2/`, ...; one alone keeps its names.

    Function names, which must differ too, get the prefix `graph_N_`. The naming is TensorBoard's.
    """
    if len(graphs) == 1:
        return graphs[0]
    merged = GraphDef()
    for number, graph in enumerate(graphs, start=1):
        _add_prefixed(merged, graph, f"graph_{number}")
    return merged


def merge_partitions(graphs: Sequence[GraphDef]) -> GraphDef:
    """The nodes and functions of all partitions; names are unique but for equal copies."""
    merged = GraphDef()
    nodes: set[str] = set()
    functions: set[str] = set()
    for graph in graphs:
        _keep_versions(merged, graph)
        for node in graph.node:
            if node.name not in nodes:
                nodes.add(node.name)
                merged.node.add().CopyFrom(node)
        for function in graph.library.function:
            if function.signature.name not in functions:
                functions.add(function.signature.name)
                merged.library.function.add().CopyFrom(function)
    return merged


def _keep_versions(merged: GraphDef, graph: GraphDef) -> None:
    if graph.versions.producer > merged.versions.producer:
        merged.versions.CopyFrom(graph.versions)


def _add_prefixed(merged: GraphDef, graph: GraphDef, prefix: str) -> None:
    _keep_versions(merged, graph)
    functions = {
        each.signature.name: f"{prefix}_{each.signature.name}" for each in graph.library.function
    }
    for node in graph.node:
        added = merged.node.add()
        added.CopyFrom(node)
        added.name = f"{prefix}/{node.name}"
        added.input[:] = [_prefixed_input(name, prefix) for name in node.input]
        _rename_functions(added, functions)
    for function in graph.library.function:
        copy = merged.library.function.add()
        copy.CopyFrom(function)
        copy.signature.name = functions[function.signature.name]
        for node in copy.node_def:
            _rename_functions(node, functions)
    for gradient in graph.library.gradient:
        merged.library.gradient.add(
            function_name=functions.get(gradient.function_name, gradient.function_name),
            gradient_func=functions.get(gradient.gradient_func, gradient.gradient_func),
        )


def _prefixed_input(name: str, prefix: str) -> str:
    return f"^{prefix}/{name[1:]}" if name.startswith("^") else f"{prefix}/{name}"


def _called(attrs: Iterable[AttrValue]) -> Iterable[NameAttrList]:
    for attr in attrs:
        if attr.HasField("func"):
            yield attr.func
        yield from attr.list.func


def _rename_functions(node: NodeDef, functions: dict[str, str]) -> None:
    if node.op in functions:
        node.op = functions[node.op]
    for called in _called(node.attr.values()):
        called.name = functions.get(called.name, called.name)
