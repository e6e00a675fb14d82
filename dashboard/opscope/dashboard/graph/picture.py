"""The drawing of a graph under some choices: its levels and scenes, each made once."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from opscope.dashboard.graph.choices import Choices
from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.dashboard.graph.level import Level, build_level
from opscope.dashboard.graph.scene import Scene, build_scene

Open = frozenset[int]
SCENES = 2000


class Picture:
    """Levels and scenes of one graph under one set of choices; not safe to share by threads."""

    def __init__(self, hierarchy: Hierarchy, choices: Choices) -> None:
        self.hierarchy = hierarchy
        self.choices = choices
        self._levels: dict[int, Level] = {}
        self._scenes: OrderedDict[tuple[int, Open], Scene] = OrderedDict()

    def level(self, scope: int) -> Level:
        """Level of a scope."""
        level = self._levels.get(scope)
        if level is None:
            level = build_level(self.hierarchy, scope, self.level, self.choices)
            self._levels[scope] = level
        return level

    def scene(self, scope: int, opened: Open) -> Scene:
        """Scene of a scope in which `opened` scopes are open."""
        key = (scope, opened)
        scene = self._scenes.get(key)
        if scene is not None:
            self._scenes.move_to_end(key)
            return scene
        level = self.level(scope)
        inner = {}
        for item in level.main + level.aside:
            if item in opened:
                low, high = item, self._last_scope(item)
                within = frozenset(other for other in opened if low < other <= high)
                inner[item] = self.scene(item, within)
        scene = build_scene(self.hierarchy, level, inner, self.choices.lr)
        self._scenes[key] = scene
        if len(self._scenes) > SCENES:
            self._scenes.popitem(last=False)
        return scene

    def items(self, opened: Open) -> list[int]:
        """All that is drawn, each scope before what is inside it."""
        items: list[int] = []
        waiting = [self.scene(0, opened)]
        while waiting:
            for glyph in waiting.pop().glyphs:
                items.append(glyph.item)
                if glyph.scene is not None:
                    waiting.append(glyph.scene)
        return items

    def _last_scope(self, scope: int) -> int:
        """Largest number of a scope inside, as scopes are numbered in preorder."""
        depth = self.hierarchy.depth
        after = np.nonzero(depth[scope + 1 :] <= depth[scope])[0]
        return int(scope + after[0]) if len(after) else self.hierarchy.m - 1
