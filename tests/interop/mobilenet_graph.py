"""The MobileNetV2 GraphDef of the fixtures, and the same in float64."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np

GRAPH = Path(__file__).parents[1] / "data" / "graphs" / "MobileNetV2.pb.gz"


def imported(tf: Any, precise: bool = False) -> Any:
    """The graph in `tf`; `precise`: in float64, its fused batch norms written out."""
    graph_def = tf.GraphDef()
    graph_def.ParseFromString(gzip.decompress(GRAPH.read_bytes()))
    if precise:
        graph_def = in_float64(tf, graph_def)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
    return graph


def in_float64(tf: Any, graph_def: Any) -> Any:
    """Every float32 of a GraphDef as float64.

    Fused batch norms, whose statistics are float32 in every version, become the ops they stand for.
    """
    result = tf.GraphDef()
    result.versions.CopyFrom(graph_def.versions)
    renamed: dict[str, str] = {}
    with tf.Graph().as_default():
        for node in graph_def.node:
            if node.op == "FusedBatchNormV3":
                result.node.extend(_written_out(tf, node, _norm, renamed))
            elif node.op == "FusedBatchNormGradV3":
                result.node.extend(_written_out(tf, node, _norm_gradient, renamed))
            else:
                result.node.add().CopyFrom(node)
    single, double = (tf.as_dtype(t).as_datatype_enum for t in ("float32", "float64"))
    for node in result.node:
        node.input[:] = [_followed(name, renamed) for name in node.input]
        for attr in node.attr.values():
            kind = attr.WhichOneof("value")
            if kind == "type" and attr.type == single:
                attr.type = double
            elif kind == "list" and attr.list.type:
                attr.list.type[:] = [double if t == single else t for t in attr.list.type]
            elif kind == "tensor" and attr.tensor.dtype == single:
                attr.tensor.CopyFrom(_widened(attr.tensor, double))
    return result


def _followed(name: str, renamed: dict[str, str]) -> str:
    while name in renamed:
        name = renamed[name]
    return name


def _widened(tensor: Any, double: int) -> Any:
    wide = type(tensor)(dtype=double, tensor_shape=tensor.tensor_shape)
    values = tensor.float_val or np.frombuffer(tensor.tensor_content, np.float32)
    wide.double_val.extend(values)
    return wide


def _norm(tf: Any, inputs: list[Any], epsilon: float) -> tuple[Any, dict[int, Any]]:
    x, scale, offset = inputs[:3]
    count = tf.cast(tf.size(x) // tf.size(scale), tf.float32)
    mean = tf.reduce_mean(x, [0, 1, 2])
    variance = tf.reduce_mean(tf.squared_difference(x, mean), [0, 1, 2])
    unbiased = variance * (count / (count - 1))
    y = (x - mean) * (scale * tf.rsqrt(variance + epsilon))
    last = tf.add(y, offset, name="last")
    return last, {1: mean, 2: unbiased, 3: mean, 4: variance, 5: mean}


def _norm_gradient(tf: Any, inputs: list[Any], epsilon: float) -> tuple[Any, dict[int, Any]]:
    grad, x, scale, mean, variance = inputs[:5]
    count = tf.cast(tf.size(x) // tf.size(scale), tf.float32)
    inverse = tf.rsqrt(variance + epsilon)
    centered = (x - mean) * inverse
    offset_back = tf.reduce_sum(grad, [0, 1, 2])
    scale_back = tf.reduce_sum(grad * centered, [0, 1, 2])
    inner = grad - offset_back / count - centered * (scale_back / count)
    last = tf.multiply(inner, scale * inverse, name="last")
    return last, {1: scale_back, 2: offset_back}


def _written_out(tf: Any, node: Any, build: Any, renamed: dict[str, str]) -> list[Any]:
    """The nodes that `build` makes, the last of them under the name of the node they replace."""
    with tf.Graph().as_default() as graph:
        inputs = [tf.placeholder(tf.float32, name=f"input_{i}") for i in range(len(node.input))]
        last, outputs = build(tf, inputs, node.attr["epsilon"].f)
        made = {n.name: n for n in graph.as_graph_def().node}
    data = [name for name in node.input if not name.startswith("^")]
    for i, name in enumerate(data):
        renamed[f"{node.name}/written_out/input_{i}"] = name
    for slot, tensor in outputs.items():
        renamed[f"{node.name}:{slot}"] = f"{node.name}/written_out/{tensor.op.name}"
    made = {n: v for n, v in made.items() if not n.startswith("input_")}
    for item in made.values():
        item.name = f"{node.name}/written_out/{item.name}"
        item.input[:] = [f"{node.name}/written_out/{name}" for name in item.input]
    made[last.op.name].name = node.name
    return list(made.values())
