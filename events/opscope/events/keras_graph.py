"""A Keras model's JSON as a GraphDef: one node per layer, nested models as scopes.

Both Keras 2 (inbound nodes as nested lists) and Keras 3 (`__keras_tensor__` objects with a
`keras_history`) are read.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

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


class _Output(NamedTuple):
    """Output number `slot` of a layer."""

    layer: str
    slot: int


def _number(history: list[Any], at: int) -> int:
    """A number of a history; what is none counts as 0."""
    return history[at] if at < len(history) and isinstance(history[at], int) else 0


def _producers(inbound: Any) -> Iterator[_Output]:
    """The outputs of layers that an `inbound_nodes` value mentions, each as often as it does."""
    if isinstance(inbound, dict):
        history = inbound.get("keras_history")
        if isinstance(history, list) and history:
            yield _Output(str(history[0]), _number(history, 2))
            return
        for value in inbound.values():
            yield from _producers(value)
    elif isinstance(inbound, list):
        if len(inbound) >= 3 and isinstance(inbound[0], str) and isinstance(inbound[1], int):
            yield _Output(inbound[0], _number(inbound, 2))
            yield from _producers(inbound[3:])
            return
        for value in inbound:
            yield from _producers(value)


def _boundary(model: dict[str, Any], which: str) -> list[_Output]:
    """A model's input or output layers."""
    config = model["config"]
    named = config.get(which) if isinstance(config, dict) else None
    if named:
        # A single [name, node, tensor] stands for a list of one.
        return list(_producers(named))
    layers = _layers(model)
    if not layers:
        return []
    return [_Output(_name(layers[0 if which == "input_layers" else -1]), 0)]


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
            inputs = self._inputs(name, layer)
            if name in nodes:
                nodes[name].input.extend(self._sources(inputs))
                continue
            entries = _boundary(layer, "input_layers")
            # One input goes to each entry, as far as there are as many; else all go to all.
            one_each = len(inputs) == len(entries)
            for at, entry in enumerate(entries):
                if entry.layer in nodes_below[name]:
                    read = inputs[at : at + 1] if one_each else inputs
                    nodes_below[name][entry.layer].input.extend(self._sources(read))
        return nodes

    def _inner(self, name: str, layer: dict[str, Any]) -> "_Scope":
        return _Scope(self._graph, f"{self._prefix}{name}/", layer)

    def _sources(self, outputs: list[_Output]) -> list[str]:
        return [source for output in outputs for source in self.outputs(output)]

    def outputs(self, output: _Output) -> list[str]:
        """What gives an output of a layer: of a nested model that one of its output layers."""
        layer = self._layers.get(output.layer)
        if layer is None:
            return []
        if not _is_model(layer):
            name = self._prefix + output.layer
            return [f"{name}:{output.slot}" if output.slot else name]
        inner = self._inner(output.layer, layer)
        last = _boundary(layer, "output_layers")
        return inner.outputs(last[output.slot]) if 0 <= output.slot < len(last) else []

    def _inputs(self, name: str, layer: dict[str, Any]) -> list[_Output]:
        if "inbound_nodes" in layer:
            return list(_producers(layer["inbound_nodes"]))
        before = list(self._layers)
        index = before.index(name)
        return [_Output(each, 0) for each in before[index - 1 : index]] if index else []

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
