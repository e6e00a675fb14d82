"""Rows of a gradient that are not zero: what the gradient of a gather is."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.tensor_shape import TensorShape


class IndexedSlices:
    """Rows `values` that belong at `indices` of a tensor of `dense_shape`, zero elsewhere.

    An index may come several times: its rows are added.
    """

    def __init__(self, values: Tensor, indices: Tensor, dense_shape: Tensor | None = None) -> None:
        self.values = values
        self.indices = indices
        self.dense_shape = dense_shape

    @property
    def dtype(self) -> dtypes.DType:
        """The element type of the rows."""
        return self.values.dtype

    @property
    def op(self) -> Operation:
        """The operation that makes the rows."""
        return self.values.op

    @property
    def name(self) -> str:
        """The name of the rows."""
        return self.values.name

    @property
    def device(self) -> str:
        """The device of the rows."""
        return self.values.device

    @property
    def graph(self) -> Any:
        """The graph that holds the tensors."""
        return self.values.graph

    @property
    def shape(self) -> TensorShape:
        """The static shape of the whole tensor."""
        from opscope.runtime.constant import constant_value_as_shape

        if self.dense_shape is None:
            return TensorShape(None)
        return constant_value_as_shape(self.dense_shape)

    def _as_tensor(self, as_ref: bool = False) -> Tensor:
        """The whole tensor; a variable would give its reference here, rows have none."""
        return self.dense()

    def dense(self, name: str | None = None) -> Tensor:
        """The whole tensor, rows added up; ValueError without a dense shape."""
        if self.dense_shape is None:
            raise ValueError(
                "Tensor conversion requested for IndexedSlices without dense_shape: "
                f"{self.values.name}"
            )
        return make_tensor(
            "UnsortedSegmentSum", self.values, self.indices, self.dense_shape[0], name=name
        )

    def __repr__(self) -> str:
        return f"IndexedSlices(indices={self.indices}, values={self.values})"
