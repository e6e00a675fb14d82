"""A graph with its collections as MetaGraphDef."""

from __future__ import annotations

from typing import Any

from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.meta_graph_pb2 import CollectionDef, MetaGraphDef
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.operation import Operation, Tensor


def create_meta_graph_def(
    graph_def: GraphDef | None = None, graph: Graph | None = None
) -> MetaGraphDef:
    """The graph and those of its collections that hold variables, tensors, numbers or strings."""
    graph = graph or get_default_graph()
    meta_graph = MetaGraphDef()
    meta_graph.graph_def.CopyFrom(graph_def or graph.as_graph_def(add_shapes=True))
    for key in graph.get_all_collection_keys():
        if isinstance(key, str) and not key.startswith("__"):
            collection = _collection(graph.get_collection(key))
            if collection is not None:
                meta_graph.collection_def[key].CopyFrom(collection)
    return meta_graph


def _collection(items: list[Any]) -> CollectionDef | None:
    made = CollectionDef()
    if all(hasattr(i, "to_proto") for i in items):
        made.bytes_list.value.extend(i.to_proto().SerializeToString() for i in items)
    elif all(isinstance(i, (Tensor, Operation)) for i in items):
        made.node_list.value.extend(i.name for i in items)
    elif all(isinstance(i, str) for i in items):
        made.bytes_list.value.extend(i.encode() for i in items)
    elif all(isinstance(i, bytes) for i in items):
        made.bytes_list.value.extend(items)
    elif all(isinstance(i, int) for i in items):
        made.int64_list.value.extend(items)
    elif all(isinstance(i, float) for i in items):
        made.float_list.value.extend(items)
    else:
        return None
    return made
