"""The name scope of a function that makes several ops."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opscope.runtime.graph import graph_of


@contextmanager
def op_scope(name: str | None, default: str, *values: Any) -> Iterator[str]:
    """Name ops made inside `name` (or `default`), in the graph of the first tensor of `values`.

    Yields the scope with a trailing slash: an op given that as its name is named like the scope.
    """
    graph = graph_of(values)
    with graph.as_default(), graph.name_scope(name or default) as scope:
        yield scope
