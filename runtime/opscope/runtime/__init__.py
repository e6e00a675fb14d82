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
from opscope.runtime import dtypes, errors, initializers, logging, ops, summary, train
from opscope.runtime.clip_ops import (
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    global_norm,
)
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
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.group import group, tuple  # noqa: A004 - TensorFlow's name
from opscope.runtime.initializers import Constant as constant_initializer  # noqa: N813
from opscope.runtime.initializers import Ones as ones_initializer  # noqa: N813
from opscope.runtime.initializers import RandomNormal as random_normal_initializer  # noqa: N813
from opscope.runtime.initializers import RandomUniform as random_uniform_initializer  # noqa: N813
from opscope.runtime.initializers import TruncatedNormal as truncated_normal_initializer  # noqa: N813
from opscope.runtime.initializers import VarianceScaling as variance_scaling_initializer  # noqa: N813
from opscope.runtime.initializers import Zeros as zeros_initializer  # noqa: N813
from opscope.runtime.initializers import glorot_normal as glorot_normal_initializer
from opscope.runtime.initializers import glorot_uniform as glorot_uniform_initializer
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
from opscope.runtime.uninitialized import report_uninitialized_variables
from opscope.runtime.variable_scope import (
    AUTO_REUSE,
    VariableScope,
    get_local_variable,
    get_variable,
    get_variable_scope,
    variable_scope,
)
from opscope.runtime.variables import (
    Variable,
    assign,
    assign_add,
    assign_sub,
    global_variables,
    global_variables_initializer,
    is_variable_initialized,
    local_variables,
    local_variables_initializer,
    model_variables,
    moving_average_variables,
    trainable_variables,
    variables_initializer,
)

__all__ = [
    "AUTO_REUSE",
    "ConfigProto",
    "DType",
    "DeviceSpec",
    "Dimension",
    "Event",
    "GPUOptions",
    "Graph",
    "GraphDef",
    "GraphKeys",
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
    "Variable",
    "VariableScope",
    "add_to_collection",
    "add_to_collections",
    "as_dtype",
    "assign",
    "assign_add",
    "assign_sub",
    "bfloat16",
    "bool",
    "clip_by_global_norm",
    "clip_by_norm",
    "clip_by_value",
    "colocate_with",
    "complex64",
    "complex128",
    "constant",
    "constant_initializer",
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
    "get_local_variable",
    "get_variable",
    "get_variable_scope",
    "global_norm",
    "global_variables",
    "global_variables_initializer",
    "glorot_normal_initializer",
    "glorot_uniform_initializer",
    "group",
    "half",
    "identity",
    "initializers",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_variable_initialized",
    "local_variables",
    "local_variables_initializer",
    "logging",
    "model_variables",
    "moving_average_variables",
    "name_scope",
    "no_op",
    "ones_initializer",
    "ops",
    "placeholder",
    "placeholder_with_default",
    "random_normal_initializer",
    "random_uniform_initializer",
    "report_uninitialized_variables",
    "reset_default_graph",
    "resource",
    "set_random_seed",
    "string",
    "summary",
    "train",
    "trainable_variables",
    "truncated_normal_initializer",
    "tuple",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "variable_scope",
    "variables_initializer",
    "variance_scaling_initializer",
    "variant",
    "zeros_initializer",
]
