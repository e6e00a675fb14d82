"""Sparse tensors in one tensor: as strings, or as the variants that datasets carry."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from opscope.events import make_ndarray, make_tensor_proto
from opscope.events.proto.tensor_pb2 import TensorProto
from opscope.runtime import dtypes, errors
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.sparse_forms import check_inside, check_ordered, check_parts, refused
from opscope.runtime.sparse_tensor import SparseTensor, SparseTensorValue
from opscope.runtime.tensor_shape import TensorShape

_PARTS = "sparse_indices: int64, sparse_values: T, sparse_shape: int64"
_ATTRS = "T: type, out_type: {string, variant} = string"
_MADE = "sparse_indices: int64, sparse_values: dtype, sparse_shape: int64"


def _packed(parts: Any, out_type: dtypes.DType) -> list[Any]:
    if out_type is dtypes.variant:
        return list(parts)
    return [_proto(np.asarray(part)).SerializeToString() for part in parts]


def _proto(array: Any) -> TensorProto:
    """A tensor whose values stand in `tensor_content`: of strings their lengths, then the bytes."""
    made = make_tensor_proto(array)
    if made.string_val:
        texts = list(made.string_val)
        del made.string_val[:]
        made.tensor_content = b"".join([_varint(len(text)) for text in texts] + texts)
    return made


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _array(part: Any) -> Any:
    if not isinstance(part, bytes):
        return part
    proto = TensorProto.FromString(part)
    if proto.dtype == dtypes.string.as_datatype_enum and proto.tensor_content:
        sizes = [dim.size for dim in proto.tensor_shape.dim]
        return _texts(proto.tensor_content, math.prod(sizes)).reshape(sizes)
    return make_ndarray(proto)


def _texts(content: bytes, count: int) -> Any:
    """The strings of a tensor from its bytes; InvalidArgumentError where those do not suffice."""
    lengths, at = [], 0
    for _ in range(min(count, len(content))):
        length, shift = 0, 0
        while at < len(content):
            byte = content[at]
            length |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                break
        lengths.append(length)
    if len(lengths) != count or at + sum(lengths) != len(content):
        raise errors.InvalidArgumentError(
            None, None, f"a serialized tensor of {count} strings has {len(content)} bytes"
        )
    found = np.empty(count, object)
    for i, length in enumerate(lengths):
        found[i] = content[at : at + length]
        at += length
    return found


@op(
    "SerializeSparse",
    f"{_PARTS} -> serialized_sparse: out_type",
    _ATTRS,
    host_only=True,
    not_differentiable=True,
)
def _serialize(xp: Any, indices: Any, values: Any, sizes: Any, *, out_type: dtypes.DType) -> Any:
    """Indices, values and shape of a sparse tensor as three strings or variants."""
    out = np.empty(3, object)
    out[:] = _packed((indices, values, sizes), out_type)
    return out


@op(
    "SerializeManySparse",
    f"{_PARTS} -> serialized_sparse: out_type",
    _ATTRS,
    host_only=True,
    not_differentiable=True,
)
def _serialize_many(
    xp: Any, indices: Any, values: Any, sizes: Any, *, out_type: dtypes.DType
) -> Any:
    """The rows of a sparse tensor, each as three strings or variants."""
    check_parts(indices, values, sizes)
    if len(sizes) < 2:
        raise refused(f"Rank of input SparseTensor should be > 1, but saw rank: {len(sizes)}")
    check_inside(indices, sizes)
    check_ordered(indices)
    rows = int(sizes[0])
    out = np.empty((rows, 3), object)
    order = indices[:, 0]
    ends = np.searchsorted(order, np.arange(rows + 1))
    for row in range(rows):
        mine = slice(ends[row], ends[row + 1])
        out[row] = _packed((indices[mine, 1:], values[mine], sizes[1:]), out_type)
    return out


def _joined(serialized: Any, wanted: dtypes.DType) -> tuple[Any, Any, Any]:
    """One sparse tensor of many, their places in the array in front of its indices."""
    outer = serialized.shape[:-1]
    parts = [tuple(map(_array, row)) for row in serialized.reshape(-1, 3)]
    for part in parts:
        found = dtypes.as_dtype(part[1].dtype)
        if found != wanted:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Requested SparseTensor of type {wanted.name} but SparseTensor values have "
                f"type {found.name}",
            )
    if not outer:
        return parts[0]
    if not parts:
        raise errors.InvalidArgumentError(
            None, None, "must have at least 1 serialized SparseTensor"
        )
    sizes = np.max([p[2] for p in parts], 0).astype(np.int64)
    indices = [
        np.concatenate([np.tile(np.array(place, np.int64), (len(p[0]), 1)), p[0]], 1)
        for place, p in zip(np.ndindex(*outer), parts, strict=True)
    ]
    return (
        np.concatenate(indices).astype(np.int64),
        np.concatenate([p[1] for p in parts]),
        np.concatenate([np.array(outer, np.int64), sizes]),
    )


@op(
    "DeserializeSparse",
    f"serialized_sparse: Tserialized -> {_MADE}",
    "dtype: type, Tserialized: {string, variant} = string",
    host_only=True,
    not_differentiable=True,
)
def _deserialize(xp: Any, serialized: Any, *, dtype: dtypes.DType) -> Any:
    """The sparse tensor that three strings or variants hold; of an array of them, all in one."""
    return _joined(serialized, dtype)


@op(
    "DeserializeManySparse",
    f"serialized_sparse: string -> {_MADE}",
    "dtype: type",
    host_only=True,
    not_differentiable=True,
)
def _deserialize_many(xp: Any, serialized: Any, *, dtype: dtypes.DType) -> Any:
    """The rows of a sparse tensor put together again."""
    return _joined(serialized, dtype)


@_serialize.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape([3])]


@_serialize_many.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape([None, 3])]


def _sparse_shapes(node: Operation) -> list[TensorShape]:
    return [TensorShape([None, None]), TensorShape([None]), TensorShape([None])]


_deserialize.shape(_sparse_shapes)
_deserialize_many.shape(_sparse_shapes)


def _sparse(value: Any) -> SparseTensor:
    return SparseTensor.from_value(value) if isinstance(value, SparseTensorValue) else value


def serialize_sparse(
    sp_input: Any, name: str | None = None, out_type: Any = dtypes.string
) -> Tensor:
    """Indices, values and shape of a sparse tensor as three strings."""
    value = _sparse(sp_input)
    return make_tensor(
        "SerializeSparse",
        value.indices,
        value.values,
        value.dense_shape,
        out_type=out_type,
        name=name,
    )


def serialize_many_sparse(
    sp_input: Any, name: str | None = None, out_type: Any = dtypes.string
) -> Tensor:
    """The rows of a sparse tensor, each as three strings."""
    value = _sparse(sp_input)
    return make_tensor(
        "SerializeManySparse",
        value.indices,
        value.values,
        value.dense_shape,
        out_type=out_type,
        name=name,
    )


def deserialize_many_sparse(
    serialized_sparse: Any, dtype: Any, rank: int | None = None, name: str | None = None
) -> SparseTensor:
    """The sparse tensor that `serialize_many_sparse` took apart; `rank` is its rank."""
    with op_scope(name, "DeserializeManySparse", serialized_sparse) as scope:
        indices, values, sizes = make_op(
            "DeserializeManySparse", serialized_sparse, dtype=dtype, name=scope
        )
    if rank is not None:
        indices.set_shape([None, rank])
        sizes.set_shape([rank])
    return SparseTensor(indices, values, sizes)
