"""Small GraphDefs for tests, a line per node."""

from __future__ import annotations

import gzip
from pathlib import Path

from opscope.events.proto.graph_pb2 import GraphDef

DATA = Path(__file__).parents[1] / "data" / "graphs"


class GraphMaker:
    """Collects nodes; `shape` is the shape of the only output, `shapes` those of several."""

    def __init__(self) -> None:
        self.graph = GraphDef()

    def node(
        self,
        name: str,
        op: str,
        *inputs: str,
        device: str = "",
        shape: tuple[int, ...] | None = None,
        shapes: list[tuple[int, ...]] | None = None,
    ) -> GraphMaker:
        made = self.graph.node.add(name=name, op=op, input=inputs, device=device)
        for dimensions in shapes or ([] if shape is None else [shape]):
            proto = made.attr["_output_shapes"].list.shape.add()
            for size in dimensions:
                proto.dim.add(size=size)
        return self

    @property
    def data(self) -> bytes:
        return self.graph.SerializeToString()


def mobilenet() -> bytes:
    """The training graph of Keras' MobileNetV2: 5881 nodes, 9639 inputs."""
    return gzip.decompress((DATA / "MobileNetV2.pb.gz").read_bytes())


def keras(rounds: int) -> GraphMaker:
    """Layers named by kind and number, as Keras names them, with a way around every third."""
    g = GraphMaker().node("input", "Placeholder")
    last = "input"
    for number in range(rounds):
        suffix = f"_{number}" if number else ""
        around = last
        for kind, op in (("conv2d", "Conv2D"), ("batch_normalization", "Mul"), ("act", "Relu")):
            g.node(f"{kind}{suffix}/{op}", op, last).node(f"{kind}{suffix}/Neg", "Neg", last)
            last = f"{kind}{suffix}/{op}"
        if number % 3 == 2:
            g.node(f"add{suffix}/add", "Add", last, around)
            last = f"add{suffix}/add"
    return g.node("loss", "Mean", last)


def classifier() -> GraphMaker:
    """A softmax classifier on two devices with every kind of edge and icon."""
    cpu0 = "/job:localhost/replica:0/task:0/device:CPU:0"
    cpu1 = "/job:localhost/replica:0/task:0/device:CPU:1"
    g = GraphMaker()
    g.node("input/x", "Placeholder", device=cpu0, shape=(-1, 784))
    g.node("input/y", "Placeholder", device=cpu0, shape=(-1, 10))
    for layer, source, width in (("hidden", "input/x", 784), ("logits", "hidden/Relu", 32)):
        out = 32 if layer == "hidden" else 10
        where = cpu0 if layer == "hidden" else cpu1
        g.node(f"{layer}/weights", "VariableV2", device=where, shape=(width, out))
        g.node(f"{layer}/initial", "Const", device=where, shape=(width, out))
        g.node(f"{layer}/Assign", "Assign", f"{layer}/weights", f"{layer}/initial", device=where)
        g.node(
            f"{layer}/MatMul", "MatMul", source, f"{layer}/weights", device=where, shape=(-1, out)
        )
        g.node(f"{layer}/Relu", "Relu", f"{layer}/MatMul", device=cpu0, shape=(-1, out))
    g.node("cross_entropy/Softmax", "Softmax", "logits/Relu", device=cpu1, shape=(-1, 10))
    g.node("cross_entropy/Log", "Log", "cross_entropy/Softmax", device=cpu1, shape=(-1, 10))
    g.node("cross_entropy/mul", "Mul", "input/y", "cross_entropy/Log", device=cpu1, shape=(-1, 10))
    g.node("cross_entropy/Sum/axis", "Const", device=cpu1, shape=())
    inputs = ("cross_entropy/mul", "cross_entropy/Sum/axis")
    g.node("cross_entropy/Sum", "Sum", *inputs, device=cpu1, shape=())
    g.node("cross_entropy/tag", "Const", device=cpu0, shape=())
    g.node("cross_entropy/loss", "ScalarSummary", "cross_entropy/tag", "cross_entropy/Sum")
    g.node("init", "NoOp", "^hidden/Assign", "^logits/Assign")
    g.node("report", "Identity", "cross_entropy/Sum", "^init", shape=())
    return g
