"""Python functions that a graph calls, and the tokens that stand for them in its attributes."""

from __future__ import annotations

import weakref
from itertools import count
from typing import Any

from opscope.runtime import errors
from opscope.runtime.graph import Graph

_numbers = count()
_functions: weakref.WeakValueDictionary[str, PythonFunction] = weakref.WeakValueDictionary()
_kept: weakref.WeakKeyDictionary[Graph, list[PythonFunction]] = weakref.WeakKeyDictionary()


class PythonFunction:
    """A callable with a token; it lives as long as the graph that uses it."""

    def __init__(self, call: Any, graph: Graph) -> None:
        self.call = call
        self.token = f"pyfunc_{next(_numbers)}"
        _functions[self.token] = self
        _kept.setdefault(graph, []).append(self)


def python_function(token: str) -> Any:
    """The callable of a token; InvalidArgumentError in another process than the one it is of."""
    found = _functions.get(token)
    if found is None:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"no Python function {token!r} in this process: what calls Python runs only in the "
            "program that made it",
        )
    return found.call
