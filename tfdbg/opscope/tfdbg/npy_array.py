"""Arrays as NumPy's own file format can hold them."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.tfdbg.debug_tensor import Array


class NpyArrayError(ValueError):
    """The values cannot be kept in a .npy file without a pickle."""


def npy_array(value: Array) -> Array:
    """The array with text at a fixed width and the short float types as float32.

    NumPy's file has both only as pickles or raw bytes. Raises NpyArrayError for strings that
    end in zero bytes, which NumPy drops.
    """
    if value.dtype.kind == "O":
        stored: Any = value.astype(np.bytes_)
        if not np.array_equal(stored, value):
            raise NpyArrayError("these strings end in zero bytes, which NumPy drops")
        return np.asarray(stored)
    return value.astype(np.float32) if value.dtype.kind == "V" else value
