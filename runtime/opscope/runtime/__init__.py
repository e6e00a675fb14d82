"""TensorFlow 1's graph language on NumPy and CuPy: `import opscope.runtime as tf`."""

from opscope.events.proto.config_pb2 import (
    ConfigProto,
    GPUOptions,
    GraphOptions,
    OptimizerOptions,
    RunMetadata,
    RunOptions,
)
from opscope.events.proto.event_pb2 import Event, SessionLog
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.meta_graph_pb2 import MetaGraphDef
from opscope.events.proto.node_def_pb2 import NodeDef
from opscope.events.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata
from opscope.runtime import dtypes, errors, ops
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.device_spec import DeviceSpec
from opscope.runtime.dtypes import (
    DType,
    as_dtype,
    bfloat16,
    bool,  # noqa: A004 - TensorFlow's name
    complex64,
    complex128,
    double,
    float16,
    float32,
    float64,
    half,
    int8,
    int16,
    int32,
    int64,
    resource,
    string,
    uint8,
    uint16,
    uint32,
    uint64,
    variant,
)
from opscope.runtime.graph import Graph, get_default_graph, reset_default_graph
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import identity, no_op, placeholder, placeholder_with_default
from opscope.runtime.scopes import (
    add_to_collection,
    add_to_collections,
    colocate_with,
    control_dependencies,
    device,
    get_collection,
    get_collection_ref,
    name_scope,
    set_random_seed,
)
from opscope.runtime.session import InteractiveSession, Session, get_default_session
from opscope.runtime.tensor_shape import Dimension, TensorShape

__all__ = [
    "ConfigProto",
    "DType",
    "DeviceSpec",
    "Dimension",
    "Event",
    "GPUOptions",
    "Graph",
    "GraphDef",
    "GraphOptions",
    "HistogramProto",
    "InteractiveSession",
    "MetaGraphDef",
    "NodeDef",
    "Operation",
    "OptimizerOptions",
    "RunMetadata",
    "RunOptions",
    "Session",
    "SessionLog",
    "Summary",
    "SummaryMetadata",
    "Tensor",
    "TensorShape",
    "add_to_collection",
    "add_to_collections",
    "as_dtype",
    "bfloat16",
    "bool",
    "colocate_with",
    "complex64",
    "complex128",
    "constant",
    "control_dependencies",
    "convert_to_tensor",
    "device",
    "double",
    "dtypes",
    "errors",
    "float16",
    "float32",
    "float64",
    "get_collection",
    "get_collection_ref",
    "get_default_graph",
    "get_default_session",
    "half",
    "identity",
    "int8",
    "int16",
    "int32",
    "int64",
    "name_scope",
    "no_op",
    "ops",
    "placeholder",
    "placeholder_with_default",
    "reset_default_graph",
    "resource",
    "set_random_seed",
    "string",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "variant",
]
