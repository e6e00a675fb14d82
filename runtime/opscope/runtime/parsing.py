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
from opscope.runtime.ops import sequence_parsing as _sequence_ops  # noqa: F401 - defines another
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


class SparseFeature(NamedTuple):
    """Values and their places, each a feature of its own, as a SparseTensor.

    index_key: a key, or one for each axis of `size`.
    """

    index_key: Any
    value_key: str
    dtype: Any
    size: Any
    already_sorted: bool = False


class VarLenFeature(NamedTuple):
    """A feature with any number of values, as a SparseTensor."""

    dtype: Any


def parse_example(
    serialized: Any, features: Any, name: str | None = None, example_names: Any = None
) -> dict[str, Any]:
    """The features of a vector of serialized Examples, batched: a Tensor or SparseTensor by key."""
    plain = _without_sparse(features)
    with op_scope(name, "ParseExample", serialized):
        text = convert_to_tensor(serialized, name="serialized")
        found = _parsed(text, plain, example_names)
    return _merged(features, found)


def parse_single_example(
    serialized: Any, features: Any, name: str | None = None, example_names: Any = None
) -> dict[str, Any]:
    """The features of one serialized Example: a Tensor or SparseTensor by key."""
    with op_scope(name, "ParseSingleExample", serialized):
        text = convert_to_tensor(serialized, name="serialized")
        text.shape.assert_has_rank(0)
        with op_scope(None, "ParseExample"):
            found = _parsed(text, _without_sparse(features), example_names)
        return _merged(features, found)


def parse_single_sequence_example(
    serialized: Any,
    context_features: Any = None,
    sequence_features: Any = None,
    example_name: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The context and the feature lists of one serialized SequenceExample, each by key."""
    with op_scope(name, "ParseSingleSequenceExample", serialized):
        text = convert_to_tensor(serialized, name="serialized")
        text.shape.assert_has_rank(0)
        return _sequences(text, context_features, sequence_features, example_name)[:2]


def parse_sequence_example(
    serialized: Any,
    context_features: Any = None,
    sequence_features: Any = None,
    example_names: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The context, the feature lists, filled up, and their lengths of a vector of examples."""
    with op_scope(name, "ParseSequenceExample", serialized):
        text = convert_to_tensor(serialized, name="serialized")
        return _sequences(text, context_features, sequence_features, example_names)


def _sequences(
    serialized: Tensor, context_features: Any, sequence_features: Any, names: Any
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    if not (context_features or sequence_features):
        raise ValueError("Missing features.")
    with op_scope(None, "ParseSequenceExample"):
        sparse, dense = _sorted_features(context_features or {})
        list_sparse: list[tuple[str, dtypes.DType]] = []
        list_dense: list[tuple[str, FixedLenSequenceFeature]] = []
        for key, feature in sorted((sequence_features or {}).items()):
            if isinstance(feature, VarLenFeature):
                list_sparse.append((key, dtypes.as_dtype(feature.dtype)))
            elif isinstance(feature, FixedLenSequenceFeature):
                list_dense.append((key, feature))
            else:
                raise ValueError(f"Unsupported feature {feature!r} for key {key!r}.")
        node = make_node(
            "ParseSequenceExampleV2",
            serialized,
            _strings([] if names is None else names),
            _strings([k for k, _ in sparse]),
            _strings([k for k, _, _ in dense]),
            _strings([]),
            _strings([k for k, _ in list_sparse]),
            _strings([k for k, _ in list_dense]),
            _strings([]),
            np.array([f.allow_missing for _, f in list_dense], bool),
            [default for _, _, default in dense],
            Ncontext_sparse=len(sparse),
            context_sparse_types=[t for _, t in sparse],
            context_dense_shapes=[s for _, s, _ in dense],
            Nfeature_list_sparse=len(list_sparse),
            Nfeature_list_dense=len(list_dense),
            feature_list_sparse_types=[t for _, t in list_sparse],
            feature_list_dense_types=[dtypes.as_dtype(f.dtype) for _, f in list_dense],
            feature_list_dense_shapes=[TensorShape(f.shape) for _, f in list_dense],
        )
    outputs = node.outputs
    context = _by_key(outputs, [k for k, _ in sparse], [k for k, _, _ in dense])
    rest = outputs[3 * len(sparse) + len(dense) :]
    lists = _by_key(rest, [k for k, _ in list_sparse], [k for k, _ in list_dense])
    after = rest[3 * len(list_sparse) + len(list_dense) :]
    lengths = {key: after[i] for i, (key, _) in enumerate(list_dense)}
    return context, lists, lengths


def _by_key(outputs: Any, sparse: list[str], dense: list[str]) -> dict[str, Any]:
    """Outputs in the order of the parsing ops: sparse indices, values, shapes, then dense."""
    count = len(sparse)
    found: dict[str, Any] = {}
    for i, key in enumerate(sparse):
        found[key] = SparseTensor(*(outputs[i + k * count] for k in range(3)))
    for i, key in enumerate(dense):
        found[key] = outputs[3 * count + i]
    return found


def _without_sparse(features: Any) -> Any:
    """The features with those that hold the indices and values of a SparseFeature in its place."""
    if not isinstance(features, Mapping):
        return features
    plain: dict[str, Any] = {}
    for key, feature in features.items():
        if isinstance(feature, SparseFeature):
            for index in _index_keys(feature):
                plain[index] = VarLenFeature(dtypes.int64)
            plain[feature.value_key] = VarLenFeature(feature.dtype)
        else:
            plain[key] = feature
    return plain


def _index_keys(feature: SparseFeature) -> list[str]:
    keys = feature.index_key
    return [keys] if isinstance(keys, str) else list(keys)


def _merged(features: Any, found: dict[str, Any]) -> dict[str, Any]:
    """The features with each SparseFeature put together of its indices and values."""
    from opscope.runtime.sparse_functions import sparse_merge

    made: dict[str, Any] = {}
    for key, feature in features.items():
        if isinstance(feature, SparseFeature):
            sizes = feature.size if isinstance(feature.size, (list, tuple)) else [feature.size]
            made[key] = sparse_merge(
                [found[k] for k in _index_keys(feature)],
                found[feature.value_key],
                sizes,
                already_sorted=feature.already_sorted,
            )
        else:
            made[key] = found[key]
    return made


def _parsed(serialized: Tensor, features: Any, example_names: Any) -> dict[str, Any]:
    if not isinstance(features, Mapping) or not features:
        raise ValueError("Argument `features` must be a non-empty dictionary.")
    sparse, dense = _sorted_features(features)
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
    return _by_key(node.outputs, [k for k, _ in sparse], [k for k, _, _ in dense])


def _sorted_features(
    features: Any,
) -> tuple[list[tuple[str, dtypes.DType]], list[tuple[str, TensorShape, Tensor]]]:
    """The sparse features with their dtypes, and the dense with shape and default, by key."""
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
    return sparse, dense


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
