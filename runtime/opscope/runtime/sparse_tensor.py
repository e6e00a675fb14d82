"""SparseTensor: a tensor given by the places and values of the elements that are not empty."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from opscope.runtime import dtypes
from opscope.runtime.constant import constant_value_as_shape, convert_to_tensor
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.tensor_shape import TensorShape


class SparseTensorValue(NamedTuple):
    """The value of a SparseTensor, as `Session.run` returns it."""

    indices: Any
    values: Any
    dense_shape: Any


class SparseTensor:
    """indices: int64 [n, rank], in row-major order; values: [n]; dense_shape: int64 [rank]."""

    def __init__(self, indices: Any, values: Any, dense_shape: Any) -> None:
        self.indices: Tensor = convert_to_tensor(indices, dtypes.int64, name="indices")
        self.values: Tensor = convert_to_tensor(values, name="values")
        self.dense_shape: Tensor = convert_to_tensor(dense_shape, dtypes.int64, name="shape")
        self.indices.shape.with_rank(2)
        self.values.shape.with_rank(1)
        self.dense_shape.shape.with_rank(1)

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """A SparseTensor of constants."""
        return cls(*sparse_tensor_value)

    @property
    def dtype(self) -> dtypes.DType:
        """The element type."""
        return self.values.dtype

    @property
    def shape(self) -> TensorShape:
        """The static shape of the whole tensor."""
        return constant_value_as_shape(self.dense_shape)

    def get_shape(self) -> TensorShape:
        """The static shape of the whole tensor."""
        return self.shape

    @property
    def op(self) -> Operation:
        """The operation that makes the values."""
        return self.values.op

    @property
    def graph(self) -> Any:
        """The graph that holds the tensors."""
        return self.values.graph

    def eval(self, feed_dict: Any = None, session: Any = None) -> SparseTensorValue:
        """Compute the value in `session` or the default session."""
        from opscope.runtime.session import session_for

        found: SparseTensorValue = session_for(session, self.graph).run(self, feed_dict)
        return found

    def _fetch_parts(self) -> tuple[list[Tensor], Callable[[list[Any]], SparseTensorValue]]:
        parts = [self.indices, self.values, self.dense_shape]
        return parts, lambda values: SparseTensorValue(*values)

    def __repr__(self) -> str:
        return (
            f"SparseTensor(indices={self.indices}, values={self.values}, "
            f"dense_shape={self.dense_shape})"
        )
