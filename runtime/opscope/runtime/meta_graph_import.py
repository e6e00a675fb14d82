"""`import_meta_graph`: a graph with its collections and its saver, from a file or a message."""

from __future__ import annotations

import os
from typing import Any

from google.protobuf import text_format
from google.protobuf.message import DecodeError

from opscope.events.proto.control_flow_pb2 import CondContextDef, WhileContextDef
from opscope.events.proto.meta_graph_pb2 import CollectionDef, MetaGraphDef
from opscope.events.proto.queue_runner_pb2 import QueueRunnerDef
from opscope.events.proto.saver_pb2 import SaverDef
from opscope.events.proto.variable_pb2 import VariableDef
from opscope.runtime import logging
from opscope.runtime.context_proto import branch_from_proto, loop_from_proto
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.graph_import import as_message, import_graph_def
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.meta_graph import VARIABLE_COLLECTIONS
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.saved_model.constants import ASSETS_KEY
from opscope.runtime.train.queue_runner import QueueRunner
from opscope.runtime.train.saveable import all_saveable_objects
from opscope.runtime.train.saver import Saver
from opscope.runtime.variables import Variable

_UNBOUND = "$unbound_inputs_"


def read_meta_graph(filename: str | os.PathLike[str]) -> MetaGraphDef:
    """The MetaGraphDef in a file, as bytes or as text; OSError says that there is none."""
    path = os.fspath(filename)
    with open(path, "rb") as file:
        data = file.read()
    try:
        return MetaGraphDef.FromString(data)
    except DecodeError:
        pass
    try:
        return text_format.Parse(data, MetaGraphDef())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise OSError(f"{path} is neither a MetaGraphDef nor the text of one: {error}") from None


def import_meta_graph(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    import_scope: str | None = None,
    **kwargs: Any,
) -> Saver | None:
    """Add a saved graph with its collections to the default graph; returns its saver.

    meta_graph_or_file: a MetaGraphDef of opscope or TensorFlow, or the file of one. The saver is
    that of the MetaGraphDef, else a new one if there are variables, else None.
    """
    if isinstance(meta_graph_or_file, (str, os.PathLike)):
        meta_graph = read_meta_graph(meta_graph_or_file)
    else:
        meta_graph = as_message(meta_graph_or_file, MetaGraphDef, "meta_graph_or_file")
    scope = import_scoped_meta_graph(meta_graph, clear_devices, import_scope, **kwargs)
    if meta_graph.HasField("saver_def"):
        return Saver.from_proto(meta_graph.saver_def, scope)
    return Saver() if all_saveable_objects() else None


def import_scoped_meta_graph(
    meta_graph: MetaGraphDef,
    clear_devices: bool = False,
    import_scope: str | None = None,
    input_map: dict[str, Any] | None = None,
    return_elements: Any = None,
) -> str:
    """Add a saved graph with its collections to the default graph; returns the scope it lies in.

    ValueError when the graph was exported from a scope and input_map lacks one of its open inputs.
    """
    graph_def = meta_graph.graph_def
    if clear_devices:
        for node in graph_def.node:
            node.device = ""
    unbound = {t for n in graph_def.node for t in n.input if t.startswith(_UNBOUND)}
    missing = sorted(unbound - set(input_map or {}))
    if missing:
        raise ValueError(
            f"the graph has open inputs that input_map must give: {', '.join(missing)}"
        )
    graph = get_default_graph()
    with graph.name_scope(None):
        scope = graph.unique_name(import_scope, mark_as_used=False) if import_scope else ""
        import_graph_def(
            graph_def,
            input_map,
            name=scope,
            producer_op_list=meta_graph.meta_info_def.stripped_op_list,
        )
    variables: dict[str, Variable] = {}
    for key, collection in sorted(meta_graph.collection_def.items()):
        for item in _items(graph, key, collection, scope, variables):
            graph.add_to_collection(key, item)
    return scope


def _items(
    graph: Graph,
    key: str,
    collection: CollectionDef,
    scope: str,
    variables: dict[str, Variable],
) -> list[Any]:
    kind = collection.WhichOneof("kind")
    if kind is None:
        return []
    values = getattr(collection, kind).value
    if kind == "bytes_list" and key in VARIABLE_COLLECTIONS:
        found: list[Any] = []
        for data in values:
            proto = VariableDef.FromString(data)
            if proto.variable_name not in variables:
                variables[proto.variable_name] = Variable.from_proto(proto, scope)
            found.append(variables[proto.variable_name])
        return found
    if kind == "bytes_list" and key == GraphKeys.SAVERS:
        return [Saver.from_proto(SaverDef.FromString(data), scope) for data in values]
    if kind == "bytes_list" and key == GraphKeys.QUEUE_RUNNERS:
        return [QueueRunner.from_proto(QueueRunnerDef.FromString(v), scope) for v in values]
    if kind == "bytes_list" and key == GraphKeys.WHILE_CONTEXT:
        return [loop_from_proto(graph, WhileContextDef.FromString(v), scope) for v in values]
    if kind == "bytes_list" and key == GraphKeys.COND_CONTEXT:
        return [branch_from_proto(graph, CondContextDef.FromString(v), scope) for v in values]
    if kind == "node_list":
        return [e for e in (_element(graph, key, v, scope) for v in values) if e is not None]
    if kind == "any_list":
        if key != ASSETS_KEY:  # the loader reads those
            logging.warning(f"the collection {key!r} of the meta graph is of a kind opscope lacks")
        return []
    return list(values)


def _element(graph: Graph, key: str, name: str, scope: str) -> Tensor | Operation | None:
    try:
        return graph.as_graph_element(f"{scope}/{name}" if scope else name)
    except (KeyError, ValueError) as error:
        logging.warning(f"the collection {key!r} of the meta graph names what is missing: {error}")
        return None
