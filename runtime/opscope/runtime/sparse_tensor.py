"""Tensors of which only the elements that are not zero are there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import Graph
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.tensor_shape import TensorShape


class SparseTensorValue(NamedTuple):
    """The arrays of a sparse tensor, as `Session.run` returns them and feeds take them."""

    indices: Any
    values: Any
    dense_shape: Any


class SparseTensor:
    """Elements `values[i]` at the places `indices[i]` of a tensor of `dense_shape`, else zero.

    indices: int64 [count, rank], in rising order; values: [count]; dense_shape: int64 [rank].
    """

    def __init__(self, indices: Any, values: Any, dense_shape: Any) -> None:
        """Take tensors or what converts to them; ValueError when their sizes do not fit."""
        with op_scope(None, "SparseTensor", indices, values, dense_shape):
            self.indices = convert_to_tensor(indices, dtypes.int64, name="indices")
            self.values = convert_to_tensor(values, name="values")
            self.dense_shape = convert_to_tensor(dense_shape, dtypes.int64, name="dense_shape")
        self._set_shape = TensorShape(None)
        places = self.indices.shape.with_rank(2)
        places[:1].merge_with(self.values.shape.with_rank(1))
        places[1:].merge_with(self.dense_shape.shape.with_rank(1))

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """A SparseTensor of constants."""
        return cls(*sparse_tensor_value)

    @property
    def dtype(self) -> dtypes.DType:
        """The element type."""
        return self.values.dtype

    def with_values(self, new_values: Any) -> SparseTensor:
        """A SparseTensor with other values at the same places."""
        return SparseTensor(self.indices, new_values, self.dense_shape)

    def consumers(self) -> list[Operation]:
        """The operations that take one of the three tensors."""
        parts = (self.indices, self.values, self.dense_shape)
        return list(dict.fromkeys(op for part in parts for op in part.consumers()))

    @property
    def op(self) -> Operation:
        """The operation that makes the values."""
        return self.values.op

    @property
    def graph(self) -> Graph:
        """The graph that holds the tensors."""
        return self.values.graph

    @property
    def shape(self) -> TensorShape:
        """The static shape of the whole tensor."""
        from opscope.runtime.ops.static_value import static_shape

        return static_shape(self.dense_shape).merge_with(self._set_shape)

    def set_shape(self, shape: Any) -> None:
        """Say what is known of the shape of the whole tensor; ValueError when it does not fit."""
        self._set_shape = self.shape.merge_with(shape)

    def get_shape(self) -> TensorShape:
        """The static shape of the whole tensor."""
        return self.shape

    def eval(self, feed_dict: Any = None, session: Any = None) -> SparseTensorValue:
        """The arrays in `session` or the default session."""
        from opscope.runtime.default_session import session_for

        found: SparseTensorValue = session_for(session, self.graph).run(self, feed_dict)
        return found

    def _fetch_parts(self) -> tuple[list[Tensor], Callable[[list[Any]], SparseTensorValue]]:
        parts = [self.indices, self.values, self.dense_shape]
        return parts, lambda values: SparseTensorValue(*values)

    def _feed_parts(self, value: Any) -> list[tuple[Tensor, Any]]:
        """The tensors to feed for a SparseTensorValue or a tuple of three arrays."""
        parts = (self.indices, self.values, self.dense_shape)
        return list(zip(parts, value, strict=True))

    def __repr__(self) -> str:
        return (
            f"SparseTensor(indices={self.indices}, values={self.values}, "
            f"dense_shape={self.dense_shape})"
        )
