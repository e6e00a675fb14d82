"""What one Event message, decoded by protobuf, says."""

import struct

from google.protobuf.message import DecodeError

from opscope.events.error import TensorProtoError
from opscope.events.proto import types_pb2
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.summary_pb2 import Summary, SummaryMetadata
from opscope.events.proto.tensor_pb2 import TensorProto
from opscope.events.series import Plugin
from opscope.events.tensor_proto import make_ndarray

_FLOAT = struct.Struct("<f")


def event_of(data: bytes) -> Event | None:
    """The event in the data of a record; None where it holds none."""
    try:
        return Event.FromString(data)
    except DecodeError:
        return None


def plugin_of(metadata: SummaryMetadata) -> Plugin:
    """The plugin that a value names, with what it says of the tag."""
    plugin = metadata.plugin_data
    return Plugin(
        plugin.plugin_name, plugin.content, metadata.display_name, metadata.summary_description
    )


def scalar_value(tensor: TensorProto) -> float:
    """The number in a tensor of one element; TensorProtoError for anything else."""
    if tensor.dtype == types_pb2.DT_FLOAT:
        if len(tensor.float_val) == 1:
            return tensor.float_val[0]
        if len(tensor.tensor_content) == 4:
            value: float = _FLOAT.unpack(tensor.tensor_content)[0]
            return value
    array = make_ndarray(tensor)
    if array.size != 1 or array.dtype.kind in "Oc":
        raise TensorProtoError(f"a scalar summary holds {array.dtype} of shape {array.shape}")
    return float(array.reshape(())[()])


def number_of(value: Summary.Value) -> float | None:
    """The number that a value holds in either format; None where it holds something else."""
    field = value.WhichOneof("value")
    if field == "simple_value":
        return value.simple_value
    if field != "tensor":
        return None
    try:
        return scalar_value(value.tensor)
    except TensorProtoError:
        return None
