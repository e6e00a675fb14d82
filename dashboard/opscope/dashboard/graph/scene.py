"""A level with coordinates: boxes sized by their text, open scopes around their own scenes."""

from __future__ import annotations

from dataclasses import dataclass, field

from opscope.dashboard.graph.arranging import Arrangement, arrange, turned
from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.dashboard.graph.labelling import LabelRoom, Rectangle
from opscope.dashboard.graph.lettering import count_text, fit, shape_text, text_width
from opscope.dashboard.graph.level import Level, Link, Mark
from opscope.dashboard.graph.placing import PORT_HEIGHT, Box, Gaps, Point, Route

SCOPE_TEXT, OP_TEXT, COUNT_TEXT, MARK_TEXT = 13.0, 11.5, 10.0, 9.5
SCOPE_HEIGHT, SERIES_HEIGHT, OP_HEIGHT = 44.0, 44.0, 26.0
HEADER, TITLE, PADDING = 42.0, 30.0, 20.0
STACK = 4.0  # a closed scope is drawn as a stack: its second sheet shows below it
MARK_PITCH, MARK_REACH, MARK_ROWS, MARK_WIDTH = 14.0, 24.0, 5, 96.0
ASIDE_GAP, ASIDE_HEADER = 72.0, 34.0
ACROSS = Gaps(beside=18.0, between=84.0, port=30.0, edge=10.0, aspect=0.62, tall=1000.0)
"""Of a flow from left to right: labels lie along it."""
BESIDE_HUBS = Gaps(aspect=1.15)
"""Of a flow that hubs stand beside: all together are to be as wide as a screen."""


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


def build_scene(
    hierarchy: Hierarchy, level: Level, inner: dict[int, Scene], lr: bool = False
) -> Scene:
    """Coordinates of a level in which the scopes of `inner` are open.

    Flow runs from the bottom to the top, or with `lr` from left to right.
    """
    glyphs = {
        item: _glyph(hierarchy, level, item, inner.get(item), lr)
        for item in level.main + level.aside
    }
    boxes = [_room(glyphs[item], lr, _anchor(glyphs[item], lr)) for item in level.main]
    ports = bool(level.entry) + bool(level.leave)
    boxes += [Box(5.0, 5.0, PORT_HEIGHT)] * ports
    gaps = ACROSS if lr else BESIDE_HUBS if level.aside else Gaps()
    arrangement = arrange(level.parts, boxes, gaps, ports > 0)
    if lr:
        arrangement = turned(arrangement)
    scene = Scene(arrangement.width, arrangement.height)
    if lr and level.scope:
        # Lines to the border must know how wide the box around the scene will be.
        leaf = hierarchy.name(level.scope).rpartition("/")[2]
        scene.width = max(scene.width, _title_width(leaf) - 2 * PADDING)
    for item, (x, y) in zip(level.main, arrangement.centres, strict=False):
        off = _anchor(glyphs[item], lr)
        glyphs[item].x, glyphs[item].y = (x, y - off) if lr else (x - off, y)
    (_put_below if lr else _put_aside)(level, glyphs, scene)
    scene.glyphs = [glyphs[item] for item in level.main + level.aside]
    _draw_lines(hierarchy, level, glyphs, arrangement, scene, lr)
    return scene


def _title_width(label: str) -> float:
    return text_width(label, SCOPE_TEXT) + 150


def _glyph(hierarchy: Hierarchy, level: Level, item: int, scene: Scene | None, lr: bool) -> Glyph:
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
        width = max(scene.width + 2 * PADDING, _title_width(label))
        height = scene.height + HEADER + PADDING
    signs = _signs(hierarchy, level, item, height if lr else None)
    return Glyph(item, 0.0, 0.0, width, height, label, signs, scene=scene)


def _signs(hierarchy: Hierarchy, level: Level, item: int, height: float | None) -> list[Sign]:
    """Signs of an item, constants first; each side shows at most MARK_ROWS.

    They stand left and right of a box, or below and above one of a given `height`.
    """
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
            result.append(Sign(mark, label, _row(row, rows, side, height)))
        if left:
            control = all(mark.control for mark in marks[len(kept) :])
            more = Mark("more", side, item, left, control)
            result.append(Sign(more, f"{left} more", _row(rows - 1, rows, side, height), left))
    return result


def _row(row: int, rows: int, side: str, height: float | None) -> float:
    """Place of a sign in MARK_PITCHes below the centre of its box."""
    if height is None:
        return row - (rows - 1) / 2
    edge = height / 2 / MARK_PITCH + 0.7
    return round(edge + row if side == "in" else row - edge - (rows - 1), 3)


def _extent(glyph: Glyph, lr: bool) -> Rectangle:
    """What a glyph covers with its signs."""
    sides = {"in": 0.0, "out": 0.0}
    rows = {"in": 0, "out": 0}
    for sign in glyph.signs:
        side = sign.mark.side
        sides[side] = max(sides[side], text_width(sign.label, MARK_TEXT) + MARK_REACH)
        rows[side] += 1
    x, y, half, tall = glyph.x, glyph.y, glyph.width / 2, glyph.height / 2
    if lr:
        above, below = (
            rows[side] * MARK_PITCH + (4 if rows[side] else 0) for side in ("out", "in")
        )
        left, right = (max(half, sides[side] - half) for side in ("out", "in"))
        return x - left, y - tall - above, x + right, y + tall + below
    tall = max(tall, max(rows.values()) * MARK_PITCH / 2)
    return x - half - sides["in"], y - tall, x + half + sides["out"], y + tall


def _anchor(glyph: Glyph, lr: bool) -> float:
    """How far right of its centre (`lr`: below) edges meet an open scope, at its ports' middle."""
    scene = glyph.scene
    ports = [] if scene is None else [at for at in (scene.entry, scene.leave) if at is not None]
    if scene is None or not ports:
        return 0.0
    middle = sum(ports) / len(ports)
    return HEADER + middle - glyph.height / 2 if lr else middle - scene.width / 2


def _room(glyph: Glyph, lr: bool, off: float) -> Box:
    """Space of a glyph with its signs, as flow from bottom to top sees it, from its anchor on."""
    left, top, right, bottom = _extent(glyph, lr)
    if lr:
        across = 2 * max(glyph.x - left, right - glyph.x)
        return Box(glyph.y + off - top, bottom - glyph.y - off, across)
    return Box(glyph.x + off - left, right - glyph.x - off, bottom - top)


def _put_aside(level: Level, glyphs: dict[int, Glyph], scene: Scene) -> None:
    """Hubs in columns at the right, from the top."""
    if not level.aside:
        return
    rooms = {item: _room(glyphs[item], False, 0.0) for item in level.aside}
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


def _put_below(level: Level, glyphs: dict[int, Glyph], scene: Scene) -> None:
    """Hubs in rows below a flow from left to right."""
    if not level.aside:
        return
    goal = max(scene.width, 640.0)
    x, top = 0.0, scene.height + (ASIDE_GAP if scene.height else 0.0)
    bottom = top
    for item in level.aside:
        glyph = glyphs[item]
        left, above, right, below = _extent(glyph, True)
        if x and x + right - left > goal:
            x, top = 0.0, bottom + 28.0
        glyph.x, glyph.y, glyph.aside = x - left, top - above, True
        x += right - left + 36.0
        bottom = max(bottom, top + below - above)
        scene.width = max(scene.width, x - 36.0)
    scene.height = bottom


def _draw_lines(
    hierarchy: Hierarchy,
    level: Level,
    glyphs: dict[int, Glyph],
    arrangement: Arrangement,
    scene: Scene,
    lr: bool,
) -> None:
    number = {item: position for position, item in enumerate(level.main)}
    entry = len(level.main)
    leave = entry + bool(level.entry)
    labels = LabelRoom((_extent(glyph, lr) for glyph in scene.glyphs), lr)
    labelled: set[tuple[object, ...]] = set()
    for link in level.links:
        route = arrangement.routes[number[link.src], number[link.dst]]
        points = _attach(hierarchy, route, glyphs[link.src], glyphs[link.dst], lr)
        text = _label(hierarchy, link)
        # A fan of one tensor shares its stem: one label says it for all.
        said = (link.src, text, *points[1:3])
        at = None if said in labelled else labels.place(text, points) if text else None
        if at is not None:
            labelled.add(said)
        scene.lines.append(
            Line(link.src, link.dst, link, points, route.bends, text, at, elements=link.elements)
        )
    # Lines to the border end at the box around the scene: at its lower edge and at its title, or at
    # its sides.
    low, high = scene.height + PADDING, -(HEADER - TITLE)
    if lr:
        low, high = -PADDING, scene.width + PADDING
    across = 1 if lr else 0
    if level.entry:
        scene.entry = arrangement.centres[entry][across]
        start = (low, scene.entry) if lr else (scene.entry, low)
        for item, elements in level.entry.items():
            route = arrangement.routes[entry, number[item]]
            points = [start, *_attach(hierarchy, route, None, glyphs[item], lr)]
            bends = tuple(bend + 1 for bend in route.bends)
            scene.lines.append(
                Line(level.scope, item, None, points, bends, port="in", elements=elements)
            )
    if level.leave:
        scene.leave = arrangement.centres[leave][across]
        end = (high, scene.leave) if lr else (scene.leave, high)
        for item, elements in level.leave.items():
            route = arrangement.routes[number[item], leave]
            points = [*_attach(hierarchy, route, glyphs[item], None, lr), end]
            scene.lines.append(
                Line(item, level.scope, None, points, route.bends, port="out", elements=elements)
            )


def _attach(
    hierarchy: Hierarchy, route: Route, source: Glyph | None, target: Glyph | None, lr: bool
) -> list[tuple[float, float]]:
    """Route from border to border; an open scope is met at its port."""
    points = list(route.points)

    def ahead(one: Point, other: Point) -> bool:
        return one[0] <= other[0] if lr else one[1] >= other[1]

    def beside(at: Point, end: Point) -> Point:
        return (at[0], end[1]) if lr else (end[0], at[1])

    if source is not None:
        points[0] = _end(source, "out" if ahead(points[0], points[1]) else "in", lr, 0.0)
        if route.bends and route.bends[0] == 1:
            points[1] = beside(points[1], points[0])
    if target is not None:
        closed = target.item < hierarchy.m and target.scene is None
        closed = closed and not hierarchy.series_op(target.item)
        side = "in" if ahead(points[-2], points[-1]) else "out"
        points[-1] = _end(target, side, lr, STACK if closed else 0.0)
        if route.bends and route.bends[-1] + 4 == len(points) - 1:
            points[-2] = beside(points[-2], points[-1])
    return points


def _end(glyph: Glyph, side: str, lr: bool, stack: float) -> Point:
    """Where lines meet a box: the middle of a side, or the port of an open scope."""
    scene = glyph.scene
    port = None if scene is None else scene.entry if side == "in" else scene.leave
    if lr:
        y = glyph.y if port is None else glyph.y - glyph.height / 2 + HEADER + port
        return glyph.x + glyph.width / 2 * (1 if side == "out" else -1), y
    x = glyph.x
    if scene is not None and port is not None:
        x += port - scene.width / 2
    return x, glyph.y + (glyph.height / 2 + stack if side == "in" else -glyph.height / 2)


def _label(hierarchy: Hierarchy, link: Link) -> str:
    if link.control == link.count:
        return ""
    if link.tensors > 1:
        return f"{link.tensors} tensors"
    node = int(hierarchy.file_index[hierarchy.src[link.sample]])
    return shape_text(hierarchy.columns.output_shape(node, int(hierarchy.slot[link.sample])))
