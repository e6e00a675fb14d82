"""The elements of a fetch structure and of a feed dict, and their names."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any


def elements(fetches: object) -> Iterator[object]:
    """The single fetches in a nesting of lists, tuples, dicts, and dataclasses, in order."""
    if isinstance(fetches, Mapping):
        for value in fetches.values():
            yield from elements(value)
    elif isinstance(fetches, list | tuple):  # named tuples included
        for value in fetches:
            yield from elements(value)
    elif dataclasses.is_dataclass(fetches) and not isinstance(fetches, type):
        for field in dataclasses.fields(fetches):
            yield from elements(getattr(fetches, field.name))
    else:
        yield fetches


def is_nested(fetches: object) -> bool:
    """True where the fetches are a structure and not a single element."""
    return isinstance(fetches, Mapping | list | tuple) or (
        dataclasses.is_dataclass(fetches) and not isinstance(fetches, type)
    )


def name_of(element: object) -> str:
    """The name of a tensor or op; a string as it is; `str` of anything else."""
    if isinstance(element, str):
        return element
    name = getattr(element, "name", None)
    return name if isinstance(name, str) else str(element)


def fetch_names(fetches: object) -> tuple[str, ...]:
    """The names of all fetches, in order."""
    return tuple(name_of(element) for element in elements(fetches))


def is_empty(fetches: object) -> bool:
    """True for `[]`, `{}` and nestings of them: there is nothing to run."""
    return next(elements(fetches), None) is None


def feed_values(feed_dict: Mapping[Any, object] | None) -> dict[str, object]:
    """The fed values by name; a tuple of tensors fed at once counts by each of its tensors."""
    values: dict[str, object] = {}
    for key, value in (feed_dict or {}).items():
        if isinstance(key, tuple) and isinstance(value, list | tuple):
            values.update((name_of(one), each) for one, each in zip(key, value, strict=False))
        else:
            values[name_of(key)] = value
    return values
