"""Nested structures of lists, tuples, namedtuples and dicts, taken apart and put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any


def is_nested(seq: Any) -> bool:
    """True for what is taken apart: lists, tuples and mappings."""
    return isinstance(seq, (list, tuple, Mapping))


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """The leaves in order; dicts by sorted key."""
    return list(_leaves(structure))


def _leaves(structure: Any) -> Iterator[Any]:
    if isinstance(structure, Mapping):
        for key in sorted(structure):
            yield from _leaves(structure[key])
    elif isinstance(structure, (list, tuple)):
        for item in structure:
            yield from _leaves(item)
    else:
        yield structure


def pack_sequence_as(
    structure: Any, flat_sequence: Iterable[Any], expand_composites: bool = False
) -> Any:
    """`flat_sequence` in the form of `structure`; ValueError when the number of leaves differs."""
    leaves = list(flat_sequence)
    count = len(flatten(structure))
    if len(leaves) != count:
        raise ValueError(f"{len(leaves)} values do not fit a structure of {count}: {structure!r}")
    return _packed(structure, iter(leaves))


def _packed(structure: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(structure, Mapping):
        values = {key: _packed(structure[key], leaves) for key in sorted(structure)}
        kind: Any = type(structure)
        return kind((key, values[key]) for key in structure)
    if isinstance(structure, (list, tuple)):
        items = [_packed(item, leaves) for item in structure]
        kind = type(structure)
        return kind(*items) if hasattr(structure, "_fields") else kind(items)
    return next(leaves)


def map_structure(
    func: Callable[..., Any],
    *structure: Any,
    check_types: bool = True,
    expand_composites: bool = False,
) -> Any:
    """`func` of the leaves that stand in the same place, in the form of the first structure.

    check_types: lists and tuples are different forms.
    """
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types)
    columns = zip(*map(flatten, structure), strict=True)
    return pack_sequence_as(structure[0], [func(*column) for column in columns])


def assert_same_structure(
    nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """ValueError when the two do not nest alike, TypeError when their kinds differ.

    check_types: lists and tuples are different kinds.
    """
    first, second = nest1, nest2
    if is_nested(first) != is_nested(second):
        raise ValueError(
            "The two structures don't have the same nested structure.\n\n"
            f"First structure: {first!r}\n\nSecond structure: {second!r}"
        )
    if not is_nested(first):
        return
    if check_types and type(first) is not type(second):
        raise TypeError(
            "The two structures don't have the same sequence type. First structure has type "
            f"{type(first).__name__}, while second structure has type {type(second).__name__}."
        )
    if len(first) != len(second) or (isinstance(first, Mapping) and set(first) != set(second)):
        raise ValueError(
            "The two structures don't have the same number of elements.\n\n"
            f"First structure: {first!r}\n\nSecond structure: {second!r}"
        )
    pairs = (
        [(first[k], second[k]) for k in first]
        if isinstance(first, Mapping)
        else zip(first, second, strict=True)
    )
    for a, b in pairs:
        assert_same_structure(a, b, check_types)
