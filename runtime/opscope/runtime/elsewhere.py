"""Public names of a module that others, which import it, define: found when they are used first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def defined_elsewhere(module: str, places: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of `module`, by which its names are those that other modules define.

    places: name to "module:name" below `opscope.runtime`. AttributeError for any other name.
    """

    def find(name: str) -> Any:
        place = places.get(name)
        if place is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        home, _, there = place.partition(":")
        return getattr(import_module(f"opscope.runtime.{home}"), there)

    return find
