"""A level with coordinates: boxes sized by their text, open scopes around their own scenes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from opscope.dashboard.graph.arranging import Arrangement, arrange
from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.dashboard.graph.lettering import count_text, fit, shape_text, text_width
from opscope.dashboard.graph.level import Level, Link, Mark
from opscope.dashboard.graph.placing import Box, Gaps, Route

SCOPE_TEXT, OP_TEXT, COUNT_TEXT, MARK_TEXT, LABEL_TEXT = 13.0, 11.5, 10.0, 9.5, 9.5
SCOPE_HEIGHT, SERIES_HEIGHT, OP_HEIGHT = 44.0, 44.0, 26.0
HEADER, TITLE, PADDING = 42.0, 30.0, 20.0
STACK = 4.0  # a closed scope is drawn as a stack: its second sheet shows below it
MARK_PITCH, MARK_REACH, MARK_ROWS, MARK_WIDTH = 14.0, 24.0, 5, 96.0
ASIDE_GAP, ASIDE_HEADER = 72.0, 34.0


@dataclass(frozen=True)
class Sign:
    """A mark with its place: `row` counts from the centre of its host, `more` stands for others."""

    mark: Mark
    label: str
    row: float
    more: int = 0


@dataclass
class Glyph:
    """A drawn item: centre and size in its scene's pixels, its signs, its inner scene if open."""

    item: int
    x: float
    y: float
    width: float
    height: float
    label: str
    signs: list[Sign]
    aside: bool = False
    scene: Scene | None = None


@dataclass(frozen=True)
class Line:
    """A drawn edge; `label_at` is None where no label fits. `port` marks lines to the border."""

    src: int
    dst: int
    link: Link | None
    points: list[tuple[float, float]]
    bends: tuple[int, ...]
    label: str = ""
    label_at: tuple[float, float] | None = None
    port: str = ""
    elements: float = 0.0


@dataclass
class Scene:
    """What is inside one scope; `entry` and `leave` are the x of its ports at bottom and top."""

    width: float = 0.0
    height: float = 0.0
    glyphs: list[Glyph] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    entry: float | None = None
    leave: float | None = None


def build_scene(hierarchy: Hierarchy, level: Level, inner: dict[int, Scene]) -> Scene:
    """Coordinates of a level in which the scopes of `inner` are open."""
    glyphs = {
        item: _glyph(hierarchy, level, item, inner.get(item)) for item in level.main + level.aside
    }
    boxes = [_room(glyphs[item]) for item in level.main]
    ports = bool(level.entry) + bool(level.leave)
    boxes += [Box(5.0, 5.0, 2.0)] * ports
    arrangement = arrange(level.parts, boxes, Gaps(), ports > 0)
    scene = Scene(arrangement.width, arrangement.height)
    for item, (x, y) in zip(level.main, arrangement.centres, strict=False):
        glyphs[item].x, glyphs[item].y = x, y
    _put_aside(level, glyphs, scene)
    scene.glyphs = [glyphs[item] for item in level.main + level.aside]
    _draw_lines(hierarchy, level, glyphs, arrangement, scene)
    return scene


def _glyph(hierarchy: Hierarchy, level: Level, item: int, scene: Scene | None) -> Glyph:
    name = hierarchy.name(item)
    leaf = name.rpartition("/")[2]
    if item >= hierarchy.m:
        label = fit(leaf, OP_TEXT, 190)
        width, height = max(46.0, text_width(label, OP_TEXT) + 26), OP_HEIGHT
    elif scene is None and (op := hierarchy.series_op(item)):
        label = fit(leaf, OP_TEXT, 190)
        count = text_width(f"{count_text(hierarchy.count(item))} × {op}", COUNT_TEXT)
        width, height = max(64.0, text_width(label, OP_TEXT), count) + 44, SERIES_HEIGHT
    elif scene is None:
        label = fit(leaf, SCOPE_TEXT, 210)
        width, height = max(88.0, text_width(label, SCOPE_TEXT) * 1.04 + 32), SCOPE_HEIGHT
    else:
        label = leaf
        width = max(scene.width + 2 * PADDING, text_width(label, SCOPE_TEXT) + 150)
        height = scene.height + HEADER + PADDING
    return Glyph(item, 0.0, 0.0, width, height, label, _signs(hierarchy, level, item), scene=scene)


def _signs(hierarchy: Hierarchy, level: Level, item: int) -> list[Sign]:
    """Signs of an item, constants first; each side shows at most MARK_ROWS."""
    result = []
    rank = {"loop": 0, "const": 1, "summary": 1, "stub": 2}
    for side in ("in", "out"):
        marks = [mark for mark in level.marks.get(item, ()) if mark.side == side]
        marks.sort(key=lambda mark: (rank[mark.kind], mark.control, mark.target))
        kept = marks if len(marks) <= MARK_ROWS else marks[: MARK_ROWS - 1]
        left = len(marks) - len(kept)
        rows = len(kept) + (left > 0)
        for row, mark in enumerate(kept):
            leaf = hierarchy.name(mark.target).rpartition("/")[2]
            label = fit("itself" if mark.kind == "loop" else leaf, MARK_TEXT, MARK_WIDTH)
            result.append(Sign(mark, label, row - (rows - 1) / 2))
        if left:
            control = all(mark.control for mark in marks[len(kept) :])
            more = Mark("more", side, item, left, control)
            result.append(Sign(more, f"{left} more", rows - 1 - (rows - 1) / 2, left))
    return result


def _room(glyph: Glyph) -> Box:
    """Space of a glyph with its signs."""
    sides = {"in": 0.0, "out": 0.0}
    rows = {"in": 0, "out": 0}
    for sign in glyph.signs:
        side = sign.mark.side
        sides[side] = max(sides[side], text_width(sign.label, MARK_TEXT) + MARK_REACH)
        rows[side] += 1
    half = glyph.width / 2
    return Box(
        half + sides["in"],
        half + sides["out"],
        max(glyph.height, max(rows.values()) * MARK_PITCH),
    )


def _put_aside(level: Level, glyphs: dict[int, Glyph], scene: Scene) -> None:
    """Hubs in columns at the right, from the top."""
    if not level.aside:
        return
    rooms = {item: _room(glyphs[item]) for item in level.aside}
    gap = Gaps().between * 0.55
    goal = max(scene.height, 320.0)
    left = scene.width + (ASIDE_GAP if scene.width else 0.0)
    y, lowest = ASIDE_HEADER, 0.0
    column: list[int] = []

    def close() -> float:
        indent = max(rooms[item].left for item in column)
        reach = max(rooms[item].right for item in column)
        for item in column:
            glyphs[item].x = left + indent
        return indent + reach

    for item in level.aside:
        room = rooms[item]
        if column and y + room.height > goal:
            left += close() + 32.0
            column, y = [], ASIDE_HEADER
        glyphs[item].y = y + room.height / 2
        glyphs[item].aside = True
        column.append(item)
        y += room.height + gap
        lowest = max(lowest, y - gap)
    scene.width = left + close()
    scene.height = max(scene.height, lowest)


def _draw_lines(
    hierarchy: Hierarchy,
    level: Level,
    glyphs: dict[int, Glyph],
    arrangement: Arrangement,
    scene: Scene,
) -> None:
    number = {item: position for position, item in enumerate(level.main)}
    entry = len(level.main)
    leave = entry + bool(level.entry)
    labels = _LabelRoom(scene)
    labelled: set[tuple[object, ...]] = set()
    for link in level.links:
        route = arrangement.routes[number[link.src], number[link.dst]]
        points = _attach(hierarchy, route, glyphs[link.src], glyphs[link.dst])
        text = _label(hierarchy, link)
        # A fan of one tensor shares its stem: one label says it for all.
        said = (link.src, text, *points[1:3])
        at = None if said in labelled else labels.place(text, points) if text else None
        if at is not None:
            labelled.add(said)
        scene.lines.append(
            Line(link.src, link.dst, link, points, route.bends, text, at, elements=link.elements)
        )
    # Lines to the border end at the box around the scene: at its lower edge, and at its title.
    bottom, top = scene.height + PADDING, -(HEADER - TITLE)
    if level.entry:
        scene.entry, _ = arrangement.centres[entry]
        for item, elements in level.entry.items():
            route = arrangement.routes[entry, number[item]]
            points = [(scene.entry, bottom), *_attach(hierarchy, route, None, glyphs[item])]
            bends = tuple(bend + 1 for bend in route.bends)
            scene.lines.append(
                Line(level.scope, item, None, points, bends, port="in", elements=elements)
            )
    if level.leave:
        scene.leave, _ = arrangement.centres[leave]
        for item, elements in level.leave.items():
            route = arrangement.routes[number[item], leave]
            points = [*_attach(hierarchy, route, glyphs[item], None), (scene.leave, top)]
            scene.lines.append(
                Line(item, level.scope, None, points, route.bends, port="out", elements=elements)
            )


def _attach(
    hierarchy: Hierarchy, route: Route, source: Glyph | None, target: Glyph | None
) -> list[tuple[float, float]]:
    """Route from border to border; an open scope is met at its port."""
    points = list(route.points)
    if source is not None:
        upward = points[0][1] >= points[1][1]
        x = _port(source, "out" if upward else "in")
        points[0] = (x, source.y - source.height / 2 * (1 if upward else -1))
        if route.bends and route.bends[0] == 1:
            points[1] = (x, points[1][1])
    if target is not None:
        upward = points[-2][1] >= points[-1][1]
        x = _port(target, "in" if upward else "out")
        closed = target.item < hierarchy.m and target.scene is None
        closed = closed and not hierarchy.series_op(target.item)
        below = target.height / 2 + (STACK if closed else 0.0)
        points[-1] = (x, target.y + (below if upward else -target.height / 2))
        if route.bends and route.bends[-1] + 4 == len(points) - 1:
            points[-2] = (x, points[-2][1])
    return points


def _port(glyph: Glyph, side: str) -> float:
    scene = glyph.scene
    if scene is None:
        return glyph.x
    port = scene.entry if side == "in" else scene.leave
    return glyph.x if port is None else glyph.x - scene.width / 2 + port


def _label(hierarchy: Hierarchy, link: Link) -> str:
    if link.control == link.count:
        return ""
    if link.tensors > 1:
        return f"{link.tensors} tensors"
    node = int(hierarchy.file_index[hierarchy.src[link.sample]])
    return shape_text(hierarchy.columns.output_shape(node, int(hierarchy.slot[link.sample])))


class _LabelRoom:
    """Keeps labels of edges clear of boxes and of each other, with a grid of what is taken."""

    _cell = 64.0
    _limit = 3000

    def __init__(self, scene: Scene) -> None:
        self._taken: dict[tuple[int, int], list[tuple[float, float, float, float]]] = defaultdict(
            list
        )
        self._left = self._limit
        for glyph in scene.glyphs:
            room = _room(glyph)
            self._take(
                (
                    glyph.x - room.left,
                    glyph.y - room.height / 2,
                    glyph.x + room.right,
                    glyph.y + room.height / 2,
                )
            )

    def place(self, text: str, points: list[tuple[float, float]]) -> tuple[float, float] | None:
        """Where the label goes: in the middle of a stretch that has room, or None."""
        self._left -= 1
        if self._left < 0:
            return None
        half = text_width(text, LABEL_TEXT) / 2 + 3
        stretches = sorted(
            range(len(points) - 1),
            key=lambda at: (at > 0, -abs(points[at][1] - points[at + 1][1])),
        )
        for at in stretches[:6]:
            (x0, y0), (x1, y1) = points[at], points[at + 1]
            for share in (0.5, 0.35, 0.65):
                # The curve between two points leaves and arrives vertically.
                bow = share * share * (3 - 2 * share)
                x, y = x0 + (x1 - x0) * bow, y0 + (y1 - y0) * share
                rectangle = (x - half, y - 7, x + half, y + 7)
                if self._free(rectangle):
                    self._take(rectangle)
                    return (x, y)
        return None

    def _cells(self, box: tuple[float, float, float, float]) -> list[tuple[int, int]]:
        left, top, right, bottom = (int(value // self._cell) for value in box)
        return [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]

    def _take(self, box: tuple[float, float, float, float]) -> None:
        for cell in self._cells(box):
            self._taken[cell].append(box)

    def _free(self, box: tuple[float, float, float, float]) -> bool:
        left, top, right, bottom = box
        return not any(
            left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
            for cell in self._cells(box)
            for other in self._taken.get(cell, ())
        )
