"""Samples of the op types of strings, sparse strings and hashes that pipelines use."""

from __future__ import annotations

import numpy as np
from op_samples import floats, sample, texts

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

WORDS = texts("", "a", "abcdefgh", "x" * 17, "y" * 40, "z" * 200)
sample("StringToHashBucketFast", WORDS, num_buckets=1000)
sample("StringToHashBucketStrong", WORDS, num_buckets=1000, key=(3, 5))
sample("StringToHashBucket", WORDS, num_buckets=1000)
METHOD = np.bytes_(b"farmhash64")
sample("Fingerprint", np.arange(6, dtype=np.int32).reshape(2, 3), METHOD, fixed=[1])
sample("Fingerprint", texts("a", "bc"), METHOD, fixed=[1])
SQUARE = np.stack([texts("a", "b"), texts("c", "d")])
sample("ReduceJoin", SQUARE, np.int32(0), fixed=[1], separator="-")
sample("ReduceJoin", SQUARE, np.array([0, 1], np.int32), fixed=[1], keep_dims=True)
sample("UnsortedSegmentJoin", texts("a", "b", "c"), np.array([1, 0, 1]), np.int32(3), fixed=[2])
sample("RegexFullMatch", texts("ab", "b"), np.bytes_(b"a.*"))
PLACES = np.array([[0, 0], [1, 0], [1, 1]], I64)
TRUTH = np.array([[0, 0], [0, 1], [1, 0]], I64)
for normalize in (True, False):
    sample(
        "EditDistance", PLACES, texts("a", "b", "c"), np.array([2, 2], I64),
        TRUTH, texts("a", "x", "c"), np.array([2, 2], I64),
        fixed=[2, 5], normalize=normalize,
    )  # fmt: skip
sample("EncodeBase64", texts("ab?", "c"))
sample("EncodeBase64", texts("ab?", "c"), pad=True)
sample("DecodeBase64", texts("YWI_", "Yw"))
sample("ParseTensor", serialized(floats(2, 3))[0], out_type="float32")
sample("UnicodeTranscode", texts("abc", "d"), input_encoding="UTF-8", output_encoding="UTF-16-BE")
