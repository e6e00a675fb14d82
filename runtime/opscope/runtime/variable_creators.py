"""Functions that stand between `tf.Variable` and the variable that it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

from opscope.runtime.graph import get_default_graph

Creator = Callable[..., Any]

_STACK_KEY = "__variable_creators"


class VariableSynchronization(Enum):
    """When the copies of a variable on several devices are made equal; one process has one."""

    AUTO = 0
    NONE = 1
    ON_WRITE = 2
    ON_READ = 3


class VariableAggregation(Enum):
    """How the values for a variable from several devices are put together."""

    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3


@contextmanager
def variable_creator_scope(variable_creator: Creator) -> Iterator[None]:
    """A block in which `variable_creator(next_creator, **kwargs)` makes the variables.

    It is given what `tf.Variable` was called with, by name, and calls next_creator to have the
    variable made: by the creator of the block around, and at last as without any.
    """
    stack = get_default_graph().get_collection_ref(_STACK_KEY)
    stack.append(variable_creator)
    try:
        yield
    finally:
        stack.remove(variable_creator)


def open_creators() -> list[Creator]:
    """The creators of the blocks that are open, the innermost last."""
    return get_default_graph().get_collection(_STACK_KEY)


def chained(creators: list[Creator], make: Creator) -> Creator:
    """The function that lets each creator call the one before it, and the first call `make`."""
    for creator in creators:
        make = _before(creator, make)
    return make


def _before(creator: Creator, next_creator: Creator) -> Creator:
    def call(**kwargs: Any) -> Any:
        return creator(next_creator, **kwargs)

    return call
