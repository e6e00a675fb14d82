"""The types and shapes of elements, and how transformations change them."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import constant, constant_value_as_shape, convert_to_tensor
from opscope.runtime.data.structure import flatten, flatten_as, map_structure, pack_as
from opscope.runtime.graph import get_default_graph
from opscope.runtime.operation import Tensor
from opscope.runtime.tensor_shape import TensorShape


def components_of(tensors: Any) -> Any:
    """The tensors of an element, named as TensorFlow names them."""
    leaves = flatten(tensors)
    with get_default_graph().name_scope("normalize_element"):
        made = [convert_to_tensor(t, name=f"component_{i}") for i, t in enumerate(leaves)]
    return pack_as(tensors, made)


def spec_of(components: Any) -> tuple[Any, Any]:
    """The dtypes and the shapes of an element, in its structure."""
    types = map_structure(lambda t: t.dtype.base_dtype, components)
    return types, map_structure(lambda t: t.shape, components)


def batch_rows(batch_size: Any, drop_remainder: Any) -> TensorShape:
    """The leading size of a batch: known only when no smaller batch can come."""
    known = isinstance(batch_size, int) and drop_remainder is True
    return TensorShape([batch_size if known else None])


def padded_shape(shape: Any) -> TensorShape:
    """The shape that elements are filled up to; unknown where the largest of a batch decides."""
    if isinstance(shape, Tensor):
        return constant_value_as_shape(shape)
    if isinstance(shape, TensorShape):
        return TensorShape(shape.as_list())
    return TensorShape([None if d is None or int(d) < 0 else d for d in shape])


def default_padding(dtype: dtypes.DType) -> Any:
    """What fills up elements when the caller does not say: 0 or the empty string."""
    return b"" if dtype is dtypes.string else dtype.as_numpy_dtype(0)


def common_shape(a: TensorShape, b: TensorShape) -> TensorShape:
    """What is true of both shapes."""
    if a.sizes is None or b.sizes is None or len(a.sizes) != len(b.sizes):
        return TensorShape(None)
    return TensorShape([x if x == y else None for x, y in zip(a.sizes, b.sizes, strict=True)])


def padding(
    output_types: Any, output_shapes: Any, padded_shapes: Any, padding_values: Any
) -> tuple[list[Tensor], list[Tensor], list[TensorShape]]:
    """Per component: the shape to fill up to and what to fill with as tensors; static shape."""
    wanted = output_shapes if padded_shapes is None else padded_shapes
    given = flatten_as(output_types, wanted, "padded_shapes")
    shapes = [padded_shape(s) for s in given]
    inputs = [
        s
        if isinstance(s, Tensor)
        else constant([-1 if d is None else d for d in k.as_list()], dtypes.int64, name="Const")
        for s, k in zip(given, shapes, strict=True)
    ]
    types = flatten(output_types)
    if padding_values is None or not isinstance(padding_values, (tuple, dict)):
        values = [padding_values] * len(types)
    else:
        values = flatten_as(output_types, padding_values, "padding_values")
    fillers = [
        convert_to_tensor(default_padding(t) if v is None else v, t, name="padding_value")
        for v, t in zip(values, types, strict=True)
    ]
    return inputs, fillers, shapes
