"""Sorts names as people number them: `run_10` after `run_9`."""

import re

_NUMBER = re.compile(r"([0-9]+)")


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """A sort key in which the numbers inside a name count as numbers."""
    pieces = _NUMBER.split(name)
    return [(0, int(piece), "") if i % 2 else (1, 0, piece) for i, piece in enumerate(pieces)]
