"""Finding nodes and scopes by name, or nodes by op, device, dtype, shape, attribute, structure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.dashboard.graph.attribute_text import attribute_text, output_dtype
from opscope.dashboard.graph.lettering import shape_text
from opscope.dashboard.graph.view import GraphView

MOST_HITS = 200
MOST_MARKS = 20_000
LONGEST = 200


def search(view: GraphView, text: str) -> dict[str, Any]:
    """Find what a text asks for, upper and lower case alike.

    `text` is a pattern that occurs in a name, or a field and a pattern that occurs in it:
    `op:` (which must match whole), `device:`, `dtype:`, `shape:` (of any output, `?x784` or
    `?×784`), `attr:NAME` (has it) or `attr:NAME:PATTERN` (in its value), `like:SCOPE` (scopes built
    alike). A pattern is a regular expression, or plain text where it is none. Gives `total`, the
    first 200 `hits` (scopes and names whose last part matches come first) and `marks`, the sorted
    preorder numbers of matching nodes.
    """
    hierarchy = view.hierarchy
    text = text.strip()[:LONGEST]
    field, _, rest = text.partition(":")
    find = _FIELDS.get(field.lower())
    wanted = (rest if find else text).strip()
    if not wanted:
        return {"total": 0, "hits": [], "marks": []}
    pattern = _pattern(wanted)
    if find:
        items = find(view, wanted)
    else:
        occurs = pattern.search
        nodes = [node for node, name in enumerate(hierarchy.shown) if occurs(name)]
        scopes = [scope for scope, name in enumerate(hierarchy.names) if scope and occurs(name)]
        items = scopes + [hierarchy.m + node for node in nodes]

    best = _best(view, items, None if find else pattern)
    return {
        "total": len(items),
        "hits": [_hit(view, item) for item in best],
        "marks": _marks(view, items, by_scope=field.lower() == "like")[:MOST_MARKS],
    }


def _best(view: GraphView, items: list[int], pattern: re.Pattern[str] | None) -> list[int]:
    """The first 200: those whose last part matches, then those of outer scopes, then in order."""
    hierarchy = view.hierarchy
    names = [hierarchy.name(item) for item in items]
    depths = np.fromiter((name.count("/") for name in names), np.int64, len(names))
    best: list[int] = []
    rest: list[int] = []
    for at in np.lexsort((np.array(items, np.int64), depths)).tolist():
        if pattern is None or pattern.search(names[at].rpartition("/")[2]):
            best.append(items[at])
            if len(best) == MOST_HITS:
                break
        elif len(rest) < MOST_HITS:
            rest.append(items[at])
    return (best + rest)[:MOST_HITS]


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error:
        return re.compile(re.escape(text), re.IGNORECASE)


def _marks(view: GraphView, items: list[int], by_scope: bool) -> list[int]:
    """Matching nodes; scopes that match by their name do not mark what is in them."""
    hierarchy = view.hierarchy
    if by_scope:
        inside = [np.arange(*hierarchy.interval(item)) for item in items]
        return sorted(set(np.concatenate(inside).tolist())) if inside else []
    return [item - hierarchy.m for item in items if item >= hierarchy.m]


def _nodes(view: GraphView, matches: Callable[[int], bool]) -> list[int]:
    m = view.hierarchy.m
    return [m + node for node in range(view.hierarchy.n) if matches(node)]


def _by_op(view: GraphView, text: str) -> list[int]:
    hierarchy, pattern = view.hierarchy, _pattern(text)
    matching = [bool(pattern.fullmatch(op)) for op in hierarchy.columns.ops]
    return _nodes(view, lambda node: matching[hierarchy.op[node]])


def _by_device(view: GraphView, text: str) -> list[int]:
    hierarchy, pattern = view.hierarchy, _pattern(text)
    matching = [bool(pattern.search(device)) for device in hierarchy.columns.devices]
    return _nodes(view, lambda node: matching[hierarchy.device[node]])


def _by_dtype(view: GraphView, text: str) -> list[int]:
    hierarchy, pattern = view.hierarchy, _pattern(text)
    columns = hierarchy.columns

    def matches(node: int) -> bool:
        attrs = columns.attrs(int(hierarchy.file_index[node]))
        return bool(pattern.fullmatch(output_dtype(columns.ops[hierarchy.op[node]], attrs)))

    return _nodes(view, matches)


def _by_shape(view: GraphView, text: str) -> list[int]:
    hierarchy = view.hierarchy
    columns = hierarchy.columns
    wanted = text.lower().replace("x", "×").replace(",", "×").replace(" ", "")
    matching = [
        any(shape_text(shape).startswith(wanted) for shape in shapes)
        for shapes in columns.shape_lists
    ]
    outputs = columns.outputs[hierarchy.file_index]
    return _nodes(view, lambda node: matching[outputs[node]])


def _by_attribute(view: GraphView, text: str) -> list[int]:
    hierarchy = view.hierarchy
    name, _, value = text.partition(":")
    pattern = _pattern(value)

    def matches(node: int) -> bool:
        found = hierarchy.columns.attrs(int(hierarchy.file_index[node])).get(name)
        return found is not None and bool(pattern.search(attribute_text(found)))

    return _nodes(view, matches)


def _alike(view: GraphView, text: str) -> list[int]:
    scope = view.hierarchy.scope_index.get(text)
    if scope is None:
        return []
    kind = view.classes[scope]
    return [scope] if kind < 0 else np.nonzero(view.classes == kind)[0].tolist()


_FIELDS: dict[str, Callable[[GraphView, str], list[int]]] = {
    "op": _by_op,
    "device": _by_device,
    "dtype": _by_dtype,
    "shape": _by_shape,
    "attr": _by_attribute,
    "like": _alike,
}


def _hit(view: GraphView, item: int) -> dict[str, Any]:
    hierarchy = view.hierarchy
    lo, hi = hierarchy.interval(item)
    if item < hierarchy.m:
        return {"id": hierarchy.name(item), "kind": "scope", "count": hi - lo}
    op = hierarchy.columns.ops[hierarchy.op[item - hierarchy.m]]
    return {"id": hierarchy.name(item), "kind": "op", "op": op}
