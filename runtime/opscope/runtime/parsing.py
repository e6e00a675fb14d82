"""What an `Example` holds, and the functions that take it apart (`tf.parse_example`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from opscope.runtime import dtypes
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_node
from opscope.runtime.operation import Tensor
from opscope.runtime.ops import parsing as _op_types  # noqa: F401 - defines the op type
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import reshape
from opscope.runtime.sparse_tensor import SparseTensor
from opscope.runtime.tensor_shape import TensorShape


class FixedLenFeature(NamedTuple):
    """A feature with one shape in all examples; without default it must be in each."""

    shape: Any
    dtype: Any
    default_value: Any = None


class FixedLenSequenceFeature(NamedTuple):
    """A feature with any number of rows; in a batch, short ones are filled up."""

    shape: Any
    dtype: Any
    allow_missing: bool = False
    default_value: Any = None


class VarLenFeature(NamedTuple):
    """A feature with any number of values, as a SparseTensor."""

    dtype: Any


def parse_example(
    serialized: Any, features: Any, name: str | None = None, example_names: Any = None
) -> dict[str, Any]:
    """The features of a vector of serialized Examples, batched: a Tensor or SparseTensor by key."""
    with op_scope(name, "ParseExample", serialized):
        return _parsed(convert_to_tensor(serialized, name="serialized"), features, example_names)


def parse_single_example(
    serialized: Any, features: Any, name: str | None = None, example_names: Any = None
) -> dict[str, Any]:
    """The features of one serialized Example: a Tensor or SparseTensor by key."""
    with op_scope(name, "ParseSingleExample", serialized):
        text = convert_to_tensor(serialized, name="serialized")
        text.shape.assert_has_rank(0)
        with op_scope(None, "ParseExample"):
            return _parsed(text, features, example_names)


def _parsed(serialized: Tensor, features: Any, example_names: Any) -> dict[str, Any]:
    if not isinstance(features, Mapping) or not features:
        raise ValueError("Argument `features` must be a non-empty dictionary.")
    sparse: list[tuple[str, dtypes.DType]] = []
    dense: list[tuple[str, TensorShape, Tensor]] = []
    for key in sorted(features):
        feature = features[key]
        if isinstance(feature, VarLenFeature):
            sparse.append((key, dtypes.as_dtype(feature.dtype)))
        elif isinstance(feature, (FixedLenFeature, FixedLenSequenceFeature)):
            dense.append((key, *_dense(key, feature)))
        else:
            raise ValueError(f"Unsupported feature {feature!r} for key {key!r}.")
    node = make_node(
        "ParseExampleV2",
        serialized,
        _strings(example_names or []),
        _strings([k for k, _ in sparse]),
        _strings([k for k, _, _ in dense]),
        _strings([]),
        [default for _, _, default in dense],
        num_sparse=len(sparse),
        sparse_types=[t for _, t in sparse],
        ragged_value_types=[],
        ragged_split_types=[],
        dense_shapes=[s for _, s, _ in dense],
    )
    count = len(sparse)
    found: dict[str, Any] = {}
    for i, (key, _) in enumerate(sparse):
        found[key] = SparseTensor(*(node.outputs[i + k * count] for k in range(3)))
    for i, (key, _, _) in enumerate(dense):
        found[key] = node.outputs[3 * count + i]
    return found


def _strings(keys: Any) -> Any:
    return keys if len(keys) else np.empty(0, object)


def _dense(
    key: str, feature: FixedLenFeature | FixedLenSequenceFeature
) -> tuple[TensorShape, Tensor]:
    """The shape of a dense feature, None first for a sequence, and its default as a tensor."""
    dtype = dtypes.as_dtype(feature.dtype)
    shape = TensorShape(feature.shape)
    default = feature.default_value
    label = "key_" + "".join(c if c.isalnum() or c in "_.-" else "_" for c in key)
    if isinstance(feature, FixedLenSequenceFeature):
        if not feature.allow_missing:
            raise ValueError(
                "Unsupported: FixedLenSequenceFeature requires allow_missing to be True."
            )
        shape = TensorShape([None]).concatenate(shape)
        if default is None:
            default = b"" if dtype is dtypes.string else 0
            return shape, constant(default, dtype, name="Const")
        return shape, convert_to_tensor(default, dtype, name=label)
    if not shape.is_fully_defined():
        raise ValueError(f"First dimension of shape for feature {key} unknown: {shape}")
    if default is None:
        return shape, constant([], dtype, name="Const")
    tensor = convert_to_tensor(default, dtype, name=label)
    return shape, reshape(tensor, shape)
