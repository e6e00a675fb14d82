"""A graph with its collections as MetaGraphDef, and as the file of one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from google.protobuf import text_format

from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.meta_graph_pb2 import CollectionDef, MetaGraphDef
from opscope.events.proto.node_def_pb2 import NodeDef
from opscope.events.proto.saver_pb2 import SaverDef
from opscope.runtime.checkpoint.checkpoint_state import write_whole
from opscope.runtime.context_proto import context_to_proto
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.graph_import import as_message
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.op_def import OPS
from opscope.runtime.operation import Operation, Tensor

# The collections that TensorFlow writes as VariableDef and reads back as variables.
VARIABLE_COLLECTIONS = frozenset(
    {
        GraphKeys.GLOBAL_VARIABLES,
        GraphKeys.LOCAL_VARIABLES,
        GraphKeys.METRIC_VARIABLES,
        GraphKeys.MODEL_VARIABLES,
        GraphKeys.TRAINABLE_VARIABLES,
        GraphKeys.MOVING_AVERAGE_VARIABLES,
        GraphKeys.GLOBAL_STEP,
    }
)


def create_meta_graph_def(
    graph_def: GraphDef | None = None,
    graph: Graph | None = None,
    saver_def: SaverDef | None = None,
    collection_list: Iterable[str] | None = None,
    export_scope: str | None = None,
) -> MetaGraphDef:
    """The graph and those of its collections that hold variables, tensors, numbers or strings.

    export_scope: only what lies in that name scope, without its prefix.
    """
    graph = graph or get_default_graph()
    prefix = f"{export_scope.rstrip('/')}/" if export_scope else ""
    meta_graph = MetaGraphDef()
    meta_graph.graph_def.CopyFrom(graph_def or graph.as_graph_def(add_shapes=True))
    if prefix:
        _keep_scope(meta_graph.graph_def, prefix)
    if saver_def is not None:
        meta_graph.saver_def.CopyFrom(saver_def)
    keys = graph.get_all_collection_keys() if collection_list is None else collection_list
    for key in keys:
        if isinstance(key, str) and not key.startswith("__"):
            items = [i for i in graph.get_collection(key) if not prefix or _lies_in(i, prefix)]
            collection = _collection(key, items, prefix) if items else None
            if collection is not None:
                meta_graph.collection_def[key].CopyFrom(collection)
    return meta_graph


def _lies_in(item: Any, prefix: str) -> bool:
    return getattr(item, "name", "").startswith(prefix)


def _keep_scope(graph_def: GraphDef, prefix: str) -> None:
    """Leave only the nodes of a scope, and take the prefix off all names.

    An input from outside of the scope becomes an input `$unbound_inputs_NAME`, as in TensorFlow.
    """
    kept = [n for n in graph_def.node if n.name.startswith(prefix)]
    nodes: list[NodeDef] = []
    for node in kept:
        copy = NodeDef()
        copy.CopyFrom(node)
        copy.name = node.name.removeprefix(prefix)
        del copy.input[:]
        for text in node.input:
            control, name = ("^", text[1:]) if text.startswith("^") else ("", text)
            if name.startswith(prefix):
                copy.input.append(control + name.removeprefix(prefix))
            elif not control:
                copy.input.append(f"$unbound_inputs_{name}")
        if "_class" in copy.attr:
            groups = copy.attr["_class"].list.s
            inside = [
                f"loc:@{g.decode()[5:].removeprefix(prefix)}".encode()
                for g in groups
                if g.decode()[5:].startswith(prefix)
            ]
            del copy.attr["_class"]
            if inside:
                copy.attr["_class"].list.s.extend(inside)
        nodes.append(copy)
    del graph_def.node[:]
    graph_def.node.extend(nodes)


def _collection(key: str, items: list[Any], prefix: str) -> CollectionDef | None:
    made = CollectionDef()
    if key in (GraphKeys.COND_CONTEXT, GraphKeys.WHILE_CONTEXT):
        # A scope alone has no use for them: what they name may lie outside of it.
        for item in [] if prefix else items:
            proto = context_to_proto(item)
            made.bytes_list.value.append(proto.SerializeToString(deterministic=True))
    elif all(hasattr(i, "to_proto") for i in items) and not _only_names(key):
        for proto in (i.to_proto() for i in items):
            if proto is not None:
                _take_off(proto, prefix)
                made.bytes_list.value.append(proto.SerializeToString())
    elif all(isinstance(i, (Tensor, Operation)) or hasattr(i, "to_proto") for i in items):
        made.node_list.value.extend(i.name.removeprefix(prefix) for i in items)
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


def _take_off(proto: Any, prefix: str) -> None:
    """Take the prefix off the names in a VariableDef, SaverDef, ..."""
    if prefix:
        for field, value in proto.ListFields():
            if isinstance(value, str):
                setattr(proto, field.name, value.removeprefix(prefix))
            elif field.type == field.TYPE_STRING:
                value[:] = [name.removeprefix(prefix) for name in value]


def _only_names(key: str) -> bool:
    """True for the user's own collections: no reader would know a VariableDef there."""
    known = VARIABLE_COLLECTIONS | {
        GraphKeys.SAVERS,
        GraphKeys.QUEUE_RUNNERS,
        GraphKeys.COND_CONTEXT,
        GraphKeys.WHILE_CONTEXT,
    }
    return key not in known


def export_meta_graph(
    filename: str | os.PathLike[str] | None = None,
    meta_info_def: Any = None,
    graph_def: Any = None,
    saver_def: Any = None,
    collection_list: Sequence[str] | None = None,
    as_text: bool = False,
    graph: Graph | None = None,
    export_scope: str | None = None,
    clear_devices: bool = False,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    save_debug_info: bool = False,
) -> MetaGraphDef:
    """The graph (by default the default one) as a MetaGraphDef, also written to `filename`.

    saver_def says which ops save and restore. clear_devices leaves out where ops shall run,
    clear_extraneous_savers the savers but that of saver_def, strip_default_attrs attributes at
    their default, so that older programs can read the graph.
    """
    proto = None if graph_def is None else as_message(graph_def, GraphDef, "graph_def")
    saver = None if saver_def is None else as_message(saver_def, SaverDef, "saver_def")
    made = create_meta_graph_def(proto, graph, saver, collection_list, export_scope)
    if meta_info_def is not None:
        made.meta_info_def.ParseFromString(meta_info_def.SerializeToString())
    if clear_devices:
        for node in made.graph_def.node:
            node.device = ""
    if clear_extraneous_savers:
        _clear_other_savers(made)
    if strip_default_attrs:
        _strip_default_attrs(made)
    if filename is not None:
        write_meta_graph(made, filename, as_text)
    return made


def write_meta_graph(
    meta_graph: MetaGraphDef, filename: str | os.PathLike[str], as_text: bool
) -> None:
    """Write a MetaGraphDef in one rename, as text or as bytes."""
    data = (
        text_format.MessageToString(meta_graph).encode()
        if as_text
        else meta_graph.SerializeToString()
    )
    write_whole(os.fspath(filename), data)


def _clear_other_savers(meta_graph: MetaGraphDef) -> None:
    meta_graph.collection_def.pop(GraphKeys.SAVERS, None)
    if not meta_graph.HasField("saver_def"):
        return
    mine = meta_graph.saver_def.restore_op_name.rpartition("/")[0]
    scopes = {n.name.rpartition("/")[0] for n in meta_graph.graph_def.node if n.op == "SaveV2"} - {
        mine,
        "",
    }
    kept = [
        n for n in meta_graph.graph_def.node if not any(n.name.startswith(s + "/") for s in scopes)
    ]
    nodes = [NodeDef.FromString(n.SerializeToString()) for n in kept]
    del meta_graph.graph_def.node[:]
    meta_graph.graph_def.node.extend(nodes)


def _strip_default_attrs(meta_graph: MetaGraphDef) -> None:
    from opscope.runtime.attr_value import read_attr

    for node in meta_graph.graph_def.node:
        for key, attr in OPS[node.op].attrs.items() if node.op in OPS else ():
            if key in node.attr and read_attr(node.op, attr, node.attr[key]) == attr.default:
                del node.attr[key]
    meta_graph.meta_info_def.stripped_default_attrs = True
