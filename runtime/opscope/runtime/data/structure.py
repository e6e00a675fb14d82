"""The nested structure of dataset elements: tuples, dicts and namedtuples around tensors.

A list is no structure but a tensor, and the keys of a dict are taken in sorted order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from opscope.runtime.tensor_shape import TensorShape


def is_nested(item: Any) -> bool:
    """True for what holds other items."""
    return isinstance(item, (tuple, Mapping))


def flatten(structure: Any) -> list[Any]:
    """The items of a structure, in order."""
    if isinstance(structure, Mapping):
        return [leaf for key in sorted(structure) for leaf in flatten(structure[key])]
    if isinstance(structure, tuple):
        return [leaf for item in structure for leaf in flatten(item)]
    return [structure]


def pack_as(structure: Any, leaves: Any) -> Any:
    """The same structure around other items."""
    return _pack(structure, iter(leaves))


def _pack(structure: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(structure, Mapping):
        packed = {key: _pack(structure[key], leaves) for key in sorted(structure)}
        ordered = {key: packed[key] for key in structure}
        return ordered if type(structure) is dict else type(structure)(ordered)  # type: ignore[call-arg]
    if isinstance(structure, tuple):
        items = [_pack(item, leaves) for item in structure]
        return type(structure)(*items) if hasattr(structure, "_fields") else tuple(items)
    return next(leaves)


def map_structure(function: Callable[..., Any], *structures: Any) -> Any:
    """`function` of the items that stand at the same place of each structure."""
    columns = [flatten(s) for s in structures]
    return pack_as(structures[0], [function(*row) for row in zip(*columns, strict=True)])


def flatten_as(structure: Any, other: Any, what: str) -> list[Any]:
    """The items of `other`, one for each item of `structure`; a shape may be a list or tuple.

    ValueError when `other` is built differently.
    """
    if isinstance(structure, Mapping):
        if not isinstance(other, Mapping) or set(other) != set(structure):
            raise ValueError(f"{what} {other!r} does not have the structure of {structure!r}")
        return [x for k in sorted(structure) for x in flatten_as(structure[k], other[k], what)]
    if isinstance(structure, tuple):
        if isinstance(other, TensorShape) or not isinstance(other, (tuple, list)):
            raise ValueError(f"{what} {other!r} does not have the structure of {structure!r}")
        if len(other) != len(structure):
            raise ValueError(f"{what} {other!r} does not have the structure of {structure!r}")
        return [x for a, b in zip(structure, other, strict=True) for x in flatten_as(a, b, what)]
    return [other]
