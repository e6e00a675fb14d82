"""tf.strings: ops on text."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.formatting import string_format as format  # noqa: A004
from opscope.runtime.ops.hashing import string_to_hash_bucket as to_hash_bucket
from opscope.runtime.ops.hashing import string_to_hash_bucket_fast as to_hash_bucket_fast
from opscope.runtime.ops.hashing import string_to_hash_bucket_strong as to_hash_bucket_strong
from opscope.runtime.ops.joined_text import (
    reduce_join,
    regex_full_match,
    unicode_transcode,
    unsorted_segment_join,
)
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import expand_dims
from opscope.runtime.ops.strings import string_join as join
from opscope.runtime.ops.text import (
    as_string,
    regex_replace,
    substr,
)
from opscope.runtime.ops.text import string_length as length
from opscope.runtime.ops.text import string_strip as strip
from opscope.runtime.ops.text import string_to_number as to_number
from opscope.runtime.sparse_tensor import SparseTensor

__all__ = [
    "as_string",
    "format",
    "join",
    "length",
    "lower",
    "reduce_join",
    "regex_full_match",
    "regex_replace",
    "split",
    "strip",
    "substr",
    "to_hash_bucket",
    "to_hash_bucket_fast",
    "to_hash_bucket_strong",
    "to_number",
    "unicode_transcode",
    "unsorted_segment_join",
    "upper",
]


def split(
    input: Any = None,  # noqa: A002 - TensorFlow's name
    sep: Any = None,
    maxsplit: int = -1,
    result_type: str = "SparseTensor",
    source: Any = None,
    name: str | None = None,
) -> SparseTensor:
    """The pieces of each text of a vector, as the rows of a sparse matrix.

    sep: what lies between; runs of white space when None.
    """
    if result_type != "SparseTensor":
        raise NotImplementedError(
            f"opscope has no RaggedTensor: result_type must be 'SparseTensor', got {result_type!r}"
        )
    given = source if input is None else input
    with op_scope(name, "StringSplit", given):
        texts = convert_to_tensor(given, dtypes.string, name="input")
        if texts.shape.ndims == 0:
            texts = expand_dims(texts, 0)
        between = convert_to_tensor(sep or "", dtypes.string)
        return SparseTensor(*make_op("StringSplitV2", texts, between, maxsplit=maxsplit))


def lower(input: Any, encoding: str = "", name: str | None = None) -> Tensor:  # noqa: A002
    """Strings in lower case; `encoding` is "" for ASCII or "utf-8"."""
    return make_tensor("StringLower", input, encoding=encoding, name=name)


def upper(input: Any, encoding: str = "", name: str | None = None) -> Tensor:  # noqa: A002
    """Strings in upper case; `encoding` is "" for ASCII or "utf-8"."""
    return make_tensor("StringUpper", input, encoding=encoding, name=name)
