"""Layouts: no overlaps, the same every time, few crossings, bounded work."""

from __future__ import annotations

import itertools
import random

import pytest

from opscope.dashboard.graph.arranging import Arrangement, arrange, parts_of
from opscope.dashboard.graph.ordering import Edge, count_crossings, order
from opscope.dashboard.graph.placing import Box, Gaps

NONE: frozenset[int] = frozenset()


def random_edges(seed: int, count: int, degree: float) -> list[Edge]:
    dice = random.Random(seed)
    pairs = {(dice.randrange(count), dice.randrange(count)) for _ in range(int(count * degree))}
    return sorted((a, b) for a, b in pairs if a != b)


def laid_out(seed: int, count: int, degree: float) -> tuple[Arrangement, list[Box], list[Edge]]:
    dice = random.Random(seed)
    edges = random_edges(seed, count, degree)
    boxes = [
        Box(dice.uniform(20, 90), dice.uniform(20, 90), dice.uniform(20, 160)) for _ in range(count)
    ]
    return arrange(parts_of(count, edges, None, None), boxes, Gaps(), False), boxes, edges


def overlaps(arrangement: Arrangement, boxes: list[Box]) -> list[tuple[int, int]]:
    spans = [
        (x - box.left, y - box.height / 2, x + box.right, y + box.height / 2)
        for (x, y), box in zip(arrangement.centres, boxes, strict=True)
    ]
    return [
        (i, j)
        for (i, a), (j, b) in itertools.combinations(enumerate(spans), 2)
        if a[0] < b[2] - 0.01 and b[0] < a[2] - 0.01 and a[1] < b[3] - 0.01 and b[1] < a[3] - 0.01
    ]


@pytest.mark.parametrize("degree", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("seed", range(4))
def test_boxes_never_overlap_and_stay_inside(seed: int, degree: float) -> None:
    arrangement, boxes, edges = laid_out(seed, 60, degree)
    assert overlaps(arrangement, boxes) == []
    for (x, y), box in zip(arrangement.centres, boxes, strict=True):
        assert x - box.left >= -0.01
        assert x + box.right <= arrangement.width + 0.01
        assert y - box.height / 2 >= -0.01
        assert y + box.height / 2 <= arrangement.height + 0.01
    assert sorted(arrangement.routes) == edges
    for (source, target), route in arrangement.routes.items():
        assert route.points[0] == arrangement.centres[source]
        assert route.points[-1] == arrangement.centres[target]


def test_the_same_input_gives_the_same_layout() -> None:
    assert laid_out(5, 80, 1.4)[0] == laid_out(5, 80, 1.4)[0]


def test_flow_runs_upwards() -> None:
    edges = [(0, 1), (1, 2), (0, 3), (3, 2)]
    arrangement = arrange(parts_of(4, edges, None, None), [Box(40, 40, 30)] * 4, Gaps(), False)
    for source, target in edges:
        assert arrangement.centres[source][1] > arrangement.centres[target][1]


def test_a_chain_is_straight() -> None:
    edges = [(i, i + 1) for i in range(5)]
    arrangement = arrange(parts_of(6, edges, None, None), [Box(30, 60, 30)] * 6, Gaps(), False)
    assert len({round(x, 3) for x, _ in arrangement.centres}) == 1


def test_403_a_long_chain_wraps_into_columns() -> None:
    count = 60
    edges = [(i, i + 1) for i in range(count - 1)]
    arrangement = arrange(
        parts_of(count, edges, None, None), [Box(50, 50, 40)] * count, Gaps(), False
    )
    assert 0.8 < arrangement.width / arrangement.height < 3
    assert sum(len(route.bends) for route in arrangement.routes.values()) >= 3
    assert overlaps(arrangement, [Box(50, 50, 40)] * count) == []


def test_planar_graphs_are_drawn_without_crossings() -> None:
    tree = [((child - 1) // 3, child) for child in range(1, 40)]
    ordering = order(40, tree, NONE, NONE)
    place = [0] * len(ordering.layer_of)
    for row in ordering.layers:
        for position, node in enumerate(row):
            place[node] = position
    assert count_crossings(ordering.layers, ordering.after, place) == 0


@pytest.mark.parametrize("seed", range(5))
def test_crossings_are_counted_right(seed: int) -> None:
    dice = random.Random(seed)
    after = [[10 + dice.randrange(10) for _ in range(dice.randrange(4))] for _ in range(10)]
    after = [sorted(set(ends)) for ends in after] + [[] for _ in range(10)]
    place = list(range(10)) * 2
    lines = [(a, place[b]) for a in range(10) for b in after[a]]
    wanted = sum(
        (a - c) * (b - d) < 0 for (a, b), (c, d) in itertools.combinations(lines, 2) if a != c
    )
    layers = [list(range(10)), list(range(10, 20))]
    assert count_crossings(layers, after, place) == wanted


def test_cycles_are_broken_and_drawn() -> None:
    ordering = order(3, [(0, 1), (1, 2), (2, 0)], NONE, NONE)
    assert len(ordering.backward) == 1
    assert set(ordering.chains) == {(0, 1), (1, 2), (2, 0)}


def test_ports_lie_at_the_bottom_and_at_the_top() -> None:
    edges = [(0, 1), (3, 0), (3, 1), (3, 2), (1, 4)]
    ordering = order(5, edges, frozenset({3}), frozenset({4}))
    assert ordering.layers[0] == [3]
    assert ordering.layers[-1] == [4]


def test_long_edges_of_one_source_share_their_way() -> None:
    edges = [(i, i + 1) for i in range(9)] + [(0, j) for j in range(2, 10)]
    ordering = order(10, edges, NONE, NONE)
    assert len(ordering.layer_of) - 10 == 8


def test_freeze_work_is_bounded_for_very_many_edges() -> None:
    edges = random_edges(1, 1500, 8)
    ordering = order(1500, edges, NONE, NONE)
    assert sorted(ordering.chains) == edges
    assert len(ordering.layer_of) - 1500 <= 2 * 8000
