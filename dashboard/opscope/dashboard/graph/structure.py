"""Which scopes are built alike: a hash of each scope from the inside out, the same for twins."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opscope.dashboard.graph.hierarchy import Hierarchy, Ints

Hash = NDArray[np.uint64]
PASSES = 48
"""Times that items of one hash are refined or one of them is chosen, at most."""
ROUNDS = 8
"""Refinements along the edges of a scope, or as many as it has items where these are fewer."""


class Structure(NamedTuple):
    """Hashes of what is built alike: `inside` of scopes, `items` of items amid their neighbours.

    `inside` is uint64[m] and depends on nothing around a scope; `items` is uint64[m + n].
    """

    inside: Hash
    items: Hash


def structure_classes(hierarchy: Hierarchy, kinds: NDArray[np.int32]) -> NDArray[np.int32]:
    """int32[m]: class of each scope, -1 where no other scope of two or more nodes is built alike.

    Classes are numbered from the outermost scopes inwards, so colours of what is seen first are
    the most distinct. `kinds` are those of `twins.twin_kinds`.
    """
    classes = np.full(hierarchy.m, -1, np.int32)
    large = np.nonzero(hierarchy.hi - hierarchy.lo > 1)[0]
    large = large[large > 0]
    _, inverse, count = np.unique(kinds[large], return_inverse=True, return_counts=True)
    shared = count[inverse] > 1
    numbers: dict[int, int] = {}
    members = large[shared]
    shared_kinds = inverse[shared]
    for position in np.lexsort((members, hierarchy.depth[members])).tolist():
        kind = int(shared_kinds[position])
        classes[members[position]] = numbers.setdefault(kind, len(numbers))
    return classes


def structure_of(hierarchy: Hierarchy) -> Structure:
    """Hashes that depend on ops, nesting and edges inside a scope, not on names or order.

    Weisfeiler-Lehman refinement within each level: an item's hash takes in those of its
    neighbours in the same scope, and of the nodes in these that the edges lead to; a scope's hash
    is that of the multiset of its items.
    """
    m = hierarchy.m
    # What is refined by neighbours serves the level above; what a scope is holds none of that.
    inside = np.zeros(m, np.uint64)
    hashes = np.zeros(m + hierarchy.n, np.uint64)
    hashes[m:] = _mix(hierarchy.op.astype(np.uint64) + np.uint64(1))
    level_of_edge = hierarchy.depth[hierarchy.common]
    edge_order = np.argsort(level_of_edge, kind="stable")
    deepest = int(hierarchy.depth.max())
    edge_bounds = np.searchsorted(level_of_edge[edge_order], np.arange(deepest + 2))
    items_above = np.concatenate([hierarchy.parent, hierarchy.own])
    size = np.bincount(items_above[1:], minlength=m)
    item_level = hierarchy.depth[items_above]
    item_level[0] = -1
    item_order = np.argsort(item_level, kind="stable")
    item_bounds = np.searchsorted(item_level[item_order], np.arange(deepest + 2))
    for level in range(deepest, -1, -1):
        items = item_order[item_bounds[level] : item_bounds[level + 1]]
        edges = edge_order[edge_bounds[level] : edge_bounds[level + 1]]
        source, target = hierarchy.top_src[edges], hierarchy.top_dst[edges]
        along = _along(hierarchy, hashes, edges)
        # How often depends on the scope alone, so that twins at other depths stay twins.
        for round_ in range(ROUNDS if len(edges) else 0):
            near = _near(hashes, source, target, along)
            refined = items[size[items_above[items]] > round_]
            hashes[refined] = _mix(hashes[refined] + near[refined] * np.uint64(7))
        scopes = np.nonzero(hierarchy.depth == level)[0]
        total = np.zeros(m, np.uint64)
        np.add.at(total, items_above[items], hashes[items])
        inside[scopes] = hashes[scopes] = _mix(total[scopes] + np.uint64(0x5C09E))
    return Structure(inside, hashes)


def told_apart(hierarchy: Hierarchy, structure: Structure, scopes: Ints) -> Structure:
    """The same with items of some scopes told apart that have one hash.

    One is chosen by its name, the others follow from how they are joined to it, and so on. Where
    items of one hash can change places, twins get hashes that pair them whatever was chosen.
    """
    m = hierarchy.m
    chosen = np.zeros(m, bool)
    chosen[scopes] = True
    above = np.concatenate([hierarchy.parent, hierarchy.own])
    before = np.concatenate([hierarchy.lo, np.arange(hierarchy.n)])
    edges = np.nonzero(chosen[hierarchy.common])[0]
    source, target = hierarchy.top_src[edges], hierarchy.top_dst[edges]
    # Items that nothing joins to others can stand in any order.
    within = np.unique(np.concatenate([source, target]))
    along = _along(hierarchy, structure.items, edges)
    items = structure.items.copy()
    left = -1
    for _ in range(PASSES):
        order = within[np.lexsort((before[within], items[within], above[within]))]
        same = (above[order][1:] == above[order][:-1]) & (items[order][1:] == items[order][:-1])
        tied = order[np.nonzero(same)[0]]
        if not len(tied):
            break
        if len(tied) == left:
            _, first = np.unique(above[tied], return_index=True)
            items[tied[first]] = _mix(items[tied[first]] + np.uint64(0x71E))
        left = len(tied)
        for _ in range(ROUNDS):
            near = _near(items, source, target, along)
            items[within] = _mix(items[within] + near[within] * np.uint64(7))
    return Structure(structure.inside, items)


def _along(hierarchy: Hierarchy, items: Hash, edges: Ints) -> Hash:
    """What edges add to the hashes of the items they join: their sort and their inner ends."""
    along = (hierarchy.slot[edges] < 0).astype(np.uint64)
    along += items[hierarchy.m + hierarchy.src[edges]] * np.uint64(11)
    along += items[hierarchy.m + hierarchy.dst[edges]] * np.uint64(13)
    return along


def _near(items: Hash, source: Ints, target: Ints, along: Hash) -> Hash:
    """For each item a sum over its neighbours."""
    near = np.zeros(len(items), np.uint64)
    np.add.at(near, target, _mix(items[source] * np.uint64(3) + along))
    np.add.at(near, source, _mix(items[target] * np.uint64(5) + along))
    return near


def _mix(value: Hash) -> Hash:
    """Scramble as splitmix64 ends: every input bit moves half of the output bits."""
    mixed = value ^ (value >> np.uint64(30))
    mixed = mixed * np.uint64(0xBF58476D1CE4E5B9)
    mixed = mixed ^ (mixed >> np.uint64(27))
    mixed = mixed * np.uint64(0x94D049BB133111EB)
    last: Hash = mixed ^ (mixed >> np.uint64(31))
    return last
