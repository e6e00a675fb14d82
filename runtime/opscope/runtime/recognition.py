"""What a Python value is to the graph: a tensor, a sparse tensor, a known value, a size."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.indexed_slices import IndexedSlices
from opscope.runtime.operation import Tensor
from opscope.runtime.sparse_tensor import SparseTensor, SparseTensorValue
from opscope.runtime.tensor_shape import Dimension, TensorShape


def is_tensor(x: Any) -> bool:
    """True for what the graph takes as a tensor: tensors, sparse tensors, slices, variables."""
    kinds = (Tensor, SparseTensor, IndexedSlices)
    return isinstance(x, kinds) or hasattr(x, "_as_tensor")


def is_symbolic_tensor(tensor: Any) -> bool:
    """True for a tensor of a graph."""
    return isinstance(tensor, Tensor)


def is_numeric_tensor(tensor: Any) -> bool:
    """True for a tensor of numbers."""
    if not isinstance(tensor, Tensor):
        return False
    kind = tensor.dtype
    return kind.is_floating or kind.is_integer or kind.is_complex


def convert_to_tensor_or_sparse_tensor(
    value: Any, dtype: Any = None, name: str | None = None
) -> Tensor | SparseTensor:
    """A sparse tensor as it is (its arrays as a new one), all else as a tensor."""
    if isinstance(value, SparseTensorValue):
        value = SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        return convert_to_tensor(value, dtype, name)
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    if wanted is not None and not wanted.is_compatible_with(value.dtype):
        raise RuntimeError(
            f"Sparse dtype mismatch. Requested: {wanted.name},  Actual: {value.dtype.name}"
        )
    return value


def convert_to_tensor_or_indexed_slices(
    value: Any, dtype: Any = None, name: str | None = None
) -> Tensor | IndexedSlices:
    """Indexed slices as they are, all else as a tensor; ValueError when the dtype differs."""
    if not isinstance(value, IndexedSlices):
        return convert_to_tensor(value, dtype, name)
    if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
        raise ValueError(
            f"Tensor conversion requested dtype {dtypes.as_dtype(dtype).name} for tensor with "
            f"dtype {value.dtype.name}: {value!r}"
        )
    return value


def dimension_value(dimension: Any) -> int | None:
    """The size that a Dimension stands for; an int or None as it is."""
    return dimension.value if isinstance(dimension, Dimension) else dimension


def dimension_at_index(shape: TensorShape, index: int) -> Dimension:
    """The size of one axis; unknown when the rank is."""
    return Dimension(None) if shape.dims is None else shape.dims[index]


def executing_eagerly() -> bool:
    """False: ops are added to graphs here."""
    return False


def init_scope() -> Any:
    """A block outside of name scopes and control dependencies, where variables are made."""
    return get_default_graph().control_dependencies(None)
