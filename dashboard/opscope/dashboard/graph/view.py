"""What the browser draws: the visible part of a graph as plain values, for a set of open scopes."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import numpy as np

from opscope.dashboard.graph.choices import NOTHING, Choices
from opscope.dashboard.graph.grouping import ALL, AUTOMATIC, Grouping, arranged
from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.dashboard.graph.lettering import count_text
from opscope.dashboard.graph.picture import Picture
from opscope.dashboard.graph.scene import HEADER, Glyph, Line, Scene, Sign
from opscope.dashboard.graph.structure import structure_classes
from opscope.events.collection_pause import collection_paused
from opscope.events.graph_columns import GraphColumns

MOST_OPEN = 2000
MOST_DRAWN = 1500
PICTURES = 6


class GraphView:
    """One graph ready to be viewed: hierarchy, structure classes, cached levels and scenes.

    Safe to use from several threads.
    """

    def __init__(
        self,
        columns: GraphColumns,
        grouping: Grouping = AUTOMATIC,
        base: Hierarchy | None = None,
    ) -> None:
        with collection_paused():
            self._base = Hierarchy(columns) if base is None else base
        self.grouping = grouping
        self.hierarchy, kinds, self._offers, self._groups = arranged(self._base, grouping)
        self.classes = structure_classes(self.hierarchy, kinds)
        self.class_sizes = np.bincount(self.classes[self.classes >= 0])
        self._pictures: OrderedDict[Choices, Picture] = OrderedDict()
        self._lock = threading.RLock()

    def grouped(self, grouping: Grouping) -> GraphView:
        """The same graph with other groups put together or taken apart.

        Names that are no groups count for nothing, so that equal pictures share a view.
        """
        known = self._groups
        grouping = Grouping(grouping.apart & (known | {ALL}), grouping.together & known)
        if grouping == self.grouping:
            return self
        return GraphView(self.hierarchy.columns, grouping, self._base)

    def view(
        self,
        expanded: Iterable[str] = (),
        reveal: str | None = None,
        choices: Choices = NOTHING,
    ) -> dict[str, Any]:
        """Build the drawing with the scopes `expanded`, and those around them, open.

        `reveal` opens the scopes around that item as well, and draws it though it was hidden. The
        result holds `width`, `height`, `flow` ("bt" from the bottom to the top, "lr" from left to
        right), `nodes`, `edges` (keys: see `_node` and `_edge`), `expanded`
        (all open scopes, outer first), `hidden` and `isolated` (as the choices say), `revealed`
        (the drawn node that shows `reveal`: itself or its host), and totals. Names that are no
        scope are ignored.
        """
        hierarchy = self.hierarchy
        opened = self._opened(expanded)
        found = hierarchy.find(reveal) if reveal else None
        if found is not None:
            opened.update(hierarchy.ancestors(found))
            choices = choices.showing(hierarchy, found)
        with self._lock:
            picture = self._picture(choices)
            scene = picture.scene(0, frozenset(opened))
            nodes: list[dict[str, Any]] = []
            edges: list[dict[str, Any]] = []
            self._flatten(scene, 0, 0.0, 0.0, 0, nodes, edges)
            shown = None
            if found is not None:
                host = picture.level(hierarchy.scope_of(found)).host.get(found, found)
                shown = hierarchy.name(host)
        return {
            "width": round(scene.width, 1),
            "height": round(scene.height, 1),
            "flow": "lr" if choices.lr else "bt",
            "nodes": nodes,
            "edges": edges,
            "expanded": [hierarchy.names[scope] for scope in sorted(opened)],
            "hidden": [hierarchy.name(item) for item in sorted(choices.hidden)],
            "isolated": [hierarchy.name(item) for item in sorted(choices.isolated)],
            "selected": None if found is None else hierarchy.name(found),
            "revealed": shown,
            "totals": {
                "nodes": hierarchy.n,
                "edges": len(hierarchy.src),
                "scopes": hierarchy.m - 1,
                "problems": len(hierarchy.columns.problems),
            },
            "problems": hierarchy.columns.problems[:20],
        }

    def drawn(self, expanded: Iterable[str] = (), choices: Choices = NOTHING) -> list[int]:
        """Items that `view` draws with these scopes open, each scope before what is inside it."""
        with self._lock:
            return self._picture(choices).items(frozenset(self._opened(expanded)))

    def hosts(self, scopes: Iterable[int]) -> dict[int, int]:
        """The items that stand as icons in some scopes, with those they stand beside."""
        with self._lock:
            picture = self._picture(NOTHING)
            levels = [picture.level(scope) for scope in scopes]
        return {item: host for level in levels for item, host in level.host.items()}

    def within(self, under: str = "", depth: int = 1, choices: Choices = NOTHING) -> list[str]:
        """Scopes to open so that `depth` levels of a scope ("" is the whole graph) are seen.

        Outer ones first, and only as many as leave the picture with at most 1,500 nodes.
        """
        hierarchy = self.hierarchy
        top = hierarchy.scope_index.get(under, 0)
        if under and not top:
            return []
        with self._lock:
            picture = self._picture(choices)
            found = [top] if top else []
            row, seen = [top], 0
            for _ in range(depth):
                inner: list[int] = []
                for scope in row:
                    level = picture.level(scope)
                    items = level.main + level.aside
                    seen += len(items)
                    if seen > MOST_DRAWN:
                        return [hierarchy.names[each] for each in found]
                    if scope != top:
                        found.append(scope)
                    inner += [item for item in items if item < hierarchy.m]
                row = inner
            return [hierarchy.names[each] for each in found]

    def _picture(self, choices: Choices) -> Picture:
        """The picture under these choices; the last few are kept. The lock is held."""
        picture = self._pictures.get(choices)
        if picture is None:
            picture = self._pictures[choices] = Picture(self.hierarchy, choices)
            if len(self._pictures) > PICTURES:
                self._pictures.popitem(last=False)
        self._pictures.move_to_end(choices)
        return picture

    def _opened(self, expanded: Iterable[str]) -> set[int]:
        """Scopes of these names, and the scopes around them."""
        opened: set[int] = set()
        for name in list(expanded)[:MOST_OPEN]:
            scope = self.hierarchy.scope_index.get(name)
            if scope is not None:
                opened.update((scope, *self.hierarchy.ancestors(scope)))
        return opened

    def _flatten(
        self,
        scene: Scene,
        scope: int,
        left: float,
        top: float,
        depth: int,
        nodes: list[dict[str, Any]],
        edges: list[dict[str, Any]],
    ) -> None:
        parent = self.hierarchy.names[scope]
        for line in scene.lines:
            edges.append(self._edge(line, scope, left, top))
        for glyph in scene.glyphs:
            nodes.append(self._node(glyph, parent, left, top, depth))
            if glyph.scene is not None:
                inner = glyph.scene
                x = left + glyph.x - inner.width / 2
                y = top + glyph.y - glyph.height / 2 + HEADER
                self._flatten(inner, glyph.item, x, y, depth + 1, nodes, edges)

    def _node(
        self, glyph: Glyph, parent: str, left: float, top: float, depth: int
    ) -> dict[str, Any]:
        """Describe one node: centre `x`, `y`, size, name, label, kind, signs."""
        hierarchy = self.hierarchy
        item = glyph.item
        low, high = hierarchy.interval(item)
        total = high - low
        node: dict[str, Any] = {
            "id": hierarchy.name(item),
            "label": glyph.label,
            "x": round(left + glyph.x, 1),
            "y": round(top + glyph.y, 1),
            "w": round(glyph.width, 1),
            "h": glyph.height,
            "depth": depth,
            "parent": parent,
            "range": (low, high),
        }
        if item < hierarchy.m:
            node["kind"] = "scope"
            node["count"] = count_text(total) + (" op" if total == 1 else " ops")
            node["group"] = hierarchy.grouped[item]
            node["open"] = glyph.scene is not None
            if op := hierarchy.series_op(item):
                node["count"] = f"{count_text(total)} × {op}"
                node["series"] = "connected" if hierarchy.connected(item) else "loose"
        else:
            node["kind"] = "op"
            node["op"] = hierarchy.columns.ops[hierarchy.op[item - hierarchy.m]]
        offer = self._offers.get(node["id"])
        if offer:
            node["offer"] = offer
        if glyph.aside:
            node["aside"] = True
        if glyph.signs:
            node["signs"] = [self._sign(sign) for sign in glyph.signs]
        return node

    def _sign(self, sign: Sign) -> list[Any]:
        """[kind, side, label, full name of its target, row, control]."""
        return [
            sign.mark.kind,
            sign.mark.side,
            sign.label,
            "" if sign.more else self.hierarchy.name(sign.mark.target),
            sign.row,
            int(sign.mark.control),
        ]

    def _edge(self, line: Line, scope: int, left: float, top: float) -> dict[str, Any]:
        """Describe one edge: ends, flat `points`, `bends`, thickness, label and kind."""
        points: list[float] = []
        for x, y in line.points:
            points += (round(left + x, 1), round(top + y, 1))
        edge: dict[str, Any] = {
            "a": self.hierarchy.name(line.src),
            "b": self.hierarchy.name(line.dst),
            "scope": self.hierarchy.names[scope],
            "points": points,
            "width": _thickness(line.elements),
        }
        if line.bends:
            edge["bends"] = list(line.bends)
        if line.port:
            edge["port"] = line.port
        link = line.link
        if link is not None:
            edge["count"] = link.count
            edge["kind"] = (
                "control"
                if link.control == link.count
                else "reference"
                if link.reference
                else "data"
            )
            if line.label:
                edge["label"] = line.label
            if line.label_at is not None:
                edge["at"] = [round(left + line.label_at[0], 1), round(top + line.label_at[1], 1)]
        return edge


def _thickness(elements: float) -> float:
    """Pixels for a tensor of so many elements: 1.1 for one, 6 for five million and more."""
    share = min(1.0, math.log10(max(1.0, elements)) / math.log10(5e6))
    return round(float(1.1 + 4.9 * share**1.6), 2)
