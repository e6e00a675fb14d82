"""Sorts names as people number them: `run_10` after `run_9`."""

import re
from functools import lru_cache

_NUMBER = re.compile(r"([0-9]+)")


@lru_cache(maxsize=1 << 16)
def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key in which the numbers inside a name count as numbers."""
    pieces = _NUMBER.split(name)
    return tuple((0, int(piece), "") if i % 2 else (1, 0, piece) for i, piece in enumerate(pieces))
