"""The health of what is drawn: pills, where it went bad first, how that spread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opscope.dashboard.graph.choices import NOTHING, Choices
from opscope.dashboard.graph.health_readings import Reading
from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.dashboard.graph.view import GraphView

MOST_BAD = 200
MOST_SPREAD = 20_000
PASSING = frozenset({"_Arg", "_Retval"})


class Health:
    """The readings of one step, laid over a graph.

    A node is told bad where an output of it held a NaN or an infinity; it is an *origin* where
    none of the tensors it reads, as far as they are known, did.
    """

    def __init__(self, view: GraphView, readings: Sequence[Reading]) -> None:
        self.view = view
        hierarchy = view.hierarchy
        self.readings: dict[int, list[Reading]] = defaultdict(list)
        self.missing = 0
        for reading in readings:
            found = [item for item in _nodes_of(hierarchy, reading.node) if item >= hierarchy.m]
            self.missing += not found
            for item in found:
                self.readings[item - hierarchy.m].append(reading)
        self.nodes = np.array(sorted(self.readings), np.int64)
        totals = [np.sum([r.counts for r in self.readings[node]], axis=0) for node in self.nodes]
        self._sums = np.zeros((len(self.nodes) + 1, 6))
        if totals:
            np.cumsum(np.nan_to_num(totals), axis=0, out=self._sums[1:])
        self._vague = np.array([bool(np.isnan(row).any()) for row in totals], bool)
        self._tensors = {
            (node, r.slot) for node, rows in self.readings.items() for r in rows if r.bad
        }
        self.bad = sorted({node for node, _ in self._tensors}, key=self._when)
        self.origins = [node for node in self.bad if not self._fed_badly(node)]

    def paint(self, expanded: Iterable[str] = (), choices: Choices = NOTHING) -> dict[str, Any]:
        """Health of the view with these scopes open.

        `nodes`: for each drawn name with readings `counts` (by COUNTS), `bad` (nodes), `vague` (the
        source tells NaN and infinities alone) and `origin`. `bad`: the bad nodes by time. `known`:
        nodes with readings; `missing`: readings of nodes that the graph has not. `spread`:
        [from, to] of drawn lines that carried bad tensors to nodes that went bad, with
        [scope, node] or [node, scope] where such a line crosses a scope's border.
        """
        hierarchy = self.view.hierarchy
        items = self.view.drawn(expanded, choices)
        bad = np.array(sorted(self.bad), np.int64)
        origins = np.array(sorted(self.origins), np.int64)
        nodes = {}
        for item in items:
            low, high = hierarchy.interval(item)
            first, last = np.searchsorted(self.nodes, (low, high))
            if first == last:
                continue
            described: dict[str, Any] = {
                "counts": (self._sums[last] - self._sums[first]).tolist(),
                "bad": _within(bad, low, high),
                "known": int(last - first),
            }
            if self._vague[first:last].any():
                described["vague"] = True
            if _within(origins, low, high):
                described["origin"] = True
            nodes[hierarchy.name(item)] = described
        return {
            "nodes": nodes,
            "tensors": sum(len(rows) for rows in self.readings.values()),
            "known": len(self.nodes),
            "missing": self.missing,
            "bad": [self._told(node) for node in self.bad[:MOST_BAD]],
            "bad_total": len(self.bad),
            "spread": self._spread(set(items)),
        }

    def of_node(self, name: str) -> list[dict[str, Any]]:
        """What is known of each output of a node, by slot."""
        hierarchy = self.view.hierarchy
        item = hierarchy.find(name)
        if item is None or item < hierarchy.m:
            return []
        rows = sorted(self.readings.get(item - hierarchy.m, []), key=lambda r: (r.slot, r.order))
        return [
            {
                "slot": row.slot,
                "tensor": f"{row.node}:{row.slot}",
                "counts": row.counts.tolist(),
                "bad": row.bad,
                "numbers": None if row.summary is None else row.summary[8:12].tolist(),
                "elements": None if row.summary is None else float(row.summary[1]),
                "initialized": row.summary is None or bool(row.summary[0]),
            }
            for row in rows
        ]

    def _told(self, node: int) -> dict[str, Any]:
        hierarchy = self.view.hierarchy
        slots = sorted({slot for at, slot in self._tensors if at == node})
        return {
            "id": hierarchy.shown[node],
            "tensor": f"{hierarchy.columns.names[hierarchy.file_index[node]]}:{slots[0]}",
            "op": hierarchy.columns.ops[hierarchy.op[node]],
            "origin": node in self.origins,
        }

    def _when(self, node: int) -> tuple[int, int]:
        """Time of a node's first bad output."""
        return min(r.order for r in self.readings[node] if r.bad), node

    def _fed_badly(self, node: int) -> bool:
        """Whether it reads a bad tensor, at once or through arguments and results of functions."""
        hierarchy = self.view.hierarchy
        seen, waiting = {node}, [node]
        while waiting:
            at = waiting.pop()
            entering = hierarchy.in_order[hierarchy.in_start[at] : hierarchy.in_start[at + 1]]
            for source, slot in zip(
                hierarchy.src[entering].tolist(), hierarchy.slot[entering].tolist(), strict=True
            ):
                if (source, slot) in self._tensors:
                    return True
                op = hierarchy.columns.ops[hierarchy.op[source]]
                if op in PASSING and source not in self.readings and source not in seen:
                    seen.add(source)
                    waiting.append(source)
        return False

    def _spread(self, drawn: set[int]) -> list[list[str]]:
        hierarchy = self.view.hierarchy
        found: dict[tuple[int, int], None] = {}
        bad = set(self.bad)
        edges = 0
        for node in self.bad:
            entering = hierarchy.in_order[hierarchy.in_start[node] : hierarchy.in_start[node + 1]]
            for edge in entering.tolist():
                source = int(hierarchy.src[edge])
                if source in bad and (source, int(hierarchy.slot[edge])) in self._tensors:
                    edges += 1
                    if edges > MOST_SPREAD:
                        break
                    found.update(dict.fromkeys(_stretches(hierarchy, edge, drawn)))
        return [[hierarchy.name(a), hierarchy.name(b)] for a, b in found]


def _stretches(hierarchy: Hierarchy, edge: int, drawn: set[int]) -> list[tuple[int, int]]:
    """The drawn lines an edge runs on: out of open scopes, between two children, into open ones."""
    source, target = (int(end) + hierarchy.m for end in (hierarchy.src[edge], hierarchy.dst[edge]))
    top_source, top_target = int(hierarchy.top_src[edge]), int(hierarchy.top_dst[edge])
    out = _climb(hierarchy, source, top_source, drawn)
    into = _climb(hierarchy, target, top_target, drawn)
    crossed = out + [(scope, item) for item, scope in into]
    between = [(top_source, top_target)] if {top_source, top_target} <= drawn else []
    return crossed + between


def _climb(hierarchy: Hierarchy, item: int, top: int, drawn: set[int]) -> list[tuple[int, int]]:
    """(child, scope) for each drawn child on the way from an item up to `top`."""
    steps = []
    while item != top:
        scope = hierarchy.scope_of(item)
        if item in drawn:
            steps.append((item, scope))
        item = scope
    return steps


def _within(numbers: NDArray[np.int64], low: int, high: int) -> int:
    first, last = np.searchsorted(numbers, (low, high))
    return int(last - first)


def _nodes_of(hierarchy: Hierarchy, name: str) -> list[int]:
    """Items of the nodes a reading is of: one, or one for each call of the function it is in."""
    node = hierarchy.columns.index.get(name)
    if node is not None:
        return [hierarchy.m + int(hierarchy.rank[node])]
    found = hierarchy.find(name)
    return hierarchy.called(name) or ([] if found is None else [found])
