"""Scalars and histograms of a scope or node: by the name of the tag, or by its summary op."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.events import EventsError, make_ndarray

# Where the op that writes a summary has its tag among its inputs.
TAG_INPUT = {
    "ScalarSummary": 0,
    "HistogramSummary": 0,
    "WriteScalarSummary": 2,
    "WriteHistogramSummary": 2,
    "WriteSummary": 3,
}
MOST_OPS = 1000
MOST_LISTED = 12


def summary_tags(hierarchy: Hierarchy, item: int, tags: Iterable[str]) -> list[str]:
    """Those of the tags that belong to an item, in their order.

    A tag belongs to a scope that its name begins with or that its summary op lies in, and to a
    node that its summary op reads, or that is that op.
    """
    name = hierarchy.name(item)
    written = {tag for op in _summary_ops(hierarchy, item) for tag in _written(hierarchy, op)}
    return [tag for tag in tags if tag in written or tag == name or tag.startswith(f"{name}/")]


def tags_pattern(name: str, tags: list[str]) -> str:
    """A regular expression for the tag filter of a page that shows these tags."""
    if len(tags) > MOST_LISTED and all(tag.startswith(f"{name}/") for tag in tags):
        return f"^{re.escape(name)}/"
    return "^(" + "|".join(re.escape(tag) for tag in tags) + ")$"


def described(hierarchy: Hierarchy, item: int, kinds: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Pages to go to: [{"page", "tags" (the first 12), "total", "pattern"}]."""
    found = []
    for page, known in kinds.items():
        tags = summary_tags(hierarchy, item, known)
        if tags:
            pattern = tags_pattern(hierarchy.name(item), tags)
            found.append(
                {"page": page, "tags": tags[:MOST_LISTED], "total": len(tags), "pattern": pattern}
            )
    return found


def _summary_ops(hierarchy: Hierarchy, item: int) -> list[int]:
    """Summary ops inside a scope, or the node itself and those that read it."""
    ops = hierarchy.columns.ops
    low, high = hierarchy.interval(item)
    nodes = np.arange(low, high)
    if item >= hierarchy.m:
        readers = hierarchy.out_order[hierarchy.out_start[low] : hierarchy.out_start[high]]
        nodes = np.unique(np.concatenate([nodes, hierarchy.dst[readers]]))
    writes = np.array([op in TAG_INPUT for op in ops], bool)
    chosen: list[int] = nodes[writes[hierarchy.op[nodes]]][:MOST_OPS].tolist() if ops else []
    return chosen


def _written(hierarchy: Hierarchy, node: int) -> list[str]:
    """Tag that a summary op writes, where a constant gives it."""
    columns = hierarchy.columns
    wanted = TAG_INPUT[columns.ops[hierarchy.op[node]]]
    for edge in hierarchy.in_order[hierarchy.in_start[node] : hierarchy.in_start[node + 1]]:
        if hierarchy.position[edge] != wanted or hierarchy.slot[edge] < 0:
            continue
        held = columns.attrs(int(hierarchy.file_index[hierarchy.src[edge]])).get("value")
        if held is None or held.WhichOneof("value") != "tensor":
            return []
        try:
            values = make_ndarray(held.tensor).reshape(-1)[:1].tolist()
        except (EventsError, ValueError):
            return []
        return [value.decode("utf-8", "replace") for value in values if isinstance(value, bytes)]
    return []
