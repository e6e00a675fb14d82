"""Values to feed: by tensor name, and as the tensor's dtype and shape want them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def by_tensor(graph: Any, feed_dict: Mapping[Any, Any]) -> dict[str, Any]:
    """The fed values by tensor name; a SparseTensor is fed as its three parts."""
    found: dict[str, Any] = {}
    for key, value in feed_dict.items():
        parts = tensors_of(key)
        values = [value] if len(parts) == 1 else list(value)
        for part, fed in zip(parts, values, strict=True):
            found[graph.as_graph_element(part).name] = fed
    return found


def tensors_of(element: Any) -> list[Any]:
    """The tensors of a SparseTensor; anything else is one of its own."""
    parts = [getattr(element, part, None) for part in ("indices", "values", "dense_shape")]
    return [element] if any(part is None for part in parts) else parts


def fitting(tensor: Any, value: Any) -> Any:
    """The value as the tensor's dtype; raises ValueError where the shapes do not fit."""
    dtype = tensor.dtype.as_numpy_dtype
    array = np.asarray(value).astype(dtype)
    shape = tensor.get_shape()
    if not shape.is_compatible_with(array.shape):
        raise ValueError(f"{tensor.name} has shape {shape}: a value of {array.shape} does not fit")
    return array
