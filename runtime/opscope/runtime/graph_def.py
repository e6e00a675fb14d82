"""Graphs as GraphDef: what TensorFlow, TensorBoard and Netron read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from opscope.events import make_tensor_proto
from opscope.events.proto.attr_value_pb2 import AttrValue, NameAttrList
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.node_def_pb2 import NodeDef
from opscope.runtime import dtypes
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.tensor_shape import TensorShape

if TYPE_CHECKING:
    from opscope.runtime.function_graph import GraphFunction

# The GraphDef version whose semantics the graphs here have: that of TensorFlow 1.15.
PRODUCER_VERSION = 134


def input_name(tensor: Tensor) -> str:
    """The name of a data input in a NodeDef: slot 0 is not written."""
    return tensor.op.name if tensor.value_index == 0 else tensor.name


def node_to_def(op: Operation, add_shapes: bool = False) -> NodeDef:
    """One operation as a NodeDef; `add_shapes` adds `_output_shapes`."""
    node = NodeDef(name=op.name, op=op.type, device=op.device)
    node.input.extend(input_name(t) for t in op.inputs)
    node.input.extend(sorted(f"^{c.name}" for c in op.control_inputs))
    for key, value in op.attrs.items():
        definition = op.definition.attrs.get(key)
        kind = definition.kind if definition else _kind_of(value)
        if value is not None:
            write_attr(node.attr[key], kind, value)
    if add_shapes and op.outputs:
        write_attr(node.attr["_output_shapes"], "list(shape)", [t.shape for t in op.outputs])
    return node


def graph_to_def(
    ops: Iterable[Operation], add_shapes: bool = False, functions: Iterable[GraphFunction] = ()
) -> GraphDef:
    """Operations in the order given as a GraphDef, with the functions they name and `functions`."""
    from opscope.runtime.function_def import functions_of

    graph = GraphDef()
    graph.versions.producer = PRODUCER_VERSION
    nodes = list(ops)
    graph.node.extend(node_to_def(op, add_shapes) for op in nodes)
    library = functions_of(nodes, functions)
    if library:
        graph.library.function.extend(library)
    return graph


def _kind_of(value: Any) -> str:
    """The kind of an attribute that no op definition names, such as `_class`."""
    if isinstance(value, AttrValue):
        return "as read"
    if isinstance(value, (list, tuple)):
        return f"list({_kind_of(value[0])})" if value else "list(string)"
    if isinstance(value, bool):
        return "bool"
    for cls, kind in (
        (int, "int"),
        (float, "float"),
        ((str, bytes), "string"),
        (dtypes.DType, "type"),
        (TensorShape, "shape"),
        ((np.ndarray, np.generic), "tensor"),
    ):
        if isinstance(value, cls):
            return kind
    raise TypeError(f"cannot write an attribute of type {type(value).__name__}")


def write_attr(attr: AttrValue, kind: str, value: Any) -> None:
    """Write one attribute of the given kind into an AttrValue."""
    if kind.startswith("list("):
        attr.list.SetInParent()
        for item in value:
            _write_item(attr.list, kind[5:-1], item)
    elif kind == "int":
        attr.i = value
    elif kind == "float":
        attr.f = value
    elif kind == "bool":
        attr.b = value
    elif kind == "string":
        attr.s = value.encode() if isinstance(value, str) else value
    elif kind == "type":
        attr.type = value.as_datatype_enum
    elif kind == "shape":
        attr.shape.CopyFrom(value.as_proto())
    elif kind == "tensor":
        attr.tensor.CopyFrom(make_tensor_proto(np.asarray(value)))
    elif kind == "func":
        if isinstance(value, NameAttrList):
            attr.func.CopyFrom(value)
        else:
            attr.func.name = value.name
    elif kind == "as read":
        attr.CopyFrom(value)
    else:
        raise TypeError(f"cannot write an attribute of kind {kind}")


def _write_item(items: Any, kind: str, value: Any) -> None:
    if kind == "int":
        items.i.append(value)
    elif kind == "float":
        items.f.append(value)
    elif kind == "bool":
        items.b.append(value)
    elif kind == "string":
        items.s.append(value.encode() if isinstance(value, str) else value)
    elif kind == "func":
        items.func.add(name=value.name)
    elif kind == "type":
        items.type.append(value.as_datatype_enum)
    elif kind == "shape":
        items.shape.append(value.as_proto())
    elif kind == "tensor":
        items.tensor.append(make_tensor_proto(np.asarray(value)))
    else:
        raise TypeError(f"cannot write a list attribute of kind {kind}")
