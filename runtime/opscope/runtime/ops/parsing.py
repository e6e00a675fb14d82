"""Parsing of `Example` protos into tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from opscope.events.proto.example_pb2 import Example, Feature
from opscope.runtime import dtypes, errors
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation
from opscope.runtime.tensor_shape import TensorShape

_LISTS = {"float32": "float_list", "int64": "int64_list", "string": "bytes_list"}
_SHOWN = {"float_list": "float", "int64_list": "int64", "bytes_list": "string"}
_KIND = "list({float32, int64, string}) >= 0"


class ExampleParser:
    """The features of one node, and how values are taken from examples."""

    def __init__(
        self,
        sparse_keys: Any,
        dense_keys: Any,
        defaults: Sequence[Any],
        sparse_types: Any,
        dense_types: Any,
        dense_shapes: Any,
    ) -> None:
        self.sparse = [(k.decode(), t) for k, t in zip(sparse_keys, sparse_types, strict=True)]
        self.dense = [
            (k.decode(), t, s.as_list(), d)
            for k, t, s, d in zip(dense_keys, dense_types, dense_shapes, defaults, strict=True)
        ]

    def values(self, features: Any, key: str, dtype: dtypes.DType, name: str) -> Any:
        """The values of one feature as an array; None when the example has none."""
        feature: Feature | None = features.get(key)
        kind = feature.WhichOneof("kind") if feature is not None else None
        if feature is None or kind is None:
            return None
        wanted = _LISTS[dtype.name]
        if kind != wanted:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Name: {name}, Key: {key}.  Data types don't match. "
                f"Data type: {_SHOWN[kind]} but expected type: {_SHOWN[wanted]}",
            )
        items = getattr(feature, kind).value
        if dtype is dtypes.string:
            array = np.empty(len(items), object)
            array[:] = list(items)
            return array
        return np.array(items, dtype.numpy_dtype)

    def dense_value(
        self, features: Any, spec: tuple[str, dtypes.DType, list[Any], Any], name: str
    ) -> Any:
        """The values of a dense feature in its shape; what is missing is the default."""
        key, dtype, shape, default = spec
        found = self.values(features, key, dtype, name)
        is_open = bool(shape) and shape[0] is None
        if found is None:
            if is_open:
                return np.empty((0, *shape[1:]), dtype.numpy_dtype)
            if np.size(default) == 0 and not isinstance(default, bytes):
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    f"Name: {name}, Feature: {key} (data type: {_SHOWN[_LISTS[dtype.name]]}) is "
                    "required but could not be found.",
                )
            box = np.empty(1, object) if isinstance(default, bytes) else None
            if box is not None:
                box[0] = default
                return box.reshape(shape)
            return np.reshape(default, shape)
        if is_open:
            row = int(np.prod(shape[1:], dtype=np.int64))
            if row and found.size % row:
                raise self._bad_count(name, key, found.size, shape)
            return found.reshape(-1, *shape[1:])
        if found.size != int(np.prod(shape, dtype=np.int64)):
            raise self._bad_count(name, key, found.size, shape)
        return found.reshape(shape)

    @staticmethod
    def _bad_count(name: str, key: str, count: int, shape: list[Any]) -> errors.OpError:
        return errors.InvalidArgumentError(
            None,
            None,
            f"Name: {name}, Key: {key}, Number of values != expected.  Values size: {count} but "
            f"output shape: {shape}",
        )

    def one(self, serialized: bytes) -> list[Any]:
        """The outputs for one example: sparse indices, values and shapes, then dense values."""
        return self.of_one(_features(serialized, "<unknown>"), "<unknown>")

    def of_one(self, features: Any, name: str) -> list[Any]:
        """The outputs for the features of one example."""
        found = [self.values(features, k, t, name) for k, t in self.sparse]
        columns = [
            np.empty(0, t.numpy_dtype) if v is None else v
            for v, (_, t) in zip(found, self.sparse, strict=True)
        ]
        indices = [np.arange(v.size, dtype=np.int64)[:, None] for v in columns]
        shapes = [np.array([v.size], np.int64) for v in columns]
        dense = [self.dense_value(features, spec, name)[()] for spec in self.dense]
        return [*indices, *columns, *shapes, *dense]

    def batch(self, serialized: Any, names: Any) -> list[Any]:
        """The outputs for a vector of examples."""
        labels = [n.decode() for n in names] if len(names) else ["<unknown>"] * len(serialized)
        parsed = [_features(s, n) for s, n in zip(serialized.tolist(), labels, strict=True)]
        return self.of_rows(list(zip(parsed, labels, strict=True)))

    def of_rows(self, rows: list[tuple[Any, str]]) -> list[Any]:
        """The outputs for the features of several examples, each with its name."""
        sparse = [self._sparse_batch(rows, key, dtype) for key, dtype in self.sparse]
        dense = [self._dense_batch(rows, spec) for spec in self.dense]
        return [*(s[0] for s in sparse), *(s[1] for s in sparse), *(s[2] for s in sparse), *dense]

    def _sparse_batch(
        self, rows: list[tuple[Any, str]], key: str, dtype: dtypes.DType
    ) -> tuple[Any, Any, Any]:
        none = np.empty(0, dtype.numpy_dtype)
        found = [self.values(features, key, dtype, name) for features, name in rows]
        columns = [none if v is None else v for v in found]
        indices = [(i, j) for i, column in enumerate(columns) for j in range(column.size)]
        shape = [len(rows), max((c.size for c in columns), default=0)]
        return (
            np.array(indices, np.int64).reshape(-1, 2),
            np.concatenate([*columns, none]),
            np.array(shape, np.int64),
        )

    def _dense_batch(
        self, rows: list[tuple[Any, str]], spec: tuple[str, dtypes.DType, list[Any], Any]
    ) -> Any:
        _, dtype, shape, default = spec
        values = [self.dense_value(features, spec, name) for features, name in rows]
        if shape and shape[0] is None:
            longest = max((len(v) for v in values), default=0)
            shape = [longest, *shape[1:]]
        out = np.empty((len(rows), *shape), dtype.numpy_dtype)
        nothing = b"" if dtype is dtypes.string else 0
        has_default = isinstance(default, bytes) or np.size(default) == 1
        filler = np.asarray(default, object).reshape(-1)[0] if has_default else nothing
        out.fill(filler)
        for i, value in enumerate(values):
            if value.ndim:
                out[i, : len(value)] = value
            else:
                out[i] = value[()]
        return out


def _features(serialized: bytes, name: str) -> Any:
    try:
        return Example.FromString(serialized).features.feature
    except DecodeError as error:
        raise errors.InvalidArgumentError(
            None, None, f"Name: {name}, Could not parse example input, value: {serialized[:80]!r}"
        ) from error


@op(
    "ParseExampleV2",
    "serialized: string, names: string, sparse_keys: string, dense_keys: string, "
    "ragged_keys: string, dense_defaults: Tdense -> sparse_indices: num_sparse * int64, "
    "sparse_values: sparse_types, sparse_shapes: num_sparse * int64, dense_values: Tdense, "
    "ragged_values: ragged_value_types, ragged_row_splits: ragged_split_types",
    f"Tdense: {_KIND}, num_sparse: int >= 0, sparse_types: {_KIND}, "
    f"ragged_value_types: {_KIND}, ragged_split_types: list({{int32, int64}}) >= 0, "
    "dense_shapes: list(shape) >= 0",
    host_only=True,
    not_differentiable=True,
)
def _parse_example(
    xp: Any,
    serialized: Any,
    names: Any,
    sparse_keys: Any,
    dense_keys: Any,
    ragged_keys: Any,
    *defaults: Any,
    sparse_types: Any,
    Tdense: Any,  # noqa: N803
    dense_shapes: Any,
) -> Any:
    """The features of one serialized Example, or of a vector of them."""
    parser = ExampleParser(sparse_keys, dense_keys, defaults, sparse_types, Tdense, dense_shapes)
    found = (
        parser.one(serialized) if isinstance(serialized, bytes) else parser.batch(serialized, names)
    )
    return found if len(found) > 1 else found[0]


@_parse_example.shape
def _(node: Operation) -> list[TensorShape]:
    rows = node.inputs[0].shape
    count = node.attrs["num_sparse"]
    if rows.ndims is None:
        return [TensorShape(None)] * len(node.outputs)
    rank = rows.ndims + 1
    return [
        *[TensorShape([None, rank])] * count,
        *[TensorShape([None])] * count,
        *[TensorShape([rank])] * count,
        *[rows.concatenate(s) for s in node.attrs["dense_shapes"]],
    ]
