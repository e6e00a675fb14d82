"""Finding nodes and scopes by name or by op."""

from __future__ import annotations

import re
from typing import Any

from opscope.dashboard.graph.hierarchy import Hierarchy

MOST_HITS = 200
MOST_MARKS = 20_000
LONGEST = 200


def search(hierarchy: Hierarchy, text: str) -> dict[str, Any]:
    """Find names in which the pattern occurs, upper and lower case alike.

    `text` is a regular expression, or plain text where it is none; after "op:" it must match a
    whole op name. Gives `total`, the first 200 `hits` (scopes and names whose last part matches
    come first) and `marks`, the sorted preorder numbers of matching nodes.
    """
    text = text.strip()[:LONGEST]
    by_op = text.lower().startswith("op:")
    if by_op:
        text = text[3:].strip()
    if not text:
        return {"total": 0, "hits": [], "marks": []}
    try:
        pattern = re.compile(text, re.IGNORECASE)
    except re.error:
        pattern = re.compile(re.escape(text), re.IGNORECASE)
    m = hierarchy.m
    if by_op:
        matching = [bool(pattern.fullmatch(op)) for op in hierarchy.columns.ops]
        nodes = [node for node, op in enumerate(hierarchy.op.tolist()) if matching[op]]
        items = [m + node for node in nodes]
    else:
        find = pattern.search
        nodes = [node for node, name in enumerate(hierarchy.shown) if find(name)]
        scopes = [scope for scope, name in enumerate(hierarchy.names) if scope and find(name)]
        items = scopes + [m + node for node in nodes]

    def rank(item: int) -> tuple[bool, int, int]:
        name = hierarchy.name(item)
        leaf = name.rpartition("/")[2]
        return not (by_op or pattern.search(leaf)), name.count("/"), item

    best = sorted(items, key=rank)[:MOST_HITS]
    return {
        "total": len(items),
        "hits": [_hit(hierarchy, item) for item in best],
        "marks": nodes[:MOST_MARKS],
    }


def _hit(hierarchy: Hierarchy, item: int) -> dict[str, Any]:
    lo, hi = hierarchy.interval(item)
    if item < hierarchy.m:
        return {"id": hierarchy.name(item), "kind": "scope", "count": hi - lo}
    op = hierarchy.columns.ops[hierarchy.op[item - hierarchy.m]]
    return {"id": hierarchy.name(item), "kind": "op", "op": op}
