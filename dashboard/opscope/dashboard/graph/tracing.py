"""What a node depends on, what depends on it, and what lies between two, over the whole graph."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.dashboard.graph.view import GraphView

INPUTS, OUTPUTS, PATH = "inputs", "outputs", "path"
KINDS = (INPUTS, OUTPUTS, PATH)
KEPT = 4

Reached = NDArray[np.bool_]


class Tracer:
    """Traces through one graph; the last few are kept. Safe to use from several threads."""

    def __init__(self, view: GraphView) -> None:
        self.view = view
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, tuple[str, ...], bool], tuple[Reached, bool]]
        self._kept = OrderedDict()

    def trace(
        self, kind: str, names: Sequence[str], control: bool, expanded: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Nodes that are traced, and the drawn edges that they go along, with these scopes open.

        `kind` is "inputs" (all that `names` depend on), "outputs" (all that depends on them) or
        "path" (all on any way from the first name to the second, or back where there is none);
        `control` follows control edges, too. Gives `total`, `ranges` ([first, end] of preorder
        numbers, the start among them), `edges` ([name, name] of drawn ends), and `backward`.
        """
        key = (kind, tuple(names), control)
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                found = self._kept[key] = self._reach(kind, names, control)
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
        reached, backward = found
        steps = np.diff(reached.astype(np.int8), prepend=0, append=0)
        first, end = np.nonzero(steps > 0)[0], np.nonzero(steps < 0)[0]
        return {
            "total": int(np.count_nonzero(reached)),
            "ranges": np.stack([first, end], axis=1).tolist(),
            "edges": self._drawn(reached, control, expanded),
            "backward": backward,
        }

    def _reach(self, kind: str, names: Sequence[str], control: bool) -> tuple[Reached, bool]:
        hierarchy = self.view.hierarchy
        starts = [hierarchy.find(name) for name in names]
        sets = [np.arange(*hierarchy.interval(item)) for item in starts if item is not None]
        if not sets or (kind == PATH and len(sets) < 2):
            return np.zeros(hierarchy.n, bool), False
        if kind != PATH:
            return reach(hierarchy, np.concatenate(sets), kind == OUTPUTS, control), False
        for backward, (one, other) in enumerate((sets[:2], sets[1::-1])):
            forth = reach(hierarchy, one, True, control)
            between = forth & reach(hierarchy, other, False, control)
            if between.any():
                return between, bool(backward)
        return between, False

    def _drawn(self, reached: Reached, control: bool, expanded: Iterable[str]) -> list[list[str]]:
        """Pairs of drawn ends of the edges between reached nodes, in the scopes that are open."""
        hierarchy = self.view.hierarchy
        inside = reached[hierarchy.src] & reached[hierarchy.dst]
        if not control:
            inside &= hierarchy.slot >= 0
        shown = np.zeros(hierarchy.m, bool)
        shown[0] = True
        for name in expanded:
            scope = hierarchy.scope_index.get(name)
            if scope is not None:
                shown[[scope, *hierarchy.ancestors(scope)]] = True
        at = np.nonzero(inside & shown[hierarchy.common])[0]
        pairs = np.unique(np.stack([hierarchy.top_src[at], hierarchy.top_dst[at]], axis=1), axis=0)
        hosts = self.view.hosts(np.nonzero(shown)[0].tolist())
        found = {(hosts.get(a, a), hosts.get(b, b)) for a, b in pairs.tolist()}
        return [[hierarchy.name(a), hierarchy.name(b)] for a, b in sorted(found) if a != b]


class Tracers:
    """Tracers of the graphs last asked about."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[Tracer] = []

    def of(self, view: GraphView) -> Tracer:
        """The tracer of a graph."""
        with self._lock:
            tracer = next((each for each in self._kept if each.view is view), Tracer(view))
            self._kept = [tracer, *(each for each in self._kept if each is not tracer)][:KEPT]
            return tracer


def reach(hierarchy: Hierarchy, starts: NDArray[np.int64], onward: bool, control: bool) -> Reached:
    """bool[n]: the nodes that lie behind `starts`, or with `onward` after them, and these."""
    n = hierarchy.n
    src, dst = (hierarchy.src, hierarchy.dst) if onward else (hierarchy.dst, hierarchy.src)
    if not control:
        data = hierarchy.slot >= 0
        src, dst = src[data], dst[data]
    # One more node that leads to all starts makes it a single search.
    ends = np.concatenate([dst, starts])
    begins = np.concatenate([src, np.full(len(starts), n, src.dtype)])
    # A quarter of a second to import, and only needed here.
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order

    ways = csr_array((np.ones(len(ends), np.int8), (begins, ends)), shape=(n + 1, n + 1))
    order = breadth_first_order(ways, n, directed=True, return_predecessors=False)
    reached = np.zeros(n + 1, bool)
    reached[order] = True
    return reached[:n]
