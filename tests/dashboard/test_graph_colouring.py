"""What the graph is coloured by, against counts by hand."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import numpy as np
import pytest
from graph_maker import GraphMaker, classifier, mobilenet

from opscope.dashboard.graph.colouring import TITLES, Colouring
from opscope.dashboard.graph.step_stats import StepStats, StepStatsError
from opscope.dashboard.graph.view import GraphView
from opscope.events.graph_columns import GraphColumns
from opscope.events.proto.config_pb2 import RunMetadata


def colouring_of(maker: GraphMaker | bytes) -> Colouring:
    data = maker if isinstance(maker, bytes) else maker.data
    return Colouring(GraphView(GraphColumns.from_bytes(data)))


@pytest.fixture
def classified() -> Colouring:
    return colouring_of(classifier())


def hues(painted: dict[str, Any]) -> dict[str, int]:
    return {row["title"]: row["hue"] for row in painted["legend"] if row["title"]}


def test_scopes_show_the_shares_of_their_devices(classified: Colouring) -> None:
    painted = classified.paint("device", [])
    cpu0, cpu1 = (f"/job:localhost/replica:0/task:0/device:CPU:{at}" for at in (0, 1))
    assert hues(painted) == {cpu0: 0, cpu1: 1}
    assert [row["label"] for row in painted["legend"]] == ["CPU:0", "CPU:1", "none given"]
    assert painted["nodes"]["hidden"] == [[0, 1.0]]
    assert painted["nodes"]["logits"] == [[0, 0.2], [1, 0.8]]
    assert painted["nodes"]["report"] == [[-1, 1.0]]


def test_shares_of_ops_are_those_counted_by_hand() -> None:
    colouring = colouring_of(mobilenet())
    view = colouring.view
    painted = colouring.paint("op", ["train", "train/gradients"])
    columns = view.hierarchy.columns
    ops = {name: columns.ops[op] for name, op in zip(columns.names, columns.op, strict=True)}
    hue = hues(painted)
    kinds = Counter(ops.values())
    assert [row["title"] for row in painted["legend"][:2]] == [k for k, _ in kinds.most_common(2)]
    for name in ("train", "train/gradients", "Conv1", "loss"):
        inside = [op for node, op in ops.items() if node.startswith(name + "/") or node == name]
        counts = Counter(hue.get(op, -1) for op in inside)
        shares = {kind: round(count / len(inside), 4) for kind, count in counts.items()}
        assert dict(map(tuple, painted["nodes"][name])) == shares


def test_twins_have_one_hue(classified: Colouring) -> None:
    twins = GraphMaker()
    for scope in ("a", "b"):
        twins.node(f"{scope}/x", "Relu").node(f"{scope}/y", "Relu", f"{scope}/x")
    twins.node("c/x", "Relu").node("c/y", "Tanh", "c/x")
    painted = colouring_of(twins).paint("structure", [])
    assert painted["nodes"]["a"] == painted["nodes"]["b"] == [[0, 1.0]]
    assert "c" not in painted["nodes"]
    assert painted["legend"][0]["count"] == "2 alike"


def test_dtypes_and_clusters_come_from_attributes() -> None:
    g = GraphMaker().node("a", "Relu").node("b", "Relu").node("c", "Less")
    g.graph.node[0].attr["T"].type = 1
    g.graph.node[1].attr["T"].type = 2
    g.graph.node[1].attr["_XlaCluster"].s = b"cluster_0"
    colouring = colouring_of(g)
    dtypes = {row["title"]: row["count"] for row in colouring.paint("dtype", [])["legend"]}
    assert dtypes == {"float32": "1", "float64": "1", "bool": "1"}
    clusters = colouring.paint("xla", [])
    assert [row["label"] for row in clusters["legend"]] == ["cluster_0", "none given"]
    assert clusters["nodes"]["b"] == [[0, 1.0]]


def test_tf536_parameters_are_the_elements_of_variables() -> None:
    g = GraphMaker()
    for name, sizes in (("a/w", (3, 4)), ("a/b", (4,)), ("b/w", (-1, 5))):
        g.node(name, "VariableV2")
        for size in sizes:
            g.graph.node[-1].attr["shape"].shape.dim.add(size=size)
    painted = colouring_of(g).paint("parameters", ["a"])
    assert painted["nodes"] == {"a": [1.0, "16"], "a/w": [1.0, "12"], "a/b": [0.3333, "4"]}
    assert painted["scale"] == {"low": "0", "high": "12", "total": "16"}


def metadata(times: dict[str, tuple[str, int, int]]) -> bytes:
    made = RunMetadata()
    for device in ("/device:GPU:0", "/device:GPU:0/stream:all", "/device:GPU:0/stream:1"):
        stats = made.step_stats.dev_stats.add(device=device)
        for name, (on, micros, size) in times.items():
            if on == device:
                node = stats.node_stats.add(node_name=name, all_end_rel_micros=micros)
                node.memory.add(total_bytes=size)
    return made.SerializeToString()


def test_1776_2039_a_scope_takes_the_time_of_its_ops_and_streams_count_once() -> None:
    g = GraphMaker().node("a/x", "Relu").node("a/y", "Relu").node("b", "Relu")
    kernels = {
        "a/x": ("/device:GPU:0", 1000, 2_000_000),
        "a/y:Relu": ("/device:GPU:0/stream:all", 3000, 0),
        "a/y": ("/device:GPU:0/stream:1", 3000, 0),
    }
    stats = StepStats.from_bytes(metadata(kernels))
    painted = colouring_of(g).paint("time", [], stats)
    assert painted["nodes"] == {"a": [1.0, "4 ms"]}
    memory = colouring_of(g).paint("memory", ["a"], stats)
    assert memory["nodes"]["a/x"] == [1.0, "2 MB"]


def test_run_metadata_that_is_damaged_says_so() -> None:
    with pytest.raises(StepStatsError, match="run metadata cannot be read"):
        StepStats.from_bytes(b"\xff\xff")


def test_each_mode_paints_every_graph() -> None:
    dice = random.Random(3)
    for _ in range(20):
        g = GraphMaker()
        for at in range(dice.randrange(30)):
            scope = dice.choice(["", "a/", "a/b/", "c/"])
            device = dice.choice(["", "/device:CPU:0", "/device:GPU:1"])
            g.node(f"{scope}n{at}", dice.choice(["Relu", "Const", "VariableV2"]), device=device)
        colouring = colouring_of(g)
        drawn = {colouring.view.hierarchy.name(item) for item in colouring.view.drawn(["a"])}
        assert drawn == {node["id"] for node in colouring.view.view(["a"])["nodes"]}
        for mode in (*TITLES, "no such mode"):
            painted = colouring.paint(mode, ["a"])
            assert set(painted["nodes"]) <= drawn
            for shares in painted["nodes"].values():
                if painted["scale"] is None:
                    assert np.isclose(sum(share for _, share in shares), 1, atol=1e-3)
