"""Making a plan: prune, place, order, fold, generate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from opscope.runtime.codegen import VARIABLES, generate
from opscope.runtime.devices import Device
from opscope.runtime.errors import UnimplementedError
from opscope.runtime.expansion import Expansion, has_calls
from opscope.runtime.feed import Feed
from opscope.runtime.fetch import read_fetches
from opscope.runtime.flow_schedule import arrange, deciding, ops_of
from opscope.runtime.folding import fold
from opscope.runtime.graph import Graph
from opscope.runtime.interpreter import interpreted
from opscope.runtime.liveness import live_ops
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.placement import place
from opscope.runtime.plan import Instrument, Plan, Program
from opscope.runtime.program_inputs import Inputs
from opscope.runtime.replay import Replay, is_repeatable
from opscope.runtime.schedule import has_flow, needed_ops, reads_first
from opscope.runtime.tensor_shape import Sizes
from opscope.runtime.token_graph import TokenGraph
from opscope.runtime.variable_slot import VariableSlot


def make_plan(
    graph: Graph,
    fetches: Any,
    feeds: tuple[Feed, ...],
    fed_sizes: Sequence[Sizes],
    *,
    devices: Sequence[Device],
    soft_placement: bool,
    slot: Callable[[Operation], VariableSlot],
    session_state: dict[Any, Any],
    instrument: Instrument,
    interprets: bool = False,
) -> Plan:
    """Settle how `fetches` are computed from feeds of the given shapes.

    interprets: run the graph as it stands, op by op, rather than by generated code. What is not
    made of whole loops and conditionals is run so in any case. Raises what is wrong with the
    fetches, or with the placement of an op.
    """
    wanted = read_fetches(graph, fetches)
    fed = {feed.tensor: sizes for feed, sizes in zip(feeds, fed_sizes, strict=True)}
    targets = [e.op if isinstance(e, Tensor) else e for e in wanted.elements]
    order = needed_ops(targets, fed)
    if has_calls(order):
        expansion = Expansion(order)
        wanted = wanted.mapped(expansion.tensor, expansion.op)
        feeds = tuple(feed.on(expansion.tensor(feed.tensor)) for feed in feeds)
        fed = {feed.tensor: sizes for feed, sizes in zip(feeds, fed_sizes, strict=True)}
        targets = [e.op if isinstance(e, Tensor) else e for e in wanted.elements]
        order = needed_ops(targets, fed)
    items = None
    if not has_flow(order):
        order = reads_first(order, fed)
    elif not interprets:
        try:
            items = arrange(order, fed)
            order = list(ops_of(items))
        except UnimplementedError:
            interprets = True
    placement = dict(place(order, devices, soft_placement))
    known = fold(order, fed, placement)
    if interprets:
        tokens = TokenGraph(order, fed, placement, known, slot, session_state)
        program = interpreted(tokens, feeds, wanted, instrument)
        return Plan(feeds, wanted, tuple(order), placement, program, instrument)
    live = live_ops(
        order, [*wanted.elements, *deciding(items or ())], fed.keys() | known.values.keys()
    )
    inputs = Inputs(
        order, live, placement, feeds, wanted, known, slot, session_state, instrument, items
    )

    def plan(program: Program) -> Plan:
        return Plan(feeds, wanted, tuple(order), placement, program, instrument)

    watch = instrument.watch
    checks = watch is not None and watch.check and not watch.keep_last
    if not items or not checks or instrument.trace or not is_repeatable(order):
        return plan(generate(inputs))
    slots = {op: slot(op) for op in order if op.type in VARIABLES}
    replay = Replay(lambda use: plan(generate(replace(inputs, slot=use))), slots)
    program = generate(replace(inputs, checked_slots=replay.slots))
    return plan(replace(program, replay=replay))
