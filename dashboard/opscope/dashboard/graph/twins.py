"""Which scopes are the same but for their names, told for certain: hashes only propose twins.

Two scopes are twins where their nodes and inner scopes can be paired so that ops, nesting and
every edge inside agree, data and control edges apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from opscope.dashboard.graph.hierarchy import Hierarchy, Ints
from opscope.dashboard.graph.structure import Structure, told_apart

STEPS = 200_000
"""Pairs of nodes tried in all, where the order of hashes and names does not already pair them."""


def twin_kinds(hierarchy: Hierarchy, structure: Structure) -> NDArray[np.int32]:
    """int32[m]: equal where scopes are twins, different where they are not.

    What is not decided within `STEPS` counts as different, so that no two that differ are equal.
    """
    m = hierarchy.m
    written = _Written(hierarchy, structure)
    kinds = np.full(m, -1, np.int32)
    order = np.argsort(structure.inside, kind="stable")
    _, first, count = np.unique(structure.inside[order], return_index=True, return_counts=True)
    alone = order[first[count == 1]]
    made = len(alone)
    kinds[alone] = np.arange(made)
    buckets = []
    for begin, size in zip(first[count > 1].tolist(), count[count > 1].tolist(), strict=True):
        bucket = order[begin : begin + size]
        if len(next(written.equal(bucket))) == size:
            kinds[bucket] = made
            made += 1
        else:
            buckets.append(bucket)
    if not buckets:
        return kinds
    written = _Written(hierarchy, told_apart(hierarchy, structure, np.concatenate(buckets)))
    search = _Search(hierarchy, structure)
    for bucket in buckets:
        found: list[int] = []
        for scopes in written.equal(bucket):
            one = int(scopes[0])
            twin = next((other for other in found if search.twins(other, one)), None)
            if twin is None:
                found.append(one)
                kinds[scopes] = made
                made += 1
            else:
                kinds[scopes] = kinds[twin]
    return kinds


class _Written:
    """Every scope written down as numbers, its items in the order of their hashes, then names."""

    def __init__(self, hierarchy: Hierarchy, structure: Structure) -> None:
        m, n = hierarchy.m, hierarchy.n
        above = np.concatenate([hierarchy.parent, hierarchy.own])
        size = np.concatenate([hierarchy.hi - hierarchy.lo, np.ones(n, np.int64)])
        before = np.concatenate([hierarchy.lo, np.arange(n)])
        depth = np.concatenate([hierarchy.depth, hierarchy.depth[hierarchy.own] + 1])
        start = np.zeros(m + n, np.int64)
        by_depth = np.argsort(depth, kind="stable")
        bounds = np.searchsorted(depth[by_depth], np.arange(1, int(depth.max()) + 2))
        for low, high in pairwise(bounds.tolist()):
            items = by_depth[low:high]
            items = items[np.lexsort((before[items], structure.items[items], above[items]))]
            ends = np.cumsum(size[items])
            new = np.diff(above[items], prepend=-1) != 0
            base = (ends - size[items])[new][np.cumsum(new) - 1]
            start[items] = start[above[items]] + ends - size[items] - base
        self.start, self.size = start[:m], size[:m]
        place = start[m:]
        self.ops = np.empty(n, np.int64)
        self.ops[place] = hierarchy.op
        scopes = np.lexsort((hierarchy.depth, self.start))
        number = np.empty(m, np.int64)
        number[scopes] = np.arange(m)
        self.number = number
        self.scopes = np.stack([self.start, self.size])[:, scopes]
        self.inner = _counts_inside(hierarchy, np.ones(m, np.int64))
        src, dst = place[hierarchy.src], place[hierarchy.dst]
        control = hierarchy.slot < 0
        at = number[hierarchy.common]
        edges = np.lexsort((control, dst, src, at))
        self.edges = np.stack([src[edges], dst[edges]])
        self.control = control[edges].astype(np.int64)
        self.first_edge = np.searchsorted(at[edges], number)
        own = np.bincount(hierarchy.common, minlength=m).astype(np.int64)
        self.edge_count = _counts_inside(hierarchy, own)

    def equal(self, scopes: Ints) -> Iterator[Ints]:
        """The scopes of a bucket, those together that read the same."""
        lengths = np.stack([self.size[scopes], self.inner[scopes], self.edge_count[scopes]])
        _, group = np.unique(lengths, axis=1, return_inverse=True)
        for number in range(int(group.max()) + 1):
            alike = scopes[group.reshape(-1) == number]
            rows = self._rows(alike)
            while len(alike):
                same = (rows == rows[0]).all(1)
                yield alike[same]
                alike, rows = alike[~same], rows[~same]

    def _rows(self, scopes: Ints) -> Ints:
        """A row of numbers for each of several scopes that have as many nodes, scopes and edges."""
        one = int(scopes[0])
        size, inner, edges = (int(each[one]) for each in (self.size, self.inner, self.edge_count))
        start = self.start[scopes][:, None]
        ops = self.ops[start + np.arange(size)]
        held = self.number[scopes][:, None] + np.arange(1, inner)
        carried = self.first_edge[scopes][:, None] + np.arange(edges)
        return np.concatenate(
            [
                ops,
                self.scopes[0][held] - start,
                self.scopes[1][held],
                self.edges[0][carried] - start,
                self.edges[1][carried] - start,
                self.control[carried],
            ],
            axis=1,
        )


def _counts_inside(hierarchy: Hierarchy, own: Ints) -> Ints:
    """Sum over each scope and all scopes inside it, which follow it in preorder."""
    end = np.arange(1, hierarchy.m + 1)
    for level in range(int(hierarchy.depth.max()), 0, -1):
        at = np.nonzero(hierarchy.depth == level)[0]
        np.maximum.at(end, hierarchy.parent[at], end[at])
    sums = np.concatenate([[0], np.cumsum(own)])
    counts: Ints = sums[end] - sums[:-1]
    return counts


class _Search:
    """Pairs the nodes of two scopes one by one, taking back what does not fit."""

    def __init__(self, hierarchy: Hierarchy, structure: Structure) -> None:
        self.hierarchy = hierarchy
        self.hashes = structure.items
        self.left = STEPS

    def twins(self, one: int, other: int) -> bool:
        """Whether the inside of two scopes is the same; false, too, where no steps are left."""
        low, high = self.hierarchy.interval(one)
        if high - low > self.left:
            return False
        self.left -= high - low
        here, there = self._inside(one), self._inside(other)
        return here.census == there.census and self._pair(here, there)

    def _inside(self, scope: int) -> _Inside:
        return _Inside(self.hierarchy, scope, self.hashes)

    def _pair(self, here: _Inside, there: _Inside) -> bool:
        order = here.order
        pairs: dict[int, int] = {}
        back: dict[int, int] = {}
        tried: list[Iterator[int]] = [self._fitting(here, there, order[0], pairs, back)]
        taken: list[list[int]] = []
        while tried:
            node = next(tried[-1], None)
            if node is None:
                tried.pop()
                if taken:
                    for item in taken.pop():
                        del back[pairs.pop(item)]
                continue
            self.left -= 1
            if self.left < 0:
                return False
            new = []
            for a, b in zip(here.path[order[len(taken)]], there.path[node], strict=True):
                if a not in pairs:
                    pairs[a], back[b] = b, a
                    new.append(a)
            taken.append(new)
            if len(taken) == len(order):
                return True
            tried.append(self._fitting(here, there, order[len(taken)], pairs, back))
        return False

    def _fitting(
        self,
        here: _Inside,
        there: _Inside,
        node: int,
        pairs: dict[int, int],
        back: dict[int, int],
    ) -> Iterator[int]:
        """Nodes of the other scope that can stand for a node, with what is paired so far."""
        joined = here.joined[node]
        known = next((near for near in joined if near in pairs and near != node), None)
        candidates = (
            there.alike[here.kind[node]] if known is None else list(there.joined[pairs[known]])
        )
        for other in candidates:
            if other in back or there.kind[other] != here.kind[node]:
                continue
            if any(
                pairs.get(a, b) != b or back.get(b, a) != a
                for a, b in zip(here.path[node], there.path[other], strict=True)
            ):
                continue
            theirs = there.joined[other]
            near = {pairs.get(a, other): k for a, k in joined.items() if a in pairs or a == node}
            if near == {b: k for b, k in theirs.items() if b in back or b == other}:
                yield other


class _Inside:
    """The nodes of a scope, as items: what each is, where it stands, what it is joined to.

    `path` has the scopes around a node up to this one, then the node; `joined` counts its edges
    to and from each other node, by sort.
    """

    def __init__(self, hierarchy: Hierarchy, scope: int, hashes: NDArray[np.uint64]) -> None:
        m = hierarchy.m
        low, high = hierarchy.interval(scope)
        self.path: dict[int, tuple[int, ...]] = {}
        self.kind: dict[int, tuple[int, ...]] = {}
        self.alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
        self.joined: dict[int, dict[int, Counter[str]]] = defaultdict(dict)
        for node in range(m + low, m + high):
            path = [node]
            while (above := hierarchy.scope_of(path[-1])) != scope:
                path.append(above)
            path.reverse()
            self.path[node] = tuple(path)
            self.kind[node] = (int(hierarchy.op[node - m]), *hashes[path].tolist())
            self.alike[self.kind[node]].append(node)
        edges = hierarchy.out_order[hierarchy.out_start[low] : hierarchy.out_start[high]]
        self.edges: Counter[tuple[tuple[int, ...], tuple[int, ...], bool]] = Counter()
        for source, target, slot in zip(
            (hierarchy.src[edges] + m).tolist(),
            (hierarchy.dst[edges] + m).tolist(),
            hierarchy.slot[edges].tolist(),
            strict=True,
        ):
            if m + low <= target < m + high:
                sort = "control" if slot < 0 else "data"
                self.joined[source].setdefault(target, Counter())[f"{sort} to"] += 1
                self.joined[target].setdefault(source, Counter())[f"{sort} from"] += 1
                self.edges[self.kind[source], self.kind[target], slot < 0] += 1

    @property
    def census(self) -> tuple[object, ...]:
        """What twins have in common whatever the pairing."""
        return {kind: len(nodes) for kind, nodes in self.alike.items()}, self.edges

    @property
    def order(self) -> list[int]:
        """The nodes, each after one it is joined to where there is any, the rarest kinds first."""
        found: dict[int, None] = {}
        for first in sorted(self.path, key=lambda node: (len(self.alike[self.kind[node]]), node)):
            waiting = [first]
            for node in waiting:
                if node not in found:
                    found[node] = None
                    waiting += [near for near in self.joined[node] if near not in found]
        return list(found)
