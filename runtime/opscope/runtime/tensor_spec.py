"""Descriptions of tensors that are not there yet: dtype, shape, name."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.operation import Tensor
from opscope.runtime.sparse_tensor import SparseTensor, SparseTensorValue
from opscope.runtime.tensor_shape import TensorShape, as_shape


class TypeSpec:
    """What descriptions share: dtype and shape, and equality by them."""

    def __init__(self, shape: Any = None, dtype: Any = dtypes.float32) -> None:
        self.shape: TensorShape = as_shape(shape)
        self.dtype: dtypes.DType = dtypes.as_dtype(dtype)

    @property
    def value_type(self) -> type:
        """The class of what is described."""
        raise NotImplementedError

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """True when a tensor, or all that another description allows, fits this one."""
        if not isinstance(spec_or_value, (type(self), self.value_type)):
            return False
        other: Any = spec_or_value
        return self.dtype.is_compatible_with(other.dtype) and self.shape.is_compatible_with(
            other.shape
        )

    def _key(self) -> tuple[Any, ...]:
        return type(self), self.shape.sizes, self.dtype

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypeSpec) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


class TensorSpec(TypeSpec):
    """The dtype, the shape and perhaps the name of a tensor."""

    def __init__(self, shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> None:
        super().__init__(shape, dtype)
        self.name = name

    @property
    def value_type(self) -> type:
        """Tensor."""
        return Tensor

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> TensorSpec:
        """A description of the same shape and dtype, of another name where one is given."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    @classmethod
    def from_tensor(cls, tensor: Tensor, name: str | None = None) -> TensorSpec:
        """The description of a tensor, by the name of its op."""
        return cls(tensor.shape, tensor.dtype, name or tensor.op.name)

    def _key(self) -> tuple[Any, ...]:
        return (*super()._key(), self.name)

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self.shape}, dtype={self.dtype!r}, name={self.name!r})"


class SparseTensorSpec(TypeSpec):
    """The dtype and the dense shape of a sparse tensor."""

    @property
    def value_type(self) -> type:
        """SparseTensor."""
        return SparseTensor

    def __repr__(self) -> str:
        return f"SparseTensorSpec({self.shape}, {self.dtype!r})"


def type_spec_from_value(value: Any) -> TypeSpec:
    """The description of a tensor, of a sparse tensor, or of what becomes one.

    TypeError for anything else.
    """
    if isinstance(value, SparseTensorValue):
        value = SparseTensor.from_value(value)
    if isinstance(value, SparseTensor):
        return SparseTensorSpec(value.shape, value.dtype)
    if isinstance(value, Tensor):
        return TensorSpec(value.shape, value.dtype)
    if hasattr(value, "_as_tensor"):
        return TensorSpec(value.shape, value.dtype)
    if isinstance(value, TypeSpec):
        raise TypeError(f"Could not build a TypeSpec for {value!r}: it is one")
    from opscope.runtime.constant import as_array

    array = as_array(value)
    kind = dtypes.string if array.dtype == object else dtypes.as_dtype(array.dtype)
    return TensorSpec(array.shape, kind)
