"""The first view of a graph as an SVG picture, from what the graph page is given."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import Any

MARGIN = 16
HEADS = (
    '<defs><marker id="head" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="6" markerHeight="6" '
    'orient="auto"><path d="M0 0L6 3L0 6z"/></marker></defs>'
)


def drawing(view: dict[str, Any], label: str) -> str:
    """An `<svg>` of a view's boxes and edges; its style sheet gives the colours."""
    width, height = view["width"] + 2 * MARGIN, view["height"] + 2 * MARGIN
    nodes = sorted(view["nodes"], key=lambda node: int(node["depth"]))
    inside = "".join([*map(_edge, view["edges"]), *map(_node, nodes)])
    return (
        f'<svg class="graph-picture" role="img" aria-label="{escape(label)}" width="{width:.0f}" '
        f'height="{height:.0f}" viewBox="{-MARGIN} {-MARGIN} {width:.0f} {height:.0f}">'
        f"{HEADS}{inside}</svg>"
    )


def _node(node: dict[str, Any]) -> str:
    wide, tall = node["w"], node["h"]
    left, top = node["x"] - wide / 2, node["y"] - tall / 2
    told = " ".join(str(node[name]) for name in ("op", "count") if node.get(name))
    round_ = tall / 2 if node["kind"] == "op" else 7
    middle = node["y"] if node["kind"] == "op" else node["y"] - 6
    lines = [f'<text x="{node["x"]:.1f}" y="{middle:.1f}">{escape(node["label"])}</text>']
    if node["kind"] != "op":
        small = f'<text class="small" x="{node["x"]:.1f}" y="{node["y"] + 10:.1f}">'
        lines.append(f"{small}{escape(node.get('count', ''))}</text>")
    return (
        f'<g class="{escape(node["kind"])}"><title>{escape(node["id"])}\n{escape(told)}</title>'
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{tall:.1f}" '
        f'rx="{round_:.1f}"/>{"".join(lines)}</g>'
    )


def _edge(edge: dict[str, Any]) -> str:
    flat = edge["points"]
    places = list(zip(flat[::2], flat[1::2], strict=True))
    path = f"M{places[0][0]:.1f} {places[0][1]:.1f}"
    for (x, y), (next_x, next_y) in pairwise(places[1:]):
        # Round at each place, towards the middle between it and the next one.
        path += f"Q{x:.1f} {y:.1f} {(x + next_x) / 2:.1f} {(y + next_y) / 2:.1f}"
    path += f"L{places[-1][0]:.1f} {places[-1][1]:.1f}"
    kind = escape(edge["kind"])
    return f'<path class="edge {kind}" d="{path}" stroke-width="{edge["width"]:.1f}"/>'
