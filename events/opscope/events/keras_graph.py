"""A Keras model's JSON as a GraphDef: one node per layer, nested models as scopes.

Both Keras 2 (inbound nodes as nested lists) and Keras 3 (`__keras_tensor__` objects with a
`keras_history`) are read.
"""

from collections.abc import Iterator
from typing import Any

from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.node_def_pb2 import NodeDef
from opscope.events.proto.types_pb2 import DataType

_DTYPES = {
    "half": "DT_HALF",
    "float16": "DT_HALF",
    "float32": "DT_FLOAT",
    "float64": "DT_DOUBLE",
    "string": "DT_STRING",
}


def keras_graph(model: dict[str, Any]) -> GraphDef:
    """The graph of a model as `Model.to_json` describes it, decoded from JSON.

    Node names begin with the model's name, as TensorBoard's do.
    """
    graph = GraphDef()
    config = model["config"]
    name = config.get("name") if isinstance(config, dict) else None
    _Scope(graph, f"{name}/" if name else "", model).add()
    return graph


def _layers(model: dict[str, Any]) -> list[dict[str, Any]]:
    config = model["config"]
    # Sequential models of the oldest form have the list itself as their configuration.
    layers = config if isinstance(config, list) else config["layers"]
    return list(layers)


def _is_model(layer: dict[str, Any]) -> bool:
    config = layer.get("config")
    return isinstance(config, dict) and isinstance(config.get("layers"), list)


def _name(layer: dict[str, Any]) -> str:
    return str(layer.get("name") or layer["config"]["name"])


def _producers(inbound: Any) -> Iterator[str]:
    """The names of the layers whose outputs an `inbound_nodes` value mentions."""
    if isinstance(inbound, dict):
        history = inbound.get("keras_history")
        if isinstance(history, list) and history:
            yield str(history[0])
            return
        for value in inbound.values():
            yield from _producers(value)
    elif isinstance(inbound, list):
        if len(inbound) >= 3 and isinstance(inbound[0], str) and isinstance(inbound[1], int):
            yield inbound[0]
            yield from _producers(inbound[3:])
            return
        for value in inbound:
            yield from _producers(value)


def _boundary(model: dict[str, Any], which: str) -> list[str]:
    """The names of a model's input or output layers."""
    config = model["config"]
    named = config.get(which) if isinstance(config, dict) else None
    if named:
        # A single [name, node, tensor] stands for a list of one.
        return list(dict.fromkeys(_producers(named)))
    layers = _layers(model)
    if not layers:
        return []
    return [_name(layers[0 if which == "input_layers" else -1])]


class _Scope:
    """One model: knows which nodes stand for each of its layers."""

    def __init__(self, graph: GraphDef, prefix: str, model: dict[str, Any]):
        self._graph = graph
        self._prefix = prefix
        self._model = model
        self._layers = {_name(layer): layer for layer in _layers(model)}

    def add(self) -> dict[str, NodeDef]:
        """Add a node for each layer; returns the nodes by layer name, nested models left out."""
        nodes: dict[str, NodeDef] = {}
        nodes_below: dict[str, dict[str, NodeDef]] = {}
        for name, layer in self._layers.items():
            if _is_model(layer):
                nodes_below[name] = self._inner(name, layer).add()
            else:
                nodes[name] = self._add_node(name, layer)
        for name, layer in self._layers.items():
            sources = [
                node for producer in self._inputs(name, layer) for node in self.outputs(producer)
            ]
            if name in nodes:
                nodes[name].input.extend(sources)
                continue
            for entry in _boundary(layer, "input_layers"):
                if entry in nodes_below[name]:
                    nodes_below[name][entry].input.extend(sources)
        return nodes

    def _inner(self, name: str, layer: dict[str, Any]) -> "_Scope":
        return _Scope(self._graph, f"{self._prefix}{name}/", layer)

    def outputs(self, name: str) -> list[str]:
        """The nodes whose values are a layer's outputs: of a nested model, its output layers."""
        layer = self._layers.get(name)
        if layer is None:
            return []
        if not _is_model(layer):
            return [self._prefix + name]
        inner = self._inner(name, layer)
        return [node for last in _boundary(layer, "output_layers") for node in inner.outputs(last)]

    def _inputs(self, name: str, layer: dict[str, Any]) -> list[str]:
        if "inbound_nodes" in layer:
            return list(dict.fromkeys(_producers(layer["inbound_nodes"])))
        before = list(self._layers)
        index = before.index(name)
        return before[index - 1 : index] if index else []

    def _add_node(self, name: str, layer: dict[str, Any]) -> NodeDef:
        node = self._graph.node.add(name=self._prefix + name, op=str(layer["class_name"]))
        node.attr["keras_class"].s = node.op.encode()
        dtype = layer["config"].get("dtype")
        if isinstance(dtype, dict):
            dtype = dtype.get("config", {}).get("name")
        if isinstance(dtype, str):
            number = _DTYPES.get(dtype, f"DT_{dtype.upper()}")
            known = DataType.DESCRIPTOR.values_by_name.get(number)
            if known is not None:
                node.attr["dtype"].type = known.number  # type: ignore[assignment]
        return node
