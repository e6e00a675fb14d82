"""A graph as text for other programs: DOT, GraphML, JSON; all of it, one scope, or what is drawn.

Formats: graphviz.org/doc/info/lang.html, graphml.graphdrawing.org; the JSON is node-link data as
networkx reads it (`networkx.node_link_graph(data, edges="edges")`).
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from opscope.dashboard.graph.attribute_text import output_dtype
from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.dashboard.graph.lettering import shape_text

MOST_GRAPHML = 200_000
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class ExportError(ValueError):
    """What was asked for cannot be written; the message says why."""


@dataclass(frozen=True)
class Outline:
    """Nodes and edges as they are written, each with its attributes; `scopes` are clusters.

    A node's `id` is its full name, its `scope` the name of the cluster it lies in; edges lead
    `source` to `target`.
    """

    name: str
    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]
    scopes: list[str]


def outline_of_nodes(hierarchy: Hierarchy, item: int) -> Outline:
    """Every node inside a scope (0 is the whole graph), with the edges between them."""
    columns = hierarchy.columns
    low, high = hierarchy.interval(item)
    nodes = []
    for node in range(low, high):
        file_index = int(hierarchy.file_index[node])
        op = columns.ops[hierarchy.op[node]]
        shapes = columns.shape_lists[columns.outputs[file_index]]
        nodes.append(
            {
                "id": hierarchy.shown[node],
                "label": hierarchy.shown[node].rpartition("/")[2],
                "kind": "op",
                "op": op,
                "scope": hierarchy.names[hierarchy.own[node]],
                "device": columns.devices[hierarchy.device[node]],
                "dtype": output_dtype(op, columns.attrs(file_index)),
                "shape": "; ".join(shape_text(shape) or "unknown" for shape in shapes),
            }
        )
    src, dst = hierarchy.src, hierarchy.dst
    inside = (src >= low) & (src < high) & (dst >= low) & (dst < high)
    at = np.nonzero(inside)[0]
    at = at[np.lexsort((hierarchy.position[at], dst[at]))]
    edges = []
    for edge in at.tolist():
        slot, source = int(hierarchy.slot[edge]), int(src[edge])
        shape = columns.output_shape(int(hierarchy.file_index[source]), slot)
        edges.append(
            {
                "source": hierarchy.shown[source],
                "target": hierarchy.shown[int(dst[edge])],
                "output": slot,
                "input": int(hierarchy.position[edge]),
                "kind": _kind(slot < 0, bool(hierarchy.reference[edge])),
                "label": shape_text(shape) if slot >= 0 else "",
            }
        )
    own = {
        0,
        *(
            each
            for node in np.unique(hierarchy.own[low:high])
            for each in _around(hierarchy, int(node))
        ),
    }
    return Outline(
        hierarchy.names[item],
        nodes,
        edges,
        [hierarchy.names[scope] for scope in sorted(own) if scope],
    )


def outline_of_view(view: dict[str, Any]) -> Outline:
    """What is drawn (see `GraphView.view`): closed scopes as nodes, open ones as clusters."""
    nodes = []
    for node in view["nodes"]:
        if node.get("open"):
            continue
        described = {"id": node["id"], "label": node["label"], "kind": node["kind"]}
        described |= {"op": node.get("op", ""), "scope": node["parent"]}
        nodes.append(described | {"ops": node["range"][1] - node["range"][0]})
    scopes = [node["id"] for node in view["nodes"] if node.get("open")]
    edges = []
    drawn = {node["id"] for node in nodes}
    for edge in view["edges"]:
        # Lines to the border of an open scope go on in the scope around it, not to a node.
        if "port" in edge:
            continue
        ends = {"source": edge["a"], "target": edge["b"]}
        said = {"kind": edge["kind"], "count": edge["count"], "label": edge.get("label", "")}
        edges.append(ends | said)
    missing = {edge[end] for edge in edges for end in ("source", "target")} - drawn
    # An edge to an open scope as a whole needs something to end at.
    for name in sorted(missing):
        label = name.rpartition("/")[2]
        nodes.append(
            {"id": name, "label": label, "kind": "scope", "op": "", "scope": name, "ops": 0}
        )
    return Outline("", nodes, edges, scopes)


def dot(outline: Outline) -> str:
    """Graphviz' language, each scope a cluster; drawn from bottom to top, as the page does."""
    inside: dict[str, list[str]] = {scope: [] for scope in ["", *outline.scopes]}
    for scope in outline.scopes:
        inside[_holder(scope, inside)].append(scope)
    members: dict[str, list[dict[str, Any]]] = {scope: [] for scope in inside}
    for node in outline.nodes:
        members[node["scope"] if node["scope"] in inside else ""].append(node)
    lines = [
        f"digraph {_quoted(outline.name or 'graph')} {{",
        "  rankdir=BT;",
        "  node [shape=box, style=rounded];",
    ]

    def write(scope: str, indent: str) -> None:
        for node in members[scope]:
            shape = ", shape=ellipse" if node["kind"] == "op" else ""
            if node["kind"] == "scope" and node["scope"] == node["id"]:
                shape = ", shape=point"
            named = node["kind"] == "scope" or node["op"] == node["label"]
            label = node["label"] if named else f"{node['label']}\n{node['op']}"
            lines.append(f"{indent}{_quoted(node['id'])} [label={_quoted(label)}{shape}];")
        for inner in inside[scope]:
            lines.append(f"{indent}subgraph {_quoted('cluster_' + inner)} {{")
            lines.append(f"{indent}  label={_quoted(inner.rpartition('/')[2])};")
            write(inner, indent + "  ")
            lines.append(indent + "}")

    write("", "  ")
    styles = {"control": ", style=dashed", "reference": ', color="#e0902a"', "data": ""}
    for edge in outline.edges:
        label, style = edge["label"], styles[edge["kind"]]
        ends = f"{_quoted(edge['source'])} -> {_quoted(edge['target'])}"
        lines.append(f"  {ends} [label={_quoted(label)}{style}];")
    lines.append("}")
    return "\n".join(lines) + "\n"


def graphml(outline: Outline) -> str:
    """GraphML of a directed multigraph; nodes and edges keep their attributes.

    Raises ExportError for more than 200,000 nodes, which would take minutes.
    """
    if len(outline.nodes) > MOST_GRAPHML:
        raise ExportError(
            f"GraphML is written of at most {MOST_GRAPHML:,} nodes, these are "
            f"{len(outline.nodes):,}: take DOT or JSON, or one scope"
        )
    import networkx as nx  # slow to import, and only needed here

    graph = nx.MultiDiGraph(name=_clean(outline.name))
    for node in outline.nodes:
        graph.add_node(_clean(node["id"]), **{k: _clean(v) for k, v in node.items() if k != "id"})
    for number, edge in enumerate(outline.edges):
        rest = {k: _clean(v) for k, v in edge.items() if k not in ("source", "target")}
        graph.add_edge(_clean(edge["source"]), _clean(edge["target"]), key=number, **rest)
    written = io.BytesIO()
    nx.write_graphml_xml(graph, written)
    return written.getvalue().decode()


def node_link(outline: Outline) -> str:
    """Node-link JSON: `directed`, `multigraph`, `graph`, `nodes`, `edges`."""
    edges = [{**edge, "key": number} for number, edge in enumerate(outline.edges)]
    data = {
        "directed": True,
        "multigraph": True,
        "graph": {"name": outline.name, "scopes": outline.scopes},
        "nodes": outline.nodes,
        "edges": edges,
    }
    return orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()


FORMATS: dict[str, tuple[Callable[[Outline], str], str]] = {
    "dot": (dot, "text/vnd.graphviz"),
    "graphml": (graphml, "application/xml"),
    "json": (node_link, "application/json"),
}
"""Writers and media types by the ending of the file's name."""


def file_name(run: str, scope: str, ending: str) -> str:
    """A name for the file that any system takes: letters, digits, dots, dashes."""
    stem = "-".join(part for part in ("graph" if run == "." else run, scope) if part)
    return (re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-.")[:120] or "graph") + f".{ending}"


def _kind(control: bool, reference: bool) -> str:
    return "control" if control else "reference" if reference else "data"


def _around(hierarchy: Hierarchy, scope: int) -> list[int]:
    return [scope, *hierarchy.ancestors(scope)]


def _holder(scope: str, known: dict[str, list[str]]) -> str:
    """The innermost known scope around one."""
    while scope:
        scope = scope.rpartition("/")[0]
        if scope in known:
            return scope
    return ""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _clean(value: Any) -> Any:
    """Text without the characters that XML cannot hold."""
    return _UNWRITABLE.sub("\ufffd", value) if isinstance(value, str) else value
