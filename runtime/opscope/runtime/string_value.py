"""Strings inside kernels: a scalar is plain bytes, anything else an array of objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np


def boxed(value: Any) -> Any:
    """A scalar string as a 0-d array; any other value as it is."""
    if not isinstance(value, bytes):
        return value
    box = np.empty((), object)
    box[()] = value
    return box


def strings_like(shape: tuple[int, ...], items: Iterable[bytes]) -> Any:
    """Strings in row-major order as an array of a shape, or as bytes when that is ()."""
    out = np.empty(shape, object)
    if not shape:
        return next(iter(items))
    out.reshape(-1)[:] = list(items)
    return out


def of_each(function: Callable[[bytes], bytes], value: Any) -> Any:
    """`function` of each string."""
    if isinstance(value, bytes):
        return function(value)
    return strings_like(value.shape, map(function, value.reshape(-1).tolist()))


def numbers_of_each(function: Callable[[bytes], Any], value: Any, dtype: Any) -> Any:
    """A number for each string, as an array or a NumPy scalar."""
    if isinstance(value, bytes):
        return dtype(function(value))
    return np.array([function(s) for s in value.reshape(-1).tolist()], dtype).reshape(value.shape)
