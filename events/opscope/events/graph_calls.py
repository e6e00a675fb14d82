"""Functions put where they are called: the nodes of a body as `CALL/NODE`, edges run through.

A call's data inputs go to the `_Arg` nodes of what it calls, the `_Retval` nodes to the call, which
keeps its outputs, its control edges and, of `If` and `Case`, the input that chooses.
Source: tensorflow/core/ops/functional_ops.cc (which ops call what, and with which inputs).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opscope.events.error import EventsError
from opscope.events.graph_columns import FUNCTION_LIBRARY, Body, GraphColumns, Int32

MOST_COPIED = 200_000
"""Nodes that all bodies put into one graph may have together."""
DEEPEST = 32

_CHOOSES = frozenset({"If", "StatelessIf", "Case", "StatelessCase", "RemoteCall"})
"""Ops whose first input is none of the function's arguments."""
_PASSES = _CHOOSES | {
    *("PartitionedCall", "StatefulPartitionedCall", "TPUPartitionedCall", "MapDefun"),
    *("While", "StatelessWhile", "XlaLaunch"),
}
"""Ops whose inputs are the arguments, as they are for a node whose op is a function's name."""


class Branch(NamedTuple):
    """One function that a call names: `label` is the scope it gets inside the call's, or ""."""

    label: str
    function: str


class _Call(NamedTuple):
    """A call that waits for its bodies: `written` is the node of the file it is or was copied from.

    `chain` are the functions it stands in, `device` is the one it runs on.
    """

    node: int
    written: int
    branches: list[Branch]
    chain: tuple[str, ...]
    device: int


@dataclass
class _Placed:
    """A body at `base`; `call` is the node that calls it."""

    call: int
    base: int
    body: Body
    skipped: int | None  # inputs of the call before the first argument; None where not known


@dataclass
class _Calls:
    """Which nodes of the file call functions, found once for each op."""

    columns: GraphColumns
    _by_op: dict[int, bool] = field(default_factory=dict)

    def among(self, first: int, end: int) -> list[tuple[int, list[Branch]]]:
        """The calls among these nodes and what each calls."""
        found = []
        for op in np.unique(self.columns.op[first:end]).tolist():
            at = np.nonzero(self.columns.op[first:end] == op)[0] + first
            if op not in self._by_op:
                # Whether an op takes functions is settled by its OpDef: one node tells of all.
                self._by_op[op] = bool(self.of(int(at[0])))
            if self._by_op[op]:
                found += [(node, self.of(node)) for node in at.tolist()]
        return sorted(call for call in found if call[1])

    def of(self, node: int) -> list[Branch]:
        """The functions of the library that a node calls."""
        columns = self.columns
        op = columns.ops[columns.op[node]]
        if op in columns.bodies:
            return [Branch("", op)]
        try:
            attrs = columns.attrs(node)
        except EventsError:
            return []
        named = []
        for key, value in sorted(attrs.items()):
            if value.WhichOneof("value") == "func":
                named.append(Branch(key, value.func.name))
            for number, function in enumerate(value.list.func):
                named.append(Branch(f"{key.removesuffix('es')}_{number}", function.name))
        known = [branch for branch in named if branch.function in columns.bodies]
        return [Branch("", known[0].function)] if len(named) == len(known) == 1 else known


def expand_calls(columns: GraphColumns, most: int = MOST_COPIED) -> GraphColumns:
    """The graph with every function body under the node that calls it; itself where none is.

    Outer calls come first; what recursion, depth or the budget of `most` nodes leaves out stays in
    the library, as do functions nobody calls, and `problems` says so.
    """
    if not columns.bodies:
        return columns
    return _Expansion(columns, most).result()


class _Expansion:
    def __init__(self, columns: GraphColumns, most: int) -> None:
        self.columns = columns
        self.most = self.left = most
        self.calls = _Calls(columns)
        self.in_body: dict[str, list[tuple[int, list[Branch]]]] = {}
        self.names = list(columns.names)
        self.taken = set(columns.names)
        self.origin: list[NDArray[np.int64]] = [np.arange(len(columns))]
        self.device: list[Int32] = [columns.device]
        self.edges = [(columns.src, columns.dst, columns.src_slot, columns.dst_index)]
        self.placed: list[_Placed] = []
        self.scopes: dict[str, list[str]] = {}
        self.left_out: dict[str, str] = {}

    def result(self) -> GraphColumns:
        bodies = sorted(self.columns.bodies.values())
        start = min(body.first for body in bodies)
        waiting = deque(
            _Call(node, node, branches, (), int(self.columns.device[node]))
            for node, branches in self.calls.among(0, start)
        )
        while waiting:
            waiting.extend(self._place(waiting.popleft()))
        if not self.placed:
            return self.columns
        origin = np.concatenate(self.origin).astype(np.int32)
        edges = self._joined(np.concatenate([np.stack(each) for each in self.edges], axis=1))
        device = np.concatenate(self.device)
        kept = self._kept(len(origin))
        number = np.cumsum(kept) - 1
        inside = kept[edges[0]] & kept[edges[1]]
        edges = edges[:, inside]
        src, dst = number[edges[0]], number[edges[1]]
        order = np.lexsort((edges[3], dst))
        src, dst, slot, position = (
            row[order].astype(np.int32) for row in (src, dst, edges[2], edges[3])
        )
        names = [name for name, keep in zip(self.names, kept.tolist(), strict=True) if keep]
        problems = [
            f"function {name!r} is not shown in every place it is called: {why}"
            for name, why in self.left_out.items()
        ]
        bodies_left = {
            name: body._replace(first=int(number[body.first]), end=int(number[body.first]) + size)
            for name, body in self.columns.bodies.items()
            if (size := body.end - body.first) and kept[body.first]
        }
        return self.columns.rearranged(
            names,
            origin[kept],
            (src, dst, slot, position),
            device=device[kept],
            problems=self.columns.problems + problems,
            bodies=bodies_left,
            calls=self.scopes,
        )

    def _place(self, call: _Call) -> Iterator[_Call]:
        """Append the bodies of one call; gives the calls inside them."""
        columns = self.columns
        device, chain = call.device, call.chain
        for label, function in call.branches:
            body = columns.bodies[function]
            size = body.end - body.first
            why = None
            if function in chain:
                why = "it calls itself"
            elif len(chain) >= DEEPEST:
                why = f"calls are {DEEPEST} deep there"
            elif size > self.left:
                why = f"the bodies shown already have the {self.most:,} nodes there is room for"
            if why is not None:
                self.left_out.setdefault(function, why)
                continue
            self.left -= size
            base = len(self.names)
            prefix = self._named(call.node, label, function, body)
            self.scopes.setdefault(function, []).append(prefix)
            self.origin.append(np.arange(body.first, body.end))
            own = columns.device[body.first : body.end]
            if not columns.devices[device]:
                self.device.append(own)
            else:  # a body runs where its call does, but for what says otherwise
                bare = np.array([not name for name in columns.devices])[own]
                self.device.append(np.where(bare, np.int32(device), own).astype(np.int32))
            first, last = np.searchsorted(columns.dst, (body.first, body.end))
            at = slice(first, last)
            shift = np.int32(base - body.first)
            self.edges.append(
                (
                    columns.src[at] + shift,
                    columns.dst[at] + shift,
                    columns.src_slot[at],
                    columns.dst_index[at],
                )
            )
            self.placed.append(_Placed(call.node, base, body, self._skipped(call.written)))
            if function not in self.in_body:
                self.in_body[function] = self.calls.among(body.first, body.end)
            for node, inner in self.in_body[function]:
                where = int(columns.device[node])
                where = where if columns.devices[where] else device
                yield _Call(node + int(shift), node, inner, (*chain, function), where)

    def _named(self, call: int, label: str, function: str, body: Body) -> str:
        """Name the nodes of a body; gives the scope they are in."""
        cut = len(FUNCTION_LIBRARY) + len(function) + 2
        leaves = [name[cut:] for name in self.columns.names[body.first : body.end]]
        prefix = within = f"{self.names[call]}/{label}/" if label else self.names[call] + "/"
        number = 1
        while not self.taken.isdisjoint(made := [prefix + leaf for leaf in leaves]):
            # A node of the graph has such a name: the function gets a scope of its own.
            prefix = f"{within}{function}/" if number == 1 else f"{within}{function}_{number}/"
            number += 1
        self.taken.update(made)
        self.names += made
        return prefix

    def _skipped(self, written: int) -> int | None:
        """Inputs of a call before its first argument; None where that is not known."""
        columns = self.columns
        op = columns.ops[columns.op[written]]
        if op in _CHOOSES:
            return 1
        return 0 if op in _PASSES or op in columns.bodies else None

    def _joined(self, edges: NDArray[np.int32]) -> NDArray[np.int32]:
        """Lead inputs of calls to arguments and results to calls."""
        src, dst, slot, position = edges
        into_calls = np.zeros(len(self.names), np.int64) - 1
        call_number: dict[int, list[_Placed]] = {}
        for placed in self.placed:
            call_number.setdefault(placed.call, []).append(placed)
        for number, call in enumerate(call_number):
            into_calls[call] = number
        lists = list(call_number.values())
        data = np.nonzero((into_calls[dst] >= 0) & (slot >= 0))[0]
        number = into_calls[dst[data]]
        taken = np.zeros(len(data), bool)
        added = []
        for rank in range(max(map(len, lists))):
            # One row per call: first argument, how many, inputs before them.
            rows = np.array(
                [
                    (each[rank].base, each[rank].body.arguments, each[rank].skipped)
                    if rank < len(each) and each[rank].skipped is not None
                    else (0, 0, 0)
                    for each in lists
                ],
                np.int64,
            )
            base, arguments, skipped = rows[number].T
            argument = position[data] - skipped
            fits = (argument >= 0) & (argument < arguments)
            taken |= fits
            at = data[fits]
            added.append(
                np.stack([src[at], base[fits] + argument[fits], slot[at], np.zeros(len(at))])
            )
        results = []
        for placed_here in lists:
            count = 0
            for placed in placed_here:
                size = placed.body.end - placed.body.first
                for result in range(placed.body.results):
                    retval = placed.base + size - placed.body.results + result
                    results.append((retval, placed.call, 0, 1 + count))
                    count += 1
        stays = np.ones(len(src), bool)
        stays[data[taken]] = False
        rest = np.array(results, np.int64).reshape(-1, 4).T
        return np.concatenate([edges[:, stays], *added, rest], axis=1).astype(np.int32)

    def _kept(self, count: int) -> NDArray[np.bool_]:
        """bool[n]: not a node of a function that stands everywhere it is called."""
        kept = np.ones(count, bool)
        for function, body in self.columns.bodies.items():
            if function in self.scopes and function not in self.left_out:
                kept[body.first : body.end] = False
        return kept
