import pytest

from opscope.events import LogdirError
from opscope.events.keras_graph import keras_graph
from opscope.events.merged_graph import merge_functions, merge_partitions
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.types_pb2 import DT_BFLOAT16, DT_FLOAT
from opscope.events.run_graph import graph_of_meta_graph, graph_of_run_metadata


def layer(name: str, inbound: object = None, class_name: str = "Dense", **config: object) -> dict:  # type: ignore[type-arg]
    made = {"class_name": class_name, "name": name, "config": {"name": name, **config}}
    return made if inbound is None else {**made, "inbound_nodes": inbound}


def edges(graph: GraphDef) -> dict[str, list[str]]:
    return {node.name: list(node.input) for node in graph.node}


def keras_tensor(name: str) -> dict:  # type: ignore[type-arg]
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}


# One model in the form of Keras 2 and of Keras 3: two branches into an addition.
KERAS_2 = [
    layer("in", [], "InputLayer", dtype="float32"),
    layer("a", [[["in", 0, 0, {}]]]),
    layer("b", [[["in", 0, 0, {"mask": ["a", 0, 0]}]]], dtype="bfloat16"),
    layer("add", [[["a", 0, 0, {}], ["b", 0, 0, {}]]], "Add"),
]
KERAS_3 = [
    layer("in", [], "InputLayer", dtype="float32"),
    layer("a", [{"args": [keras_tensor("in")], "kwargs": {}}]),
    layer(
        "b",
        [{"args": [keras_tensor("in")], "kwargs": {"mask": keras_tensor("a")}}],
        dtype={"class_name": "DTypePolicy", "config": {"name": "bfloat16"}},
    ),
    layer("add", [{"args": [[keras_tensor("a"), keras_tensor("b")]]}], "Add"),
]


@pytest.mark.parametrize("layers", [KERAS_2, KERAS_3], ids=["keras2", "keras3"])
def test_functional_models_of_both_keras_forms(layers: list) -> None:  # type: ignore[type-arg]
    graph = keras_graph({"class_name": "Functional", "config": {"name": "m", "layers": layers}})
    assert edges(graph) == {
        "m/in": [],
        "m/a": ["m/in"],
        "m/b": ["m/in", "m/a"],
        "m/add": ["m/a", "m/b"],
    }
    nodes = {node.name: node for node in graph.node}
    assert nodes["m/add"].op == "Add"
    assert nodes["m/add"].attr["keras_class"].s == b"Add"
    assert nodes["m/in"].attr["dtype"].type == DT_FLOAT
    assert nodes["m/b"].attr["dtype"].type == DT_BFLOAT16
    assert "dtype" not in nodes["m/a"].attr


def test_6216_two_outputs_of_a_layer_are_two_edges() -> None:
    layers = [
        layer("in", [], "InputLayer"),
        layer("split", [[["in", 0, 0, {}]]]),
        layer("add", [[["split", 0, 0, {}], ["split", 0, 1, {}], ["split", 0, 1, {}]]], "Add"),
    ]
    graph = keras_graph({"class_name": "Functional", "config": {"name": "m", "layers": layers}})
    assert edges(graph)["m/add"] == ["m/split", "m/split:1", "m/split:1"]


def test_sequential_models_are_chains() -> None:
    chain = [layer("a"), layer("b"), layer("c")]
    sequential = {"class_name": "Sequential", "config": {"name": "s", "layers": chain}}
    assert edges(keras_graph(sequential)) == {"s/a": [], "s/b": ["s/a"], "s/c": ["s/b"]}
    oldest = {"class_name": "Sequential", "config": chain}
    assert edges(keras_graph(oldest)) == {"a": [], "b": ["a"], "c": ["b"]}


def test_nested_models_are_scopes_with_edges_to_their_ends() -> None:
    inner = layer(
        "inner",
        [[["in", 0, 0, {}]]],
        "Functional",
        layers=[layer("x", [], "InputLayer"), layer("y", [[["x", 0, 0, {}]]])],
        input_layers=["x", 0, 0],
        output_layers=[["y", 0, 0], ["x", 0, 0]],
    )
    outer = [
        layer("in", [], "InputLayer"),
        inner,
        layer("out", [[["inner", 0, 0, {}]]]),
        layer("both", [[["inner", 0, 1, {}], ["inner", 0, 0, {}]]]),
    ]
    graph = keras_graph({"class_name": "Model", "config": {"name": "m", "layers": outer}})
    assert edges(graph) == {
        "m/in": [],
        "m/inner/x": ["m/in"],
        "m/inner/y": ["m/inner/x"],
        "m/out": ["m/inner/y"],
        "m/both": ["m/inner/x", "m/inner/y"],
    }


def test_functions_keep_their_names_alone_and_get_prefixes_together() -> None:
    graph = GraphDef()
    graph.versions.producer = 7
    graph.node.add(name="x", op="Placeholder")
    call = graph.node.add(name="call", op="f", input=["x:1", "^x"])
    call.attr["g"].func.name = "f"
    call.attr["list"].list.func.add(name="unknown")
    graph.library.function.add().signature.name = "f"
    graph.library.gradient.add(function_name="f", gradient_func="elsewhere")
    assert merge_functions([graph]) == graph
    merged = merge_functions([graph, graph])
    assert edges(merged) == {
        "graph_1/x": [],
        "graph_1/call": ["graph_1/x:1", "^graph_1/x"],
        "graph_2/x": [],
        "graph_2/call": ["graph_2/x:1", "^graph_2/x"],
    }
    assert merged.node[3].op == merged.node[3].attr["g"].func.name == "graph_2_f"
    assert merged.node[3].attr["list"].list.func[0].name == "unknown"
    assert [each.signature.name for each in merged.library.function] == ["graph_1_f", "graph_2_f"]
    assert merged.library.gradient[1].function_name == "graph_2_f"
    assert merged.versions.producer == 7


def test_partitions_share_their_functions() -> None:
    graph = GraphDef()
    graph.node.add(name="x")
    graph.library.function.add().signature.name = "f"
    merged = merge_partitions([graph, graph])
    assert len(merged.node) == len(merged.library.function) == 1


@pytest.mark.parametrize("data", [b"\xff", b"\x12\x7f", b""])
def test_damaged_containers_are_errors(data: bytes) -> None:
    with pytest.raises(LogdirError, match="meta graph"):
        graph_of_meta_graph(data)
    with pytest.raises(LogdirError, match="run metadata"):
        graph_of_run_metadata(data)
