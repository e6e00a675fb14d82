"""TensorFlow in a process of its own, which may die: some of its kernels end the process.

A task is one of TASKS with a list of items. The process answers item by item, so that what it died
of is known; that item's answer is DIED, and a new process goes on with the next.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from typing import Any

DIED = "died"


def values(variant: Any) -> Any:
    from their_side import their_outcome

    return their_outcome(variant)


def shapes(item: Any) -> Any:
    from op_sweep import static_shapes
    from their_side import THEIRS

    return static_shapes(THEIRS, *item)


def gradients(item: Any) -> Any:
    from op_sweep import gradient_outcomes
    from their_side import THEIRS

    return gradient_outcomes(THEIRS, *item)


def states(item: Any) -> Any:
    from stateful_ops import Side, outcomes
    from their_side import theirs

    def make(kind: str, **arguments: Any) -> Any:
        return getattr(theirs.raw_ops, kind)(**arguments)

    return outcomes(Side(theirs, make), *item)


TASKS: dict[str, Callable[[Any], Any]] = {
    f.__name__: f for f in (values, shapes, gradients, states)
}


def serve(connection: Any) -> None:
    while True:
        try:
            task, items = connection.recv()
        except EOFError:
            return
        for item in items:
            connection.send(TASKS[task](item))


def described(item: Any) -> str:
    """The variants of an item; those of a list by their number alone."""
    if not isinstance(item, tuple) or isinstance(item[0], str):
        return str(item)
    whole = item[0] if isinstance(item[0], list) else [item[0]]
    return str(whole[0]) if len(whole) == 1 else f"{len(whole)} nodes of {whole[0].op_type}"


class TensorFlowProcess:
    """Answers tasks; restarts by itself. died_of: the tasks and items that ended a process."""

    def __init__(self) -> None:
        self.process: Any = None
        self.connection: Any = None
        self.died_of: list[str] = []

    def start(self) -> None:
        spawning = multiprocessing.get_context("spawn")
        self.connection, other = spawning.Pipe()
        self.process = spawning.Process(target=serve, args=(other,), daemon=True)
        self.process.start()
        other.close()

    def answers(self, task: str, items: list[Any]) -> list[Any]:
        """The answer to each item, DIED for one that ended the process."""
        found: list[Any] = []
        while len(found) < len(items):
            if self.process is None:
                self.start()
            self.connection.send((task, items[len(found) :]))
            try:
                while len(found) < len(items):
                    found.append(self.connection.recv())
            except (EOFError, ConnectionResetError):
                self.stop()
                self.died_of.append(f"{task} of {described(items[len(found)])}")
                found.append(DIED)
        return found

    def gradients(self, variants: list[Any], results: list[Any], form: str) -> list[Any]:
        """The gradients of many nodes from one graph; one by one where that ends the process.

        One by one, too, where all fail: no session takes a graph with a node that is wrong.
        """
        (found,) = self.answers("gradients", [(variants, results, form)])
        if found != DIED and (len(found) < 2 or not all(isinstance(a, str) for a in found)):
            return list(found)
        single = [([v], [r], form) for v, r in zip(variants, results, strict=True)]
        return [a if a == DIED else a[0] for a in self.answers("gradients", single)]

    def stop(self) -> None:
        if self.process is not None:
            self.connection.close()
            self.process.join(10)
            if self.process.is_alive():
                self.process.kill()
            self.process = None
