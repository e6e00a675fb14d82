"""The graphs of a Debugger V2 dump: one for each device, function calls tied to their functions."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from opscope.events import DebugEvents, Execution, Problem
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.node_def_pb2 import NodeDef
from opscope.tfdbg.debug_graph import split_tensor_name

EAGER = "eager"
"""The scope of the nodes that stand for ops that were run eagerly."""

_ANY_DEVICE = "/job:localhost/replica:0/task:0/device:CPU:0"
_BRANCHES = r"_(body|cond|true|false|branch\d+)_\d+"
_UNRECORDED_CALL = re.compile(r"(Stateful)?PartitionedCall(_\d+)?$")
_ARGUMENT = "Placeholder"

OpKey = tuple[str, str]
"""The id of a graph and the name of an op in it."""


@dataclass
class _Node:
    op: str
    inputs: list[str] = field(default_factory=list)  # `node:slot`
    attributes: NodeDef = field(default_factory=NodeDef)
    devices: list[str] = field(default_factory=list)


class DebuggerV2Graphs:
    """The nodes of all graphs and executions of a dump, and the devices they ran on.

    The format names the device with each value. A node stands on every device that computed it; one
    without values stands beside its first reader. Edges between devices are cut by Send and Recv,
    as TensorFlow cuts them.

    A call reads, behind its own inputs, what its function gives back; the placeholders of the
    function read the inputs of the call. A function run eagerly names its graph. `While` and `If`
    are known by the names of their graphs; calls inside of graphs leave no record but their name,
    and are tied where a graph has as many of them as inner functions.
    """

    def __init__(self, events: DebugEvents, problems: list[Problem]) -> None:
        self._events = events
        self._nodes: dict[str, _Node] = {}
        self._of_graph: dict[str, list[str]] = defaultdict(list)
        self.names = _node_names(events)
        used = Counter(trace.device for trace in events.traces if trace.device)
        used.update(device for run in events.executions if (device := self.device_of(run, 0)))
        known = [name for name, _ in used.most_common(1)] or list(events.devices.values())
        self.default_device = known[0] if known else _ANY_DEVICE
        self._add_ops(_attributes(events, problems))
        self._add_executions()
        self._tie_inner_graphs()
        self._place()

    def device_of(self, run: Execution, slot: int) -> str:
        """The device of an output of an execution; empty where it is not told."""
        ids = run.output_device_ids
        return self._events.devices.get(ids[slot], "") if slot < len(ids) else ""

    def __contains__(self, node_name: str) -> bool:
        return node_name in self._nodes

    def graph_defs(self) -> dict[str, GraphDef]:
        """The graph of each device by its name."""
        made: dict[str, GraphDef] = {}
        sent: set[tuple[str, str, str]] = set()
        for name, node in self._nodes.items():
            for device in node.devices:
                graph = made.setdefault(device, GraphDef())
                inputs = [self._at(made, sent, text, device) for text in node.inputs]
                written = graph.node.add(name=name, op=node.op, device=device)
                written.input.extend(inputs)
                for key in node.attributes.attr:
                    written.attr[key].CopyFrom(node.attributes.attr[key])
        return made

    def _at(
        self, made: dict[str, GraphDef], sent: set[tuple[str, str, str]], text: str, device: str
    ) -> str:
        """How a node on a device names an input: behind a Recv where it is on another device."""
        source, slot = split_tensor_name(text)
        node = self._nodes.get(source)
        if node is None or device in node.devices:
            return text if slot else source
        home = node.devices[0]
        key = f"{home};{device};{source}:{slot or 0}"
        receiver = f"_recv/{source}/{slot or 0}"
        sender = f"_send/{source}/{slot or 0}{device.replace(':', '_')}"  # a colon begins a slot
        if (home, device, text) not in sent:
            sent.add((home, device, text))
            for graph, op, name in (
                (made.setdefault(home, GraphDef()), "_Send", sender),
                (made.setdefault(device, GraphDef()), "_Recv", receiver),
            ):
                end = graph.node.add(name=name, op=op)
                end.attr["tensor_name"].s = key.encode()
                if op == "_Send":
                    end.input.append(text if slot else source)
        return receiver

    def _add_ops(self, attributes: dict[OpKey, NodeDef]) -> None:
        for op in self._events.ops:
            name = self.names[op.graph_id, op.name]
            if name in self._nodes:
                continue
            kept = attributes.get((op.graph_id, op.name), NodeDef())
            node = self._nodes[name] = _Node(op.op_type, attributes=kept)
            if op.device:
                node.devices.append(op.device)
            self._of_graph[op.graph_id].append(name)
        for op in self._events.ops:
            node = self._nodes[self.names[op.graph_id, op.name]]
            if node.inputs:
                continue
            for text in op.inputs:
                source, slot = split_tensor_name(text)
                node.inputs.append(f"{self._source(op.graph_id, source)}:{slot or 0}")

    def _source(self, graph_id: str, op_name: str) -> str:
        """The node that an op reads; made here where TensorFlow left no record of it."""
        key = graph_id, op_name
        if key not in self.names:
            name = op_name if op_name not in self._nodes else f"{op_name}@{graph_id[:8]}"
            self.names[key] = name
            self._nodes[name] = _Node(re.sub(r"_\d+$", "", op_name.rpartition("/")[2]))
            self._of_graph[graph_id].append(name)
        return self.names[key]

    def _add_executions(self) -> None:
        makers: dict[int, str] = {}
        for number, run in enumerate(self._events.executions):
            name = eager_name(run.op_type, number)
            inputs = [makers.get(each, "") for each in run.input_tensor_ids]
            node = self._nodes[name] = _Node(run.op_type, [text for text in inputs if text])
            if run.graph_id in self._events.graphs:
                called = self._events.graphs[run.graph_id].name or run.graph_id
                node.attributes.attr["function"].s = called.encode()
                self._tie(name, inputs, run.graph_id)
            slots = range(max(len(run.output_tensor_ids), 1))
            node.devices += dict.fromkeys(filter(None, (self.device_of(run, n) for n in slots)))
            for slot, tensor in enumerate(run.output_tensor_ids):
                makers[tensor] = f"{name}:{slot}"

    def _tie_inner_graphs(self) -> None:
        for graph_id in self._events.graphs:
            inner = [
                each
                for each in self._events.graphs.values()
                if each.outer_id == graph_id and each.graph_id in self._of_graph
            ]
            branches = [each for each in inner if re.search(_BRANCHES + "$", each.name)]
            functions = [each for each in inner if each not in branches]
            members = list(self._of_graph[graph_id])
            for name in members:
                if self._nodes[name].op in ("While", "StatelessWhile", "If", "StatelessIf", "Case"):
                    inputs = list(self._nodes[name].inputs)
                    own = re.escape(name.split("@")[0].replace("/", "_")) + _BRANCHES
                    for each in branches:
                        if re.fullmatch(own, each.name):
                            self._tie(name, inputs, each.graph_id)
            calls = [name for name in members if _UNRECORDED_CALL.search(name.split("@")[0])]
            if len(calls) == len(functions):
                for name, each in zip(calls, functions, strict=True):
                    self._tie(name, list(self._nodes[name].inputs), each.graph_id)

    def _tie(self, call: str, inputs: list[str], graph_id: str) -> None:
        """Let a call read what a graph gives back, and the graph's arguments what the call reads.

        `inputs` holds an empty text for one that nothing is known of.
        """
        members = self._of_graph[graph_id]
        arguments = [name for name in members if self._nodes[name].op == _ARGUMENT]
        if len(arguments) == len(inputs):
            for name, text in zip(arguments, inputs, strict=True):
                node = self._nodes[name]
                if text and text not in node.inputs:
                    node.inputs.append(text)
        results = [f"{name}:0" for name in self._results(members)]
        self._nodes[call].inputs += [
            text for text in results if text not in self._nodes[call].inputs
        ]

    def _results(self, members: list[str]) -> Iterator[str]:
        """The nodes of a graph whose values nothing in it reads: the Identity ops, if any are."""
        read = {split_tensor_name(text)[0] for name in members for text in self._nodes[name].inputs}
        ends = [name for name in members if name not in read and self._nodes[name].op != "NoOp"]
        identities = [name for name in ends if self._nodes[name].op == "Identity"]
        yield from identities or [name for name in ends if self._nodes[name].op != _ARGUMENT]

    def _place(self) -> None:
        for trace in self._events.traces:
            node = self._nodes.get(self.names.get((trace.graph_id, trace.op_name), ""))
            if node is not None:
                device = trace.device or self.default_device
                if device not in node.devices:
                    node.devices.append(device)
        readers: dict[str, str] = {}
        for name, node in self._nodes.items():
            for text in node.inputs:
                readers.setdefault(split_tensor_name(text)[0], name)
        for name, node in self._nodes.items():
            reader = self._nodes.get(readers.get(name, ""))
            node.devices = node.devices or [
                reader.devices[0] if reader and reader.devices else self.default_device
            ]


def eager_name(op_type: str, number: int) -> str:
    """The node of an execution, by its place among them."""
    return f"{EAGER}/{op_type}_{number}"


def _node_names(events: DebugEvents) -> dict[OpKey, str]:
    """What each op of each graph is called here: alone where its name is the only one."""
    count = Counter(op.name for op in events.ops)
    found: dict[OpKey, str] = {}
    taken: set[str] = set()
    for op in events.ops:
        name = op.name
        if count[name] > 1:
            graph = events.graphs.get(op.graph_id)
            name += f"@{(graph.name if graph else '') or op.graph_id[:8]}"
        if name in taken and (op.graph_id, op.name) not in found:
            name += f"@{op.graph_id[:8]}"
        taken.add(name)
        found[op.graph_id, op.name] = name
    return found


def _attributes(events: DebugEvents, problems: list[Problem]) -> dict[OpKey, NodeDef]:
    """The nodes of the graphs by graph and name; a graph that is damaged goes to `problems`."""
    found: dict[OpKey, NodeDef] = {}
    for graph_id, graph in events.graphs.items():
        try:
            nodes = GraphDef.FromString(graph.graph_def).node
        except DecodeError:
            message = f"the graph {graph.name or graph_id} is no GraphDef: no attributes of its ops"
            problems.append(Problem(f"{events.prefix}.graphs", 0, message))
            continue
        found |= {(graph_id, node.name): node for node in nodes}
    return found
