"""`tf.graph_util`: parts of a GraphDef, and variables made constants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from opscope.events import make_tensor_proto
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.node_def_pb2 import NodeDef
from opscope.runtime import dtypes
from opscope.runtime.graph import Graph
from opscope.runtime.graph_import import as_message, import_graph_def
from opscope.runtime.node_import import parse_input
from opscope.runtime.tensor_shape import TensorShape

__all__ = [
    "convert_variables_to_constants",
    "extract_sub_graph",
    "import_graph_def",
    "must_run_on_cpu",
    "remove_training_nodes",
    "tensor_shape_from_node_def_name",
]

_VARIABLES = frozenset({"Variable", "VariableV2", "VarHandleOp"})


def extract_sub_graph(graph_def: Any, dest_nodes: Sequence[str]) -> GraphDef:
    """The nodes that the nodes `dest_nodes` need, in their order.

    TypeError when dest_nodes is a str, AssertionError when one is not in the graph.
    """
    if isinstance(dest_nodes, str):
        raise TypeError("dest_nodes must be a list.")
    proto = as_message(graph_def, GraphDef, "graph_def")
    nodes: dict[str, NodeDef] = {n.name: n for n in proto.node}
    for name in dest_nodes:
        if name not in nodes:
            raise AssertionError(f"{name} is not in graph")
    needed: set[str] = set()
    waiting = list(dest_nodes)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(parse_input(text)[0] for text in nodes[name].input)
    made = GraphDef(versions=proto.versions, library=proto.library)
    made.node.extend(n for n in proto.node if n.name in needed)
    return made


def convert_variables_to_constants(
    sess: Any,
    input_graph_def: Any,
    output_node_names: Sequence[str],
    variable_names_whitelist: Iterable[str] | None = None,
    variable_names_blacklist: Iterable[str] | None = None,
) -> GraphDef:
    """The nodes that the outputs need, with constants of the values in `sess` for the variables.

    Only those in the whitelist, and none in the blacklist, become constants.
    """
    made = extract_sub_graph(input_graph_def, output_node_names)
    blocked = set(variable_names_blacklist or ())
    names = [
        n.name
        for n in made.node
        if n.op in _VARIABLES
        and n.name not in blocked
        and (variable_names_whitelist is None or n.name in set(variable_names_whitelist))
    ]
    kinds = {n.name: n.op for n in made.node}
    reads = {n.input[0]: n.name for n in made.node if n.op == "ReadVariableOp"}
    fetches = {n: f"{reads[n] if kinds[n] == 'VarHandleOp' else n}:0" for n in names}
    values = sess.run(fetches) if fetches else {}
    for node in made.node:
        if node.name in values:
            _become_constant(node, np.asarray(values[node.name]))
        elif node.op == "ReadVariableOp" and node.input[0] in values:
            dtype = node.attr["dtype"].type
            node.op = "Identity"
            node.attr.clear()
            node.attr["T"].type = dtype
    return made


def _become_constant(node: NodeDef, value: np.ndarray[Any, np.dtype[Any]]) -> None:
    dtype = node.attr["dtype"].type
    node.op = "Const"
    node.attr.clear()
    node.attr["dtype"].type = dtype
    node.attr["value"].tensor.CopyFrom(make_tensor_proto(value))


def remove_training_nodes(
    input_graph: Any, protected_nodes: Iterable[str] | None = None
) -> GraphDef:
    """The graph without nodes that hand their input on: CheckNumerics and Identity.

    Those in protected_nodes stay, and those that control inputs come from or go to.
    """
    proto = as_message(input_graph, GraphDef, "input_graph")
    kept = set(protected_nodes or ())
    kept.update(parse_input(t)[0] for n in proto.node for t in n.input if t.startswith("^"))
    replaced = {
        node.name: node.input[0]
        for node in proto.node
        if node.op in ("Identity", "CheckNumerics")
        and node.name not in kept
        and len(node.input) == 1
    }

    def source(text: str) -> str:
        while text in replaced:
            text = replaced[text]
        return text

    made = GraphDef(versions=proto.versions, library=proto.library)
    for node in proto.node:
        if node.name not in replaced:
            copy = made.node.add()
            copy.CopyFrom(node)
            del copy.input[:]
            copy.input.extend(source(text) for text in node.input)
    return made


def must_run_on_cpu(node: Any, pin_variables_on_cpu: bool = False) -> bool:
    """True for an Operation or NodeDef of a type that TensorFlow has no GPU kernel for.

    These are constants of strings and of int32, DynamicStitch of int32 and Cast from int32; and
    variables, where they are to stay on the CPU.
    """
    described = node if isinstance(node, NodeDef) else node.node_def
    if pin_variables_on_cpu and described.op in _VARIABLES:
        return True
    attr = {
        "Const": "dtype",
        "DynamicStitch": "T",
        "ParallelDynamicStitch": "T",
        "Cast": "SrcT",
    }.get(described.op)
    if attr is None:
        return False
    on_cpu = (dtypes.int32, dtypes.string) if described.op == "Const" else (dtypes.int32,)
    return described.attr[attr].type in [kind.as_datatype_enum for kind in on_cpu]


def tensor_shape_from_node_def_name(graph: Graph, input_name: str) -> TensorShape:
    """The static shape of the tensor that an input of a NodeDef names, "x" or "x:1"."""
    return graph.get_tensor_by_name(input_name if ":" in input_name else f"{input_name}:0").shape
