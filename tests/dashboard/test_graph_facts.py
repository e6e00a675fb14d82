"""What the info card says beyond the graph: values, parameters, cost, origin, summaries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from graph_maker import GraphMaker, classifier
from run_writer import RunWriter

from opscope.dashboard.graph.constant_value import constant_value
from opscope.dashboard.graph.graph_shelf import GraphShelf
from opscope.dashboard.graph.info_card import InfoCards
from opscope.dashboard.graph.summary_tags import summary_tags, tags_pattern
from opscope.dashboard.graph.view import GraphView
from opscope.dashboard.store import Store
from opscope.events import DumpWriter, make_tensor_proto
from opscope.events.graph_columns import GraphColumns
from opscope.events.proto.attr_value_pb2 import AttrValue
from opscope.events.proto.config_pb2 import RunMetadata
from opscope.events.proto.event_pb2 import Event, TaggedRunMetadata


def value_of(array: npt.ArrayLike) -> dict[str, Any]:
    value = AttrValue()
    value.tensor.CopyFrom(make_tensor_proto(np.asarray(array)))
    told = constant_value({"value": value})
    assert told is not None
    return told


def test_card_missing_small_values_are_whole() -> None:
    told = value_of(np.arange(6, dtype=np.int32).reshape(2, 3))
    assert (told["dtype"], told["shape"], told["whole"]) == ("int32", "2×3", True)
    assert told["text"] == "[[0, 1, 2],\n [3, 4, 5]]"
    assert told["range"] == {"min": 0.0, "max": 5.0, "mean": 2.5, "nan": 0, "inf": 0}
    assert value_of(np.float32(0.5))["range"] is None
    assert value_of(np.array([b"a", b"b"], object))["text"] == "[b'a', b'b']"


def test_large_values_have_a_head_and_a_range() -> None:
    array = np.ones((100, 100), np.float32)
    array[1, 1], array[2, 2], array[3, 3] = np.nan, -np.inf, 7
    told = value_of(array)
    assert not told["whole"]
    assert told["text"].count("1.") == 24
    assert (told["range"]["max"], told["range"]["nan"], told["range"]["inf"]) == (7.0, 1, 1)


def test_a_claimed_giant_is_not_unfolded() -> None:
    value = AttrValue()
    value.tensor.dtype = 1
    value.tensor.float_val.append(1)
    for _ in range(3):
        value.tensor.tensor_shape.dim.add(size=1 << 20)
    told = constant_value({"value": value})
    assert told is not None
    assert "too many" in told["text"]
    value.tensor.dtype = 99
    del value.tensor.tensor_shape.dim[:]
    told = constant_value({"value": value})
    assert told is not None
    assert "cannot be read" in told["text"]
    assert constant_value({}) is None


def tagged() -> GraphMaker:
    """The classifier, whose summary's tag is a constant's value."""
    g = classifier()
    tag = next(node for node in g.graph.node if node.name == "cross_entropy/tag")
    tag.attr["value"].tensor.CopyFrom(make_tensor_proto(np.array(b"loss_1", object)))
    for node in g.graph.node:
        if node.op == "VariableV2":
            for size in (784, 32):
                node.attr["shape"].shape.dim.add(size=size)
    return g


def test_tags_belong_by_name_and_by_the_summary_op() -> None:
    tree = GraphView(GraphColumns.from_bytes(tagged().data)).hierarchy
    tags = ["accuracy", "cross_entropy/extra", "hidden/x", "hidden_2/x", "loss_1"]

    def found(name: str) -> list[str]:
        item = tree.find(name)
        assert item is not None
        return summary_tags(tree, item, tags)

    assert found("cross_entropy") == ["cross_entropy/extra", "loss_1"]
    assert found("cross_entropy/Sum") == found("cross_entropy/loss") == ["loss_1"]
    assert found("hidden") == ["hidden/x"]
    assert found("input") == []


def test_patterns_find_just_these_tags() -> None:
    assert tags_pattern("a", ["a.b", "c"]) == r"^(a\.b|c)$"
    assert tags_pattern("a", [f"a/{i}" for i in range(20)]) == "^a/"


@pytest.fixture
def cards(tmp_path: Path) -> Any:
    """Asks for cards of a run with RunMetadata, summaries and a dump."""
    run = RunWriter(tmp_path / "train")
    run.writer.add_event(Event(wall_time=1, graph_def=tagged().data))
    metadata = RunMetadata()
    device = metadata.step_stats.dev_stats.add(device="/device:CPU:0")
    for name, micros in (("hidden/MatMul", 300), ("hidden/Relu", 100), ("logits/MatMul", 600)):
        stats = device.node_stats.add(node_name=name, all_end_rel_micros=micros)
        stats.memory.add(total_bytes=2048)
        tensor = stats.output.add(slot=0).tensor_description
        tensor.dtype = 1
        tensor.shape.dim.add(size=16)
        tensor.allocation_description.requested_bytes = 64
    run.writer.add_event(
        Event(
            wall_time=2,
            step=7,
            tagged_run_metadata=TaggedRunMetadata(
                tag="step 7", run_metadata=metadata.SerializeToString()
            ),
        )
    )
    run.scalars("loss_1", [(1, 0.5)])
    run.histograms("hidden/outputs", {1: [1.0, 2.0]})
    run.close()
    with DumpWriter(tmp_path / "train" / "run_1") as dump:
        dump.write_tensor("/device:CPU:0", "hidden/MatMul", 0, np.ones(3), 10)
        frames = [("/x/lib.py", 3, "call", "run()"), ("/x/model.py", 2, "build", "")]
        dump.write_tracebacks({"hidden/MatMul": frames})
        dump.write_sources({"/x/model.py": "import this\ny = x @ w  # here\n"})
    with Store(tmp_path, reload_interval=0) as store:
        store.wait()
        shelf = GraphShelf(store)
        made = InfoCards(store, shelf)
        yield lambda name: made.card(shelf.get("train", None), "train", None, name, None)


def test_the_card_tells_cost(cards: Any) -> None:
    cost = cards("hidden/MatMul")["cost"]
    assert (cost["time"], cost["memory"], cost["share"]) == ("300 µs", "2.05 kB", 0.3)
    output = {"slot": 0, "dtype": "float32", "shape": "16", "size": "64 B"}
    assert cost["outputs"] == [output]
    scope = cards("hidden")["cost"]
    assert (scope["time"], scope["made"], scope["nodes"]) == ("400 µs", "128 B", 2)
    assert "cost" not in cards("input")


def test_card_missing_origin_and_parameters(cards: Any) -> None:
    first, second = cards("hidden/MatMul")["origin"]
    assert (first["file"], first["line"]) == ("/x/model.py", 2)
    assert first["text"] == "y = x @ w  # here"
    assert second["function"] == "call"
    assert cards("hidden/weights")["parameters"] == {"elements": 25088, "variables": 1}
    assert "origin" not in cards("hidden")
    assert cards("gone") is None


def test_card_missing_links_to_summaries(cards: Any) -> None:
    assert cards("cross_entropy")["summaries"] == [
        {"page": "scalars", "tags": ["loss_1"], "total": 1, "pattern": "^(loss_1)$"}
    ]
    assert [each["page"] for each in cards("hidden")["summaries"]] == ["histograms"]
