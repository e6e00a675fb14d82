"""Columns of a GraphDef, against the protobuf parse and on damaged bytes."""

from __future__ import annotations

import pytest
from graph_maker import GraphMaker, mobilenet

from opscope.events.graph_columns import GraphColumns, GraphDefError
from opscope.events.proto.graph_pb2 import GraphDef


def test_the_columns_are_what_protobuf_reads() -> None:
    data = mobilenet()
    columns = GraphColumns.from_bytes(data)
    graph = GraphDef.FromString(data)
    assert columns.names == [node.name for node in graph.node]
    assert [columns.ops[op] for op in columns.op] == [node.op for node in graph.node]
    assert [columns.devices[device] for device in columns.device] == [n.device for n in graph.node]
    wanted = []
    for node in graph.node:
        for position, text in enumerate(node.input):
            name, _, slot = text.removeprefix("^").partition(":")
            wanted.append((name, node.name, -1 if text[0] == "^" else int(slot or 0), position))
    got = zip(columns.src, columns.dst, columns.src_slot, columns.dst_index, strict=True)
    assert [(columns.names[a], columns.names[b], c, d) for a, b, c, d in got] == wanted
    assert columns.is_control.sum() == 1675
    assert columns.problems == []
    for node in range(0, len(columns), 97):
        assert columns.attrs(node) == dict(graph.node[node].attr.items())


def test_shapes_come_from_the_best_attribute_there_is() -> None:
    g = GraphMaker()
    g.node("inferred", "MatMul", shapes=[(-1, 10), (3,)])
    g.graph.node[0].attr["_output_shapes"].list.shape.add(unknown_rank=True)
    g.node("declared", "Placeholder").graph.node[1].attr["shape"].shape.dim.add(size=784)
    g.node("constant", "Const")
    g.graph.node[2].attr["value"].tensor.tensor_shape.dim.add(size=2)
    g.graph.node[2].attr["value"].tensor.tensor_content = bytes(100_000)
    g.node("silent", "Exp", "constant")
    columns = GraphColumns.from_bytes(g.data)
    assert columns.shape_lists[columns.outputs[0]] == ((-1, 10), (3,), None)
    assert columns.output_shape(1, 0) == (784,)
    assert columns.output_shape(2, 0) == (2,)
    assert columns.output_shape(3, 0) == ""
    assert columns.output_shape(0, 7) == ""


def test_every_output_that_is_used_is_an_edge() -> None:
    g = GraphMaker().node("split", "Split", shapes=[(2,), (3,)])
    g.node("concat", "Concat", "split", "split:1", "split:1", "^split")
    columns = GraphColumns.from_bytes(g.data)
    assert columns.src_slot.tolist() == [0, 1, 1, -1]
    assert columns.dst_index.tolist() == [0, 1, 2, 3]


def test_functions_are_scopes_with_arguments_and_results() -> None:
    g = GraphMaker().node("call", "PartitionedCall")
    function = g.graph.library.function.add()
    function.signature.name = "square_7"
    function.signature.input_arg.add(name="x", type=1)
    function.signature.output_arg.add(name="y", type=1)
    function.arg_attr[0].attr["_output_shapes"].list.shape.add().dim.add(size=5)
    body = function.node_def.add(name="mul", op="Mul", input=["x", "x"])
    body.attr["T"].type = 1
    function.ret["y"] = "mul:z:0"
    columns = GraphColumns.from_bytes(g.data)
    scope = "__function_library__/square_7"
    assert columns.functions == ["square_7"]
    assert columns.names == ["call", f"{scope}/x", f"{scope}/mul", f"{scope}/y"]
    edges = [
        (columns.names[a], columns.names[b]) for a, b in zip(columns.src, columns.dst, strict=True)
    ]
    assert edges == [(f"{scope}/x", f"{scope}/mul")] * 2 + [(f"{scope}/mul", f"{scope}/y")]
    assert columns.output_shape(1, 0) == (5,)
    assert columns.attrs(1)["T"].type == 1
    assert columns.attrs(2)["T"].type == 1


def test_inputs_from_nowhere_and_doubled_names_are_problems_not_errors() -> None:
    g = GraphMaker().node("a", "Exp", "gone:1").node("a", "Exp").node("", "Exp", "a")
    columns = GraphColumns.from_bytes(g.data)
    assert columns.names == ["a", "a [2]", "(unnamed)"]
    assert columns.problems == [
        "node name 'a' is used 2 times",
        "input 0 of node 'a' names no node: 'gone:1'",
    ]


def test_names_with_colons_are_found() -> None:
    columns = GraphColumns.from_bytes(
        GraphMaker().node("aten::relu", "X").node("b", "Y", "aten::relu").data
    )
    assert columns.src.tolist() == [0]


def test_no_nodes_are_a_graph_too() -> None:
    columns = GraphColumns.from_bytes(b"")
    assert (len(columns), columns.src.shape, columns.shape_lists) == (0, (0,), [()])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x0a\x05\x0a", "the graph is cut: the field at byte 0 needs 5 bytes, 1 are there"),
        (b"\x0a\x80", "the graph is cut: a number at byte 1 has no end"),
        (b"\x0b\x00", "not a GraphDef: wire type 3 at byte 0"),
        (b"\x02\x00", "not a GraphDef: field number 0 at byte 0"),
        (b"\x6a\x01\x00", "not a GraphDef: unknown field 13 before byte 2"),
        (b"\x0a\x03\x0a\x01\xff", "node 0 at byte 2 (3 bytes) cannot be read"),
        (b"\x0a" + b"\xff" * 11, "number longer than 10 bytes at byte 1"),
    ],
)
def test_damage_is_told_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(GraphDefError) as raised:
        GraphColumns.from_bytes(data)
    assert message in str(raised.value)


def test_a_damaged_shape_names_its_node() -> None:
    g = GraphMaker().node("bad", "Exp")
    node = (
        g.graph.node[0].SerializeToString() + b"\x2a\x15\x0a\x0e_output_shapes\x12\x03\x0a\x05\x08"
    )
    data = b"\x0a" + bytes([len(node)]) + node
    with pytest.raises(GraphDefError, match="shape attribute of node 'bad' at byte 2"):
        GraphColumns.from_bytes(data)


def test_a_cut_file_never_passes_silently_inside_a_node() -> None:
    data = GraphMaker().node("a", "Exp", shape=(3,)).node("b", "Exp", "a").data
    first = GraphMaker().node("a", "Exp", shape=(3,)).data
    for length in range(1, len(data)):
        if length == len(first):
            assert len(GraphColumns.from_bytes(data[:length])) == 1
            continue
        with pytest.raises(GraphDefError):
            GraphColumns.from_bytes(data[:length])
