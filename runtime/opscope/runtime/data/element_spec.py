"""The types and shapes of elements, and how transformations change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import constant, constant_value_as_shape, convert_to_tensor
from opscope.runtime.data.structure import flatten, flatten_as, map_structure, pack_as
from opscope.runtime.graph import get_default_graph
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops import sparse_strings as _sparse_strings  # noqa: F401 - defines op types
from opscope.runtime.ops.joining import stack, unstack
from opscope.runtime.sparse_tensor import SparseTensor, SparseTensorValue
from opscope.runtime.tensor_shape import TensorShape, scalar


@dataclass(frozen=True)
class SparseSpec:
    """What stands for a SparseTensor among the types of an element: its dtype."""

    dtype: dtypes.DType


@dataclass(frozen=True, eq=False)
class DatasetSpec:
    """What stands for a dataset among the types of an element: the types of its elements."""

    types: Any
    shapes: Any


def flat_types(types: Any) -> list[dtypes.DType]:
    """The dtypes of the components as ops have them: a variant for what is no tensor."""
    return [t if isinstance(t, dtypes.DType) else dtypes.variant for t in flatten(types)]


def flat_shapes(types: Any, shapes: Any) -> list[TensorShape]:
    """The shapes of the components as ops have them."""
    return [
        s if isinstance(t, dtypes.DType) else _variant_shape(t)
        for t, s in zip(flatten(types), flatten(shapes), strict=True)
    ]


def flat_spec(types: Any, shapes: Any) -> dict[str, Any]:
    """The attributes that say the types and shapes of elements."""
    return {"output_types": flat_types(types), "output_shapes": flat_shapes(types, shapes)}


def spec_of(values: Any) -> tuple[Any, Any]:
    """The types and the shapes of an element, in its structure."""
    types = map_structure(
        lambda v: (
            SparseSpec(v.dtype.base_dtype) if isinstance(v, SparseTensor) else v.dtype.base_dtype
        ),
        values,
    )
    return types, map_structure(lambda v: v.shape, values)


def _variant_shape(spec: Any) -> TensorShape:
    return scalar() if isinstance(spec, DatasetSpec) else TensorShape(None)


def shown_types(types: Any) -> Any:
    """The types of an element as `output_types` says them."""
    return map_structure(lambda t: t.dtype if isinstance(t, SparseSpec) else t, types)


def classes_of(types: Any) -> Any:
    """The classes of the components, in their structure."""
    from opscope.runtime.data.dataset import Dataset

    kinds = {SparseSpec: SparseTensor, DatasetSpec: Dataset}
    return map_structure(lambda t: kinds.get(type(t), Tensor), types)


def as_components(values: Any) -> tuple[list[Tensor], Any, Any]:
    """An element's values as tensors; and its types and shapes, in its structure."""
    from opscope.runtime.data.dataset import Dataset

    made: list[Tensor] = []
    types: list[Any] = []
    shapes: list[TensorShape] = []
    for value in flatten(values):
        if isinstance(value, SparseTensor):
            made.append(serialized(value, "SerializeSparse"))
            types.append(SparseSpec(value.dtype.base_dtype))
            shapes.append(value.shape)
        elif isinstance(value, Dataset):
            made.append(value._variant_tensor)
            types.append(DatasetSpec(value._types, value._shapes))
            shapes.append(scalar())
        else:
            made.append(value)
            types.append(value.dtype.base_dtype)
            shapes.append(value.shape)
    return made, pack_as(values, types), pack_as(values, shapes)


def serialized(value: SparseTensor, op_type: str) -> Tensor:
    """A sparse tensor as a variant of three."""
    parts = value.indices, value.values, value.dense_shape
    return make_tensor(op_type, *parts, out_type=dtypes.variant)


def as_element(components: Any, types: Any, shapes: Any) -> Any:
    """An element as functions get it: of its components, in its structure."""
    return pack_as(
        types,
        [
            _leaf(component, spec, shape)
            for component, spec, shape in zip(
                components, flatten(types), flatten(shapes), strict=True
            )
        ],
    )


def _leaf(component: Tensor, spec: Any, shape: TensorShape) -> Any:
    from opscope.runtime.data.dataset import Dataset

    if isinstance(spec, DatasetSpec):
        return Dataset(component, spec.types, spec.shapes)
    if isinstance(spec, SparseSpec):
        indices, values, sizes = make_op("DeserializeSparse", component, dtype=spec.dtype)
        return _with_shape(indices, values, sizes, shape)
    return component


def _with_shape(indices: Tensor, values: Tensor, sizes: Tensor, shape: TensorShape) -> SparseTensor:
    """A sparse tensor, the sizes that are known of it as constants."""
    if shape.ndims is not None:
        indices.set_shape([None, shape.ndims])
        sizes.set_shape([shape.ndims])
        found = unstack(sizes)
        known = [
            part if size is None else constant(size, dtypes.int64)
            for part, size in zip(found, shape.as_list(), strict=True)
        ]
        sizes = stack(known)
    return SparseTensor(indices, values, sizes)


def components_of(tensors: Any) -> Any:
    """The tensors of an element, named as TensorFlow names them."""
    from opscope.runtime.data.dataset import Dataset

    leaves = flatten(tensors)
    made: list[Any] = []
    with get_default_graph().name_scope("normalize_element"):
        for i, leaf in enumerate(leaves):
            if isinstance(leaf, SparseTensorValue):
                made.append(SparseTensor.from_value(leaf))
            elif isinstance(leaf, (SparseTensor, Dataset)):
                made.append(leaf)
            else:
                made.append(convert_to_tensor(leaf, name=f"component_{i}"))
    return pack_as(tensors, made)


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
