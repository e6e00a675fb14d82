"""TensorInfo: name, dtype and shape of a tensor in a signature."""

from __future__ import annotations

from typing import Any

from opscope.events.proto.meta_graph_pb2 import TensorInfo
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.operation import Tensor


def build_tensor_info(tensor: Any) -> TensorInfo:
    """The TensorInfo of a tensor or a variable's value."""
    value = convert_to_tensor(tensor)
    return TensorInfo(
        name=value.name,
        dtype=value.dtype.as_datatype_enum,  # type: ignore[arg-type]
        tensor_shape=value.shape.as_proto(),
    )


def get_tensor_from_tensor_info(
    tensor_info: TensorInfo, graph: Graph | None = None, import_scope: str | None = None
) -> Tensor:
    """The tensor of a graph that a TensorInfo names; KeyError when there is none."""
    graph = graph or get_default_graph()
    prefix = f"{import_scope}/" if import_scope else ""
    return graph.get_tensor_by_name(prefix + tensor_info.name)
