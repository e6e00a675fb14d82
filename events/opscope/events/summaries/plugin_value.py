"""Summary values whose meaning a plugin of TensorBoard knows."""

from typing import Any

import numpy.typing as npt

from opscope.events.proto.summary_pb2 import Summary, SummaryMetadata
from opscope.events.tensor_proto import make_tensor_proto


def plugin_value(
    tag: str, plugin: str, content: bytes = b"", array: npt.NDArray[Any] | None = None
) -> Summary.Value:
    """A value of a tag that names its plugin: a tensor, or only the plugin's content."""
    data = SummaryMetadata.PluginData(plugin_name=plugin, content=content)
    value = Summary.Value(tag=tag, metadata=SummaryMetadata(plugin_data=data))
    if array is not None:
        value.tensor.CopyFrom(make_tensor_proto(array))
    return value
