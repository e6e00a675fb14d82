"""Ending a run in the middle, at the op whose output a filter passed."""

from __future__ import annotations

from collections.abc import Callable


class Halt(Exception):  # noqa: N818 - nothing went wrong
    """Ends a generated function; it is nobody's error and never leaves `execute`."""


def halting(hits: list[int]) -> Callable[[int], None]:
    """A function that notes a hit, as `hits.append` does, and ends the run there."""

    def hit(place: int) -> None:
        hits.append(place)
        raise Halt

    return hit
