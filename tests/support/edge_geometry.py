"""Where drawn edges run: the curves of the browser as points, and the boxes that they cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

Point = tuple[float, float]
STEPS = 10
SHORT = 8
"""Pixels between two points of a long stretch."""


def curve(edge: dict[str, Any], lr: bool) -> list[Point]:
    """Points along an edge as graph_drawing.js draws it, rounded corners left out."""
    flat = edge["points"]
    points = list(zip(flat[::2], flat[1::2], strict=True))
    straight = {bend + at for bend in edge.get("bends", []) for at in range(4)}
    found = [points[0]]
    for at, ((x0, y0), (x1, y1)) in enumerate(pairwise(points), 1):
        steps = max(STEPS, int((abs(x1 - x0) + abs(y1 - y0)) / SHORT))
        for step in range(1, steps + 1):
            share = step / steps
            if at in straight or abs((y1 - y0) if lr else (x1 - x0)) < 0.6:
                found.append((x0 + (x1 - x0) * share, y0 + (y1 - y0) * share))
                continue
            bow = share * share * (3 - 2 * share)
            on = 1.5 * share * (1 - share) + share**3
            right, down = (on, bow) if lr else (bow, on)
            found.append((x0 + (x1 - x0) * right, y0 + (y1 - y0) * down))
    return found


def cuts(view: dict[str, Any], margin: float = 1.0) -> Iterator[tuple[dict[str, Any], str]]:
    """Every (edge, box) where an edge runs through a box that is none of its ends."""
    families: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for node in view["nodes"]:
        families[node["parent"]].append(node)
    for edge in view["edges"]:
        points = curve(edge, view["flow"] == "lr")
        left, right = min(x for x, _ in points), max(x for x, _ in points)
        top, bottom = min(y for _, y in points), max(y for _, y in points)
        for node in families[edge["scope"]]:
            half, tall = node["w"] / 2 - margin, node["h"] / 2 - margin
            x0, x1, y0, y1 = node["x"] - half, node["x"] + half, node["y"] - tall, node["y"] + tall
            if node["id"] in (edge["a"], edge["b"]) or x1 < left or x0 > right:
                continue
            if y1 < top or y0 > bottom:
                continue
            if any(x0 < x < x1 and y0 < y < y1 for x, y in points):
                yield edge, node["id"]
