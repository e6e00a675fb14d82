"""The names in a generated function: locals for tensors, globals for the objects it uses."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from opscope.runtime.folding import host_scalar


class GeneratedNames:
    """Gives out names. namespace: the globals of the generated code, by name."""

    def __init__(self, fixed: dict[str, Any]) -> None:
        self.namespace: dict[str, Any] = dict(fixed)
        self._bound: dict[int, str] = {}
        self._kept: list[Any] = []  # bound objects stay alive, so their ids stay theirs
        self._count = 0

    def new_local(self) -> str:
        """A name that no other value has."""
        self._count += 1
        return f"v{self._count}"

    def locals_without(self, names: Collection[str]) -> list[str]:
        """All names of locals given out so far, but for some."""
        given = dict.fromkeys([f"v{i}" for i in range(1, self._count + 1)])
        for name in names:
            del given[name]
        return list(given)

    def bind(self, value: Any, prefix: str) -> str:
        """The global name of an object inside the generated code."""
        if getattr(value, "ndim", None) == 0:
            value = host_scalar(value)
        name = self._bound.get(id(value))
        if name is None or self.namespace[name] is not value:
            name = f"{prefix}{len(self.namespace)}"
            self._bound[id(value)] = name
            self.namespace[name] = value
            self._kept.append(value)
        return name
