"""SavedModels as text, in the words of TensorFlow's `saved_model_cli`, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from opscope.cli.inspect import printable
from opscope.events.proto import types_pb2
from opscope.events.proto.meta_graph_pb2 import MetaGraphDef, SignatureDef, TensorInfo
from opscope.events.proto.saved_model_pb2 import SavedModel


def tag_sets_text(model: SavedModel) -> str:
    """The tag sets, one a line."""
    lines = ["The given SavedModel contains the following tag-sets:"]
    lines += [", ".join(_tags(graph)) for graph in model.meta_graphs]
    return "".join(line + "\n" for line in lines)


def model_text(model: SavedModel) -> str:
    """Every graph with its signatures and its op types."""
    lines: list[str] = []
    for graph in model.meta_graphs:
        tags = ", ".join(_tags(graph))
        lines += ["", f"MetaGraphDef with tag-set: {tags} contains the following SignatureDefs:"]
        for key in sorted(graph.signature_def):
            lines += ["", f"signature_def['{printable(key)}']:"]
            lines += ["  " + line for line in signature_lines(graph.signature_def[key])]
        ops = ", ".join(sorted({printable(node.op) for node in graph.graph_def.node}))
        lines.append(f"The MetaGraph with tag set [{tags}] contains the following ops: {ops}")
    return "".join(line + "\n" for line in lines)


def signature_lines(signature: SignatureDef) -> Iterator[str]:
    """The inputs, the outputs and the method name of a signature."""
    yield "The given SavedModel SignatureDef contains the following input(s):"
    for key in sorted(signature.inputs):
        yield from _tensor_lines("inputs", key, signature.inputs[key])
    yield "The given SavedModel SignatureDef contains the following output(s):"
    for key in sorted(signature.outputs):
        yield from _tensor_lines("outputs", key, signature.outputs[key])
    yield f"Method name is: {printable(signature.method_name)}"


def described(graph: MetaGraphDef) -> dict[str, Any]:
    """A graph for JSON: tags, number of nodes, signatures."""
    return {
        "tags": sorted(graph.meta_info_def.tags),
        "nodes": len(graph.graph_def.node),
        "signatures": {
            key: {
                "inputs": {k: _described_tensor(t) for k, t in sorted(signature.inputs.items())},
                "outputs": {k: _described_tensor(t) for k, t in sorted(signature.outputs.items())},
                "method_name": signature.method_name,
            }
            for key, signature in sorted(graph.signature_def.items())
        },
    }


def _tags(graph: MetaGraphDef) -> list[str]:
    return [f"'{printable(tag)}'" for tag in sorted(graph.meta_info_def.tags)]


def _dtype(info: TensorInfo) -> str:
    known = types_pb2.DataType.DESCRIPTOR.values_by_number
    return known[info.dtype].name if info.dtype in known else f"data type {info.dtype}"


def _shape(info: TensorInfo) -> list[int] | None:
    if info.tensor_shape.unknown_rank:
        return None
    return [dim.size for dim in info.tensor_shape.dim]


def _tensor_lines(group: str, key: str, info: TensorInfo) -> Iterator[str]:
    shape = _shape(info)
    text = "unknown_rank" if shape is None else f"({', '.join(map(str, shape))})"
    yield f"  {group}['{printable(key)}'] tensor_info:"
    yield f"      dtype: {_dtype(info)}"
    yield f"      shape: {text}"
    yield f"      name: {printable(info.name)}"


def _described_tensor(info: TensorInfo) -> dict[str, Any]:
    return {"name": info.name, "dtype": _dtype(info), "shape": _shape(info)}
