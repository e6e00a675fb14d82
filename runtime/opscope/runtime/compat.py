"""tf.compat: text and bytes, whichever is given; `tf.compat.v1` is `opscope.runtime` itself."""

from __future__ import annotations

import os
from importlib import import_module
from numbers import Complex, Integral, Real
from typing import Any

import numpy as np

from opscope.runtime.recognition import dimension_at_index, dimension_value

__all__ = [
    "as_bytes",
    "as_str",
    "as_str_any",
    "as_text",
    "bytes_or_text_types",
    "complex_types",
    "dimension_at_index",
    "dimension_value",
    "integral_types",
    "path_to_str",
    "real_types",
]

# What `isinstance` is asked for.
bytes_or_text_types = (bytes, str)
integral_types = (Integral, np.integer)
real_types = (Real, np.integer, np.floating)
complex_types = (Complex, np.number)


def __getattr__(name: str) -> Any:
    if name != "v1":  # all of `opscope.runtime`, which imports this module
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("opscope.runtime")


def as_bytes(bytes_or_text: Any, encoding: str = "utf-8") -> bytes:
    """Text encoded, bytes as they are; TypeError for anything else."""
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    if isinstance(bytes_or_text, (bytes, bytearray)):
        return bytes(bytes_or_text)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


def as_text(bytes_or_text: Any, encoding: str = "utf-8") -> str:
    """Bytes decoded, text as it is; TypeError for anything else."""
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, (bytes, bytearray)):
        return bytes(bytes_or_text).decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


as_str = as_text


def as_str_any(value: Any, encoding: str = "utf-8") -> str:
    """Bytes decoded, anything else as `str` gives it."""
    return as_text(value, encoding) if isinstance(value, (bytes, bytearray)) else str(value)


def path_to_str(path: Any) -> Any:
    """A path object as text; anything else as it is."""
    return as_str_any(os.fspath(path)) if hasattr(path, "__fspath__") else path
