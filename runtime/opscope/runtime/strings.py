"""tf.strings: ops on text."""

from __future__ import annotations

from typing import Any

from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.strings import string_join as join
from opscope.runtime.ops.text import (
    as_string,
    regex_replace,
    substr,
)
from opscope.runtime.ops.text import string_length as length
from opscope.runtime.ops.text import string_split as split
from opscope.runtime.ops.text import string_strip as strip
from opscope.runtime.ops.text import string_to_number as to_number

__all__ = [
    "as_string",
    "join",
    "length",
    "lower",
    "regex_replace",
    "split",
    "strip",
    "substr",
    "to_number",
    "upper",
]


def lower(input: Any, encoding: str = "", name: str | None = None) -> Tensor:  # noqa: A002
    """Strings in lower case; `encoding` is "" for ASCII or "utf-8"."""
    return make_tensor("StringLower", input, encoding=encoding, name=name)


def upper(input: Any, encoding: str = "", name: str | None = None) -> Tensor:  # noqa: A002
    """Strings in upper case; `encoding` is "" for ASCII or "utf-8"."""
    return make_tensor("StringUpper", input, encoding=encoding, name=name)
