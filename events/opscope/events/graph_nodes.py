"""NodeDefs as messages whose attribute values stay bytes, one or many at a time.

Format: tensorflow/core/framework/{graph,node_def}.proto; the wire form is the same.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def node_spans(data: bytes, at: int, most: int) -> tuple[list[tuple[int, int]], int]:
    """Where the payloads of the nodes lie that follow each other from a byte on, and their end.

    Stops after `most`, and before anything but a node of less than two megabytes.
    """
    spans: list[tuple[int, int]] = []
    end = len(data)
    # The tag of field 1 and a length of at most three bytes.
    while len(spans) < most and at + 4 < end and data[at] == 0x0A:
        size = data[at + 1]
        start = at + 2
        if size >= 0x80:
            size += (data[start] << 7) - 0x80
            start += 1
            if size >= 0x4000:
                size += (data[start] << 14) - 0x4000
                start += 1
        if size >= 0x200000 or start + size > end:
            break
        at = start + size
        spans.append((start, at))
    return spans, at


def _messages() -> tuple[Any, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="opscope/graph_nodes.proto", package="opscope.graph_nodes", syntax="proto3"
    )
    kind = descriptor_pb2.FieldDescriptorProto
    graph = file.message_type.add(name="Nodes")
    graph.field.add(
        name="node",
        number=1,
        type=kind.TYPE_MESSAGE,
        label=kind.LABEL_REPEATED,
        type_name=".opscope.graph_nodes.Node",
    )
    node = file.message_type.add(name="Node")
    entry = node.nested_type.add(name="AttrEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=kind.TYPE_STRING, label=kind.LABEL_OPTIONAL)
    entry.field.add(name="value", number=2, type=kind.TYPE_BYTES, label=kind.LABEL_OPTIONAL)
    for number, name in ((1, "name"), (2, "op"), (3, "input"), (4, "device")):
        label = kind.LABEL_REPEATED if name == "input" else kind.LABEL_OPTIONAL
        node.field.add(name=name, number=number, type=kind.TYPE_STRING, label=label)
    node.field.add(
        name="attr",
        number=5,
        type=kind.TYPE_MESSAGE,
        label=kind.LABEL_REPEATED,
        type_name=".opscope.graph_nodes.Node.AttrEntry",
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    made = [f"opscope.graph_nodes.{name}" for name in ("Node", "Nodes")]
    one, many = (message_factory.GetMessageClass(pool.FindMessageTypeByName(n)) for n in made)
    return one, many


NODE, NODES = _messages()
"""A NodeDef, and a GraphDef of nodes alone."""
