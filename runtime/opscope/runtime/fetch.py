"""What `Session.run` is asked for: nested fetches, and the structure the values go back into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from opscope.runtime.graph import Graph
from opscope.runtime.operation import Operation, Tensor

Element = Tensor | Operation


@dataclass(frozen=True)
class Fetches:
    """The tensors and operations of a nested structure, in order, and how to put it together.

    structure: "single", "list" (flat), or "nested".
    """

    elements: tuple[Element, ...]
    rebuild: Callable[[list[Any]], Any]
    structure: str

    def mapped(
        self, tensor: Callable[[Tensor], Tensor], op: Callable[[Operation], Operation]
    ) -> Fetches:
        """The same structure of what stands for the tensors and operations."""
        elements = (tensor(e) if isinstance(e, Tensor) else op(e) for e in self.elements)
        return Fetches(tuple(elements), self.rebuild, self.structure)


def read_fetches(graph: Graph, fetches: Any) -> Fetches:
    """Take apart what is fetched: tensors, operations, variables or names, nested as one likes.

    Lists, tuples, namedtuples and dicts nest. TypeError or ValueError names the part that cannot
    be fetched.
    """
    elements: list[Element] = []
    rebuild = _read(graph, fetches, elements)
    structure = "nested"
    if rebuild is next:
        structure = "single"
    elif type(fetches) is list and len(elements) == len(fetches):
        structure = "list" if not any(_is_nested(f) for f in fetches) else "nested"
    return Fetches(tuple(elements), lambda values: rebuild(iter(values)), structure)


def _is_nested(item: Any) -> bool:
    return isinstance(item, (list, tuple, Mapping)) or hasattr(item, "_fetch_parts")


def _read(graph: Graph, item: Any, elements: list[Element]) -> Callable[[Any], Any]:
    if item is None:
        raise TypeError("Argument `fetches` = None has invalid type NoneType.")
    if isinstance(item, (list, tuple)):
        parts = [_read(graph, part, elements) for part in item]
        if hasattr(item, "_fields"):
            cls = type(item)
            return lambda values: cls(*[p(values) for p in parts])
        if isinstance(item, tuple):
            return lambda values: tuple([p(values) for p in parts])
        return lambda values: [p(values) for p in parts]
    if isinstance(item, Mapping):
        keyed = [(key, _read(graph, part, elements)) for key, part in item.items()]
        made = dict if not isinstance(item, dict) else type(item)
        return lambda values: made((key, p(values)) for key, p in keyed)
    expand = getattr(item, "_fetch_parts", None)
    if expand is not None:
        parts_of, join = expand()
        readers = [_read(graph, part, elements) for part in parts_of]
        return lambda values: join([p(values) for p in readers])
    elements.append(_element(graph, item))
    return next


def _element(graph: Graph, item: Any) -> Element:
    try:
        found = graph.as_graph_element(item)
    except TypeError as error:
        raise TypeError(
            f"Fetch argument {item!r} has invalid type {type(item).__name__!r}, "
            f"must be a string or Tensor. ({error})"
        ) from None
    except (ValueError, KeyError) as error:
        reason = error.args[0] if error.args else error
        raise ValueError(
            f"Fetch argument {item!r} cannot be interpreted as a Tensor. ({reason})"
        ) from None
    if not graph.is_fetchable(found):
        raise ValueError(f"Operation {found.name!r} has been marked as not fetchable.")
    return found


def fetch_key(fetches: Any) -> Any:
    """A hashable stand-in for a nested structure: equal keys give equal plans."""
    if isinstance(fetches, (list, tuple)):
        return (type(fetches), *[fetch_key(f) for f in fetches])
    if isinstance(fetches, Mapping):
        return (type(fetches), tuple(fetches), *[fetch_key(f) for f in fetches.values()])
    return fetches
