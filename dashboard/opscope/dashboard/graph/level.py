"""What is drawn of one scope: its items, their edges, icons for constants and stubs for hubs.

A level depends on the graph alone, not on what is expanded, so each is made once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opscope.dashboard.graph.arranging import Part, parts_of
from opscope.dashboard.graph.choices import NOTHING, Choices
from opscope.dashboard.graph.hierarchy import Hierarchy, Ints
from opscope.dashboard.graph.naming import CONSTANT, SUMMARY

ICON_READERS = 4
"""A constant with more readers at its level than this is drawn as a node."""
PORT_LINKS = 8
"""A scope's border is joined by lines to at most this many of its items, by stubs beyond."""
GATHERED = 3
"""Ops that only order others or merge summaries are hubs from this many sources on."""
CONTROL_FAN = 4
"""Control edges of one item in one direction beyond this become stubs."""

Borders = tuple[Ints, Ints]
"""Edges that enter a scope and edges that leave it."""


@dataclass(frozen=True)
class Link:
    """A drawn meta-edge; `sample` is an edge of the hierarchy that it stands for."""

    src: int
    dst: int
    count: int
    control: int
    reference: int
    tensors: int
    elements: float
    sample: int


@dataclass(frozen=True)
class Mark:
    """A small sign beside an item: an embedded constant or summary, or a stub for an edge."""

    kind: str  # "const", "summary", "stub" or "loop"
    side: str  # "in" (left) or "out" (right)
    target: int
    count: int
    control: bool


@dataclass
class Level:
    """One scope's drawing before coordinates.

    `main` items and `aside` items (hubs, in a column at the side); `host[item]` is the item beside
    which an embedded one stands; `entry` and `leave` are items joined to the scope's border, with
    the element count of the largest tensor that passes.
    `parts` number `main` first, then the entry port, then the leave port.
    """

    scope: int
    main: list[int] = field(default_factory=list)
    aside: list[int] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    marks: dict[int, list[Mark]] = field(default_factory=lambda: defaultdict(list))
    host: dict[int, int] = field(default_factory=dict)
    entry: dict[int, float] = field(default_factory=dict)
    leave: dict[int, float] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)


def build_level(
    hierarchy: Hierarchy,
    scope: int,
    level_of: Callable[[int], Level],
    choices: Choices = NOTHING,
) -> Level:
    """Choose what of a scope is drawn; `level_of` gives the levels of scopes around it."""
    level = Level(scope)
    children = hierarchy.children(scope)
    items = choices.drawn(scope, children)
    edges = hierarchy.meta_edges(scope)
    links = [
        Link(*row)
        for row in zip(
            edges.src.tolist(),
            edges.dst.tolist(),
            edges.count.tolist(),
            edges.control.tolist(),
            edges.reference.tolist(),
            edges.tensors.tolist(),
            edges.elements.tolist(),
            edges.sample.tolist(),
            strict=True,
        )
    ]
    borders = hierarchy.border(scope) if scope else None
    for link in links:
        if link.src == link.dst and choices.drawn(scope, [link.src]):
            level.marks[link.src].append(Mark("loop", "out", link.src, link.count, False))
    links = [link for link in links if link.src != link.dst]
    if len(items) < len(children):
        kept = set(items)
        links = [link for link in links if link.src in kept and link.dst in kept]
    links = _embed(hierarchy, level, items, links, borders, level_of)
    drawn = [item for item in items if item not in level.host]
    aside = _hubs(hierarchy, drawn, links) - choices.main | choices.aside.intersection(drawn)
    level.main = [item for item in drawn if item not in aside]
    level.aside = [item for item in drawn if item in aside]
    level.links = _stub(level, links, aside)
    if borders is not None:
        _join_border(hierarchy, level, borders, level_of, choices)
    number = {item: position for position, item in enumerate(level.main)}
    pairs = [(number[link.src], number[link.dst]) for link in level.links]
    ports = len(level.main)
    entry = leave = None
    if level.entry:
        entry, ports = ports, ports + 1
        pairs += [(entry, number[item]) for item in level.entry]
    if level.leave:
        leave, ports = ports, ports + 1
        pairs += [(number[item], leave) for item in level.leave]
    level.parts = parts_of(ports, pairs, entry, leave)
    return level


def _embed(
    hierarchy: Hierarchy,
    level: Level,
    items: list[int],
    links: list[Link],
    borders: Borders | None,
    level_of: Callable[[int], Level],
) -> list[Link]:
    """Turn constants and summaries into icons; give the links that are left."""
    m = hierarchy.m
    ops = hierarchy.columns.ops
    constants = {
        item for item in items if item >= m and CONSTANT.match(ops[hierarchy.op[item - m]])
    }
    summaries = {item for item in items if item >= m and SUMMARY.match(ops[hierarchy.op[item - m]])}
    if not constants and not summaries:
        return links
    readers: dict[int, list[int]] = defaultdict(list)
    sources: dict[int, list[int]] = defaultdict(list)
    for link in links:
        if link.control < link.count:
            readers[link.src].append(link.dst)
            sources[link.dst].append(link.src)
    fed, read = _joined_to_outside(hierarchy, borders, level_of)
    # What has inputs is no constant, whatever it is called.
    constants = {item for item in constants if not sources[item] and item not in fed}
    for item in sorted(summaries):
        hosts = [source for source in sources[item] if source not in constants]
        if len(hosts) == 1 and hosts[0] not in summaries and item not in fed:
            level.host[item] = hosts[0]
            level.marks[hosts[0]].append(Mark("summary", "out", item, 1, False))
    for item in sorted(constants):
        hosts = [reader for reader in readers[item] if reader not in level.host]
        if not readers[item] or len(hosts) > ICON_READERS or item in read:
            continue
        level.host[item] = hosts[0] if hosts else level.host[readers[item][0]]
        for host in hosts:
            level.marks[host].append(Mark("const", "in", item, 1, False))
    return _moved_to_hosts(level.host, links, constants)


def _moved_to_hosts(host: dict[int, int], links: list[Link], constants: set[int]) -> list[Link]:
    """Links of embedded items as links of their hosts, but for those that the icon stands for."""
    found: dict[tuple[int, int], Link] = {}
    for link in links:
        source, target = host.get(link.src, link.src), host.get(link.dst, link.dst)
        if source == target:
            continue
        if link.src in host and link.src in constants:
            # An icon stands for what readers get; what waits for the constant waits for its host.
            if not link.control:
                continue
            link = replace(link, count=link.control, reference=0, tensors=0, elements=0.0)
        known = found.get((source, target))
        moved = replace(link, src=source, dst=target)
        found[source, target] = moved if known is None else _together(known, moved)
    return list(found.values())


def _together(one: Link, other: Link) -> Link:
    """Two links between the same items as one."""
    first = other if one.control == one.count else one
    return Link(
        one.src,
        one.dst,
        one.count + other.count,
        one.control + other.control,
        one.reference + other.reference,
        one.tensors + other.tensors,
        max(one.elements, other.elements),
        first.sample,
    )


def _joined_to_outside(
    hierarchy: Hierarchy, borders: Borders | None, level_of: Callable[[int], Level]
) -> tuple[set[int], set[int]]:
    """Nodes of the scope that take data from outside, and constants that give it along a line.

    What only hubs read has no line: they are drawn at the side.
    """
    if borders is None:
        return set(), set()
    entering, leaving = (edges[hierarchy.slot[edges] >= 0] for edges in borders)
    leaving = leaving[_constant_ops(hierarchy)[hierarchy.op[hierarchy.src[leaving]]]]
    pairs = np.stack(
        [hierarchy.src[leaving], hierarchy.common[leaving], hierarchy.top_dst[leaving]]
    )
    giving = {
        source + hierarchy.m
        for source, common, outside in np.unique(pairs, axis=1).T.tolist()
        if outside not in level_of(common).aside
    }
    return set((hierarchy.dst[entering] + hierarchy.m).tolist()), giving


def _hubs(hierarchy: Hierarchy, drawn: list[int], links: list[Link]) -> set[int]:
    """Items that so many others are joined to that their lines would cover the rest.

    An item has its data neighbours, or its control neighbours where it has no data. One with
    clearly more than is usual at its level is a hub; what only gathers others (`init`, `train_op`,
    a merged summary) is one from three on.
    """
    into: dict[int, set[int]] = defaultdict(set)
    out: dict[int, set[int]] = defaultdict(set)
    data = [link for link in links if link.control < link.count]
    flowing = {end for link in data for end in (link.src, link.dst)}
    for link in links:
        if link.control < link.count:
            out[link.src].add(link.dst)
            into[link.dst].add(link.src)
        elif link.dst not in flowing:
            into[link.dst].add(link.src)
    gathers = np.array(
        [op == "NoOp" or bool(SUMMARY.match(op)) for op in hierarchy.columns.ops], bool
    )
    found = {
        item
        for item in drawn
        if len(into[item]) >= GATHERED
        and gathers[hierarchy.op[slice(*hierarchy.interval(item))]].all()
    }
    for side, least, factor in ((into, 4, 3), (out, 6, 4)):
        rest = [item for item in drawn if item not in found]
        if len(rest) < 7:
            return found
        degree = {item: len(side[item] - found) for item in rest}
        usual = sorted(degree.values())[len(rest) // 2]
        limit = max(least, factor * usual + 1, min(8, len(rest) // 5))
        # Never more than a quarter of a level: a picture of hubs alone explains nothing.
        hubs = sorted(
            (item for item in rest if degree[item] > limit), key=lambda item: (-degree[item], item)
        )
        found.update(hubs[: max(1, len(rest) // 4)])
    return found


def _stub(level: Level, links: list[Link], aside: set[int]) -> list[Link]:
    """Replace links of hubs and fans of control edges by stubs; give the links left to draw."""
    fans: dict[tuple[int, str], int] = defaultdict(int)
    for link in links:
        if link.control == link.count and link.src not in aside and link.dst not in aside:
            fans[link.src, "out"] += 1
            fans[link.dst, "in"] += 1
    left = []
    for link in links:
        control = link.control == link.count
        crowded = control and (
            fans[link.src, "out"] > CONTROL_FAN or fans[link.dst, "in"] > CONTROL_FAN
        )
        if link.src in aside or link.dst in aside or crowded:
            level.marks[link.dst].append(Mark("stub", "in", link.src, link.count, control))
            level.marks[link.src].append(Mark("stub", "out", link.dst, link.count, control))
        else:
            left.append(link)
    return left


def _join_border(
    hierarchy: Hierarchy,
    level: Level,
    borders: Borders,
    level_of: Callable[[int], Level],
    choices: Choices,
) -> None:
    """Join items to the scope's border: data by lines where they are few, the rest by stubs."""
    main = set(level.main)
    shown = main.union(level.aside)
    kept = _not_of_icons(hierarchy, level, borders[1])
    for side, edges, joined in (("in", borders[0], level.entry), ("out", kept, level.leave)):
        crossings = [
            crossing
            for crossing in _crossings(hierarchy, level, edges, side == "in")
            if crossing.item in shown and choices.drawn(crossing.common, [crossing.outside])
        ]
        lines: dict[int, float] = defaultdict(float)
        for crossing in crossings:
            hub = crossing.outside in level_of(crossing.common).aside
            if crossing.control < crossing.edges and not hub and crossing.item in main:
                lines[crossing.item] = max(lines[crossing.item], crossing.elements)
        if len(lines) <= PORT_LINKS:
            joined.update(lines)
        for item, outside, common, count, control, _ in crossings:
            hub = outside in level_of(common).aside
            if item not in joined or control == count or hub:
                level.marks[item].append(Mark("stub", side, outside, count, control == count))


def _not_of_icons(hierarchy: Hierarchy, level: Level, leaving: Ints) -> Ints:
    """Edges that leave a scope, without those from icons to hubs."""
    source = hierarchy.src[leaving]
    icons = np.fromiter(level.host, np.int64, len(level.host)) - hierarchy.m
    of_icon = np.isin(source, icons) & _constant_ops(hierarchy)[hierarchy.op[source]]
    found: Ints = leaving[~(of_icon & (hierarchy.slot[leaving] >= 0))]
    return found


def _constant_ops(hierarchy: Hierarchy) -> NDArray[np.bool_]:
    """Whether it is a constant, for each op of the graph: bool[ops]."""
    return np.array([bool(CONSTANT.match(op)) for op in hierarchy.columns.ops], bool)


class _Crossing(NamedTuple):
    """Edges between an item and one item outside, which lies directly in the scope `common`."""

    item: int
    outside: int
    common: int
    edges: int
    control: int
    elements: float


def _crossings(hierarchy: Hierarchy, level: Level, edges: Ints, entering: bool) -> list[_Crossing]:
    items = hierarchy.children(level.scope)
    hosts = np.array([level.host.get(item, item) for item in items], np.int64)
    firsts = np.array([hierarchy.interval(item)[0] for item in items], np.int64)
    order = np.argsort(firsts)
    inner = (hierarchy.dst if entering else hierarchy.src)[edges]
    outside = (hierarchy.top_src if entering else hierarchy.top_dst)[edges]
    child = hosts[order[np.searchsorted(firsts[order], inner, side="right") - 1]]
    size = hierarchy.m + hierarchy.n
    unique, first, inverse, count = np.unique(
        child * size + outside, return_index=True, return_inverse=True, return_counts=True
    )
    control = np.bincount(inverse, hierarchy.slot[edges] < 0, len(unique)).astype(np.int64)
    elements = np.zeros(len(unique))
    np.maximum.at(elements, inverse, hierarchy.elements[edges])
    return [
        _Crossing(key // size, key % size, *row)
        for key, *row in zip(
            unique.tolist(),
            hierarchy.common[edges][first].tolist(),
            count.tolist(),
            control.tolist(),
            elements.tolist(),
            strict=True,
        )
    ]
