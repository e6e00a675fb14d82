"""What a dataset is while the graph runs: a recipe for iterators over flat elements.

An element is a tuple with one array or NumPy scalar for each component. Iterators survive an error:
what one element raised does not keep the next from being asked for, as in TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from opscope.runtime.cancellation import CANCELLATION
from opscope.runtime.function_graph import GraphFunction
from opscope.runtime.threads import INTRA_OP_THREADS

Element = tuple[Any, ...]
ElementFunction = Callable[..., Element]


def inherited_state(session_state: dict[Any, Any]) -> dict[Any, Any]:
    """The state that a function starts with: of the session only what is no op's own."""
    return {k: session_state[k] for k in (INTRA_OP_THREADS, CANCELLATION) if k in session_state}


@dataclass(eq=False)
class Traversal:
    """What the iterators of one pass over a dataset share.

    session_state: what functions start with, see `inherited_state`; not the session's own, which
    holds the iterator and so would keep it alive as long as one of its threads.
    closers: called when the pass is over, finished or not.
    """

    session_state: dict[Any, Any]
    closers: list[Callable[[], None]] = field(default_factory=list)
    _compiled: dict[GraphFunction, Callable[..., list[Any]]] = field(default_factory=dict)

    def function(self, function: GraphFunction, captured: Element) -> ElementFunction:
        """A callable from the components of an element to those of the result.

        A function is compiled once, however many iterators of the pass call it.
        """
        call = self._compiled.get(function)
        if call is None:
            call = self._compiled[function] = function.compiled(dict(self.session_state))
        run = call
        if captured:
            return lambda *components: tuple(run((*components, *captured)))
        return lambda *components: tuple(run(components))

    def close(self) -> None:
        """Stop threads and close files."""
        while self.closers:
            self.closers.pop()()


# The size of a dataset without end, and of one that has to be walked through to know.
INFINITE_SIZE = -1
UNKNOWN_SIZE = -2


@dataclass(eq=False, frozen=True)
class Elements:
    """A dataset's value: `iterate(traversal)` gives a new iterator over its elements.

    size: how many there are, as far as it is known beforehand.
    """

    iterate: Callable[[Traversal], Iterator[Element]]
    size: int = UNKNOWN_SIZE
