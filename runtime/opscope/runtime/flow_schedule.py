"""The order of a plan with loops and conditionals: nested, each op with its guard.

TensorFlow 1's graphs have no blocks: a loop is a cycle of ops, a branch is what hangs on an output
of a Switch. Here the blocks are found again.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from opscope.runtime import errors
from opscope.runtime.frames import ROOT, Frame, common_frame, frames_of
from opscope.runtime.guards import Guard, both, chosen_input, either, predicate
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.flow import ENTERS, EXITS, MERGES, NEXTS, SWITCHES, is_back_edge
from opscope.runtime.references import referred
from opscope.runtime.schedule import producers


@dataclass(frozen=True)
class Step:
    """One op.

    choices: the guard of each input of a Merge that joins branches, of each output of a Switch.
    """

    op: Operation
    guard: Guard
    choices: tuple[Guard, ...] = ()


@dataclass
class Loop:
    """One loop: `condition` runs in every round, `body` when it goes on.

    `last` runs once, when it stops. Each of `merges` starts as its Enter and goes on as its
    NextIteration.
    """

    name: str
    guard: Guard
    stop: Operation
    enters: list[Operation] = field(default_factory=list)
    merges: list[Operation] = field(default_factory=list)
    condition: list[Item] = field(default_factory=list)
    switches: list[Operation] = field(default_factory=list)
    body: list[Item] = field(default_factory=list)
    nexts: list[Operation] = field(default_factory=list)
    last: list[Operation] = field(default_factory=list)
    exits: list[Operation] = field(default_factory=list)

    def ops(self) -> Iterator[Operation]:
        """All ops of the loop in the order of their lines."""
        yield from self.enters
        yield from self.merges
        yield from ops_of(self.condition)
        yield self.stop
        yield from self.switches
        yield from ops_of(self.body)
        yield from self.nexts
        yield from self.last
        yield from self.exits


Item = Step | Loop
Unit = Operation | Frame


def ops_of(items: Sequence[Item]) -> Iterator[Operation]:
    """The ops of nested items, flat."""
    for item in items:
        if isinstance(item, Loop):
            yield from item.ops()
        else:
            yield item.op


def deciding(items: Sequence[Item]) -> set[Tensor]:
    """The tensors that decide which branches run and how often a loop goes round."""
    found: set[Tensor] = set()
    for item in items:
        guards: tuple[Guard, ...] = (item.guard,)
        if isinstance(item, Loop):
            found.add(item.stop.inputs[0])
            found |= deciding([*item.condition, *item.body])
        else:
            guards += item.choices
        for guard in guards:
            found.update(tensor for tensor, _ in guard or ())
    return found


def arrange(order: Sequence[Operation], fed: Collection[Tensor]) -> list[Item]:
    """Nest the ops of a graph with control flow.

    order: each op after its producers, back edges left out. In each block updates of variables
    come last, as `reads_first` says for plans without blocks. UnimplementedError names the op where
    a graph is not made of whole loops and conditionals.
    """
    return Arrangement(order, fed).items(ROOT)


class Arrangement:
    """The blocks of a graph. home: the frame of each op. guards: what `items` found of each."""

    def __init__(self, order: Sequence[Operation], fed: Collection[Tensor]) -> None:
        self.fed = fed
        for op in order:
            if op.type == "RefMerge" and len(referred(op.outputs[0])) > 1:
                self._refuse(op, "takes references to different variables")
        self.rank = {op: i for i, op in enumerate(order)}
        self.home = frames_of(order, fed)
        self.units: dict[Frame, dict[Unit, set[Unit]]] = {ROOT: {}}
        self.outside: dict[Frame, list[tuple[Tensor | Operation, Frame]]] = {}
        self.guards: dict[Unit, Guard] = {}
        self.first: dict[Unit, int] = {}
        self.updating: set[Unit] = set()
        self.in_body: set[Unit] = set()
        for op in order:
            self._place(op)
        for op in order:
            self._connect(op)

    # -- blocks and the edges between them -----------------------------------------------------

    def _place(self, op: Operation) -> None:
        frame = self.home[op]
        unit: Unit = op
        while True:
            self.units.setdefault(frame, {}).setdefault(unit, set())
            self.first.setdefault(unit, self.rank[op])
            if op.definition.updates:
                self.updating.add(unit)
            if frame.parent is None:
                return
            unit, frame = frame, frame.parent

    def _unit(self, op: Operation, frame: Frame) -> Unit:
        """What stands for `op` in the block of `frame`."""
        home = self.home[op]
        return op if home == frame else home.ancestor(frame.depth + 1)

    def _connect(self, op: Operation) -> None:
        sources: list[Tensor | Operation] = []
        if producers(op, self.fed):
            sources = [t for t in op.inputs if t.op in self.rank and t not in self.fed]
            sources += [c for c in op.control_inputs if c in self.rank]
        for source in sources:
            producer = source.op if isinstance(source, Tensor) else source
            if is_back_edge(op, producer):
                continue
            frame = common_frame(self.home[op], self.home[producer])
            reader = self._unit(op, frame)
            made = self._unit(producer, frame)
            if reader is not made:
                self.units[frame][reader].add(made)
            if isinstance(reader, Frame):
                self.outside.setdefault(reader, []).append((source, frame))

    # -- the order of one block ----------------------------------------------------------------

    def _sorted(self, frame: Frame) -> list[Unit]:
        """The units of a block: updates last, ops of one guard together, else as they were made."""
        needs = self.units[frame]
        waiting = {unit: len(made) for unit, made in needs.items()}
        followers: dict[Unit, list[Unit]] = {}
        for unit, made in needs.items():
            for producer in made:
                followers.setdefault(producer, []).append(unit)
        ready: dict[Guard, list[tuple[int, int]]] = {}
        by_key: dict[tuple[int, int], Unit] = {}

        def put(unit: Unit) -> None:
            guard = self.guards[unit] = self._guard(unit, frame)
            key = (int(unit in self.updating), self.first[unit])
            by_key[key] = unit
            heapq.heappush(ready.setdefault(guard, []), key)

        for unit, count in waiting.items():
            if count == 0:
                put(unit)
        result: list[Unit] = []
        current: Guard = ()
        while ready:
            heap = ready.get(current)
            if heap is None or heap[0][0]:
                current = min(ready, key=lambda g: ready[g][0])
                heap = ready[current]
            unit = by_key.pop(heapq.heappop(heap))
            if not heap:
                del ready[current]
            result.append(unit)
            for follower in followers.get(unit, ()):
                waiting[follower] -= 1
                if waiting[follower] == 0:
                    put(follower)
        if len(result) < len(needs):
            stuck = next(u for u in needs if waiting[u] > 0)
            self._refuse(stuck, "takes part in a cycle that is not a loop")
        return result

    def _guard(self, unit: Unit, frame: Frame) -> Guard:
        guard: Guard = ()
        if isinstance(unit, Frame):
            for source, where in self.outside.get(unit, ()):
                guard = both(guard, self._source_guard(source, where))
            return guard
        if unit.type in ENTERS or unit.type == "ControlTrigger" or not producers(unit, self.fed):
            return ()
        for control in unit.control_inputs:
            if control in self.rank:
                guard = both(guard, self._source_guard(control, frame))
        if unit.type in MERGES:
            if any(t.op.type in NEXTS for t in unit.inputs):
                return ()
            return both(guard, either(unit, self._choices(unit, frame)))
        for tensor in unit.inputs:
            guard = both(guard, self._source_guard(tensor, frame))
        return guard

    def _choices(self, merge: Operation, frame: Frame) -> tuple[Guard, ...]:
        return tuple(self._source_guard(t, frame) for t in merge.inputs)

    def _source_guard(self, source: Tensor | Operation, frame: Frame) -> Guard:
        producer = source.op if isinstance(source, Tensor) else source
        if producer not in self.rank or (isinstance(source, Tensor) and source in self.fed):
            return ()
        if self.home[producer].depth < frame.depth:
            return ()  # the loop as a whole is guarded by what comes from outside
        guard = self.guards.get(self._unit(producer, frame), ())
        if (
            isinstance(source, Tensor)
            and producer.type in SWITCHES
            and not self._is_loop_switch(producer)
        ):
            guard = both(guard, self._side(producer, bool(source.value_index), frame))
        return guard

    def _side(self, switch: Operation, value: bool, frame: Frame) -> Guard:
        """Under what an output of a Switch is alive, less what the loops around it ask already."""
        test = predicate(switch.inputs[1], self.fed)
        choice = chosen_input(test)
        side: Guard = ((test, value),)
        if choice is not None and choice[0] in self.rank:
            merge, place = choice
            side = self._choices(merge, frame)[place if value else 1 - place]
        known: Frame | None = frame
        while known is not None and known.parent is not None and side is not None:
            around = self.guards[known]
            if both(around, side) is None:
                return None
            side = tuple(x for x in side if x not in (around or ()))
            known = known.parent
        return side

    def _is_loop_switch(self, op: Operation) -> bool:
        return op.type in SWITCHES and predicate(op.inputs[1], self.fed).op.type == "LoopCond"

    # -- items ---------------------------------------------------------------------------------

    def items(self, frame: Frame) -> list[Item]:
        """The items of one block, in order."""
        made = []
        for unit in self._sorted(frame):
            made.append(self._item(unit, frame))
        return made

    def _item(self, unit: Unit, frame: Frame) -> Item:
        if isinstance(unit, Frame):
            return self._loop(unit)
        guard = self.guards[unit]
        choices: tuple[Guard, ...] = ()
        if unit.type in MERGES and producers(unit, self.fed):
            choices = self._choices(unit, frame)
        elif unit.type in SWITCHES and producers(unit, self.fed):
            sides = [self._side(unit, value, frame) for value in (False, True)]
            choices = tuple(both(guard, side) for side in sides)
        return Step(unit, guard, choices)

    def _loop(self, frame: Frame) -> Loop:
        units = self._sorted(frame)
        stops = [u for u in units if isinstance(u, Operation) and u.type == "LoopCond"]
        if len(stops) != 1:
            some = next(u for u in units if isinstance(u, Operation))
            self._refuse(some, f"is in a loop with {len(stops)} LoopCond ops; there must be one")
        loop = Loop(frame.name, self.guards[frame], stops[0])
        in_body: set[Unit] = set()
        for unit in units:
            needs = self.units[frame][unit]
            if any(n in in_body or self._is_loop_unit(n) for n in needs):
                in_body.add(unit)
            self._sort_into(loop, unit, frame, unit in in_body)
        return loop

    def _is_loop_unit(self, unit: Unit) -> bool:
        return isinstance(unit, Operation) and self._is_loop_switch(unit)

    def _sort_into(self, loop: Loop, unit: Unit, frame: Frame, in_body: bool) -> None:
        if isinstance(unit, Operation):
            if unit.type in ENTERS and self.home[unit] == frame:
                loop.enters.append(unit)
                return
            if unit.type in MERGES and any(t.op.type in NEXTS for t in unit.inputs):
                loop.merges.append(unit)
                return
            if unit is loop.stop:
                return
            if self._is_loop_switch(unit):
                loop.switches.append(unit)
                return
            if unit.type in EXITS:
                if not self._leaves(loop, unit):
                    self._refuse(unit, "leaves a loop, but not from a Switch of its condition")
                loop.exits.append(unit)
                return
            if unit.type in NEXTS:
                if self.guards[unit] != ():
                    self._refuse(unit, "runs in some rounds of its loop only")
                loop.nexts.append(unit)
                return
            if self._leaves(loop, unit):
                made_here = [t for t in unit.inputs if self.home.get(t.op) == frame]
                alone = all(self._has_left(loop, t) for t in made_here)
                if unit.definition.updates or not alone or self.guards[unit] != ():
                    self._refuse(unit, "takes what leaves a loop together with what stays in it")
                loop.last.append(unit)
                return
        (loop.body if in_body else loop.condition).append(self._item(unit, frame))

    def _leaves(self, loop: Loop, op: Operation) -> bool:
        """True for an op on what comes out of the loop when it stops."""
        return any(self._has_left(loop, t) for t in op.inputs if t.op in self.rank)

    def _has_left(self, loop: Loop, tensor: Tensor) -> bool:
        if tensor.op in loop.last:
            return True
        return self._is_loop_switch(tensor.op) and not tensor.value_index

    def _refuse(self, unit: Unit, what: str) -> None:
        op = unit if isinstance(unit, Operation) else None
        node_def = None if op is None else op.node_def
        name = unit.name
        raise errors.UnimplementedError(
            node_def, op, f"{name} {what}; opscope runs structured loops and conditionals only"
        )
