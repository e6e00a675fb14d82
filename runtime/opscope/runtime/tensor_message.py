"""`tf.make_tensor_proto` and `tf.make_ndarray`: values as TensorProto messages, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.events import make_ndarray as array_of
from opscope.events import make_tensor_proto as message_of
from opscope.events.proto.tensor_pb2 import TensorProto
from opscope.runtime import dtypes
from opscope.runtime.constant import Array, as_array, constant_value
from opscope.runtime.graph_import import as_message
from opscope.runtime.operation import Tensor
from opscope.runtime.tensor_shape import as_shape


def make_tensor_proto(
    values: Any,
    dtype: Any = None,
    shape: Any = None,
    verify_shape: bool = False,
    allow_broadcast: bool = False,
) -> TensorProto:
    """A value as a message, of the dtype that a constant of it would have.

    shape: what the value is reshaped to; with allow_broadcast one value is repeated. TypeError for
    another shape where verify_shape is set, ValueError when the values do not fit the shape.
    """
    if isinstance(values, TensorProto):
        return values
    array = as_array(values, None if dtype is None else dtypes.as_dtype(dtype))
    if shape is not None:
        sizes = tuple(int(d) for d in as_shape(shape).known_rank() if d is not None)
        if verify_shape and array.shape != sizes:
            raise TypeError(f"Expected Tensor's shape: {sizes}, got {array.shape}.")
        if array.size == 1 and allow_broadcast:
            array = np.broadcast_to(array.reshape(()), sizes)
        array = array.reshape(sizes)
    return message_of(array, None if dtype is None else dtypes.as_dtype(dtype).as_datatype_enum)


def make_ndarray(tensor: Any) -> Array:
    """The array of a TensorProto, ours or TensorFlow's."""
    made: Array = array_of(as_message(tensor, TensorProto, "tensor"))
    return made


def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """The value of a tensor where it follows from constants, else None.

    partial: for stacked tensors, the array with None for those whose value is not known.
    """
    known = constant_value(tensor)
    if known is not None or not partial or not isinstance(tensor, Tensor):
        return known
    if tensor.op.type != "Pack" or not all(t.shape.ndims == 0 for t in tensor.op.inputs):
        return None
    return np.array([constant_value(t) for t in tensor.op.inputs], object)
