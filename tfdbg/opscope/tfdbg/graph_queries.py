"""Questions about the graphs of all devices of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import networkx as nx

from opscope.events.proto.graph_pb2 import GraphDef
from opscope.tfdbg.debug_graph import HIDDEN_OPS, DebugGraph, node_name_of, split_tensor_name


class Neighbour(NamedTuple):
    """A node that a node reads or is read by; `text` is `node:1` where it reads a later output."""

    device_name: str
    text: str

    @property
    def node_name(self) -> str:
        """The node without its output slot."""
        return node_name_of(self.text)


class GraphQueries:
    """The graphs of the devices of one run.

    Queries about a node take `device_name`, which may be left out unless several devices have a
    node of this name (ValueError).
    """

    def __init__(self, graphs: Mapping[str, DebugGraph], devices: Sequence[str]) -> None:
        self._graphs = dict(graphs)
        self._devices = list(dict.fromkeys((*devices, *graphs)))

    def devices(self) -> list[str]:
        """The names of the devices."""
        return list(self._devices)

    def loaded_partition_graphs(self) -> bool:
        """True where at least one device has a graph."""
        return bool(self._graphs)

    def partition_graphs(self) -> list[GraphDef]:
        """The graphs of the devices as they were written."""
        self._need_graphs("No partition graphs have been loaded.")
        return [graph.written for graph in self._graphs.values()]

    def reconstructed_non_debug_partition_graphs(self) -> dict[str, GraphDef]:
        """The graph of each device without the debugger's own nodes."""
        self._need_graphs("No partition graphs have been loaded.")
        return {name: graph.graph_def for name, graph in self._graphs.items()}

    def has_graph(self, device_name: str) -> bool:
        """True where the device's graph is known."""
        return device_name in self._graphs

    def graph(self, device_name: str) -> DebugGraph:
        """The graph of a device; raises LookupError where it has none."""
        self._check_device(device_name)
        if device_name not in self._graphs:
            raise LookupError(f"No partition graph has been loaded for device {device_name}")
        return self._graphs[device_name]

    def nodes(self, device_name: str | None = None) -> list[str]:
        """The names of the nodes, of one device or of all."""
        self._need_graphs("No partition graphs have been loaded.")
        if device_name is None:
            return [name for graph in self._graphs.values() for name in graph.nodes]
        return list(self.graph(device_name).nodes)

    def node_exists(self, node_name: str, device_name: str | None = None) -> bool:
        """True where a node of this name is on the device, or on any."""
        self._need_graphs("Nodes have not been loaded from partition graphs yet.")
        if device_name is not None:
            return node_name in self.graph(device_name).nodes
        return any(node_name in graph.nodes for graph in self._graphs.values())

    def node_devices(self, node_name: str) -> list[str]:
        """The devices that have a node of this name."""
        return [name for name, graph in self._graphs.items() if node_name in graph.nodes]

    def node_device(self, node_name: str) -> str | list[str]:
        """The device of a node, or a list where several have one; ValueError where none has."""
        self._need_graphs("Node devices are not loaded from partition graphs yet.")
        found = self.node_devices(node_name)
        if not found:
            raise ValueError(f"Node '{node_name}' does not exist in partition graphs.")
        return found[0] if len(found) == 1 else found

    def node_op_type(self, node_name: str, device_name: str | None = None) -> str:
        """The type of the node's op."""
        self._need_graphs("Node op types are not loaded from partition graphs yet.")
        return self._graph_with(node_name, device_name).op_type(node_name)

    def node_attributes(self, node_name: str, device_name: str | None = None) -> Mapping[str, Any]:
        """The node's attributes by name: AttrValue protos."""
        self._need_graphs("Node attributes are not loaded from partition graphs yet.")
        return self._graph_with(node_name, device_name).nodes[node_name].attr

    def node_inputs(
        self, node_name: str, is_control: bool = False, device_name: str | None = None
    ) -> list[str]:
        """What the node reads (`node`, or `node:1` for a later output), or waits for."""
        self._need_graphs("Node inputs are not loaded from partition graphs yet.")
        return self._graph_with(node_name, device_name).inputs(node_name, is_control)

    def node_recipients(
        self, node_name: str, is_control: bool = False, device_name: str | None = None
    ) -> list[str]:
        """The nodes that read any of the node's outputs, or wait for it."""
        self._need_graphs("Node recipients are not loaded from partition graphs yet.")
        return self._graph_with(node_name, device_name).recipients(node_name, is_control)

    def transitive_inputs(
        self,
        node_name: str,
        include_control: bool = True,
        include_reversed_ref: bool = False,
        device_name: str | None = None,
    ) -> list[str]:
        """Everything the node depends on, depth first, without going through Merge nodes."""
        self._need_graphs("Node inputs are not loaded from partition graphs yet.")
        graph = self._graph_with(node_name, device_name)
        upstream = graph.edges(include_control, include_reversed_ref).reverse(copy=False)
        merges = [name for name in graph.nodes if graph.op_type(name) == "Merge"]
        cut = nx.restricted_view(
            upstream,
            [],
            [edge for name in merges if name != node_name for edge in upstream.out_edges(name)],
        )
        return [name for name in nx.dfs_preorder_nodes(cut, node_name) if name != node_name]

    def find_some_path(
        self,
        src_node_name: str,
        dst_node_name: str,
        include_control: bool = True,
        include_reversed_ref: bool = False,
        device_name: str | None = None,
    ) -> list[str] | None:
        """The nodes of a shortest path from source to destination; None where there is none.

        Both must be on one device (ValueError).
        """
        graph = self._graph_with(src_node_name, device_name)
        if dst_node_name not in graph.nodes:
            other = self._graph_with(dst_node_name, device_name).device_name
            raise ValueError(
                f"Source ({src_node_name}) and destination ({dst_node_name}) are not on the same "
                f"device: {graph.device_name} and {other}"
            )
        edges = graph.edges(include_control, include_reversed_ref)
        try:
            return list(nx.shortest_path(edges, src_node_name, dst_node_name))
        except nx.NetworkXNoPath:
            return None

    # Across the borders of devices

    def neighbours(
        self,
        node_name: str,
        device_name: str,
        *,
        recipients: bool = False,
        is_control: bool = False,
        across_devices: bool = False,
    ) -> list[Neighbour]:
        """What a node reads or is read by, without the ops that only move values.

        `across_devices` looks behind Send and Recv, to the node on the other device.
        """
        graph = self.graph(device_name)
        ask = graph.recipients if recipients else graph.inputs
        found: list[Neighbour] = []
        for text in ask(node_name, is_control):
            name = node_name_of(text)
            if name not in graph.nodes:
                continue
            if graph.op_type(name) not in HIDDEN_OPS:
                found.append(Neighbour(device_name, text))
            elif across_devices:
                if recipients:
                    found += self._readers_behind(graph, name)
                else:
                    found += self._sources_behind(graph, name)
        return found

    def tensor_sources(self, node_name: str, device_name: str) -> list[tuple[str, str, int]]:
        """Device, node and slot of each data input, followed through Send and Recv."""
        graph = self.graph(device_name)
        if graph.op_type(node_name) in HIDDEN_OPS:
            found = list(self._sources_behind(graph, node_name))
        else:
            found = self.neighbours(node_name, device_name, across_devices=True)
        pairs = ((device, split_tensor_name(text)) for device, text in found)
        return [(device, name, slot or 0) for device, (name, slot) in pairs]

    def _sources_behind(self, graph: DebugGraph, receiver: str) -> Iterator[Neighbour]:
        sent = self._sent.get(graph.received_tensor(receiver) or "")
        if sent is not None:
            yield sent

    def _readers_behind(self, graph: DebugGraph, sender: str) -> Iterator[Neighbour]:
        for device_name, receiver in self._received.get(graph.sent_tensor(sender) or "", ()):
            yield from self.neighbours(receiver, device_name, recipients=True)

    @cached_property
    def _sent(self) -> dict[str, Neighbour]:
        """What each device sends, by the name under which it travels."""
        return {
            key: Neighbour(device_name, graph.inputs(name)[0])
            for device_name, graph in self._graphs.items()
            for name in graph.nodes
            if (key := graph.sent_tensor(name)) and graph.inputs(name)
        }

    @cached_property
    def _received(self) -> dict[str, list[tuple[str, str]]]:
        """Device and node of each Recv, by the name under which its value travels."""
        found: dict[str, list[tuple[str, str]]] = {}
        for device_name, graph in self._graphs.items():
            for name in graph.nodes:
                key = graph.received_tensor(name)
                if key:
                    found.setdefault(key, []).append((device_name, name))
        return found

    # Checks

    def _need_graphs(self, message: str) -> None:
        if not self._graphs:
            raise LookupError(message)

    def _check_device(self, device_name: str) -> None:
        if device_name not in self._devices:
            raise ValueError(f"Invalid device name: {device_name}")

    def _graph_with(self, node_name: str, device_name: str | None) -> DebugGraph:
        if device_name is not None:
            graph = self.graph(device_name)
            if node_name not in graph.nodes:
                raise ValueError(f"Node '{node_name}' does not exist on device {device_name}")
            return graph
        found = self.node_devices(node_name)
        if len(found) > 1:
            raise ValueError(
                f"There are multiple ({len(found)}) devices with nodes named '{node_name}' but "
                "device_name is not specified."
            )
        if not found:
            raise ValueError(
                f"None of the {len(self._devices)} device(s) has a node named '{node_name}'."
            )
        return self._graphs[found[0]]
