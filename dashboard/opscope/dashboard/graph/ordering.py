"""Layers of a directed graph and the order of nodes in each, with few crossings.

Sugiyama's method: break cycles, assign layers by longest path and pull nodes towards their
neighbours, cut long edges into dummy nodes, then sweep weighted medians (Gansner et al., "A
technique for drawing directed graphs", 1993) with adjacent exchanges. The work is bounded and the
result depends only on the input, so it can be cached.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass

Edge = tuple[int, int]

DUMMIES = 6000
"""At most this many dummy nodes; the longest edges beyond run straight through."""
WORK = 1_500_000
"""Bound on edge visits while sweeping."""


@dataclass(frozen=True)
class Ordering:
    """Nodes 0..count-1 and dummies count.. in layers; layer 0 holds the sources.

    `before[u]` and `after[u]` are neighbours one layer down and up; `chains[edge]` is the edge's
    path of nodes and dummies from lower to higher layer, and `backward` holds the edges that run
    against the layers.
    """

    count: int
    layers: list[list[int]]
    layer_of: list[int]
    before: list[list[int]]
    after: list[list[int]]
    chains: dict[Edge, list[int]]
    backward: frozenset[Edge]


def order(count: int, edges: list[Edge], first: frozenset[int], last: frozenset[int]) -> Ordering:
    """Order the nodes; `first` nodes stay in the lowest layer and `last` in the highest.

    Edges are distinct and no self loops.
    """
    backward = _backward_edges(count, edges)
    forward: dict[Edge, None] = {}
    for source, target in edges:
        forward[(target, source) if (source, target) in backward else (source, target)] = None
    layer_of = _layers(count, list(forward), first, last)
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    reach = _longest_cut(layer_of, forward)
    paths: dict[Edge, list[int]] = {}
    # Long edges of one source share their dummies, or those to one target where these are more:
    # a fan is drawn as one stem with branches.
    long = [edge for edge in forward if 1 < layer_of[edge[1]] - layer_of[edge[0]] <= reach]
    leaving = Counter(source for source, _ in long)
    entering = Counter(target for _, target in long)
    stems: dict[tuple[int, bool], list[int]] = {}
    for source, target in forward:
        span = layer_of[target] - layer_of[source]
        way: list[int] = []
        if span <= reach:
            gathered = entering[target] > leaving[source]
            root = target if gathered else source
            stem = stems.setdefault((root, gathered), [])
            while len(stem) < span - 1:
                near, dummy = stem[-1] if stem else root, len(layer_of)
                layer_of.append(layer_of[near] + (-1 if gathered else 1))
                before.append([])
                after.append([])
                low, high = (dummy, near) if gathered else (near, dummy)
                before[high].append(low)
                after[low].append(high)
                stem.append(dummy)
            way = stem[: span - 1][::-1] if gathered else stem[: span - 1]
        path = [source, *way, target]
        paths[source, target] = path
        # The stem is joined already; what is left is the branch.
        low, high = (path[0], path[1]) if way and gathered else (path[-2], path[-1])
        after[low].append(high)
        before[high].append(low)
    chains = {
        edge: paths[(edge[1], edge[0])] if edge in backward else paths[edge] for edge in edges
    }
    layers = _sweep(layer_of, before, after)
    return Ordering(count, layers, layer_of, before, after, chains, frozenset(backward))


def _backward_edges(count: int, edges: list[Edge]) -> set[Edge]:
    """Edges that close a cycle in a depth-first walk that starts at the sources."""
    after: list[list[int]] = [[] for _ in range(count)]
    entering = [0] * count
    for source, target in edges:
        after[source].append(target)
        entering[target] += 1
    state = [0] * count
    backward: set[Edge] = set()
    for root in sorted(range(count), key=lambda node: (entering[node] > 0, node)):
        if state[root]:
            continue
        state[root] = 1
        stack = [(root, iter(after[root]))]
        while stack:
            node, rest = stack[-1]
            for target in rest:
                if state[target] == 1:
                    backward.add((node, target))
                elif not state[target]:
                    state[target] = 1
                    stack.append((target, iter(after[target])))
                    break
            else:
                state[node] = 2
                stack.pop()
    return backward


def _layers(
    count: int, edges: list[Edge], first: frozenset[int], last: frozenset[int]
) -> list[int]:
    after: list[list[int]] = [[] for _ in range(count)]
    before: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        after[source].append(target)
        before[target].append(source)
    waiting = [len(sources) for sources in before]
    topological = [node for node in range(count) if not waiting[node]]
    layer = [0] * count
    for node in topological:
        for target in after[node]:
            layer[target] = max(layer[target], layer[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                topological.append(target)
    # Shorten edges: a node with more edges on one side moves to that side as far as it may.
    for _ in range(6):
        moved = False
        for node in [*reversed(topological), *topological]:
            pull = len(after[node]) - len(before[node])
            if node in first or node in last or not pull:
                continue
            goal = layer[node]
            if pull > 0:
                goal = min(layer[target] for target in after[node]) - 1
            elif before[node]:
                goal = max(layer[source] for source in before[node]) + 1
            if goal != layer[node]:
                layer[node] = goal
                moved = True
        if not moved:
            break
    inner = [layer[node] for node in range(count) if node not in first and node not in last]
    low, high = min(inner, default=0), max(inner, default=0)
    base = low - 1 if first else low
    for node in first:
        layer[node] = low - 1
    for node in last:
        layer[node] = high + 1
    return [value - base for value in layer]


def _longest_cut(layer_of: list[int], edges: dict[Edge, None]) -> int:
    """Longest span that is still cut into dummies within the budget."""
    spans = sorted(layer_of[target] - layer_of[source] for source, target in edges)
    total = 0
    for span in spans:
        total += span - 1
        if total > DUMMIES:
            return max(1, span - 1)
    return spans[-1] if spans else 1


def _sweep(layer_of: list[int], before: list[list[int]], after: list[list[int]]) -> list[list[int]]:
    height = max(layer_of) + 1
    visits = sum(map(len, after)) + len(layer_of)
    sweeps = max(3, min(20, WORK // (visits * 4)))
    place = [0] * len(layer_of)
    best: list[list[int]] = []
    fewest = -1
    for mirrored in (False, True):
        layers = _initial(layer_of, height, before, after, mirrored)
        _number(layers, place)
        idle = 0
        for sweep in range(sweeps):
            upward = (sweep % 2 == 0) != mirrored
            near = before if upward else after
            for row in layers[1:] if upward else layers[-2::-1]:
                row.sort(key={node: _median(node, near[node], place) for node in row}.__getitem__)
                for position, node in enumerate(row):
                    place[node] = position
            if visits < 6000:
                _exchange(layers, before, after, place)
            crossings = count_crossings(layers, after, place)
            if fewest < 0 or crossings < fewest:
                fewest, best, idle = crossings, [list(row) for row in layers], 0
            else:
                idle += 1
            if not crossings or idle >= 4:
                break
        if not fewest:
            break
    return best


def _initial(
    layer_of: list[int],
    height: int,
    before: list[list[int]],
    after: list[list[int]],
    mirrored: bool,
) -> list[list[int]]:
    """First order: depth-first from the bottom, or from the top when mirrored."""
    layers: list[list[int]] = [[] for _ in range(height)]
    seen = [False] * len(layer_of)
    sign = -1 if mirrored else 1
    for root in sorted(range(len(layer_of)), key=lambda node: (sign * layer_of[node], node)):
        if seen[root]:
            continue
        seen[root] = True
        stack = [root]
        while stack:
            node = stack.pop()
            layers[layer_of[node]].append(node)
            near = after[node] + before[node] if mirrored else before[node] + after[node]
            for other in near:
                if not seen[other]:
                    seen[other] = True
                    stack.append(other)
    return layers


def _number(layers: list[list[int]], place: list[int]) -> None:
    for row in layers:
        for position, node in enumerate(row):
            place[node] = position


def _median(node: int, near: list[int], place: list[int]) -> float:
    """Weighted median of the neighbours' places; a node without neighbours stays."""
    if not near:
        return place[node]
    places = sorted(place[other] for other in near)
    half = len(places) // 2
    if len(places) % 2:
        return places[half]
    low, high = places[half - 1], places[half]
    if len(places) == 2:
        return (low + high) / 2
    left, right = low - places[0], places[-1] - high
    return (low * right + high * left) / (left + right) if left + right else (low + high) / 2


def _exchange(
    layers: list[list[int]], before: list[list[int]], after: list[list[int]], place: list[int]
) -> None:
    """Swap neighbours in a layer wherever that removes crossings."""
    for row in layers:
        for position in range(len(row) - 1):
            left, right = row[position], row[position + 1]
            gain = 0
            for near in (before, after):
                for here in near[left]:
                    at = place[here]
                    for there in near[right]:
                        gain += (at > place[there]) - (at < place[there])
            if gain > 0:
                row[position], row[position + 1] = right, left
                place[left], place[right] = position + 1, position


def count_crossings(layers: list[list[int]], after: list[list[int]], place: list[int]) -> int:
    """Crossings between adjacent layers, by a Fenwick tree over the upper layer."""
    total = 0
    for low, high in itertools.pairwise(layers):
        size = len(high)
        tree = [0] * (size + 1)
        inserted = 0
        for node in low:
            # An edge too long to be cut lies in no single pair of layers.
            ends = [
                place[other]
                for other in after[node]
                if place[other] < size and high[place[other]] == other
            ]
            for end in ends:
                at, smaller = end + 1, 0
                while at:
                    smaller += tree[at]
                    at &= at - 1
                total += inserted - smaller
            for end in ends:
                at = end + 1
                while at <= size:
                    tree[at] += 1
                    at += at & -at
            inserted += len(ends)
    return total
