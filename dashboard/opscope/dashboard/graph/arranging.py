"""The drawing of one level: connected parts laid out one by one and packed, hubs at the side."""

from __future__ import annotations

from dataclasses import dataclass

from opscope.dashboard.graph.ordering import Edge, Ordering, order
from opscope.dashboard.graph.placing import Box, Gaps, Placed, Point, Route, place

SIDE_GAP = 64.0


@dataclass(frozen=True)
class Part:
    """One connected part of a level: its nodes, and their order unless it is a single node."""

    nodes: list[int]
    ordering: Ordering | None


@dataclass(frozen=True)
class Arrangement:
    """Centres of all nodes and routes of all edges of a level, from (0, 0) on."""

    width: float
    height: float
    centres: list[Point]
    routes: dict[Edge, Route]


def parts_of(count: int, edges: list[Edge], entry: int | None, leave: int | None) -> list[Part]:
    """Split a level into connected parts, that with the ports first, then the largest.

    `entry` and `leave` are port nodes that lie at the bottom and at the top. Independent of
    sizes, so callers cache it.
    """
    group = list(range(count))

    def root(node: int) -> int:
        while group[node] != node:
            group[node] = group[group[node]]
            node = group[node]
        return node

    ports = [port for port in (entry, leave) if port is not None]
    links = edges + ([(ports[0], ports[1])] if len(ports) == 2 else [])
    for source, target in links:
        low, high = sorted((root(source), root(target)))
        group[high] = low
    members: dict[int, list[int]] = {}
    for node in range(count):
        members.setdefault(root(node), []).append(node)
    within: dict[int, list[Edge]] = {}
    for source, target in edges:
        within.setdefault(root(source), []).append((source, target))
    parts = []
    for first, nodes in members.items():
        if len(nodes) == 1:
            parts.append(Part(nodes, None))
            continue
        local = {node: position for position, node in enumerate(nodes)}
        parts.append(
            Part(
                nodes,
                order(
                    len(nodes),
                    [(local[a], local[b]) for a, b in within.get(first, [])],
                    frozenset({local[entry]} if entry in local else ()),
                    frozenset({local[leave]} if leave in local else ()),
                ),
            )
        )
    parts.sort(key=lambda part: (not set(ports) & set(part.nodes), -len(part.nodes), part.nodes))
    return parts


def arrange(parts: list[Part], boxes: list[Box], gaps: Gaps, has_ports: bool) -> Arrangement:
    """Lay out the parts and pack them: the first at the left, the others in rows beside or below.

    What has ports keeps the way down to the border free, and all others beside it.
    """
    placed = [_place_part(part, boxes, gaps) for part in parts]
    centres: list[Point] = [(0.0, 0.0)] * len(boxes)
    routes: dict[Edge, Route] = {}
    width = height = 0.0
    rest = list(range(len(parts)))
    big = has_ports or (len(parts) > 1 and len(parts[0].nodes) > 2 * len(parts[1].nodes))
    if parts and (big or len(parts) == 1):
        rest.remove(0)
        width, height = placed[0].width, placed[0].height
        _put(parts[0], placed[0], 0.0, 0.0, centres, routes)
    if not rest:
        return Arrangement(width, height, centres, routes)
    # Tall parts first, so that a row wastes little; equal heights keep their order.
    rest.sort(key=lambda at: -placed[at].height)
    area = sum((placed[at].width + gaps.beside) * (placed[at].height + gaps.between) for at in rest)
    goal = float((area * gaps.aspect * 1.06) ** 0.5)
    if height:
        goal = min(goal, area / height) if height > goal else goal
    packed = _pack(rest, placed, gaps, goal)
    left = width + SIDE_GAP / 2 if width else 0.0
    top = max(0.0, height - packed.height)
    if width and not has_ports:
        below = _pack(rest, placed, gaps, width)
        beside = max((left + packed.width) / gaps.aspect, height, packed.height)
        under = max(width, below.width) / gaps.aspect, height + gaps.between + below.height
        if max(under) < beside:
            packed, left, top = below, 0.0, height + gaps.between
    down = max(0.0, packed.height - height) if left and height else 0.0
    if down:
        centres = [(x, y + down) for x, y in centres]
        routes = {edge: _shifted(route, 0.0, down) for edge, route in routes.items()}
    for at, (x, y) in packed.corners.items():
        _put(parts[at], placed[at], left + x, top + y, centres, routes)
    full = max(height, top + packed.height)
    return Arrangement(max(width, left + packed.width), full, centres, routes)


@dataclass(frozen=True)
class _Packed:
    """Upper left corners of parts in rows, the feet of a row level."""

    width: float
    height: float
    corners: dict[int, Point]


def _pack(rest: list[int], placed: list[Placed], gaps: Gaps, goal: float) -> _Packed:
    """Rows about as wide as the goal."""
    goal = max(goal, *(placed[at].width for at in rest))
    rows: list[list[int]] = [[]]
    used = 0.0
    for at in rest:
        if rows[-1] and used + placed[at].width > goal:
            rows.append([])
            used = 0.0
        rows[-1].append(at)
        used += placed[at].width + gaps.beside
    corners: dict[int, Point] = {}
    width = y = 0.0
    for row in rows:
        x = 0.0
        tallest = max(placed[at].height for at in row)
        for at in row:
            corners[at] = (x, y + tallest - placed[at].height)
            x += placed[at].width + gaps.beside
        width = max(width, x - gaps.beside)
        y += tallest + gaps.between * 0.6
    return _Packed(width, y - gaps.between * 0.6, corners)


def _place_part(part: Part, boxes: list[Box], gaps: Gaps) -> Placed:
    if part.ordering is None:
        box = boxes[part.nodes[0]]
        return Placed(box.left + box.right, box.height, [(box.left, box.height / 2)], {})
    return place(part.ordering, [boxes[node] for node in part.nodes], gaps)


def _put(
    part: Part,
    placed: Placed,
    x: float,
    y: float,
    centres: list[Point],
    routes: dict[Edge, Route],
) -> None:
    for node, (at, height) in zip(part.nodes, placed.centres, strict=True):
        centres[node] = (at + x, height + y)
    for (source, target), route in placed.routes.items():
        routes[part.nodes[source], part.nodes[target]] = _shifted(route, x, y)


def _shifted(route: Route, x: float, y: float) -> Route:
    return Route([(at + x, height + y) for at, height in route.points], route.bends)


def turned(arrangement: Arrangement) -> Arrangement:
    """The arrangement with what flowed from the bottom to the top flowing from left to right."""
    top = arrangement.height

    def turn(point: Point) -> Point:
        return top - point[1], point[0]

    return Arrangement(
        arrangement.height,
        arrangement.width,
        [turn(point) for point in arrangement.centres],
        {
            edge: Route([turn(point) for point in route.points], route.bends)
            for edge, route in arrangement.routes.items()
        },
    )
