"""The colours of what is drawn: by structure, device, op, dtype, XLA cluster, time, memory, size.

A mode gives each node a class or an amount; a scope has the shares of its nodes' classes, or the
sum of their amounts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opscope.dashboard.graph.attribute_text import output_dtype
from opscope.dashboard.graph.choices import NOTHING, Choices
from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.dashboard.graph.lettering import amount_text
from opscope.dashboard.graph.step_stats import StepStats
from opscope.dashboard.graph.view import GraphView
from opscope.events.proto import tensor_shape_pb2

HUES = 12
NO_HUE = -1
MOST_ROWS = 12
"""Rows of a legend; classes beyond share one grey."""

TITLES = {
    "structure": "Structure",
    "device": "Device",
    "op": "Op type",
    "dtype": "Dtype",
    "xla": "XLA cluster",
    "time": "Compute time",
    "memory": "Memory",
    "parameters": "Parameters",
    "none": "None",
}
UNITS = {"time": "s", "memory": "B", "parameters": ""}
VARIABLES = ("Variable", "VariableV2", "VarHandleOp", "VariableSeq")


@dataclass(frozen=True)
class Classes:
    """A class for each node in preorder (-1 is none), with its name and what finds its nodes."""

    of: NDArray[np.int32]
    names: list[str]
    hues: list[int]
    finds: str


@dataclass(frozen=True)
class Amounts:
    """An amount for each node in preorder (NaN is unknown) and running sums of the known ones."""

    of: NDArray[np.float64]
    sums: NDArray[np.float64]
    known: NDArray[np.int64]
    unit: str


class Colouring:
    """The modes of one graph; what a mode needs of each node is found when first asked for.

    Safe to use from several threads.
    """

    def __init__(self, view: GraphView) -> None:
        self.view = view
        self._classes: dict[str, Classes] = {}
        self._parameters: Amounts | None = None
        self._lock = threading.Lock()

    def modes(self, timed: bool) -> list[dict[str, Any]]:
        """What the graph can be coloured by: name, title and, where it cannot, `why`."""
        missing = "" if timed else "the run has no RunMetadata"
        why = {"time": missing, "memory": missing}
        return [{"name": name, "title": TITLES[name], "why": why.get(name, "")} for name in TITLES]

    def paint(
        self,
        mode: str,
        expanded: Iterable[str],
        stats: StepStats | None = None,
        choices: Choices = NOTHING,
    ) -> dict[str, Any]:
        """Colours of the view with these scopes open.

        `nodes` holds for each drawn name [[hue, share], ...], or [0..1, text] on a `scale`;
        `legend` says what the hues mean: label, title, count, hue and `find`, what a search for
        them is. An unknown mode, or one without data, paints nothing.
        """
        items = self.view.drawn(expanded, choices)
        painted: dict[str, Any] = {"mode": mode, "nodes": {}, "legend": [], "scale": None}
        if mode == "structure":
            return painted | self._structure(items)
        if mode in UNITS:
            amounts = self._amounts(mode, stats)
            return painted | _scaled(self.view.hierarchy, items, amounts) if amounts else painted
        if mode in _FINDERS:
            return painted | _shared(self.view.hierarchy, items, self._of(mode))
        return painted

    @property
    def parameters(self) -> Amounts:
        """Elements of each variable."""
        with self._lock:
            if self._parameters is None:
                self._parameters = _summed(_parameters(self.view.hierarchy), UNITS["parameters"])
            return self._parameters

    def _of(self, mode: str) -> Classes:
        with self._lock:
            if mode not in self._classes:
                self._classes[mode] = _FINDERS[mode](self.view.hierarchy)
            return self._classes[mode]

    def _amounts(self, mode: str, stats: StepStats | None) -> Amounts | None:
        hierarchy = self.view.hierarchy
        if mode == "parameters":
            return self.parameters
        if stats is None:
            return None
        amounts = stats.seconds if mode == "time" else stats.memory
        return _summed(stats.of_nodes(hierarchy, amounts), UNITS[mode])

    def _structure(self, items: list[int]) -> dict[str, Any]:
        """Twins have one hue; a scope unlike any other has none."""
        hierarchy, classes, sizes = self.view.hierarchy, self.view.classes, self.view.class_sizes
        shown: dict[int, int] = {}
        for item in items:
            if item < hierarchy.m and classes[item] >= 0:
                shown.setdefault(int(classes[item]), item)
        hues = _apart(shown)
        nodes = {
            hierarchy.name(item): [[hues[int(classes[item])], 1.0]]
            for item in items
            if item < hierarchy.m and classes[item] >= 0
        }
        legend = []
        for kind in sorted(shown)[: MOST_ROWS - 4]:
            name = hierarchy.name(shown[kind])
            size = int(sizes[kind])
            legend.append(
                {
                    "label": name.rpartition("/")[2],
                    "title": f"{size} scopes are built like {name}",
                    "count": f"{size} alike",
                    "hue": hues[kind],
                    "find": f"like:{name}",
                }
            )
        more = len(shown) - len(legend)
        if more > 0:
            legend.append(_other(f"{more} more structures", ""))
        legend.append(_other("unlike any other", ""))
        return {"nodes": nodes, "legend": legend}


def _apart(kinds: Iterable[int]) -> dict[int, int]:
    """A hue for each class: its own unless an outer class has it, as long as there are others."""
    found: dict[int, int] = {}
    free = set(range(HUES))
    for kind in sorted(kinds):
        around = [(kind + step) % HUES for step in range(HUES)]
        found[kind] = next((hue for hue in around if hue in free), kind % HUES)
        free.discard(found[kind])
    return found


def _other(label: str, count: str) -> dict[str, Any]:
    return {"label": label, "title": "", "count": count, "hue": NO_HUE, "find": ""}


def _shared(hierarchy: Hierarchy, items: list[int], classes: Classes) -> dict[str, Any]:
    """Shares of hues inside each item, the legend's order first."""
    totals = np.bincount(classes.of[classes.of >= 0], minlength=len(classes.names))
    nodes = {}
    hues = np.array([*classes.hues, NO_HUE])
    for item in items:
        low, high = hierarchy.interval(item)
        found, count = np.unique(hues[classes.of[low:high]], return_counts=True)
        shares = count / (high - low)
        # Grey stands last.
        order = sorted(range(len(found)), key=lambda at: (found[at] < 0, found[at]))
        nodes[hierarchy.name(item)] = [
            [int(found[at]), round(float(shares[at]), 4)] for at in order
        ]
    rows = sorted(range(len(classes.names)), key=lambda kind: (classes.hues[kind] < 0, kind))
    legend = [
        {
            "label": _last_part(classes.names[kind], classes.names),
            "title": classes.names[kind],
            "count": f"{int(totals[kind]):,}",
            "hue": classes.hues[kind],
            "find": f"{classes.finds}:{classes.names[kind]}",
        }
        for kind in rows[:MOST_ROWS]
    ]
    rest = int(sum(totals[kind] for kind in rows[MOST_ROWS:]))
    if rest:
        legend.append(_other(f"{len(rows) - MOST_ROWS} others", f"{rest:,}"))
    none = int(np.count_nonzero(classes.of < 0))
    if none:
        legend.append(_other("none given", f"{none:,}"))
    return {"nodes": nodes, "legend": legend}


def _last_part(name: str, names: list[str]) -> str:
    """A device without what all devices share at the front; other names as they are."""
    if "/device:" not in name:
        return name
    parts = [each.strip("/").split("/") for each in names]
    same = 0
    while len(parts) > 1 and len({tuple(each[: same + 1]) for each in parts}) == 1:
        same += 1
    kept = name.strip("/").split("/")[same if len(parts) > 1 else -1 :]
    return "/".join(kept).removeprefix("device:").replace("/device:", " ")


def _scaled(hierarchy: Hierarchy, items: list[int], amounts: Amounts) -> dict[str, Any]:
    """Amounts of the items on a scale from 0 to the largest one drawn."""
    drawn = {}
    for item in items:
        low, high = hierarchy.interval(item)
        if amounts.known[high] > amounts.known[low]:
            drawn[item] = float(amounts.sums[high] - amounts.sums[low])
    inside = {hierarchy.scope_of(item) for item in items}
    most = max((amount for item, amount in drawn.items() if item not in inside), default=0.0)
    nodes = {
        hierarchy.name(item): [
            round(min(1.0, amount / most), 4) if most else 0.0,
            amount_text(amount, amounts.unit),
        ]
        for item, amount in drawn.items()
    }
    scale = {
        "low": amount_text(0, amounts.unit),
        "high": amount_text(most, amounts.unit),
        "total": amount_text(float(amounts.sums[-1]), amounts.unit),
    }
    return {"nodes": nodes, "scale": scale}


def _summed(of: NDArray[np.float64], unit: str) -> Amounts:
    sums = np.zeros(len(of) + 1)
    np.cumsum(np.nan_to_num(of), out=sums[1:])
    known = np.zeros(len(of) + 1, np.int64)
    np.cumsum(~np.isnan(of), out=known[1:])
    return Amounts(of, sums, known, unit)


def _devices(hierarchy: Hierarchy) -> Classes:
    """Hues follow the sorted names, so that they do not depend on the order in the file."""
    names = sorted(device for device in hierarchy.columns.devices if device)
    number = [names.index(d) if d else -1 for d in hierarchy.columns.devices]
    of = np.array(number, np.int32)[hierarchy.device] if number else np.zeros(0, np.int32)
    hues = [at if at < HUES else NO_HUE for at in range(len(names))]
    return Classes(of, names, hues, "device")


def _ops(hierarchy: Hierarchy) -> Classes:
    return _ranked(hierarchy.columns.ops, hierarchy.op, "op")


def _dtypes(hierarchy: Hierarchy) -> Classes:
    columns = hierarchy.columns
    ops = [columns.ops[op] for op in hierarchy.op]
    files = hierarchy.file_index.tolist()
    texts = [output_dtype(op, columns.attrs(file)) for op, file in zip(ops, files, strict=True)]
    return _named(texts, "dtype")


def _clusters(hierarchy: Hierarchy) -> Classes:
    columns = hierarchy.columns
    texts = []
    for file in hierarchy.file_index.tolist():
        cluster = columns.attrs(file).get("_XlaCluster")
        texts.append(cluster.s.decode("utf-8", "replace") if cluster is not None else "")
    return _named(texts, "attr:_XlaCluster")


def _named(texts: list[str], finds: str) -> Classes:
    """Classes of texts, "" being none."""
    names = sorted({text for text in texts if text})
    number = {name: at for at, name in enumerate(names)}
    of = np.array([number.get(text, -1) for text in texts], np.int32)
    return _ranked(names, of, finds)


def _ranked(names: list[str], of: NDArray[np.int32], finds: str) -> Classes:
    """The most frequent classes get the hues, in order; the others are grey."""
    counts = np.bincount(of[of >= 0], minlength=len(names))
    order = sorted(range(len(names)), key=lambda kind: (-counts[kind], names[kind]))
    place = {kind: at for at, kind in enumerate(order)}
    again = np.array([*(place[kind] for kind in range(len(names))), -1], np.int32)
    hues = [at if at < HUES else NO_HUE for at in range(len(names))]
    return Classes(again[of], [names[kind] for kind in order], hues, finds)


def _parameters(hierarchy: Hierarchy) -> NDArray[np.float64]:
    """Elements of each variable, NaN for what is none or has no known shape."""
    columns = hierarchy.columns
    holds = np.array([op in VARIABLES for op in columns.ops], bool)
    found = np.full(hierarchy.n, np.nan)
    if not len(columns.ops):
        return found
    for node in np.nonzero(holds[hierarchy.op])[0].tolist():
        shape = columns.attrs(int(hierarchy.file_index[node])).get("shape")
        if shape is not None:
            found[node] = _elements(shape.shape)
    return found


def _elements(shape: tensor_shape_pb2.TensorShapeProto) -> float:
    sizes = [dim.size for dim in shape.dim]
    unknown = shape.unknown_rank or any(size < 0 for size in sizes)
    return float("nan") if unknown else float(np.prod(sizes, dtype=np.float64))


_FINDERS: dict[str, Callable[[Hierarchy], Classes]] = {
    "device": _devices,
    "op": _ops,
    "dtype": _dtypes,
    "xla": _clusters,
}
