"""A flat level with far too many children, cut along its flow into stretches that can be read."""

from __future__ import annotations

from itertools import pairwise

from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.dashboard.graph.ordering import Edge, backward_edges

FLAT = 1200
"""A level with more children than this is cut."""
PIECES = 36
"""About so many stretches of a level."""
SHORTEST = 80


def stretches(hierarchy: Hierarchy, scope: int) -> list[tuple[str, list[int]]]:
    """Name and items of each stretch, from the sources on.

    An item's rank is one more than that of what it reads; what reads nothing stands just before
    its first reader. A stretch holds whole ranks, unless a single one is too wide, so that edges
    pass from lower to higher stretches only (loops aside).
    """
    items = hierarchy.children(scope)
    ranks = _ranks(hierarchy, scope, items)
    order = sorted(range(len(items)), key=lambda at: (ranks[at], items[at]))
    goal = max(SHORTEST, len(items) // PIECES)
    cuts = [0]
    for position, (last, at) in enumerate(pairwise(order), 1):
        size = position - cuts[-1]
        if (size >= goal and ranks[at] != ranks[last]) or size >= 2 * goal:
            cuts.append(position)
    found = []
    for low, high in pairwise([*cuts, len(order)]):
        first, last = ranks[order[low]], ranks[order[high - 1]]
        name = f"ranks {first}\u2013{last}" if first < last else f"rank {first}"
        found.append((name, [items[at] for at in order[low:high]]))
    return found


def _ranks(hierarchy: Hierarchy, scope: int, items: list[int]) -> list[int]:
    number = {item: at for at, item in enumerate(items)}
    edges = hierarchy.meta_edges(scope)
    pairs: list[Edge] = [
        (number[a], number[b])
        for a, b in zip(edges.src.tolist(), edges.dst.tolist(), strict=True)
        if a != b
    ]
    backward = backward_edges(len(items), pairs)
    return ranks_of(len(items), [pair for pair in pairs if pair not in backward])


def ranks_of(count: int, pairs: list[Edge]) -> list[int]:
    """Rank of each item of a graph without cycles: one more than that of what it reads."""
    after: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for source, target in pairs:
        after[source].append(target)
        waiting[target] += 1
    sources = [at for at, left in enumerate(waiting) if not left]
    ready = list(sources)
    ranks = [0] * count
    for at in ready:
        for target in after[at]:
            ranks[target] = max(ranks[target], ranks[at] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    for at in sources:
        ranks[at] = max(0, min((ranks[target] for target in after[at]), default=0) - 1)
    return ranks
