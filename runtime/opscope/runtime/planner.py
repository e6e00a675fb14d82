"""Making a plan: prune, place, order, fold, generate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opscope.runtime.codegen import Inputs, generate
from opscope.runtime.devices import Device
from opscope.runtime.feed import read_feeds
from opscope.runtime.fetch import read_fetches
from opscope.runtime.folding import fold_constants
from opscope.runtime.graph import Graph
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.placement import place
from opscope.runtime.plan import Instrument, Plan
from opscope.runtime.schedule import needed_ops, reads_first
from opscope.runtime.variable_slot import VariableSlot


def make_plan(
    graph: Graph,
    fetches: Any,
    feed_keys: Sequence[Any],
    *,
    devices: Sequence[Device],
    soft_placement: bool,
    slot: Callable[[Operation], VariableSlot],
    session_state: dict[Any, Any],
    instrument: Instrument,
) -> Plan:
    """Settle how `fetches` are computed from what is fed; raises what is wrong with either."""
    wanted = read_fetches(graph, fetches)
    feeds = read_feeds(graph, feed_keys)
    fed = {feed.tensor for feed in feeds}
    targets = [e.op if isinstance(e, Tensor) else e for e in wanted.elements]
    order = reads_first(needed_ops(targets, fed), fed)
    placement = dict(place(order, devices, soft_placement))
    known = fold_constants(order, fed, placement)
    program = generate(
        Inputs(order, placement, feeds, wanted, known, slot, session_state, instrument)
    )
    return Plan(feeds, wanted, tuple(order), placement, program)
