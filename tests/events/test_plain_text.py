"""Text graphs as protobuf writes them, and in other hands."""

from __future__ import annotations

import pytest
from google.protobuf import text_format
from graph_maker import mobilenet
from wild_graphs import wild_graph

from opscope.events.graph_file import graphs_in_file
from opscope.events.plain_text import NotPlainError, wire_of_text
from opscope.events.proto.graph_pb2 import GraphDef


def some_nodes() -> GraphDef:
    return GraphDef(node=GraphDef.FromString(mobilenet()).node[:400])


def odd() -> GraphDef:
    """Values that text has to escape, empty messages, every kind of attribute."""
    graph = GraphDef()
    node = graph.node.add(name='tab\t"quoted" é\n}', op="length", input=["^a", "b: 1"])
    node.attr["empty"].list.SetInParent()
    node.attr["s"].s = bytes(range(256))
    node.attr["f"].f = float("nan")
    node.attr["list"].list.i.extend([-1, 2**40])
    node.attr["list"].list.b.extend([True, False])
    node.attr["type"].type = 1
    node.attr["tensor"].tensor.float_val.extend([1e-30, float("-inf")])
    node.attr["func"].func.attr["n {"].s = b"node {"
    graph.versions.producer = 1882
    return graph


@pytest.mark.parametrize("graph", [some_nodes(), wild_graph(0), odd()])
def test_what_protobuf_writes_is_read_as_it_was(graph: GraphDef) -> None:
    text = text_format.MessageToString(graph)
    read = GraphDef.FromString(wire_of_text("# made by hand\n" + text, GraphDef))
    # What text does not show, such as unknown fields, is lost on the way to it.
    wanted = text_format.Parse(text, GraphDef())
    assert read.SerializeToString(deterministic=True) == wanted.SerializeToString(
        deterministic=True
    )


@pytest.mark.parametrize(
    "text",
    [
        'node {\n\tname: "a"\n    op: "Exp"\n}',
        'node <\n  name: "a"\n  op: "Exp"\n>\n',
        'node {\n  name: \'a\'\n  op: "E"\n    "xp"\n}\n',
        'node {\r\n  name: "a"\r\n  op: "Exp"\r\n}\r\n',
        'node {\n  name: "a"\n  op: "Exp"\n  of_a_later_version: 1\n}\n',
    ],
)
def test_other_hands_are_read_too(text: str) -> None:
    with pytest.raises(NotPlainError):
        wire_of_text(text, GraphDef)
    (node,) = GraphDef.FromString(graphs_in_file(text.encode(), "a.pbtxt")[""]).node
    assert (node.name, node.op) == ("a", "Exp")
