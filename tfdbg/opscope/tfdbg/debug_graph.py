"""The graph of one device as the user built it: without the debugger's own nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import networkx as nx

from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.node_def_pb2 import NodeDef

HIDDEN_OPS = frozenset({"_Send", "_Recv", "_HostSend", "_HostRecv", "_Retval"})
"""Ops that only move values between devices or out of the graph; lists of neighbours omit them."""

_SENDS = frozenset({"_Send", "_HostSend"})
_RECEIVES = frozenset({"_Recv", "_HostRecv"})
_COPY = "__copy_"
_DEBUG = "__dbg_"
_REF_SOURCES = frozenset({"Variable", "VariableV2", "TemporaryVariable", "RefIdentity", "RefEnter"})
_REF_WRITERS = ("Assign", "Apply", "SparseApply", "Scatter", "StridedSliceAssign", "CountUpTo")


def node_name_of(tensor_name: str) -> str:
    """`a/b` of `a/b`, `a/b:1` and `^a/b`."""
    return split_tensor_name(tensor_name.removeprefix("^"))[0]


def split_tensor_name(name: str) -> tuple[str, int | None]:
    """Node and output slot of `NODE:SLOT`; no slot for a plain `NODE`."""
    node, colon, slot = name.rpartition(":")
    if colon and slot.isdigit():
        return node, int(slot)
    return name, None


def is_debugger_node(name: str) -> bool:
    """True for the nodes that TensorFlow's debugger adds to a graph."""
    return name.startswith((_COPY, _DEBUG))


def reconstruct_non_debug_graph_def(graph_def: GraphDef) -> GraphDef:
    """The graph with copies taken out of the data edges and debug ops out of the control edges."""
    if not any(is_debugger_node(node.name) for node in graph_def.node):
        return graph_def
    copied: dict[str, str] = {
        node.name: node.input[0] for node in graph_def.node if node.name.startswith(_COPY)
    }
    made = GraphDef(versions=graph_def.versions, library=graph_def.library)
    for node in graph_def.node:
        if is_debugger_node(node.name):
            continue
        kept = made.node.add()
        kept.CopyFrom(node)
        del kept.input[:]
        for name in node.input:
            if name.startswith("^"):
                if not is_debugger_node(name[1:]):
                    kept.input.append(name)
            else:
                source = node_name_of(name)
                kept.input.append(copied.get(source, name))
    return made


class DebugGraph:
    """The nodes of one device with their neighbours on it.

    Built from a partition graph with or without the debugger's nodes. Raises ValueError where
    two nodes have one name.
    """

    def __init__(self, graph_def: GraphDef, device_name: str) -> None:
        self.device_name = device_name
        self.written = graph_def
        self.nodes: dict[str, NodeDef] = {}
        """The nodes by name; where they read a debugger's copy, that is named as their input."""
        copied: dict[str, str] = {}
        for node in graph_def.node:
            name = node.name
            if name.startswith(_COPY):
                copied[name] = node.input[0]
            elif name in self.nodes:
                raise ValueError(f"Duplicate node name on device {device_name}: '{name}'")
            elif not name.startswith(_DEBUG):
                self.nodes[name] = node
        self._inputs: dict[str, list[str]] = {}
        self._control_inputs: dict[str, list[str]] = {}
        for name, node in self.nodes.items():
            self._inputs[name] = data = []
            self._control_inputs[name] = control = []
            for text in node.input:
                if text.startswith("^"):
                    if not is_debugger_node(text[1:]):
                        control.append(text[1:])
                    continue
                if copied:
                    text = copied.get(node_name_of(text), text)
                source = text if ":" not in text else node_name_of(text)
                data.append(source if text == source + ":0" else text)

    @cached_property
    def graph_def(self) -> GraphDef:
        """The graph without the debugger's own nodes."""
        return reconstruct_non_debug_graph_def(self.written)

    @cached_property
    def _recipients(self) -> dict[str, list[str]]:
        return self._readers(self._inputs)

    @cached_property
    def _control_recipients(self) -> dict[str, list[str]]:
        return self._readers(self._control_inputs)

    def _readers(self, inputs: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
        readers: dict[str, list[str]] = {name: [] for name in self.nodes}
        for name, texts in inputs.items():
            for text in texts:
                source = text if text in readers else node_name_of(text)
                if source in readers:
                    readers[source].append(name)
        return readers

    def inputs(self, name: str, is_control: bool = False) -> list[str]:
        """Names of what the node reads: `node`, or `node:1` for another output than the first."""
        return list((self._control_inputs if is_control else self._inputs)[name])

    def recipients(self, name: str, is_control: bool = False) -> list[str]:
        """Names of the nodes that read any of the node's outputs, or wait for it."""
        return list((self._control_recipients if is_control else self._recipients)[name])

    def op_type(self, name: str) -> str:
        """The type of a node's op."""
        return self.nodes[name].op

    def data_inputs(self, name: str) -> Iterable[tuple[str, int]]:
        """Node and output slot of each data input, in the op's order."""
        for text in self._inputs[name]:
            if ":" not in text:
                yield text, 0
                continue
            node, slot = split_tensor_name(text)
            yield node, slot or 0

    def sent_tensor(self, name: str) -> str | None:
        """The name under which a node sends a value to another device; None where it does not."""
        node = self.nodes[name]
        return node.attr["tensor_name"].s.decode() if node.op in _SENDS else None

    def received_tensor(self, name: str) -> str | None:
        """The name under which a node's value came from another device; None where it did not."""
        node = self.nodes[name]
        return node.attr["tensor_name"].s.decode() if node.op in _RECEIVES else None

    def edges(self, include_control: bool = True, include_reversed_ref: bool = False) -> nx.DiGraph:
        """The edges as a networkx graph, from a node to those that read it.

        `include_reversed_ref` adds an edge from an op that writes a variable to the variable.
        """
        graph = nx.DiGraph()
        graph.add_nodes_from(self.nodes)
        for name in self.nodes:
            sources = [node_name_of(text) for text in self._inputs[name]]
            if include_control:
                sources += self._control_inputs[name]
            graph.add_edges_from((source, name) for source in sources if source in self.nodes)
            if include_reversed_ref:
                graph.add_edges_from((name, variable) for variable in self._written(name))
        return graph

    def _written(self, name: str) -> list[str]:
        op_type = self.op_type(name)
        if not op_type.startswith(_REF_WRITERS) or "Variable" in op_type:
            return []
        sources = [node_name_of(text) for text in self._inputs[name]]
        return [
            source
            for source in sources
            if source in self.nodes and self.op_type(source) in _REF_SOURCES
        ]
