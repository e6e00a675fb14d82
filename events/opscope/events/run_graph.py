"""GraphDefs out of what a run holds instead: meta graphs, run metadata, Keras models."""

import json

from google.protobuf.message import DecodeError

from opscope.events.error import LogdirError
from opscope.events.keras_graph import keras_graph
from opscope.events.merged_graph import merge_functions, merge_partitions
from opscope.events.proto.config_pb2 import RunMetadata
from opscope.events.wire import fields

_META_GRAPH_DEF_GRAPH = 2


def graph_of_meta_graph(meta_graph: bytes) -> bytes:
    """The GraphDef inside a serialized MetaGraphDef, which is not decoded for it."""
    try:
        for number, value in fields(meta_graph):
            if number == _META_GRAPH_DEF_GRAPH and isinstance(value, bytes):
                return value
    except ValueError as error:
        raise LogdirError(f"the meta graph is damaged: {error}") from error
    raise LogdirError("the meta graph holds no graph")


def graph_of_run_metadata(run_metadata: bytes) -> bytes:
    """One GraphDef with the functions' or partitions' graphs of a serialized RunMetadata."""
    try:
        metadata = RunMetadata.FromString(run_metadata)
    except DecodeError as error:
        raise LogdirError(f"the run metadata is damaged: {error}") from error
    if metadata.function_graphs:
        graph = merge_functions([each.pre_optimization_graph for each in metadata.function_graphs])
    elif metadata.partition_graphs:
        graph = merge_partitions(list(metadata.partition_graphs))
    else:
        raise LogdirError("the run metadata holds no graph")
    return graph.SerializeToString(deterministic=True)


def graph_of_keras_model(model: bytes) -> bytes:
    """The conceptual GraphDef of a Keras model's JSON."""
    try:
        return keras_graph(json.loads(model)).SerializeToString(deterministic=True)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise LogdirError(f"the Keras model is not of a known form: {error!r}") from error
