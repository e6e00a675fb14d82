"""The names of a graph's ops: which are in use, and the name scope that new ones go into."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager

# What TensorFlow accepts as an op name and as a name scope.
VALID_OP_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")
_VALID_SCOPE_NAME = re.compile(r"^[A-Za-z0-9_.\\/>-]*$")


class GraphNames:
    """Gives out names that no other op of the graph has."""

    def __init__(self) -> None:
        super().__init__()
        self._names_in_use: dict[str, int] = {}
        self._name_scope = ""

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """Return `name` inside the current scope with `_1`, `_2`, ... added if it is taken.

        Names that differ only in case count as the same, as in TensorFlow.
        """
        if self._name_scope:
            name = f"{self._name_scope}/{name}"
        used = self._names_in_use
        key = name.lower()
        count = used.get(key, 0)
        if not count:
            if mark_as_used:
                used[key] = 1
            return name
        numbered = f"{key}_{count}"
        while numbered in used:
            count += 1
            numbered = f"{key}_{count}"
        if mark_as_used:
            used[key] = count + 1
            used[numbered] = 1
        return f"{name}_{count}"

    def get_name_scope(self) -> str:
        """The current name scope, without a trailing slash."""
        return self._name_scope

    def name_scope(self, name: str | None) -> AbstractContextManager[str]:
        """Name ops made inside `scope/...`; yields the scope with a trailing slash.

        A name ending in "/" opens that very scope again; None or "" opens the root.
        """
        return _NameScope(self, name)

    def enter_names(self, name: str | None) -> str:
        """Open a name scope, as `name_scope`, and return the one that was open."""
        if name and not (_VALID_SCOPE_NAME if self._name_scope else VALID_OP_NAME).match(name):
            raise ValueError(f"'{name}' is not a valid root scope name")
        previous = self._name_scope
        if not name:
            self._name_scope = ""
        elif name.endswith("/"):
            self._name_scope = name[:-1]
        else:
            self._name_scope = self.unique_name(name)
        return previous

    def leave_names(self, previous: str) -> None:
        """Open the name scope again that was open before."""
        self._name_scope = previous


# These are entered for every op: a class costs a third of a generator.
class _NameScope(AbstractContextManager[str]):
    """One `with graph.name_scope(...)`."""

    __slots__ = ("_graph", "_name", "_previous")

    def __init__(self, graph: GraphNames, name: str | None) -> None:
        self._graph = graph
        self._name = name
        self._previous = ""

    def __enter__(self) -> str:
        graph = self._graph
        self._previous = graph.enter_names(self._name)
        scope = graph.get_name_scope()
        return f"{scope}/" if scope else ""

    def __exit__(self, *exc_info: object) -> None:
        self._graph.leave_names(self._previous)
