"""Coordinates for ordered layers: flow runs bottom to top, tall drawings wrap into columns.

x minimises weighted distances to neighbours layer by layer, which is isotonic regression by pool
adjacent violators (Robertson, Wright and Dykstra, 1988): exact, with sizes respected.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from opscope.dashboard.graph.ordering import Edge, Ordering

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """Room a node needs, in pixels, from its anchor to the left and right, and its height."""

    left: float
    right: float
    height: float


@dataclass(frozen=True)
class Gaps:
    """Distances between boxes side by side and between layers, and the width kept by an edge.

    `port` lies between a port that is alone in its layer and the next layer.
    A drawing higher than `tall` is wrapped into columns, until its width is `aspect` times its
    height.
    """

    beside: float = 20.0
    between: float = 44.0
    port: float = 24.0
    edge: float = 10.0
    aspect: float = 1.6
    tall: float = 640.0


@dataclass(frozen=True)
class Route:
    """Points of an edge from source to target.

    `bends` are the indices where four corner points, a wrap to the next column, begin.
    """

    points: list[Point]
    bends: tuple[int, ...] = ()


@dataclass(frozen=True)
class Placed:
    """Anchor centres and routes of one connected part, with its upper left corner at (0, 0)."""

    width: float
    height: float
    centres: list[Point]
    routes: dict[Edge, Route]


PORT_HEIGHT = 2.0
CUT_EDGES = 3
"""At most this many edges pass from one column to the next, and one where two screens show all."""
COLUMN_GAP = 56.0
CORNER_ROOM = 22.0
LANE = 8.0


def place(ordering: Ordering, boxes: list[Box], gaps: Gaps, wrap: bool = True) -> Placed:
    """Coordinates of one connected part."""
    xs = _across(ordering, boxes, gaps)
    half = gaps.edge / 2
    dummy = Box(half, half, 0.0)
    sized = boxes + [dummy] * (len(ordering.layer_of) - len(boxes))
    heights = [max(sized[node].height for node in row) for row in ordering.layers]
    above = _above(ordering, heights, gaps)
    cuts = _cuts(ordering, sized, xs, heights, above, gaps) if wrap else []
    return _columns(ordering, sized, xs, heights, above, cuts)


def _above(ordering: Ordering, heights: list[float], gaps: Gaps) -> list[float]:
    """Distance of each layer to the next; what stands alone and has no height is a port."""
    ports = [
        len(row) == 1 and height <= PORT_HEIGHT
        for row, height in zip(ordering.layers, heights, strict=True)
    ]
    return [
        gaps.port if ports[layer] or (layer + 2 == len(ports) and ports[-1]) else gaps.between
        for layer in range(len(ports))
    ]


def _across(ordering: Ordering, boxes: list[Box], gaps: Gaps) -> list[float]:
    """Anchor x of every node and dummy."""
    count = ordering.count
    half = gaps.edge / 2
    left = [box.left for box in boxes] + [half] * (len(ordering.layer_of) - count)
    right = [box.right for box in boxes] + [half] * (len(ordering.layer_of) - count)
    xs = [0.0] * len(ordering.layer_of)
    offsets: list[list[float]] = []
    for row in ordering.layers:
        at = 0.0
        line = [0.0]
        for previous, node in itertools.pairwise(row):
            gap = gaps.beside if previous < count or node < count else gaps.edge
            at += right[previous] + gap + left[node]
            line.append(at)
        offsets.append(line)
        for node, offset in zip(row, line, strict=True):
            xs[node] = offset - at / 2
    size = len(ordering.layer_of)
    rounds = 32 if size < 300 else 12 if size < 1500 else 4 if size < 6000 else 2
    for step in range(rounds):
        settle = step >= rounds // 2
        up = range(len(ordering.layers))
        for layer in up if step % 2 == 0 else reversed(up):
            near = ordering.before if step % 2 == 0 else ordering.after
            _settle_row(ordering, layer, offsets[layer], xs, None if settle else near)
    # Least squares bends a chain evenly; one last sweep over one side, in which a node heeds
    # nodes before passing edges, makes it straight.
    chained = [[other for other in others if other < count] or others for others in ordering.before]
    for layer in range(len(ordering.layers)):
        _settle_row(ordering, layer, offsets[layer], xs, chained, firmness=15.0)
    return xs


def _settle_row(
    ordering: Ordering,
    layer: int,
    offsets: list[float],
    xs: list[float],
    near: list[list[int]] | None,
    firmness: float = 1.0,
) -> None:
    """Move a layer's nodes to where their neighbours (`near`, or both sides) want them.

    `firmness` multiplies the weight of a node that is next to a node; passing edges give way.
    """
    count = ordering.count
    blocks: list[tuple[float, float, int]] = []
    row = ordering.layers[layer]
    for node, offset in zip(row, offsets, strict=True):
        others = ordering.before[node] + ordering.after[node] if near is None else near[node]
        if others:
            goal, weight = _wish(node, others, count, xs)
            if node < count and others[0] < count:
                weight *= firmness
        else:
            goal, weight = xs[node], 0.05
        value, mass, length = goal - offset, weight, 1
        while blocks and blocks[-1][0] > value:
            other, pull, members = blocks.pop()
            value = (other * pull + value * mass) / (pull + mass)
            mass += pull
            length += members
        blocks.append((value, mass, length))
    position = 0
    for value, _, length in blocks:
        for _ in range(length):
            xs[row[position]] = value + offsets[position]
            position += 1


def _wish(node: int, others: list[int], count: int, xs: list[float]) -> tuple[float, float]:
    """Preferred x and its weight: long edges want to be straight, fans want the middle."""
    if node < count and len(others) > 2:
        ends = sorted(xs[other] for other in others)
        half = len(ends) // 2
        middle = ends[half] if len(ends) % 2 else (ends[half - 1] + ends[half]) / 2
        return middle, float(min(len(ends), 6))
    total = mass = 0.0
    for other in others:
        if node >= count:
            # The first stretch of a long edge gives way to nodes above the same source.
            weight = 8.0 if other >= count else 0.5
        else:
            weight = 2.0 if other >= count else 3.0
        total += weight * xs[other]
        mass += weight
    return total / mass, mass


def _spread(ordering: Ordering, sized: list[Box], xs: list[float], low: int, high: int) -> Point:
    nodes = [node for row in ordering.layers[low:high] for node in row]
    return (
        min(xs[node] - sized[node].left for node in nodes),
        max(xs[node] + sized[node].right for node in nodes),
    )


def _cuts(
    ordering: Ordering,
    sized: list[Box],
    xs: list[float],
    heights: list[float],
    above: list[float],
    gaps: Gaps,
) -> list[int]:
    """Layers that begin a new column, chosen so that the drawing is about as wide as a screen."""
    layers = len(heights)
    if layers < 8:
        return []
    starts = [0.0]
    for height, gap in zip(heights, above, strict=True):
        starts.append(starts[-1] + height + gap)
    total = starts[-1]
    if total < gaps.tall:
        return []
    crossing = [sum(len(ordering.after[node]) for node in row) for row in ordering.layers]
    low, high = _spread(ordering, sized, xs, 0, layers)
    best: list[int] = []
    misfit = abs(math.log((high - low) / total / gaps.aspect))
    if (high - low) / total > gaps.aspect / 2.5:
        return []
    likely = int((gaps.aspect * total / (high - low)) ** 0.5)
    for columns in range(max(2, likely // 2), min(likely + 3, layers // 3 + 1)):
        cuts = _even_cuts(columns, starts, crossing, CUT_EDGES if total > 2 * gaps.tall else 1)
        if not cuts:
            continue
        width = COLUMN_GAP * (columns - 1)
        height = 0.0
        for begin, end in itertools.pairwise([0, *cuts, layers]):
            left, right = _spread(ordering, sized, xs, begin, end)
            width += right - left
            height = max(height, starts[end] - starts[begin])
        fit = abs(math.log(width / height / gaps.aspect)) + 0.02 * columns
        if fit < misfit:
            misfit, best = fit, cuts
    return best


def _even_cuts(columns: int, starts: list[float], crossing: list[int], most: int) -> list[int]:
    """Cuts into so many columns of about one height where few edges cross, or none at all."""
    share = starts[-1] / columns
    window = share * 0.3
    cuts: list[int] = []
    for part in range(1, columns):
        goal = share * part
        begin = max(cuts[-1] + 2 if cuts else 2, bisect_left(starts, goal - window))
        end = min(len(crossing) - 1, bisect_right(starts, goal + window))
        costs = [
            (crossing[layer - 1] * window / 3 + abs(starts[layer] - goal), layer)
            for layer in range(begin, end)
            if crossing[layer - 1] <= most
        ]
        if not costs:
            return []
        cuts.append(min(costs)[1])
    return cuts


def _columns(
    ordering: Ordering,
    sized: list[Box],
    xs: list[float],
    heights: list[float],
    above: list[float],
    cuts: list[int],
) -> Placed:
    bounds = [0, *cuts, len(heights)]
    column_of: list[int] = []
    middle: list[float] = []
    shift: list[float] = []
    tops: list[float] = []
    rights: list[float] = []
    width = 0.0
    for column, (begin, end) in enumerate(itertools.pairwise(bounds)):
        left, right = _spread(ordering, sized, xs, begin, end)
        shift.append(width - left)
        width += right - left
        rights.append(width)
        width += COLUMN_GAP if end < len(heights) else 0.0
        at = 0.0
        for layer in range(begin, end):
            column_of.append(column)
            middle.append(at + heights[layer] / 2)
            at += heights[layer] + above[layer]
        tops.append(at - above[end - 1])
    room = CORNER_ROOM + 4 * LANE if cuts else 0.0
    height = max(tops) + 2 * room
    # From here y grows downwards, as on a screen.
    floor = height - room

    def centre(node: int) -> Point:
        layer = ordering.layer_of[node]
        return xs[node] + shift[column_of[layer]], floor - middle[layer]

    lanes = [0] * len(bounds)
    routes: dict[Edge, Route] = {}
    turned: dict[tuple[int, int], int] = {}
    for edge, chain in ordering.chains.items():
        points: list[Point] = []
        bends: list[int] = []
        for position, node in enumerate(chain):
            layer = ordering.layer_of[node]
            x, y = centre(node)
            if position:
                low = chain[position - 1]
                column = column_of[ordering.layer_of[low]]
                if column != column_of[layer] and column_of[layer] == column + 1:
                    # Edges that share a node and a border share its lane.
                    lane = turned.get((low, column))
                    if lane is None:
                        lane = turned[low, column] = lanes[column]
                        lanes[column] += 1
                    out = CORNER_ROOM + LANE * lane
                    start = centre(low)[0]
                    turn = rights[column] + COLUMN_GAP / 2 - LANE + LANE * lane
                    bends.append(len(points))
                    points += [
                        (start, floor - tops[column] - out),
                        (turn, floor - tops[column] - out),
                        (turn, floor + out),
                        (x, floor + out),
                    ]
            # Inside a layer an edge runs vertically, so that it cuts no taller box beside it.
            half = heights[layer] / 2
            slack = half - sized[node].height / 2
            if position and slack > 6:
                points.append((x, y + half))
            if node < ordering.count:
                points.append((x, y))
            if position < len(chain) - 1 and slack > 6:
                points.append((x, y - half))
            elif node >= ordering.count and slack <= 6:
                points.append((x, y))
        if edge in ordering.backward:
            points.reverse()
            bends = [len(points) - bend - 4 for bend in reversed(bends)]
        routes[edge] = Route(points, tuple(bends))
    return Placed(width, height, [centre(node) for node in range(ordering.count)], routes)
