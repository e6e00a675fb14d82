"""Strings as numbers of buckets, and fingerprints of tensors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.fingerprint import farmhash64, murmur64, siphash
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.string_value import numbers_of_each
from opscope.runtime.tensor_shape import TensorShape

_BUCKETS = "num_buckets: int >= 1"


@op(
    "StringToHashBucketFast",
    "input: string -> output: int64",
    _BUCKETS,
    host_only=True,
    not_differentiable=True,
)
def _fast(xp: Any, value: Any, *, num_buckets: int) -> Any:
    """Each string's FarmHash fingerprint modulo the number of buckets."""
    return numbers_of_each(lambda s: farmhash64(s) % num_buckets, value, np.int64)


@op(
    "StringToHashBucketStrong",
    "input: string -> output: int64",
    f"{_BUCKETS}, key: list(int)",
    host_only=True,
    not_differentiable=True,
)
def _strong(xp: Any, value: Any, *, num_buckets: int, key: Any) -> Any:
    """Each string's SipHash with a key of two numbers, modulo the number of buckets."""
    if len(key) != 2:
        raise errors.InvalidArgumentError(None, None, f"Key must have 2 elements, got {len(key)}")
    return numbers_of_each(lambda s: siphash(s, key) % num_buckets, value, np.int64)


@op(
    "StringToHashBucket",
    "string_tensor: string -> output: int64",
    _BUCKETS,
    host_only=True,
    not_differentiable=True,
)
def _old(xp: Any, value: Any, *, num_buckets: int) -> Any:
    """Each string's MurmurHash modulo the number of buckets."""
    return numbers_of_each(lambda s: murmur64(s) % num_buckets, value, np.int64)


for _definition in (_fast, _strong, _old):
    _definition.shape(same_shape)


@op(
    "Fingerprint",
    "data: T, method: string -> fingerprint: uint8",
    "T: type",
    host_only=True,
    not_differentiable=True,
)
def _fingerprint(xp: Any, data: Any, method: bytes) -> Any:
    """Eight bytes for each row: the fingerprint of its bytes."""
    if method != b"farmhash64":
        raise errors.InvalidArgumentError(None, None, f"Unsupported fingerprint method: {method!r}")
    if not data.ndim:
        raise errors.InvalidArgumentError(None, None, "`data` should have at least one dimension")
    rows = data.reshape(len(data), math.prod(data.shape[1:]))
    if data.dtype == object:
        numbers = [[farmhash64(s) for s in row] for row in rows.tolist()]
        found = [
            row[0] if len(row) == 1 else farmhash64(np.array(row, "<u8").tobytes())
            for row in numbers
        ]
    else:
        found = [farmhash64(row.tobytes()) for row in rows]
    return np.array(found, "<u8").view(np.uint8).reshape(-1, 8)


@_fingerprint.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape([node.inputs[0].shape.with_rank_at_least(1)[0], 8])]


def string_to_hash_bucket_fast(
    input: Any,  # noqa: A002 - TensorFlow's name
    num_buckets: int,
    name: str | None = None,
) -> Tensor:
    """Each string as the number of a bucket, the same in every process."""
    return make_tensor("StringToHashBucketFast", input, num_buckets=num_buckets, name=name)


def string_to_hash_bucket_strong(
    input: Any,  # noqa: A002 - TensorFlow's name
    num_buckets: int,
    key: Any,
    name: str | None = None,
) -> Tensor:
    """Each string as the number of a bucket that only who has the key can foresee."""
    return make_tensor(
        "StringToHashBucketStrong", input, num_buckets=num_buckets, key=list(key), name=name
    )


def string_to_hash_bucket(
    string_tensor: Any = None,
    num_buckets: int | None = None,
    name: str | None = None,
    input: Any = None,  # noqa: A002 - TensorFlow's name
) -> Tensor:
    """Each string as the number of a bucket, by the hash of the first versions."""
    texts = string_tensor if input is None else input
    return make_tensor("StringToHashBucket", texts, num_buckets=num_buckets, name=name)


def fingerprint(data: Any, method: Any = "farmhash64", name: str | None = None) -> Tensor:
    """Eight bytes for each row of a tensor that are the same for the same row."""
    kind = convert_to_tensor(method, dtypes.string) if isinstance(method, Tensor) else method
    return make_tensor("Fingerprint", data, kind, name=name)
