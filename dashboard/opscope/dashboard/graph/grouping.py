"""Series of scopes built alike, and groups put together or taken apart by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.dashboard.graph.naming import CROWD, longest_run, name_of, numberings
from opscope.dashboard.graph.stretches import FLAT, stretches
from opscope.dashboard.graph.structure import structure_of
from opscope.dashboard.graph.twins import twin_kinds
from opscope.dashboard.graph.weaving import blocks_of

ALIKE = 4
"""Fewest scopes built alike, numbered in a row or chained, that can become a series."""


MANY = 15
"""Scopes built alike and numbered in a row that are a series in any scope, crowded or not."""
ALL = "*"
"""In `Grouping.apart`: every group but those that cut a flat level, which nobody could draw."""


@dataclass(frozen=True)
class Grouping:
    """Full names of groups taken apart (`ALL` takes each apart) and put together by hand."""

    apart: frozenset[str] = frozenset()
    together: frozenset[str] = frozenset()

    def splits(self, name: str) -> bool:
        """Whether a group that is made by itself is taken apart."""
        return name in self.apart or (ALL in self.apart and name not in self.together)


AUTOMATIC = Grouping()


@dataclass(frozen=True)
class Series:
    """Items that can stand as one group; where it helps, they do by themselves."""

    name: str
    scope: int
    members: list[int]
    helps: bool


class Arrangement(NamedTuple):
    """A tree of scopes with its groups.

    `kinds` has a number for each scope, equal for twins; `offers` for each name that could stand
    in a group but does not that group's name; `known` the names of all groups there could be.
    """

    hierarchy: Hierarchy
    kinds: NDArray[np.int32]
    offers: dict[str, str]
    known: frozenset[str]


def arranged(base: Hierarchy, grouping: Grouping) -> Arrangement:
    """Put groups together and take them apart."""
    offers: dict[str, str] = {}
    known = frozenset(name for name, made in zip(base.names, base.grouped, strict=True) if made)
    dropped = {base.scope_index[name] for name in known if grouping.splits(name)}
    for scope in dropped:
        offers.update((base.name(item), base.names[scope]) for item in base.children(scope))
    blocks: list[Series] = []
    for tangled, cut_up in _blocks(base):
        dropped |= tangled
        known |= {each.name for each in cut_up}
        for each in cut_up:
            if grouping.splits(each.name):
                offers.update((base.name(member), each.name) for member in each.members)
            else:
                blocks.append(each)
    hierarchy = _rebuilt(base, dropped, blocks) if dropped or blocks else base
    kinds = twin_kinds(hierarchy, structure_of(hierarchy))
    series = list(_alike(hierarchy, kinds))
    chosen = [
        each
        for each in series
        if not grouping.splits(each.name) and (each.helps or each.name in grouping.together)
    ]
    names = {each.name for each in chosen}
    for each in series:
        if each.name not in names:
            for member in each.members:
                offers.setdefault(hierarchy.names[member], each.name)
    known |= {each.name for each in series}
    if chosen:
        hierarchy = _rebuilt(hierarchy, set(), chosen)
    cut = hierarchy
    while pieces := list(_pieces(cut, known)):
        known |= {each.name for each in pieces}
        for each in pieces:
            if each.name in grouping.apart:
                offers.update((cut.name(member), each.name) for member in each.members)
        kept = [each for each in pieces if each.name not in grouping.apart]
        if kept:
            cut = _rebuilt(cut, set(), kept)
    if chosen or cut is not hierarchy:
        kinds = twin_kinds(cut, structure_of(cut))
    return Arrangement(cut, kinds, offers, known)


def _blocks(hierarchy: Hierarchy) -> Iterator[tuple[set[int], list[Series]]]:
    """Levels that are cut along their flow, as groups by name would tangle it: see weaving.py."""
    taken = set(hierarchy.scope_index)
    for scope in hierarchy.crowds(CROWD // 2):
        groups, blocks = blocks_of(hierarchy, scope)
        found = []
        for piece, members in blocks:
            name = name_of(hierarchy.names[scope], piece)
            while name in taken or hierarchy.find(name) is not None:
                name += "\u2032"
            taken.add(name)
            found.append(Series(name, scope, members, True))
        yield set(groups), found


def _alike(hierarchy: Hierarchy, kinds: NDArray[np.int32]) -> Iterator[Series]:
    """Find series of scopes in the order of their scopes; no scope lies in two."""
    counts = np.bincount(hierarchy.parent[1:], minlength=hierarchy.m)
    taken = set(hierarchy.scope_index)
    for scope in np.nonzero(counts >= ALIKE)[0].tolist():
        children = hierarchy.children(scope)
        buckets: dict[int, list[int]] = defaultdict(list)
        for item in children:
            if item < hierarchy.m and not hierarchy.series_op(item):
                buckets[int(kinds[item])].append(item)
        for twins in buckets.values():
            if len(twins) < ALIKE:
                continue
            for name, members in _runs(hierarchy, scope, twins):
                while name in taken or hierarchy.find(name) is not None:
                    name += "_"
                taken.add(name)
                many = len(children) > CROWD or len(members) >= MANY
                yield Series(name, scope, members, many and len(members) < len(children))


def _pieces(hierarchy: Hierarchy, known: frozenset[str]) -> Iterator[Series]:
    """Cut flat levels that are too large along their flow; each level once."""
    for scope in hierarchy.crowds(FLAT):
        pieces = stretches(hierarchy, scope)
        above = hierarchy.names[scope]
        taken: set[str] = set()
        for piece, members in pieces:
            name = name_of(above, piece)
            while name in taken:
                name += "\u2032"
            taken.add(name)
            if name in known or hierarchy.find(name) is not None:
                break
            yield Series(name, scope, members, True)


def _runs(hierarchy: Hierarchy, scope: int, twins: list[int]) -> Iterator[tuple[str, list[int]]]:
    """Twins numbered in a row, and of the others those that follow each other in a chain."""
    above = hierarchy.names[scope]
    numbered: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    bare: dict[str, int] = {}
    for item in twins:
        leaf = hierarchy.names[item].rpartition("/")[2].removesuffix("_*")
        bare[leaf] = item
        for before, number, after in numberings(leaf):
            numbered[before, after].setdefault(number, item)
    for (before, after), found in numbered.items():
        if not after and before in bare:
            found.setdefault(0, bare[before])
    rest = set(twins)
    for (before, after), found in sorted(numbered.items(), key=_length):
        while True:
            run = longest_run(sorted(number for number, item in found.items() if item in rest))
            if len(run) < ALIKE:
                break
            members = [found[number] for number in run]
            rest.difference_update(members)
            yield name_of(above, f"{before}*{after}" if after else f"{before}_*"), members
    for chain in _chains(hierarchy, scope, rest):
        first, last = (hierarchy.names[chain[end]].rpartition("/")[2] for end in (0, -1))
        yield name_of(above, f"{first}\u2026{last}"), chain


def _length(row: tuple[tuple[str, str], dict[int, int]]) -> tuple[int, bool, tuple[str, str]]:
    """Sorts the longest rows first, and of equals those with the number at the end."""
    (before, after), found = row
    return -len(found), bool(after), (before, after)


def _chains(hierarchy: Hierarchy, scope: int, items: set[int]) -> Iterator[list[int]]:
    """Longest chains of items each of which feeds just the next."""
    if len(items) < ALIKE:
        return
    after: dict[int, set[int]] = defaultdict(set)
    before: dict[int, set[int]] = defaultdict(set)
    edges = range(hierarchy.edge_start[scope], hierarchy.edge_start[scope + 1])
    for edge in edges:
        source, target = int(hierarchy.top_src[edge]), int(hierarchy.top_dst[edge])
        if source in items and target in items and hierarchy.slot[edge] >= 0:
            after[source].add(target)
            before[target].add(source)

    def next_of(item: int) -> int | None:
        if len(after[item]) != 1:
            return None
        only = next(iter(after[item]))
        return only if len(before[only]) == 1 else None

    for item in sorted(items):
        sources = before[item]
        if len(sources) == 1 and next_of(next(iter(sources))) == item:
            continue
        chain = [item]
        while (following := next_of(chain[-1])) is not None and following not in chain:
            chain.append(following)
        if len(chain) >= ALIKE:
            yield chain


def _rebuilt(base: Hierarchy, dropped: set[int], added: list[Series]) -> Hierarchy:
    """The hierarchy without some groups and with others."""
    m = base.m
    parent = [*base.parent.tolist(), *(each.scope for each in added)]
    names = [*base.names, *(each.name for each in added)]
    grouped = [*base.grouped, *(True for _ in added)]
    own = base.own.copy()
    first = list(range(len(parent)))
    for number, each in enumerate(added, m):
        first[number] = min(each.members)
        for member in each.members:
            if member < m:
                parent[member] = number
            else:
                own[member - m] = number
    above = list(range(len(parent)))
    for scope in sorted(dropped):
        above[scope] = above[parent[scope]]
    inner: dict[int, list[int]] = defaultdict(list)
    for scope in sorted(range(1, len(parent)), key=first.__getitem__):
        if scope not in dropped:
            inner[above[parent[scope]]].append(scope)
    order = []
    waiting = [0]
    while waiting:
        scope = waiting.pop()
        order.append(scope)
        waiting += reversed(inner[scope])
    number_of = np.zeros(len(parent), np.int64)
    number_of[order] = np.arange(len(order))
    return base.rearranged(
        [names[scope] for scope in order],
        [grouped[scope] for scope in order],
        np.array([number_of[above[parent[scope]]] for scope in order], np.int64),
        number_of[np.array(above, np.int64)[own]],
    )
