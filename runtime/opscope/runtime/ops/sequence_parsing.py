"""Parsing of `SequenceExample` protos into tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from opscope.events.proto.example_pb2 import SequenceExample
from opscope.runtime import dtypes, errors
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation
from opscope.runtime.ops.parsing import ExampleParser
from opscope.runtime.tensor_shape import TensorShape

_KIND = "list({float32, int64, string}) >= 0 = []"
_SPLITS = "list({int32, int64}) >= 0 = []"


def _parsed(serialized: bytes, name: str) -> SequenceExample:
    try:
        return SequenceExample.FromString(serialized)
    except DecodeError as error:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Name: {name}, Could not parse example input, value: {serialized[:80]!r}",
        ) from error


class _Lists:
    """The feature lists of one node, and how their values are taken from examples."""

    def __init__(
        self,
        parser: ExampleParser,
        sparse: list[tuple[str, dtypes.DType]],
        dense: list[tuple[str, dtypes.DType, list[int], bool]],
    ) -> None:
        self._parser = parser
        self.sparse = sparse
        self.dense = dense

    def steps(self, example: Any, key: str, dtype: dtypes.DType, name: str) -> list[Any] | None:
        """The values of each step of a feature list; None when the example has none."""
        lists = example.feature_lists.feature_list
        if key not in lists:
            return None
        found = []
        for feature in lists[key].feature:
            values = self._parser.values({key: feature}, key, dtype, name)
            found.append(np.empty(0, dtype.numpy_dtype) if values is None else values)
        return found

    def dense_steps(
        self, example: Any, spec: tuple[str, dtypes.DType, list[int], bool], name: str
    ) -> Any:
        """A dense feature list [steps, ...]; empty where it may be missing."""
        key, dtype, shape, may_miss = spec
        found = self.steps(example, key, dtype, name)
        if found is None:
            if not may_miss:
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    f"Name: {name}, Feature list '{key}' is required but could not be found.  Did "
                    "you mean to include it in feature_list_dense_missing_assumed_empty or "
                    "feature_list_dense_defaults?",
                )
            found = []
        size = int(np.prod(shape, dtype=np.int64))
        out = np.empty((len(found), *shape), dtype.numpy_dtype)
        for i, values in enumerate(found):
            if values.size != size:
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    f"Name: {name}, Key: {key}, Index: {i}.  Number of values != expected.  values "
                    f"size: {values.size} but output shape: {shape}",
                )
            out[i] = values.reshape(shape)
        return out

    def sparse_rows(self, rows: list[tuple[Any, str]], key: str, dtype: dtypes.DType) -> Any:
        """The steps of a feature list of several examples: indices [n, 3], values, shape."""
        places: list[tuple[int, int, int]] = []
        parts = [np.empty(0, dtype.numpy_dtype)]
        longest = widest = 0
        for b, (example, name) in enumerate(rows):
            found = self.steps(example, key, dtype, name) or []
            longest = max(longest, len(found))
            for t, values in enumerate(found):
                widest = max(widest, values.size)
                places += [(b, t, i) for i in range(values.size)]
                parts.append(values)
        indices = np.array(places, np.int64).reshape(-1, 3)
        return indices, np.concatenate(parts), np.array([len(rows), longest, widest], np.int64)


def _padded(values: list[Any], shape: list[int], dtype: dtypes.DType) -> tuple[Any, Any]:
    """Feature lists of several examples in one array, and how long each is."""
    lengths = np.array([len(v) for v in values], np.int64)
    out = np.empty((len(values), int(lengths.max(initial=0)), *shape), dtype.numpy_dtype)
    out.fill(b"" if dtype is dtypes.string else 0)
    for i, value in enumerate(values):
        out[i, : len(value)] = value
    return out, lengths


@op(
    "ParseSequenceExampleV2",
    "serialized: string, debug_name: string, context_sparse_keys: string, "
    "context_dense_keys: string, context_ragged_keys: string, feature_list_sparse_keys: string, "
    "feature_list_dense_keys: string, feature_list_ragged_keys: string, "
    "feature_list_dense_missing_assumed_empty: bool, context_dense_defaults: Tcontext_dense -> "
    "context_sparse_indices: Ncontext_sparse * int64, "
    "context_sparse_values: context_sparse_types, "
    "context_sparse_shapes: Ncontext_sparse * int64, context_dense_values: Tcontext_dense, "
    "context_ragged_values: context_ragged_value_types, "
    "context_ragged_row_splits: context_ragged_split_types, "
    "feature_list_sparse_indices: Nfeature_list_sparse * int64, "
    "feature_list_sparse_values: feature_list_sparse_types, "
    "feature_list_sparse_shapes: Nfeature_list_sparse * int64, "
    "feature_list_dense_values: feature_list_dense_types, "
    "feature_list_dense_lengths: Nfeature_list_dense * int64, "
    "feature_list_ragged_values: feature_list_ragged_value_types, "
    "feature_list_ragged_outer_splits: feature_list_ragged_split_types, "
    "feature_list_ragged_inner_splits: feature_list_ragged_split_types",
    f"Ncontext_sparse: int >= 0 = 0, Tcontext_dense: {_KIND}, context_sparse_types: {_KIND}, "
    f"context_ragged_value_types: {_KIND}, context_ragged_split_types: {_SPLITS}, "
    "context_dense_shapes: list(shape) >= 0 = [], Nfeature_list_sparse: int >= 0 = 0, "
    f"Nfeature_list_dense: int >= 0 = 0, feature_list_dense_types: {_KIND}, "
    f"feature_list_sparse_types: {_KIND}, feature_list_ragged_value_types: {_KIND}, "
    f"feature_list_ragged_split_types: {_SPLITS}, feature_list_dense_shapes: list(shape) >= 0 = []",
    host_only=True,
    not_differentiable=True,
)
def _parse_sequence_example(
    xp: Any,
    serialized: Any,
    names: Any,
    context_sparse_keys: Any,
    context_dense_keys: Any,
    context_ragged_keys: Any,
    sparse_keys: Any,
    dense_keys: Any,
    ragged_keys: Any,
    may_miss: Any,
    *defaults: Any,
    context_sparse_types: Any,
    Tcontext_dense: Any,  # noqa: N803
    context_dense_shapes: Any,
    feature_list_sparse_types: Any,
    feature_list_dense_types: Any,
    feature_list_dense_shapes: Any,
) -> Any:
    """The context and the feature lists of one serialized SequenceExample, or of a vector."""
    parser = ExampleParser(
        context_sparse_keys,
        context_dense_keys,
        defaults,
        context_sparse_types,
        Tcontext_dense,
        context_dense_shapes,
    )
    lists = _Lists(
        parser,
        [(k.decode(), t) for k, t in zip(sparse_keys, feature_list_sparse_types, strict=True)],
        [
            (k.decode(), t, s.as_list(), bool(m))
            for k, t, s, m in zip(
                dense_keys,
                feature_list_dense_types,
                feature_list_dense_shapes,
                may_miss,
                strict=True,
            )
        ],
    )
    single = isinstance(serialized, bytes)
    texts = [serialized] if single else serialized.tolist()
    known = [names] if isinstance(names, bytes) else list(names)
    labels = [n.decode() for n in known] if len(known) == len(texts) else ["<unknown>"] * len(texts)
    rows = [(_parsed(t, n), n) for t, n in zip(texts, labels, strict=True)]
    contexts = [(example.context.feature, name) for example, name in rows]
    made = parser.of_one(*contexts[0]) if single else parser.of_rows(contexts)
    sparse = [lists.sparse_rows(rows, key, dtype) for key, dtype in lists.sparse]
    if single:
        sparse = [(places[:, 1:], values, sizes[1:]) for places, values, sizes in sparse]
    made += [part[i] for i in range(3) for part in sparse]
    dense = [
        [lists.dense_steps(example, spec, name) for example, name in rows] for spec in lists.dense
    ]
    if single:
        made += [values[0] for values in dense]
        made += [np.int64(len(values[0])) for values in dense]
    else:
        padded = [_padded(v, s[2], s[1]) for v, s in zip(dense, lists.dense, strict=True)]
        made += [values for values, _ in padded] + [lengths for _, lengths in padded]
    return made if len(made) > 1 else made[0]


@_parse_sequence_example.shape
def _(node: Operation) -> list[TensorShape]:
    rows, attrs = node.inputs[0].shape, node.attrs
    if rows.ndims is None:
        return [TensorShape(None)] * len(node.outputs)
    made: list[TensorShape] = []
    for count, rank in (
        (attrs["Ncontext_sparse"], rows.ndims + 1),
        (attrs["Nfeature_list_sparse"], rows.ndims + 2),
    ):
        made += [TensorShape([None, rank])] * count
        made += [TensorShape([None])] * count
        made += [TensorShape([rank])] * count
        if rank == rows.ndims + 1:
            made += [rows.concatenate(s) for s in attrs["context_dense_shapes"]]
    steps = rows.concatenate([None])
    made += [steps.concatenate(s) for s in attrs["feature_list_dense_shapes"]]
    return made + [rows] * attrs["Nfeature_list_dense"]
