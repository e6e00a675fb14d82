"""Graphs as the bytes that an event holds."""

from typing import Any


def serialized_graph(graph: Any) -> bytes:
    """The serialized GraphDef of a GraphDef, of its bytes, or of what has `as_graph_def()`."""
    if hasattr(graph, "as_graph_def"):
        graph = graph.as_graph_def()
    if isinstance(graph, bytes):
        return graph
    if not hasattr(graph, "SerializeToString"):
        raise TypeError(
            f"a {type(graph).__name__} is no graph: give a GraphDef, its bytes, or a Graph "
            "(a torch module is traced by torch.utils.tensorboard)"
        )
    return bytes(graph.SerializeToString())
