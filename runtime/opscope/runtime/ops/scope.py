"""The name scope of a function that makes several ops."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from opscope.runtime.graph import Graph, graph_of


class op_scope:  # noqa: N801 - read like a function
    """Name ops made inside `name` (or `default`), in the graph of the first tensor of `values`.

    Yields the scope with a trailing slash: an op given that as its name is named like the scope.
    """

    __slots__ = ("_default", "_name", "_names", "_values")

    def __init__(self, name: str | None, default: str, *values: Any) -> None:
        self._name = name or default
        self._values = values

    def __enter__(self) -> str:
        graph = graph_of(self._values)
        self._default: AbstractContextManager[Graph] = graph.as_default()
        self._names: AbstractContextManager[str] = graph.name_scope(self._name)
        self._default.__enter__()
        try:
            return self._names.__enter__()
        except BaseException:
            self._default.__exit__(None, None, None)
            raise

    def __exit__(self, *exc_info: object) -> None:
        self._names.__exit__(None, None, None)
        self._default.__exit__(None, None, None)
