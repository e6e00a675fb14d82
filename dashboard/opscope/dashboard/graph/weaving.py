"""Crowded levels that are cut into blocks of their flow, as groups by name would tangle them.

Layers named by kind and number (`conv2d_7`, `batch_normalization_7`, `activation_7`) alternate
along the flow: a group of each kind would read from every other one, and the picture say nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np

from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.dashboard.graph.naming import CROWD, numbering
from opscope.dashboard.graph.ordering import Edge, backward_edges
from opscope.dashboard.graph.stretches import FLAT, ranks_of

BLOCKS = 14
"""About so many blocks of a level."""
FEWEST = 4
"""A level that falls into fewer blocks is left as it is."""
HUB = 8
"""What is joined to more others than this, and to more than an eighth of all, is in no block."""

Block = tuple[str, list[int]]


def blocks_of(hierarchy: Hierarchy, scope: int) -> tuple[list[int], list[Block]]:
    """Groups of a scope to take apart, and name and items of the blocks to cut it into instead.

    A block ends where a single tensor passes on, so blocks are joined in a chain. Both lists are
    empty where groups by name do not tangle the flow, or where too few such places are.
    """
    groups, items = _unpacked(hierarchy, scope)
    if not CROWD < len(items) <= FLAT:
        return [], []
    stems = [_stem(hierarchy, item) for item in items]
    numbered = sum(size for size in Counter(stems).values() if size >= FEWEST)
    if numbered <= len(items) / 2:
        return [], []
    pairs = _pairs(hierarchy, [scope, *groups], items)
    hubs = _hubs(len(items), pairs)
    pairs = [pair for pair in pairs if not hubs.intersection(pair)]
    pairs = sorted(set(pairs) - backward_edges(len(items), pairs))
    if not _tangled(stems, pairs):
        return [], []
    blocks = _cut(len(items), pairs)
    if len(blocks) < FEWEST or 3 * sum(map(len, blocks)) < 2 * len(items):
        return [], []
    leaves = [hierarchy.name(item).rpartition("/")[2] for item in items]
    return groups, [(f"\u2026{leaves[block[-1]]}", [items[at] for at in block]) for block in blocks]


def _unpacked(hierarchy: Hierarchy, scope: int) -> tuple[list[int], list[int]]:
    """Groups that were made here, those in them, and what is left without them."""
    groups: list[int] = []
    items: list[int] = []
    waiting = hierarchy.children(scope)[::-1]
    while waiting:
        item = waiting.pop()
        if item < hierarchy.m and hierarchy.grouped[item]:
            groups.append(item)
            waiting += reversed(hierarchy.children(item))
        else:
            items.append(item)
    return groups, items


def _stem(hierarchy: Hierarchy, item: int) -> str:
    return numbering(hierarchy.name(item).rpartition("/")[2])[0]


def _pairs(hierarchy: Hierarchy, scopes: list[int], items: list[int]) -> list[Edge]:
    """Pairs of positions in `items` between which data pass, wherever the edges are filed."""
    firsts = np.array([hierarchy.interval(item)[0] for item in items], np.int64)
    order = np.argsort(firsts, kind="stable")
    found = []
    for scope in scopes:
        at = slice(hierarchy.edge_start[scope], hierarchy.edge_start[scope + 1])
        data = hierarchy.slot[at] >= 0
        ends = [
            order[np.searchsorted(firsts[order], nodes[at][data], side="right") - 1]
            for nodes in (hierarchy.src, hierarchy.dst)
        ]
        found.append(np.stack(ends))
    pairs = np.unique(np.concatenate(found, axis=1), axis=1)
    return [(a, b) for a, b in pairs.T.tolist() if a != b]


def _hubs(count: int, pairs: list[Edge]) -> set[int]:
    degree = [0] * count
    for pair in pairs:
        for at in pair:
            degree[at] += 1
    return {at for at in range(count) if degree[at] > max(HUB, count // 8)}


def _tangled(stems: list[str], pairs: list[Edge]) -> bool:
    """Whether grouping names that differ in their number alone puts most items on a cycle.

    Of items, those count that read others and are read.
    """
    passing = {source for source, _ in pairs} & {target for _, target in pairs}
    sizes = Counter(stems[at] for at in sorted(passing))
    after: dict[str, set[str]] = defaultdict(set)
    before: dict[str, set[str]] = defaultdict(set)
    for source, target in pairs:
        if stems[source] != stems[target]:
            after[stems[source]].add(stems[target])
            before[stems[target]].add(stems[source])
    largest = 0
    for stem, _ in sizes.most_common(3):
        both = _reached(stem, after) & _reached(stem, before)
        largest = max(largest, sum(sizes[each] for each in both) if len(both) > 1 else 0)
    return largest > len(passing) / 2


def _reached(start: str, steps: dict[str, set[str]]) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        fresh = steps[waiting.pop()] - seen
        seen |= fresh
        waiting += fresh
    return seen


def _cut(count: int, pairs: list[Edge]) -> list[list[int]]:
    """Blocks of the largest connected part, each from the first rank on to what passes on."""
    part = _largest(count, pairs)
    pairs = [pair for pair in pairs if pair[0] in part]
    ranks = ranks_of(count, pairs)
    order = sorted(part, key=lambda at: (ranks[at], at))
    last = ranks[order[-1]]
    # A source counts from its own rank to that of its last reader.
    reach = list(ranks)
    for source, target in pairs:
        reach[source] = max(reach[source], ranks[target])
    passing = [0] * (last + 2)
    for at in part:
        passing[ranks[at]] += 1
        passing[reach[at]] -= 1
    sizes = [0] * (last + 2)
    for at in order:
        sizes[ranks[at] + 1] += 1
    for rank in range(1, last + 2):
        sizes[rank] += sizes[rank - 1]
        passing[rank] += passing[rank - 1]
    ends = [0, *(rank + 1 for rank in range(last) if passing[rank] == 1), last + 1]
    places = _even([sizes[end] for end in ends], max(4, len(order) // BLOCKS))
    return [order[low:high] for low, high in pairwise(places)] if len(places) > FEWEST else []


def _largest(count: int, pairs: list[Edge]) -> set[int]:
    near: list[list[int]] = [[] for _ in range(count)]
    for source, target in pairs:
        near[source].append(target)
        near[target].append(source)
    best: set[int] = set()
    seen: set[int] = set()
    for start in range(count):
        if start in seen:
            continue
        found, waiting = {start}, [start]
        while waiting:
            for other in near[waiting.pop()]:
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        seen |= found
        if len(found) > len(best):
            best = found
    return best


def _even(sizes: list[int], goal: int) -> list[int]:
    """Of rising sizes those to cut at, so that pieces come nearest to the goal."""
    cost = [0.0] + [float("inf")] * (len(sizes) - 1)
    come = [0] * len(sizes)
    for at in range(1, len(sizes)):
        for other in range(at - 1, -1, -1):
            piece = sizes[at] - sizes[other]
            fit = cost[other] + (piece / goal - 1) ** 2
            if fit < cost[at]:
                cost[at], come[at] = fit, other
            if piece > 4 * goal and other < at - 1:
                break
    places = [len(sizes) - 1]
    while places[-1]:
        places.append(come[places[-1]])
    return [sizes[place] for place in reversed(places)]
