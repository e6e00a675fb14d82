"""Everything the page tells of one item: its place in the graph, value, cost, origin, summaries."""

from __future__ import annotations

from typing import Any

from opscope.dashboard.graph.constant_value import constant_value
from opscope.dashboard.graph.detail import detail
from opscope.dashboard.graph.graph_shelf import GraphShelf, Shelved
from opscope.dashboard.graph.lettering import amount_text
from opscope.dashboard.graph.origin import Origins
from opscope.dashboard.graph.step_stats import StepStats, StepStatsError
from opscope.dashboard.graph.summary_tags import described
from opscope.dashboard.store import Store

PAGES = {"scalars": "scalar", "histograms": "histogram"}


class InfoCards:
    """Info cards of the graphs of a logdir."""

    def __init__(self, store: Store, shelf: GraphShelf) -> None:
        self._store = store
        self._shelf = shelf
        self._origins = Origins(store)

    def card(
        self, shelved: Shelved, run: str, tag: str | None, name: str, profile: str | None
    ) -> dict[str, Any] | None:
        """The card of a node or scope (see `detail`), None where there is none of that name.

        Adds `value` of a constant, `parameters` (elements of the variables inside), `cost` of the
        step `profile`, `origin` (frames, the innermost first) and `summaries` (pages with tags).
        """
        card = detail(shelved.view, name)
        if card is None:
            return None
        hierarchy = shelved.view.hierarchy
        item = hierarchy.find(name)
        assert item is not None  # as detail found it
        amounts = shelved.colouring.parameters
        low, high = hierarchy.interval(item)
        if amounts.known[high] > amounts.known[low]:
            card["parameters"] = {
                "elements": int(amounts.sums[high] - amounts.sums[low]),
                "variables": int(amounts.known[high] - amounts.known[low]),
            }
        uploaded = run in self._shelf.uploads
        if item >= hierarchy.m:
            file_index = int(hierarchy.file_index[item - hierarchy.m])
            value = constant_value(hierarchy.columns.attrs(file_index))
            if value is not None:
                card["value"] = value
            names = [] if uploaded else [card["name"], *hierarchy.library_names(card["name"])]
            frames = next((known for each in names if (known := self._origins.of(run, each))), None)
            if frames:
                card["origin"] = frames
        try:
            stats = self._shelf.stats(run, tag, profile)
        except StepStatsError as error:
            card["cost"] = {"error": str(error)}
        else:
            cost = _cost(shelved, item, stats) if stats is not None else None
            if cost is not None:
                card["cost"] = cost
        if not uploaded:
            with self._store.reading() as logdir:
                kinds = {page: logdir.tags(run, kind) for page, kind in PAGES.items()}
            card["summaries"] = described(hierarchy, item, kinds)
        return card


def _cost(shelved: Shelved, item: int, stats: StepStats) -> dict[str, Any] | None:
    """Time, memory and outputs of an item in a step; None where the step did not run it."""
    hierarchy = shelved.view.hierarchy
    columns = hierarchy.columns
    low, high = hierarchy.interval(item)
    names = [columns.names[file_index] for file_index in hierarchy.file_index[low:high].tolist()]
    ran = [name for name in names if name in stats.seconds]
    if not ran:
        return None
    seconds, memory = (
        sum(amounts.get(name, 0.0) for name in ran) for amounts in (stats.seconds, stats.memory)
    )
    total = sum(stats.seconds.values())
    outputs = [output for name in ran for output in stats.outputs.get(name, {}).values()]
    known = [output.size for output in outputs if output.size >= 0]
    cost: dict[str, Any] = {
        "seconds": seconds,
        "time": amount_text(seconds, "s"),
        "share": seconds / total if total else 0.0,
        "memory": amount_text(memory, "B") if memory else "",
        "made": amount_text(float(sum(known)), "B") if known else "",
        "runs": sum(stats.runs.get(name, 1) for name in ran),
        "nodes": len(ran),
    }
    if item >= hierarchy.m:
        cost["outputs"] = [
            {
                "slot": output.slot,
                "dtype": output.dtype,
                "shape": output.shape,
                "size": amount_text(float(output.size), "B") if output.size >= 0 else "",
            }
            for output in sorted(outputs)
        ]
    return cost
