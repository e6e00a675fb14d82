"""The info card of one item: what it is, its attributes, and what it is joined to."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.dashboard.graph.attribute_text import (
    attribute_text,
    function_names,
    output_dtype,
)
from opscope.dashboard.graph.hierarchy import Hierarchy, Ints
from opscope.dashboard.graph.lettering import shape_text
from opscope.dashboard.graph.view import GraphView
from opscope.events.graph_columns import FUNCTION_LIBRARY

MOST_ROWS = 100
HIDDEN = frozenset({"_output_shapes"})


def detail(view: GraphView, name: str) -> dict[str, Any] | None:
    """Describe a scope, group or node by full name; None where there is none of that name.

    Lists hold at most 100 rows; `total` beside them says how many there are. Keys: `id`, `name`,
    `kind` ("scope", "group", "op"), `devices` [[name, count]], `inputs`, `outputs`,
    `control_inputs`, `control_outputs`; for an op also `op`, `results`, `attributes`,
    `functions`; for a scope `nodes`, `scopes`, `ops`, `twins`, `series` (the op of a series of
    nodes, else "").
    """
    hierarchy = view.hierarchy
    item = hierarchy.find(name)
    if item is None:
        return None
    counts = hierarchy.device_counts(item)
    card: dict[str, Any] = {
        "id": hierarchy.name(item),
        "name": hierarchy.name(item),
        "devices": sorted(
            [hierarchy.columns.devices[device], int(counts[device])]
            for device in np.nonzero(counts)[0].tolist()
        ),
    }
    if item >= hierarchy.m:
        return card | _op(hierarchy, item)
    return card | _scope(view, item)


def _body(hierarchy: Hierarchy, node: int, function: str) -> str:
    """The scope that shows the body of a function that a node calls."""
    within = hierarchy.columns.names[hierarchy.file_index[node]] + "/"
    own = [s for s in hierarchy.columns.calls.get(function, ()) if s.startswith(within)]
    return min(own, key=len)[:-1] if own else f"{FUNCTION_LIBRARY}/{function}"


def _op(hierarchy: Hierarchy, item: int) -> dict[str, Any]:
    columns = hierarchy.columns
    node = item - hierarchy.m
    file_index = int(hierarchy.file_index[node])
    op = columns.ops[hierarchy.op[node]]
    attrs = columns.attrs(file_index)
    shapes = columns.shape_lists[columns.outputs[file_index]]
    dtype = output_dtype(op, attrs)
    entering = hierarchy.in_order[hierarchy.in_start[node] : hierarchy.in_start[node + 1]]
    leaving = hierarchy.out_order[hierarchy.out_start[node] : hierarchy.out_start[node + 1]]
    functions = [
        {"attribute": attribute, "name": function, "id": _body(hierarchy, node, function)}
        for attribute, function in [*function_names(attrs), ("op", op)]
        if function in columns.functions
    ]
    return {
        "kind": "op",
        "name": columns.names[file_index],
        "op": op,
        "results": [
            {"slot": slot, "shape": shape_text(shape) or "unknown", "dtype": dtype}
            for slot, shape in enumerate(shapes[:MOST_ROWS])
        ]
        or ([{"slot": 0, "shape": "unknown", "dtype": dtype}] if dtype else []),
        "attributes": [
            {"name": key, "value": attribute_text(attrs[key])}
            for key in sorted(attrs)
            if key not in HIDDEN
        ],
        "functions": functions,
        "inputs": _ends(hierarchy, entering, True, False),
        "outputs": _ends(hierarchy, leaving, False, False),
        "control_inputs": _ends(hierarchy, entering, True, True),
        "control_outputs": _ends(hierarchy, leaving, False, True),
    }


def _ends(hierarchy: Hierarchy, edges: Ints, entering: bool, control: bool) -> dict[str, Any]:
    """Far ends of an op's edges, one row each, in the order of inputs."""
    chosen = edges[(hierarchy.slot[edges] < 0) == control]
    columns = hierarchy.columns
    rows = []
    for edge in chosen[:MOST_ROWS].tolist():
        source = int(hierarchy.src[edge])
        other = source if entering else int(hierarchy.dst[edge])
        file_index = int(hierarchy.file_index[source])
        slot = int(hierarchy.slot[edge])
        op = columns.ops[hierarchy.op[other]]
        row: dict[str, Any] = {"id": hierarchy.shown[other], "op": op, "slot": slot}
        if not control:
            row["shape"] = shape_text(columns.output_shape(file_index, slot))
            row["reference"] = bool(hierarchy.reference[edge])
        rows.append(row)
    return {"total": len(chosen), "rows": rows}


def _scope(view: GraphView, scope: int) -> dict[str, Any]:
    hierarchy = view.hierarchy
    lo, hi = hierarchy.interval(scope)
    entering, leaving = hierarchy.border(scope)
    inside = (
        (hierarchy.lo >= lo) & (hierarchy.hi <= hi) & (hierarchy.depth > hierarchy.depth[scope])
    )
    kind = int(view.classes[scope])
    twins = np.nonzero(view.classes == kind)[0].tolist() if kind >= 0 else []
    ops = hierarchy.op_counts(scope)
    return {
        "kind": "group" if hierarchy.grouped[scope] else "scope",
        "series": hierarchy.series_op(scope),
        "nodes": hi - lo,
        "scopes": int(np.count_nonzero(inside)),
        "ops": [[op, count] for op, count in ops[:12]],
        "op_kinds": len(ops),
        "twins": {
            "total": max(0, len(twins) - 1),
            "rows": [hierarchy.names[twin] for twin in twins if twin != scope][:20],
        },
        "inputs": _neighbours(hierarchy, entering, True, False),
        "outputs": _neighbours(hierarchy, leaving, False, False),
        "control_inputs": _neighbours(hierarchy, entering, True, True),
        "control_outputs": _neighbours(hierarchy, leaving, False, True),
    }


def _neighbours(hierarchy: Hierarchy, edges: Ints, entering: bool, control: bool) -> dict[str, Any]:
    """Nodes outside that a scope is joined to, one row each, those with most edges first."""
    chosen = edges[(hierarchy.slot[edges] < 0) == control]
    others = (hierarchy.src if entering else hierarchy.dst)[chosen]
    unique, first, count = np.unique(others, return_index=True, return_counts=True)
    order = np.lexsort((unique, -count))[:MOST_ROWS]
    columns = hierarchy.columns
    rows = []
    for at in order.tolist():
        edge = int(chosen[first[at]])
        other = int(unique[at])
        row: dict[str, Any] = {
            "id": hierarchy.shown[other],
            "op": columns.ops[hierarchy.op[other]],
            "count": int(count[at]),
        }
        if not control:
            source = int(hierarchy.file_index[hierarchy.src[edge]])
            shape = shape_text(columns.output_shape(source, int(hierarchy.slot[edge])))
            row["shape"] = shape if count[at] == 1 or entering else f"{int(count[at])} tensors"
        rows.append(row)
    return {"total": len(unique), "rows": rows}
