"""The tree of scopes over a graph's columns, with every edge filed under its lowest common scope.

Nodes are renumbered in preorder, so a scope is an interval of nodes and counts per scope are
differences of prefix sums. An *item* is a scope k (0 <= k < m) or a node i as m + i.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from opscope.dashboard.graph.naming import Placement, place
from opscope.events.graph_columns import FUNCTION_LIBRARY, GraphColumns

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class MetaEdges:
    """Edges between the children of one scope, one row per ordered pair of items.

    `count` base edges of which `control` only order and `reference` say that the target changes
    the source's variable; `tensors` is the number of different tensors they carry; `elements` is
    the largest known element count of a tensor carried (unknown dimensions count 1); `sample` is
    one base edge (a data edge where there is one).
    """

    src: Ints
    dst: Ints
    count: Ints
    control: Ints
    reference: Ints
    tensors: Ints
    elements: NDArray[np.float64]
    sample: Ints


class Hierarchy:
    """Scopes, intervals, edges and counts of one graph; immutable once built.

    m scopes in preorder (`names`, `parent`, `depth`, `lo`, `hi`: nodes lo..hi-1 lie inside),
    n nodes in preorder (`file_index`, `own`, `op`, `device`), e edges sorted by lowest common
    scope (`src`, `dst`, `slot`, `position`, `elements`; `top_src`/`top_dst`: the children of that
    scope that hold the ends).
    """

    def __init__(self, columns: GraphColumns) -> None:
        self.columns = columns
        placement = place(columns)
        self.names = placement.scopes
        self.grouped = placement.grouped
        self.m = len(self.names)
        self.n = len(columns)
        self._nodes(placement)
        self._scopes(np.array(placement.parent, np.int64))
        self._edges()

    def rearranged(
        self, names: list[str], grouped: list[bool], parent: Ints, own: Ints
    ) -> Hierarchy:
        """The same nodes in another tree of scopes.

        The scopes are given in preorder; `own` is the scope of each node, in this order of nodes.
        """
        other = object.__new__(Hierarchy)
        other.columns = self.columns
        other.names, other.grouped = names, grouped
        other.m, other.n = len(names), self.n
        order = np.argsort(own, kind="stable")
        other.file_index = self.file_index[order]
        other.rank = np.empty(self.n, np.int64)
        other.rank[other.file_index] = np.arange(self.n)
        other.shown = [self.shown[node] for node in order.tolist()]
        back = np.empty(self.n, np.int64)
        back[order] = np.arange(self.n)
        other._moved = {name: int(back[node]) for name, node in self._moved.items()}
        other.own, other.op, other.device = own[order], self.op[order], self.device[order]
        other._scopes(parent)
        other._edges()
        return other

    def _nodes(self, placement: Placement) -> None:
        keys = placement.keys
        shown = placement.shown
        sort_keys = [
            keys[scope] + name.rpartition("/")[2]
            for scope, name in zip(placement.own, shown, strict=True)
        ]
        order = sorted(range(self.n), key=sort_keys.__getitem__)
        self.file_index = np.array(order, np.int64)
        self.rank = np.empty(self.n, np.int64)
        self.rank[self.file_index] = np.arange(self.n)
        self.shown = [shown[node] for node in order]
        names = self.columns.names
        self._moved = {
            shown[node]: rank for rank, node in enumerate(order) if shown[node] != names[node]
        }
        self.own = np.array(placement.own, np.int64)[self.file_index]
        self.op = self.columns.op[self.file_index]
        self.device = self.columns.device[self.file_index]

    def _scopes(self, parent: Ints) -> None:
        m, n = self.m, self.n
        self.parent = parent
        depth = [0] * m
        for scope, above in enumerate(parent.tolist()):
            depth[scope] = depth[above] + 1 if scope else 0
        self.depth = np.array(depth, np.int64)
        lo = np.full(m, n, np.int64)
        hi = np.zeros(m, np.int64)
        ranks = np.arange(n)
        np.minimum.at(lo, self.own, ranks)
        np.maximum.at(hi, self.own, ranks + 1)
        for level in range(int(self.depth.max()), 0, -1):
            at = np.nonzero(self.depth == level)[0]
            np.minimum.at(lo, self.parent[at], lo[at])
            np.maximum.at(hi, self.parent[at], hi[at])
        self.lo, self.hi = lo, hi
        inner = np.argsort(self.parent[1:], kind="stable") + 1
        self._scope_children = inner
        self._scope_start = np.searchsorted(self.parent[inner], np.arange(m + 1))
        owned = np.argsort(self.own, kind="stable")
        self._node_children = owned
        self._node_start = np.searchsorted(self.own[owned], np.arange(m + 1))
        self.scope_index = {name: scope for scope, name in enumerate(self.names) if scope}

    def _edges(self) -> None:
        columns = self.columns
        src = self.rank[columns.src]
        dst = self.rank[columns.dst]
        above_src = self.own[src]
        above_dst = self.own[dst]
        top_src = src + self.m
        top_dst = dst + self.m
        # Climb the deeper end, or both, until the scopes agree; what was left last is the child.
        while (open_ := above_src != above_dst).any():
            depth_src, depth_dst = self.depth[above_src], self.depth[above_dst]
            up = open_ & (depth_src >= depth_dst)
            down = open_ & (depth_dst >= depth_src)
            top_src[up] = above_src[up]
            top_dst[down] = above_dst[down]
            above_src[up] = self.parent[above_src[up]]
            above_dst[down] = self.parent[above_dst[down]]
        order = np.argsort(above_src, kind="stable")
        self.common = above_src[order]
        self.edge_start = np.searchsorted(self.common, np.arange(self.m + 1))
        self.src, self.dst = src[order], dst[order]
        self.top_src, self.top_dst = top_src[order], top_dst[order]
        self.slot = columns.src_slot[order].astype(np.int64)
        self.position = columns.dst_index[order].astype(np.int64)
        self.elements = self._element_counts()
        self.reference = self._references()
        self.out_order = np.argsort(self.src, kind="stable")
        self.out_start = np.searchsorted(self.src[self.out_order], np.arange(self.n + 1))
        self.in_order = np.lexsort((self.position, self.dst))
        self.in_start = np.searchsorted(self.dst[self.in_order], np.arange(self.n + 1))

    def _element_counts(self) -> NDArray[np.float64]:
        """Element count of the tensor on each edge, 0 where unknown or control."""
        outputs = self.columns.outputs[self.file_index][self.src].astype(np.int64)
        key = outputs * 65536 + np.clip(self.slot, -1, 65534) + 1
        unique, inverse = np.unique(key, return_inverse=True)
        counts = np.zeros(len(unique))
        lists = self.columns.shape_lists
        for position, value in enumerate(unique.tolist()):
            shapes, slot = lists[value // 65536], value % 65536 - 1
            if 0 <= slot < len(shapes):
                shape = shapes[slot]
                counts[position] = 1.0 if shape is None else float(_size(shape))
        return counts[inverse]

    def _references(self) -> NDArray[np.bool_]:
        """Edges through which the target changes the source: `Assign`'s first input and its kin."""
        ops = self.columns.ops
        changes = np.array([_changes(op) for op in ops], bool)
        holds = np.array([op in _VARIABLES for op in ops], bool)
        if not len(ops):
            return np.zeros(0, bool)
        found: NDArray[np.bool_] = (
            changes[self.op[self.dst]] & holds[self.op[self.src]] & (self.slot >= 0)
        )
        return found

    def children(self, scope: int) -> list[int]:
        """Items directly inside a scope, scopes first, each kind in preorder."""
        start, end = self._scope_start[scope], self._scope_start[scope + 1]
        first, last = self._node_start[scope], self._node_start[scope + 1]
        scopes: list[int] = self._scope_children[start:end].tolist()
        nodes: list[int] = (self._node_children[first:last] + self.m).tolist()
        return scopes + nodes

    def meta_edges(self, scope: int) -> MetaEdges:
        """All edges between different children of a scope, and self loops of one node."""
        at = slice(self.edge_start[scope], self.edge_start[scope + 1])
        key = self.top_src[at] * (self.m + self.n) + self.top_dst[at]
        unique, inverse, count = np.unique(key, return_inverse=True, return_counts=True)
        control = self.slot[at] < 0
        size = len(unique)
        elements = np.zeros(size)
        np.maximum.at(elements, inverse, self.elements[at])
        sample = np.full(size, -1, np.int64)
        edges = np.arange(self.edge_start[scope], self.edge_start[scope + 1])
        # Written in reverse, so the first data edge of each pair wins, else the first edge.
        for chosen in (control, ~control):
            sample[inverse[chosen][::-1]] = edges[chosen][::-1]
        data = np.nonzero(~control)[0]
        carried = np.stack([inverse[data], self.src[at][data], self.slot[at][data]])
        pairs = np.unique(carried, axis=1)[0]
        return MetaEdges(
            src=unique // (self.m + self.n),
            dst=unique % (self.m + self.n),
            count=count.astype(np.int64),
            control=np.bincount(inverse, control, size).astype(np.int64),
            reference=np.bincount(inverse, self.reference[at], size).astype(np.int64),
            tensors=np.bincount(pairs, minlength=size).astype(np.int64),
            elements=elements,
            sample=sample,
        )

    def series_op(self, scope: int) -> str:
        """The op that all children of a group are nodes of, "" where it is no series of nodes."""
        if not self.grouped[scope] or self._scope_start[scope] < self._scope_start[scope + 1]:
            return ""
        ops = self.op[self.lo[scope] : self.hi[scope]]
        return self.columns.ops[ops[0]] if (ops == ops[0]).all() else ""

    def connected(self, scope: int) -> bool:
        """Whether tensors pass between the children of a scope."""
        within = slice(self.edge_start[scope], self.edge_start[scope + 1])
        return bool((self.slot[within] >= 0).any())

    def interval(self, item: int) -> tuple[int, int]:
        """First node and end of the nodes of an item."""
        if item >= self.m:
            return item - self.m, item - self.m + 1
        return int(self.lo[item]), int(self.hi[item])

    def border(self, scope: int) -> tuple[Ints, Ints]:
        """Edges that enter and edges that leave a scope, as indices of edges."""
        lo, hi = self.interval(scope)
        entering = self.in_order[self.in_start[lo] : self.in_start[hi]]
        leaving = self.out_order[self.out_start[lo] : self.out_start[hi]]
        source = self.src[entering]
        target = self.dst[leaving]
        return (
            entering[(source < lo) | (source >= hi)],
            leaving[(target < lo) | (target >= hi)],
        )

    @cached_property
    def _device_sums(self) -> NDArray[np.int32]:
        sums = np.zeros((self.n + 1, len(self.columns.devices)), np.int32)
        sums[np.arange(1, self.n + 1), self.device] = 1
        np.cumsum(sums, axis=0, out=sums)
        return sums

    def count(self, item: int) -> int:
        """Nodes inside an item."""
        low, high = self.interval(item)
        return high - low

    def device_counts(self, item: int) -> Ints:
        """Nodes per device (index of `columns.devices`) inside an item."""
        lo, hi = self.interval(item)
        counts: Ints = (self._device_sums[hi] - self._device_sums[lo]).astype(np.int64)
        return counts

    def op_counts(self, item: int) -> list[tuple[str, int]]:
        """(op, count) inside an item, most frequent first."""
        lo, hi = self.interval(item)
        counts = np.bincount(self.op[lo:hi], minlength=len(self.columns.ops))
        order = np.argsort(-counts, kind="stable")
        return [(self.columns.ops[op], int(counts[op])) for op in order if counts[op]]

    def name(self, item: int) -> str:
        """Full name an item is drawn under."""
        return self.names[item] if item < self.m else self.shown[item - self.m]

    def find(self, name: str) -> int | None:
        """Item of a full name: a scope first, then a node by its drawn or its own name."""
        scope = self.scope_index.get(name)
        if scope is not None:
            return scope
        moved = self._moved.get(name)
        if moved is not None:
            return self.m + moved
        node = self.columns.index.get(name)
        if node is not None:
            return self.m + int(self.rank[node])
        return next(iter(self.called(name)), None)

    def called(self, name: str) -> list[int]:
        """Items of what a library would call `__function_library__/F` or `.../F/NODE`.

        One for each call of F that shows its body, and where a scope has the name F.
        """
        library, _, rest = name.partition("/")
        function, _, leaf = rest.partition("/")
        if library != FUNCTION_LIBRARY or not function:
            return []
        scopes = [scope[:-1] for scope in self.columns.calls.get(function, ())]
        scopes += self._scopes_by_leaf.get(function, [])
        found = [self.find(f"{scope}/{leaf}" if leaf else scope) for scope in scopes]
        return list(dict.fromkeys(item for item in found if item is not None))

    def library_names(self, name: str) -> list[str]:
        """What a library may call the node of this name, the likeliest first: see `called`."""
        found = [
            (len(scope), f"{FUNCTION_LIBRARY}/{function}/{name[len(scope) :]}")
            for function, scopes in self.columns.calls.items()
            for scope in scopes
            if name.startswith(scope)
        ]
        parts = name.split("/")
        named = ["/".join([FUNCTION_LIBRARY, *parts[at:]]) for at in range(len(parts) - 1)]
        return [library for _, library in sorted(found, reverse=True)] + named

    @cached_property
    def _scopes_by_leaf(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self.names[1:]:
            if not name.startswith(FUNCTION_LIBRARY):
                found.setdefault(name.rpartition("/")[2], []).append(name)
        return found

    def scope_of(self, item: int) -> int:
        """Scope that directly holds an item; the root holds itself."""
        return int(self.parent[item] if item < self.m else self.own[item - self.m])

    def ancestors(self, item: int) -> list[int]:
        """Scopes around an item, innermost first, without the root."""
        result = []
        scope = self.scope_of(item)
        while scope:
            result.append(scope)
            scope = int(self.parent[scope])
        return result


_VARIABLES = frozenset(
    {"Variable", "VariableV2", "VarHandleOp", "TemporaryVariable", "Enter", "RefEnter", "_Arg"}
)


def _changes(op: str) -> bool:
    """Whether an op writes the variables it is given."""
    for start in ("Assign", "Scatter", "ResourceScatter", "ResourceApply", "ResourceSparseApply"):
        if op.startswith(start):
            return True
    return op.startswith(("Apply", "SparseApply", "CountUpTo", "ResourceCountUpTo"))


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for dimension in shape:
        size *= max(1, dimension)
    return size
