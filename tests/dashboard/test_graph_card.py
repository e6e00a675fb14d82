"""The info card and the search."""

from __future__ import annotations

import pytest
from graph_maker import GraphMaker, classifier, mobilenet

from opscope.dashboard.graph.attribute_text import attribute_text
from opscope.dashboard.graph.detail import detail
from opscope.dashboard.graph.search import search
from opscope.dashboard.graph.view import GraphView
from opscope.events import make_tensor_proto
from opscope.events.graph_columns import GraphColumns
from opscope.events.proto.attr_value_pb2 import AttrValue
from opscope.events.proto.tensor_shape_pb2 import TensorShapeProto


@pytest.fixture(scope="module")
def view() -> GraphView:
    return GraphView(GraphColumns.from_bytes(classifier().data))


def test_the_card_of_an_op(view: GraphView) -> None:
    card = detail(view, "logits/MatMul")
    assert card is not None
    assert (card["op"], card["kind"], card["name"]) == ("MatMul", "op", "logits/MatMul")
    assert card["devices"] == [["/job:localhost/replica:0/task:0/device:CPU:1", 1]]
    assert card["results"] == [{"slot": 0, "shape": "?×10", "dtype": ""}]
    assert [(row["id"], row["shape"]) for row in card["inputs"]["rows"]] == [
        ("hidden/Relu", "?×32"),
        ("logits/weights", "32×10"),
    ]
    assert card["outputs"]["total"] == 1
    assert card["attributes"] == []


def test_the_card_lists_control_edges_apart(view: GraphView) -> None:
    card = detail(view, "report")
    assert card is not None
    assert [row["id"] for row in card["control_inputs"]["rows"]] == ["init"]
    assert [row["id"] for row in card["inputs"]["rows"]] == ["cross_entropy/Sum"]
    init = detail(view, "init")
    assert init is not None
    assert init["control_inputs"]["total"] == 2


def test_the_card_of_a_scope(view: GraphView) -> None:
    card = detail(view, "cross_entropy")
    assert card is not None
    assert (card["kind"], card["nodes"], card["scopes"]) == ("scope", 7, 0)
    assert dict(card["ops"])["Const"] == 2
    assert [row["id"] for row in card["inputs"]["rows"]] == ["input/y", "logits/Relu"]
    assert [row["id"] for row in card["outputs"]["rows"]] == ["report"]
    assert dict(card["devices"]) == {
        "": 1,
        "/job:localhost/replica:0/task:0/device:CPU:0": 1,
        "/job:localhost/replica:0/task:0/device:CPU:1": 5,
    }


def test_the_card_knows_a_series_from_a_group_of_scopes() -> None:
    g = GraphMaker().node("x", "Placeholder")
    for number in range(6):
        g.node(f"step_{number}", "Exp", "x")
    view = GraphView(GraphColumns.from_bytes(g.data))
    card = detail(view, "step_*")
    assert card is not None
    assert (card["kind"], card["series"], card["nodes"], card["scopes"]) == ("group", "Exp", 6, 0)
    blocks = detail(GraphView(GraphColumns.from_bytes(mobilenet())), "block_3_*")
    assert blocks is not None
    assert (blocks["kind"], blocks["series"]) == ("group", "")
    assert blocks["scopes"] > 3


def test_the_card_names_twins() -> None:
    graph = GraphView(GraphColumns.from_bytes(mobilenet()))
    card = detail(graph, "block_4_*")
    assert card is not None
    assert card["kind"] == "group"
    assert card["twins"]["total"] == 9
    assert "block_5_*" in card["twins"]["rows"]


def test_the_card_leads_to_functions() -> None:
    g = GraphMaker().node("call", "PartitionedCall")
    g.graph.node[0].attr["f"].func.name = "body"
    g.graph.library.function.add().signature.name = "body"
    g.graph.library.function[0].node_def.add(name="x", op="Exp")
    card = detail(GraphView(GraphColumns.from_bytes(g.data)), "call")
    assert card is not None
    assert card["functions"] == [
        {"attribute": "f", "name": "body", "id": "__function_library__/body"}
    ]


def test_no_card_without_a_node(view: GraphView) -> None:
    assert detail(view, "nothing") is None


SHAPE = TensorShapeProto(dim=[TensorShapeProto.Dim(size=-1), TensorShapeProto.Dim(size=784)])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (AttrValue(type=1), "float32"),
        (AttrValue(type=101), "float32_ref"),
        (AttrValue(type=77), "dtype 77"),
        (AttrValue(shape=SHAPE), "?×784"),
        (AttrValue(shape=TensorShapeProto(unknown_rank=True)), "unknown rank"),
        (AttrValue(i=-3), "-3"),
        (AttrValue(f=0.1), "0.1"),
        (AttrValue(b=True), "True"),
        (AttrValue(s=b"NHWC"), "NHWC"),
        (AttrValue(s=b"\xff\x00"), "2 bytes: ff 00"),
        (AttrValue(s=b""), "''"),
        (AttrValue(), "(empty)"),
        (AttrValue(list=AttrValue.ListValue(i=[1, 2, 2, 1])), "[1, 2, 2, 1]"),
        (AttrValue(list=AttrValue.ListValue(type=[1, 3])), "[float32, int32]"),
    ],
)
def test_attributes_read_well(value: AttrValue, text: str) -> None:
    assert attribute_text(value) == text


def test_tensors_show_values_where_they_are_few() -> None:
    import numpy as np

    def shown(array: np.ndarray) -> str:
        value = AttrValue()
        value.tensor.CopyFrom(make_tensor_proto(array))
        return attribute_text(value)

    assert shown(np.array([1, 2], np.int32)) == "int32 2 [1, 2]"
    assert shown(np.float32(0.999)) == "float32 scalar 0.999"
    assert shown(np.zeros((1000, 1000), np.float32)) == "float32 1000×1000 (1,000,000 elements)"
    assert len(attribute_text(AttrValue(s=b"x" * 10_000_000))) <= 300


def found(view: GraphView, text: str) -> list[str]:
    return [hit["id"] for hit in search(view, text)["hits"]]


def test_search_by_name_pattern_and_op(view: GraphView) -> None:
    tree = view.hierarchy
    assert found(view, "matmul") == ["hidden/MatMul", "logits/MatMul"]
    assert found(view, "^logits/(MatMul|Relu)$") == ["logits/MatMul", "logits/Relu"]
    assert found(view, "op:matmul") == ["hidden/MatMul", "logits/MatMul"]
    assert found(view, "op:Mat") == []
    assert found(view, "  ") == []
    assert found(view, "Sum[") == []
    # What is called so comes before what only lies in something called so.
    assert found(view, "cross_entropy")[0] == "cross_entropy"
    result = search(view, "cross_entropy")
    assert result["total"] == 8
    assert result["marks"] == list(range(*tree.interval(tree.scope_index["cross_entropy"])))


def test_search_is_bounded() -> None:
    view = GraphView(GraphColumns.from_bytes(mobilenet()))
    tree = view.hierarchy
    result = search(view, ".")
    assert result["total"] == tree.n + tree.m - 1
    assert len(result["hits"]) == 200


def test_1253_search_by_fields() -> None:
    g = GraphMaker()
    for scope in ("a", "b"):
        g.node(f"{scope}/x", "Relu", device="/device:GPU:0", shape=(-1, 784))
        g.node(f"{scope}/y", "Tanh", f"{scope}/x", shape=(-1, 10))
    g.graph.node[0].attr["T"].type = 1
    g.graph.node[1].attr["_XlaCluster"].s = b"cluster_7"
    view = GraphView(GraphColumns.from_bytes(g.data))
    assert found(view, "device:gpu") == ["a/x", "b/x"]
    assert found(view, "dtype:float32") == ["a/x"]
    assert found(view, "shape:?x784") == found(view, "shape:?×7") == ["a/x", "b/x"]
    assert found(view, "attr:_XlaCluster") == found(view, "attr:_XlaCluster:er_7") == ["a/y"]
    assert found(view, "attr:_XlaCluster:er_8") == []
    assert found(view, "like:b") == ["a", "b"]
    assert search(view, "like:b")["marks"] == [0, 1, 2, 3]
    assert found(view, "like:nowhere") == found(view, "device:") == []
