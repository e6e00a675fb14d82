"""Which scopes are built alike: a hash of each scope from the inside out, the same for twins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from opscope.dashboard.graph.hierarchy import Hierarchy

Hash = NDArray[np.uint64]
ROUNDS = 2
"""Refinements along the edges of a level; two tell neighbours of neighbours apart."""


def structure_classes(hierarchy: Hierarchy, hashes: Hash | None = None) -> NDArray[np.int32]:
    """int32[m]: class of each scope, -1 where no other scope of two or more nodes is built alike.

    Classes are numbered from the outermost scopes inwards, so colours of what is seen first are
    the most distinct. `hashes` are those of `structure_hashes` where they are known.
    """
    hashes = structure_hashes(hierarchy) if hashes is None else hashes
    classes = np.full(hierarchy.m, -1, np.int32)
    large = np.nonzero(hierarchy.hi - hierarchy.lo > 1)[0]
    large = large[large > 0]
    _, inverse, count = np.unique(hashes[large], return_inverse=True, return_counts=True)
    shared = count[inverse] > 1
    numbers: dict[int, int] = {}
    members = large[shared]
    kinds = inverse[shared]
    for position in np.lexsort((members, hierarchy.depth[members])).tolist():
        kind = int(kinds[position])
        classes[members[position]] = numbers.setdefault(kind, len(numbers))
    return classes


def structure_hashes(hierarchy: Hierarchy) -> Hash:
    """uint64[m]: depends on ops, nesting and edges inside a scope, not on names or order.

    Weisfeiler-Lehman refinement within each level: an item's hash takes in those of its
    neighbours in the same scope; a scope's hash is that of the multiset of its items.
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
    item_level = hierarchy.depth[items_above]
    item_level[0] = -1
    item_order = np.argsort(item_level, kind="stable")
    item_bounds = np.searchsorted(item_level[item_order], np.arange(deepest + 2))
    for level in range(deepest, -1, -1):
        items = item_order[item_bounds[level] : item_bounds[level + 1]]
        edges = edge_order[edge_bounds[level] : edge_bounds[level + 1]]
        source, target = hierarchy.top_src[edges], hierarchy.top_dst[edges]
        kind = (hierarchy.slot[edges] < 0).astype(np.uint64)
        for _ in range(ROUNDS):
            near = np.zeros(len(hashes), np.uint64) if len(edges) else hashes
            if len(edges):
                np.add.at(near, target, _mix(hashes[source] * np.uint64(3) + kind))
                np.add.at(near, source, _mix(hashes[target] * np.uint64(5) + kind))
                hashes[items] = _mix(hashes[items] + near[items] * np.uint64(7))
        scopes = np.nonzero(hierarchy.depth == level)[0]
        total = np.zeros(m, np.uint64)
        np.add.at(total, items_above[items], hashes[items])
        inside[scopes] = hashes[scopes] = _mix(total[scopes] + np.uint64(0x5C09E))
    return inside


def _mix(value: Hash) -> Hash:
    """Scramble as splitmix64 ends: every input bit moves half of the output bits."""
    mixed = value ^ (value >> np.uint64(30))
    mixed = mixed * np.uint64(0xBF58476D1CE4E5B9)
    mixed = mixed ^ (mixed >> np.uint64(27))
    mixed = mixed * np.uint64(0x94D049BB133111EB)
    last: Hash = mixed ^ (mixed >> np.uint64(31))
    return last
