"""Samples of the op types of strings, sparse strings and hashes that pipelines use."""

from __future__ import annotations

import numpy as np
from op_samples import floats, sample

from opscope.events import make_tensor_proto

I64 = np.int64
INDICES = np.array([[0, 1], [1, 0], [1, 2]], I64)
SIZES = np.array([3, 4], I64)
sample("SerializeSparse", INDICES, floats(3), SIZES)
sample("SerializeManySparse", INDICES, floats(3), SIZES)


def serialized(*parts: np.ndarray) -> np.ndarray:
    out = np.empty(len(parts), object)
    out[:] = [make_tensor_proto(part).SerializeToString() for part in parts]
    return out


ROW = serialized(INDICES[:, 1:], floats(3), SIZES[1:])
SHORT = serialized(INDICES[:1, 1:], floats(1), SIZES[:1])
sample("DeserializeSparse", ROW, dtype="float32")
sample("DeserializeSparse", np.stack([ROW, SHORT]), dtype="float32")
sample("DeserializeManySparse", np.stack([ROW, SHORT, ROW]), dtype="float32")
