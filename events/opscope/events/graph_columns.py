"""A serialized GraphDef as numpy columns: names, ops, devices, edges and shapes, no protos kept.

Nodes are read one at a time from the wire with a five-field message; attributes stay in the
bytes and are decoded when `attrs` asks. Functions of the library become scopes
`__function_library__/NAME` whose arguments are `_Arg` and whose results are `_Retval` nodes;
`graph_calls.expand_calls` puts them where they are called.
Format: tensorflow/core/framework/{graph,node_def,function,attr_value}.proto.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from opscope.events.collection_pause import collection_paused
from opscope.events.error import EventsError
from opscope.events.graph_nodes import NODE, NODES, node_spans
from opscope.events.output_slots import NamedOutput, slots_of
from opscope.events.proto import attr_value_pb2, function_pb2, node_def_pb2, tensor_shape_pb2

FUNCTION_LIBRARY = "__function_library__"
TOGETHER = 4096
"""So many nodes are decoded at once."""

Shape = tuple[int, ...] | None
"""Dimensions with -1 for an unknown one; None for unknown rank."""

Int32 = NDArray[np.int32]


class Body(NamedTuple):
    """Where a function's nodes lie: `first` to `end`, arguments first, results last."""

    first: int
    end: int
    arguments: int
    results: int


class GraphDefError(EventsError):
    """The bytes are no GraphDef; says the byte offset and, where known, the node."""


@dataclass
class GraphColumns:
    """The columns of one graph: n nodes, e edges, in file order.

    `op[i]` indexes `ops`, `device[i]` indexes `devices` ("" is no device), `outputs[i]` indexes
    `shape_lists`, a tuple of one shape per output (empty where the file says nothing).
    Edge k goes from output `src_slot[k]` of node `src[k]` to input `dst_index[k]` of node
    `dst[k]`; a control edge has `src_slot` -1. Inputs that name no node, and names used twice,
    are listed in `problems`. `bodies` says where the nodes of a function are that is in the
    library, `calls` under which scopes (`CALL/`) a function was put that is called.
    """

    names: list[str]
    op: Int32
    ops: list[str]
    device: Int32
    devices: list[str]
    outputs: Int32
    shape_lists: list[tuple[Shape, ...]]
    src: Int32
    dst: Int32
    src_slot: Int32
    dst_index: Int32
    index: dict[str, int]
    functions: list[str]
    problems: list[str]
    bodies: dict[str, Body] = field(default_factory=dict)
    calls: dict[str, list[str]] = field(default_factory=dict)
    _data: bytes = field(repr=False, default=b"")
    _spans: NDArray[np.int64] = field(
        repr=False, default_factory=lambda: np.zeros((0, 2), dtype=np.int64)
    )
    _made: dict[int, bytes] = field(repr=False, default_factory=dict)
    _origin: Int32 | None = field(repr=False, default=None)

    @classmethod
    def from_bytes(cls, graph_def: bytes) -> GraphColumns:
        """Columns of a serialized GraphDef; raises GraphDefError."""
        with collection_paused():
            return _Reader(graph_def).columns()

    def __len__(self) -> int:
        return len(self.names)

    def rearranged(
        self, names: list[str], origin: Int32, edges: tuple[Int32, Int32, Int32, Int32], **more: Any
    ) -> GraphColumns:
        """A graph of the same bytes whose node i has everything but its name of node `origin[i]`.

        `edges` are src, dst, src_slot, dst_index; `more` replaces other columns.
        """
        src, dst, slot, position = edges
        columns = {
            "names": names,
            "op": self.op[origin],
            "device": self.device[origin],
            "outputs": self.outputs[origin],
            "src": src,
            "dst": dst,
            "src_slot": slot,
            "dst_index": position,
            "index": {name: node for node, name in enumerate(names)},
            "_origin": origin if self._origin is None else self._origin[origin],
        }
        return replace(self, **{**columns, **more})

    @property
    def is_control(self) -> NDArray[np.bool_]:
        """bool[e]: the edge only orders its ends."""
        return self.src_slot < 0

    def output_shape(self, node: int, slot: int) -> Shape | str:
        """Shape of one output, or "" where the file does not tell it."""
        shapes = self.shape_lists[self.outputs[node]]
        return shapes[slot] if 0 <= slot < len(shapes) else ""

    def attrs(self, node: int) -> dict[str, attr_value_pb2.AttrValue]:
        """Attributes of one node, decoded now."""
        written = node if self._origin is None else int(self._origin[node])
        made = self._made.get(written)
        if made is None:
            start, end = self._spans[written]
            made = self._data[start:end]
        try:
            return dict(node_def_pb2.NodeDef.FromString(made).attr.items())
        except DecodeError as error:
            raise GraphDefError(
                f"attributes of node {self.names[node]!r} cannot be read: {error}"
            ) from error


class _Interned(dict[str, int]):
    def __missing__(self, key: str) -> int:
        self[key] = number = len(self)
        return number


class _Reader:
    """One pass over the wire; every list has one entry per node."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.names: list[str] = []
        self.op: list[int] = []
        self.device: list[int] = []
        self.outputs: list[int] = []
        self.inputs: list[Sequence[str]] = []
        self.scope: list[str] = []
        self.spans: list[tuple[int, int]] = []
        self.made: dict[int, bytes] = {}
        self.ops = _Interned()
        self.devices = _Interned()
        self.shape_lists: dict[tuple[Shape, ...], int] = {(): 0}
        self.seen: dict[tuple[str, bytes], int] = {}
        self.index: dict[str, int] = {}
        self.functions: list[str] = []
        self.bodies: dict[str, Body] = {}
        self.results: dict[str, list[str]] = {}
        self.problems: list[str] = []

    def columns(self) -> GraphColumns:
        nodes_end = self._first_nodes()
        for number, wire, start, end in _fields(self.data, nodes_end, len(self.data)):
            if number == 1 and wire == 2:
                self._node(start, end, "")
            elif number == 2 and wire == 2:
                for inner, kind, first, last in _fields(self.data, start, end):
                    if inner == 1 and kind == 2:
                        self._function(first, last)
            elif number not in (1, 2, 3, 4):
                raise GraphDefError(
                    f"not a GraphDef: unknown field {number} before byte {start}; "
                    "is this a MetaGraphDef, a SavedModel or an event file?"
                )
        src, dst, slot, position = self._edges()
        self._shape_results(src, dst, slot)
        return GraphColumns(
            names=self.names,
            op=np.array(self.op, np.int32),
            ops=list(self.ops),
            device=np.array(self.device, np.int32),
            devices=list(self.devices),
            outputs=np.array(self.outputs, np.int32),
            shape_lists=list(self.shape_lists),
            src=src,
            dst=dst,
            src_slot=slot,
            dst_index=position,
            index=self.index,
            functions=self.functions,
            problems=self.problems,
            bodies=self.bodies,
            _data=self.data,
            _spans=np.array(self.spans, np.int64).reshape(-1, 2),
            _made=self.made,
        )

    def _first_nodes(self) -> int:
        """Read the run of nodes at the front, which is all of most graphs; gives where it ends.

        The same as `_node` for each, many at a time. It ends before what is out of the ordinary,
        which is then read with all its checks.
        """
        at, more = 0, True
        while more:
            spans, end = node_spans(self.data, at, TOGETHER)
            try:
                nodes = NODES.FromString(self.data[at:end]).node
            except DecodeError:
                break
            taken = self._take(nodes, spans)
            more = taken == TOGETHER
            at = spans[taken - 1][1] if taken else at
        self.scope = [""] * len(self.names)
        return at

    def _take(self, nodes: Any, spans: list[tuple[int, int]]) -> int:
        """Enter nodes of the graph itself; gives how many of them."""
        index, ops, devices = self.index, self.ops, self.devices
        for position, (node, span) in enumerate(zip(nodes, spans, strict=True)):
            name = node.name
            if not name or name in index:
                return position
            try:
                shapes = self._outputs(node)
            except (DecodeError, GraphDefError):
                return position
            index[name] = len(index)
            self.op.append(ops[node.op])
            self.device.append(devices[node.device])
            self.outputs.append(shapes)
            self.inputs.append(node.input[:])
            self.names.append(name)
            self.spans.append(span)
        return len(spans)

    def _node(self, start: int, end: int, scope: str) -> None:
        try:
            node = NODE.FromString(self.data[start:end])
        except DecodeError as error:
            raise GraphDefError(
                f"node {len(self.names)} at byte {start} ({end - start} bytes) cannot be read: "
                f"{error}"
            ) from error
        try:
            outputs = self._outputs(node)
        except (DecodeError, GraphDefError) as error:
            raise GraphDefError(
                f"shape attribute of node {node.name!r} at byte {start} cannot be read: {error}"
            ) from error
        self._add(node.name, node.op, node.device, outputs, tuple(node.input), scope, (start, end))

    def _add(
        self,
        name: str,
        op: str,
        device: str,
        outputs: int,
        inputs: Sequence[str],
        scope: str,
        span: tuple[int, int],
    ) -> None:
        full = unique = scope + (name or "(unnamed)")
        copy = 1
        while unique in self.index:
            copy += 1
            unique = f"{full} [{copy}]"
        if copy > 1:
            self.problems.append(f"node name {full!r} is used {copy} times")
        self.index[unique] = len(self.names)
        self.names.append(unique)
        self.op.append(self.ops[op])
        self.device.append(self.devices[device])
        self.outputs.append(outputs)
        self.inputs.append(inputs)
        self.scope.append(scope)
        self.spans.append(span)

    def _outputs(self, node: Any) -> int:
        attr = node.attr
        if "_output_shapes" in attr:
            return self._shapes("_output_shapes", attr["_output_shapes"])
        if "shape" in attr:
            return self._shapes("shape", attr["shape"])
        if node.op == "Const" and "value" in attr:
            return self._shapes("value", attr["value"])
        return 0

    def _shapes(self, attr: str, raw: bytes) -> int:
        key = (attr, raw[:256])
        known = self.seen.get(key) if len(raw) <= 256 else None
        if known is None:
            if attr == "value":
                shapes = _constant_shape(raw)
            else:
                value = attr_value_pb2.AttrValue.FromString(raw)
                protos = list(value.list.shape) if attr == "_output_shapes" else [value.shape]
                usable = value.WhichOneof("value") in ("shape", "list")
                shapes = tuple(_shape(proto) for proto in protos) if usable else ()
            known = self.shape_lists.setdefault(shapes, len(self.shape_lists))
            self.seen[key] = known
        return known

    def _function(self, start: int, end: int) -> None:
        """Add one FunctionDef: arguments, body, results."""
        bodies = []
        rest = bytearray()
        before = start
        for number, wire, first, last in _fields(self.data, start, end):
            if number == 3 and wire == 2:
                bodies.append((first, last))
            else:
                rest += self.data[before:last]
            before = last
        try:
            function = function_pb2.FunctionDef.FromString(bytes(rest))
        except DecodeError as error:
            raise GraphDefError(f"function at byte {start} cannot be read: {error}") from error
        name = function.signature.name
        scope = f"{FUNCTION_LIBRARY}/{name}/"
        self.functions.append(name)
        began = len(self.names)
        for position, argument in enumerate(function.signature.input_arg):
            proto = node_def_pb2.NodeDef(name=argument.name, op="_Arg")
            for key, value in function.arg_attr[position].attr.items():
                proto.attr[key].CopyFrom(value)
            proto.attr["T"].type = argument.type
            proto.attr["index"].i = position
            self._make(proto, scope)
        for first, last in bodies:
            self._node(first, last, scope)
        taken = {node[len(scope) :] for node in self.names[began:]}
        for position, argument in enumerate(function.signature.output_arg):
            output = argument.name
            while output in taken:
                output += "_out"
            taken.add(output)
            proto = node_def_pb2.NodeDef(name=output, op="_Retval")
            if argument.name in function.ret:
                proto.input.append(function.ret[argument.name])
            proto.attr["T"].type = argument.type
            proto.attr["index"].i = position
            self._make(proto, scope)
        signature = function.signature
        body = Body(began, len(self.names), len(signature.input_arg), len(signature.output_arg))
        self.bodies.setdefault(name, body)
        self.results.setdefault(name, [argument.name for argument in signature.output_arg])

    def _make(self, proto: node_def_pb2.NodeDef, scope: str) -> None:
        raw = proto.SerializeToString()
        self.made[len(self.names)] = raw
        node = NODE.FromString(raw)
        self._add(proto.name, proto.op, "", self._outputs(node), tuple(proto.input), scope, (0, 0))

    def _shape_results(self, src: Int32, dst: Int32, slots: Int32) -> None:
        """Give results of functions the shape of what they return."""
        known = list(self.shape_lists)
        for body in self.bodies.values():
            first, last = np.searchsorted(dst, (body.end - body.results, body.end))
            for edge in range(first, last):
                of_source = self.outputs[src[edge]]
                shapes = known[of_source] if of_source < len(known) else ()
                if 0 <= slots[edge] < len(shapes):
                    shape = (shapes[slots[edge]],)
                    number = self.shape_lists.setdefault(shape, len(self.shape_lists))
                    self.outputs[dst[edge]] = number

    def _edges(self) -> tuple[Int32, Int32, Int32, Int32]:
        counts = np.fromiter(map(len, self.inputs), np.int64, len(self.inputs))
        dst = np.repeat(np.arange(len(counts)), counts)
        position = np.arange(len(dst)) - np.repeat(np.cumsum(counts) - counts, counts)
        texts = [text for inputs in self.inputs for text in inputs]
        index = self.index
        # What is the name of a node of the graph itself is its first output.
        src = [index.get(text, -1) for text in texts]
        slots = np.zeros(len(texts), np.int64)
        special = [
            edge
            for edge, text in enumerate(texts)
            if src[edge] < 0 or ":" in text or text[0] == "^"
        ]
        in_library = np.array([bool(scope) for scope in self.scope], bool)
        inside = np.nonzero(in_library[dst])[0].tolist() if self.bodies else []
        named: list[tuple[int, NamedOutput]] = []
        missing = 0
        for edge in sorted({*special, *inside}):
            text, node = texts[edge], int(dst[edge])
            scope = self.scope[node]
            slot = 0
            name = text
            output = ""
            if text[:1] == "^":
                name, slot = text[1:], -1
            elif ":" in text:
                # "node:2" in a graph, "node:output:2" in a function's body.
                name, _, tail = text.partition(":")
                output, _, tail = tail.rpartition(":")
                if tail.isdecimal():
                    slot = int(tail)
                else:
                    name = text
            source = index.get(scope + name)
            if source is None:
                # A name that itself holds a colon, as PyTorch's writer makes them.
                source = index.get(scope + text.removeprefix("^"))
                slot, output = min(slot, 0), ""
            if source is None:
                missing += 1
                if missing <= 20:
                    self.problems.append(
                        f"input {position[edge]} of node {self.names[node]!r} "
                        f"names no node: {text!r}"
                    )
            elif output and scope:
                named.append((edge, NamedOutput(source, output, slot)))
            src[edge] = -1 if source is None else source
            slots[edge] = slot
        if missing > 20:
            self.problems.append(f"{missing - 20} more inputs name no node")
        kinds = list(self.ops)
        outputs = [each for _, each in named]
        ops = [kinds[self.op[each.node]] for each in outputs]
        found = slots_of(outputs, ops, self.results)
        for (edge, _), slot in zip(named, found, strict=True):
            slots[edge] = slot
        columns = np.stack([np.array(src, np.int64), dst, slots, position])
        first, second, third, fourth = columns[:, columns[0] >= 0].astype(np.int32)
        return first, second, third, fourth


def _fields(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (field number, wire type, payload start, payload end) of one message's fields."""
    at = start
    while at < end:
        here = at
        tag, at = _varint(data, at, end)
        wire = tag & 7
        if wire == 2:
            length, at = _varint(data, at, end)
            stop = at + length
        elif wire == 0:
            _, stop = _varint(data, at, end)
        elif wire == 1:
            stop = at + 8
        elif wire == 5:
            stop = at + 4
        else:
            raise GraphDefError(f"not a GraphDef: wire type {wire} at byte {here}")
        if tag < 8:
            raise GraphDefError(f"not a GraphDef: field number 0 at byte {here}")
        if stop > end:
            raise GraphDefError(
                f"the graph is cut: the field at byte {here} needs {stop - at} bytes, "
                f"{end - at} are there"
            )
        yield tag >> 3, wire, at, stop
        at = stop


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    first = at
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise GraphDefError(f"not a GraphDef: number longer than 10 bytes at byte {first}")
    raise GraphDefError(f"the graph is cut: a number at byte {first} has no end")


def _shape(proto: tensor_shape_pb2.TensorShapeProto) -> Shape:
    return None if proto.unknown_rank else tuple(max(-1, dim.size) for dim in proto.dim)


def _constant_shape(raw: bytes) -> tuple[Shape, ...]:
    """Shape of the TensorProto in an AttrValue, skipping its content unread."""
    for number, wire, start, end in _fields(raw, 0, len(raw)):
        if number == 8 and wire == 2:
            for inner, kind, first, last in _fields(raw, start, end):
                if inner == 2 and kind == 2:
                    return (_shape(tensor_shape_pb2.TensorShapeProto.FromString(raw[first:last])),)
            return ((),)
    return ()
