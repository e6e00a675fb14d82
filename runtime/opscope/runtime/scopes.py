"""The module-level functions that act on the default graph: scopes, collections, the seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from opscope.runtime.graph import get_default_graph, graph_of


@contextmanager
def name_scope(
    name: str | None, default_name: str | None = None, values: Iterable[Any] | None = None
) -> Iterator[str]:
    """Name ops made inside `name/...`, or `default_name/...` when name is None.

    The graph is that of the first tensor in `values`, else the default graph. Yields the scope
    with a trailing slash.
    """
    graph = graph_of(values or ())
    chosen = default_name if name is None else name
    if chosen is None and values is not None:
        raise ValueError("At least one of name (None) and default_name (None) must be provided.")
    with graph.as_default(), graph.name_scope(chosen) as scope:
        yield scope


def device(device_name_or_function: Any) -> AbstractContextManager[None]:
    """Place ops made inside on a device; see `Graph.device`."""
    return get_default_graph().device(device_name_or_function)


def container(container_name: str) -> AbstractContextManager[str]:
    """Keep the state of what is made inside in a container; see `Graph.container`."""
    return get_default_graph().container(container_name)


def control_dependencies(control_inputs: Iterable[Any] | None) -> AbstractContextManager[None]:
    """Make ops built inside run after `control_inputs`; see `Graph.control_dependencies`."""
    return get_default_graph().control_dependencies(control_inputs)


def colocate_with(op: Any, ignore_existing: bool = False) -> AbstractContextManager[None]:
    """Place ops made inside where `op` is; see `Graph.colocate_with`."""
    return get_default_graph().colocate_with(op, ignore_existing)


def add_to_collection(name: Any, value: Any) -> None:
    """Append `value` to a collection of the default graph."""
    get_default_graph().add_to_collection(name, value)


def add_to_collections(names: Any, value: Any) -> None:
    """Append `value` to several collections of the default graph."""
    get_default_graph().add_to_collections(names, value)


def get_collection(key: Any, scope: str | None = None) -> list[Any]:
    """A copy of a collection of the default graph."""
    return get_default_graph().get_collection(key, scope)


def get_collection_ref(key: Any) -> list[Any]:
    """A collection of the default graph itself."""
    return get_default_graph().get_collection_ref(key)


def set_random_seed(seed: int) -> None:
    """Set the graph-level random seed of the default graph."""
    get_default_graph().seed = seed
