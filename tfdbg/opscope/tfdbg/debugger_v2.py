"""A dump of TensorFlow 2's Debugger V2, answered like that of a watched run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from google.protobuf.message import DecodeError

from opscope.events import DebugEvents, Problem, open_debug_events
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.node_def_pb2 import NodeDef
from opscope.tfdbg.debug_dump import DebugDump, Frame
from opscope.tfdbg.debug_graph import DebugGraph, split_tensor_name
from opscope.tfdbg.debug_tensor import Array, DebugTensorDatum
from opscope.tfdbg.kept_health import KeptHealth

_LIBRARIES = {"tensorflow", "keras", "tf_keras"}
_FULL = "FULL_TENSOR"
EAGER = "eager"
"""The scope of the nodes that stand for ops that were run eagerly."""


class _Value(NamedTuple):
    wall_time: float
    node: str
    slot: int
    mode: str
    value: Array


class DebuggerV2Dump(DebugDump):
    """The executions and graph traces of a folder of `tfdbg_events.*` files.

    An op run eagerly is the node `eager/TYPE_N`, N counting the executions from 0; it reads the
    executions that made its inputs. An op of a graph has its own name, with `@GRAPH` behind it
    where several graphs have one of that name. All nodes are put on one device; where the debug
    mode kept no value, what it kept stands in place of it, and tells of inf and nan. Raises
    DumpError where there is no such dump.
    """

    def __init__(self, path: str | Path) -> None:
        events = open_debug_events(path)
        self.dump_root = str(path)
        self.problems = events.problems
        device = next(iter(events.devices.values()), "/job:localhost/replica:0/task:0/device:CPU:0")
        names = _node_names(events)
        attributes = _attributes(events, self.problems)
        graph = _graph_of(events, names, attributes)
        tracebacks = {
            names[op.graph_id, op.name]: _user_frames(events, op.stack) for op in events.ops
        }
        for number, run in enumerate(events.executions):
            tracebacks[_eager(run.op_type, number)] = _user_frames(events, run.stack)
        super().__init__(
            _data(events, names, device, {node.name for node in graph.node}),
            {device: DebugGraph(graph, device)},
            [device],
            tracebacks=tracebacks,
            sources={path: "\n".join(lines) for path, lines in events.sources.items()},
            title=str(path),
            validate=False,
        )


def _eager(op_type: str, number: int) -> str:
    return f"{EAGER}/{op_type}_{number}"


def _node_names(events: DebugEvents) -> dict[tuple[str, str], str]:
    """What each op of each graph is called here: alone where its name is the only one."""
    count = Counter(op.name for op in events.ops)
    found = {}
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


def _graph_of(
    events: DebugEvents,
    names: dict[tuple[str, str], str],
    attributes: dict[tuple[str, str], NodeDef],
) -> GraphDef:
    graph = GraphDef()
    made: set[str] = set()
    for op in events.ops:
        name = names[op.graph_id, op.name]
        if name in made:
            continue
        made.add(name)
        node = graph.node.add(name=name, op=op.op_type, device=op.device)
        for text in op.inputs:
            source, slot = split_tensor_name(text)
            known = names.get((op.graph_id, source), source)
            node.input.append(f"{known}:{slot}" if slot else known)
        kept = attributes.get((op.graph_id, op.name))
        if kept is not None:
            for key in kept.attr:
                node.attr[key].CopyFrom(kept.attr[key])
    makers: dict[int, str] = {}
    for number, run in enumerate(events.executions):
        name = _eager(run.op_type, number)
        node = graph.node.add(name=name, op=run.op_type)
        node.input.extend(makers[each] for each in run.input_tensor_ids if each in makers)
        for slot, tensor in enumerate(run.output_tensor_ids):
            makers[tensor] = f"{name}:{slot}" if slot else name
    return graph


def _attributes(events: DebugEvents, problems: list[Problem]) -> dict[tuple[str, str], NodeDef]:
    """The nodes of the graphs by graph and name; a graph that is damaged goes to `problems`."""
    found: dict[tuple[str, str], NodeDef] = {}
    for graph_id, graph in events.graphs.items():
        try:
            nodes = GraphDef.FromString(graph.graph_def).node
        except DecodeError:
            message = f"the graph {graph.name or graph_id} is no GraphDef: no attributes of its ops"
            problems.append(Problem(f"{events.prefix}.graphs", 0, message))
            continue
        found |= {(graph_id, node.name): node for node in nodes}
    return found


def _data(
    events: DebugEvents, names: dict[tuple[str, str], str], device: str, nodes: set[str]
) -> Iterator[DebugTensorDatum]:
    """The values in the order of time, each later than the one before it."""
    last = 0
    for each in sorted(_values(events, names), key=lambda value: value.wall_time):
        if each.node not in nodes:
            continue
        last = max(last + 1, round(each.wall_time * 1e6))
        full = each.mode == _FULL
        value = each.value if full else KeptHealth(each.mode, each.value)
        debug_op = "DebugIdentity" if full else f"Debug{each.mode.title().replace('_', '')}"
        yield DebugTensorDatum.from_memory(device, each.node, each.slot, last, value, debug_op)


def _values(events: DebugEvents, names: dict[tuple[str, str], str]) -> Iterator[_Value]:
    for number, run in enumerate(events.executions):
        for slot, value in enumerate(run.values):
            yield _Value(run.wall_time, _eager(run.op_type, number), slot, run.mode, value)
        if not run.values:
            name = _eager(run.op_type, number)
            for slot in range(len(run.output_tensor_ids)):
                yield _Value(run.wall_time, name, slot, run.mode, np.zeros(0))
    for trace in events.traces:
        node = names.get((trace.graph_id, trace.op_name), trace.op_name)
        yield _Value(trace.wall_time, node, trace.output_slot, trace.mode, trace.value)


def _user_frames(events: DebugEvents, stack: tuple[str, ...]) -> tuple[Frame, ...]:
    """The frames of the program itself; all where there are only the library's."""
    frames = [(f.file, f.line, f.function, f.text) for f in events.frames(stack)]
    own = [frame for frame in frames if not _LIBRARIES & set(Path(frame[0]).parts)]
    return tuple(own or frames)
