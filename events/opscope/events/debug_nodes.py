"""Puts tfdbg's debug nodes into a graph, so that TensorFlow's reader knows what was watched.

A watched output `NODE:SLOT` gets `__copy_NODE_SLOT` (Copy) and, for each debug op,
`__dbg_NODE:SLOT_K_OP`; consumers read the copy and wait for the debug nodes. Source: TensorFlow's
`debug_graph_utils.cc`.
"""

from collections.abc import Mapping
from typing import NamedTuple

from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.node_def_pb2 import NodeDef

COPY_PREFIX, DEBUG_NODE_PREFIX = "__copy_", "__dbg_"


class Watched(NamedTuple):
    """How one output was watched: its `DT_*` number (0 unknown) and the debug ops on it."""

    dtype: int
    debug_ops: tuple[str, ...]


def insert_debug_nodes(
    graph: GraphDef, device: str, watched: Mapping[tuple[str, int], Watched], url: str
) -> GraphDef:
    """A copy of the graph with debug nodes on the watched outputs of nodes that it has."""
    names = {node.name for node in graph.node}
    present = {key: watch for key, watch in watched.items() if key[0] in names}
    result = GraphDef()
    result.CopyFrom(graph)
    for node in result.node:
        _read_copies(node, present)
    for (name, slot), watch in present.items():
        copy = result.node.add(name=_copy_name(name, slot), op="Copy", device=device)
        copy.input.append(f"{name}:{slot}" if slot else name)
        copy.attr["tensor_name"].s = f"{name}:{slot}".encode()
        copy.attr["debug_ops_spec"].list.s.extend(
            f"{op};{url};0".encode() for op in watch.debug_ops
        )
        _set_type(copy, watch.dtype)
        for number, op in enumerate(watch.debug_ops):
            debug = result.node.add(name=_debug_name(name, slot, number, op), op=op, device=device)
            debug.input.append(copy.name)
            debug.attr["tensor_name"].s = f"{name}:{slot}".encode()
            debug.attr["device_name"].s = device.encode()
            debug.attr["debug_urls"].list.s.append(url.encode())
            debug.attr["gated_grpc"].b = False
            _set_type(debug, watch.dtype)
    return result


def _copy_name(name: str, slot: int) -> str:
    return f"{COPY_PREFIX}{name}_{slot}"


def _debug_name(name: str, slot: int, number: int, op: str) -> str:
    return f"{DEBUG_NODE_PREFIX}{name}:{slot}_{number}_{op}"


def _set_type(node: NodeDef, dtype: int) -> None:
    if dtype:
        node.attr["T"].type = dtype  # type: ignore[assignment]


def _read_copies(node: NodeDef, watched: Mapping[tuple[str, int], Watched]) -> None:
    waits: list[str] = []
    for index, source in enumerate(node.input):
        name, _, slot = source.partition(":")
        watch = watched.get((name, int(slot or 0)))
        if watch is None:  # also control inputs: no node's name begins with ^
            continue
        node.input[index] = _copy_name(name, int(slot or 0))
        waits += [
            "^" + _debug_name(name, int(slot or 0), number, op)
            for number, op in enumerate(watch.debug_ops)
        ]
    node.input.extend(dict.fromkeys(waits))


def remove_debug_nodes(graph: GraphDef) -> GraphDef:
    """A copy of a graph without debug nodes: the inverse of `insert_debug_nodes`."""
    copied = {
        node.name: node.input[0]
        for node in graph.node
        if node.name.startswith(COPY_PREFIX) and node.input
    }
    result = GraphDef(versions=graph.versions, library=graph.library)
    for node in graph.node:
        if node.name.startswith((COPY_PREFIX, DEBUG_NODE_PREFIX)):
            continue
        kept = result.node.add()
        kept.CopyFrom(node)
        kept.input[:] = [
            copied.get(source.partition(":")[0], source)
            for source in node.input
            if not source.startswith("^" + DEBUG_NODE_PREFIX)
        ]
    return result
