"""The loops and branches of an imported graph, found from its ops, so that it has gradients.

A GraphDef alone does not say which loop or branch an op was made in; a MetaGraphDef does.
TensorFlow has no gradients of a loop that came as a GraphDef.
"""

from __future__ import annotations

from collections.abc import Sequence

from opscope.runtime.branches import BranchContext
from opscope.runtime.control_flow_context import ControlFlowContext
from opscope.runtime.flow_schedule import Arrangement
from opscope.runtime.frames import ROOT, Frame
from opscope.runtime.graph import Graph
from opscope.runtime.guards import Guard, Literal, predicate
from opscope.runtime.loop_gradient import within
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.flow import ENTERS, EXITS, MERGES, NEXTS, SWITCHES
from opscope.runtime.schedule import needed_ops
from opscope.runtime.while_context import WhileContext, is_constant_enter

Literals = tuple[Literal, ...]


def derive_contexts(graph: Graph) -> None:
    """Put each op that is in no loop or branch yet into the one its inputs say.

    UnimplementedError names an op that is not part of whole loops and conditionals.
    """
    _Derivation(graph).run()


class _Derivation:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.order = needed_ops(graph.get_operations(), ())
        self.arrangement = Arrangement(self.order, ())
        self.arrangement.items(ROOT)
        self.inside: dict[tuple[Frame, Literals], list[Operation]] = {}
        for op in self.order:
            place = self._place(op)
            if place is not None:
                self.inside.setdefault(place, []).append(op)
        self.made: dict[tuple[Frame, Literals], ControlFlowContext | None] = {}

    def run(self) -> None:
        """Make the contexts, and note them at their ops."""
        for (frame, literals), ops in self.inside.items():
            context = self._context(frame, literals)
            if context is None:
                continue
            for op in ops:
                if op.control_flow_context is None:
                    op.control_flow_context = context
                    self._note(context, op)

    def _place(self, op: Operation) -> tuple[Frame, Literals] | None:
        """The frame of an op and the predicates of its branch; None for what can never run."""
        guard = self._guard(op)
        return None if guard is None else (self.arrangement.home[op], guard)

    def _guard(self, op: Operation) -> Guard:
        guard = self.arrangement.guards[op]
        if guard is None:
            return None
        if self._is_pivot(op):
            return self.arrangement.guards[op.inputs[0].op]
        sides = _sides_read(op)
        if len(sides) != 1:
            return guard
        # A Switch that lets a value into one branch stands in that branch.
        return (*guard, (predicate(op.inputs[1], ()), sides[0]))

    @staticmethod
    def _is_pivot(op: Operation) -> bool:
        """True for what tells whether a branch runs: it stands in front of it."""
        source = op.inputs[0].op if op.type == "Identity" else None
        return source is not None and len(_sides_read(source)) == 2

    def _note(self, context: ControlFlowContext, op: Operation) -> None:
        around: ControlFlowContext | None = context
        while around is not None:
            around.values.update(op.outputs)
            around = around.outer
        if isinstance(context, WhileContext):
            if is_constant_enter(op):
                context.values.add(op.inputs[0])
                context.externals[op.inputs[0]] = op.outputs[0]
            elif op.type in EXITS and context.outer is not None:
                context.outer.values.update(op.outputs)
        elif op.type in SWITCHES and isinstance(context, BranchContext):
            context.values.add(op.inputs[0])
            context.externals[op.inputs[0]] = op.outputs[context.branch]

    # -- contexts ------------------------------------------------------------------------------

    def _context(self, frame: Frame, literals: Literals) -> ControlFlowContext | None:
        """The branch under `literals` in a frame; without any, the frame's loop."""
        key = (frame, literals)
        if key not in self.made:
            known = [
                op.control_flow_context
                for op in self.inside.get(key, ())
                if op.control_flow_context is not None
            ]
            if known:
                self.made[key] = known[0]
            elif literals:
                self.made[key] = self._branch(frame, literals)
            else:
                self.made[key] = self._loop(frame)
        return self.made[key]

    def _branch(self, frame: Frame, literals: Literals) -> BranchContext:
        *around, (test, value) = literals
        outer = self._context(frame, tuple(around))
        side = int(value)
        deciding = [
            op
            for op in self.order
            if op.type in SWITCHES
            and self.arrangement.home[op] == frame
            and predicate(op.inputs[1], ()) is test
        ]
        one_sided = [op for op in deciding if len(_sides_read(op)) == 1]
        pred = (one_sided or deciding)[0].inputs[1]
        pivots = [op.outputs[side] for op in deciding if len(_sides_read(op)) == 2]
        readers = [op for tensor in pivots for op in tensor.consumers()]
        ops = self.inside.get((frame, literals), [])
        pivot = _first(readers, ops)
        with within(self.graph, outer):
            tensor = deciding[0].outputs[side] if pivot is None else pivot.outputs[0]
            return BranchContext(self.graph, pred, tensor, side)

    def _loop(self, frame: Frame) -> WhileContext | None:
        if frame.parent is None:
            return None
        guard = self.arrangement.guards[frame] or ()
        outer = self._context(frame.parent, guard)
        ops = [op for op in self.order if self.arrangement.home[op] == frame]
        enters = [op for op in ops if op.type in ENTERS]
        merges = [
            op for op in ops if op.type in MERGES and any(t.op.type in NEXTS for t in op.inputs)
        ]
        pivot = next(op for op in ops if op.type == "LoopCond")
        with within(self.graph, outer), self.graph.name_scope(None):
            loop = WhileContext(
                self.graph,
                frame.name,
                parallel_iterations=enters[0].attrs["parallel_iterations"],
            )
        loop.name = frame.name
        loop.pivot = pivot.outputs[0]
        loop.pivot_for_pred = merges[0].outputs[0]
        loop.pivot_for_body = self._body_pivot(merges)
        loop.enters = [op.outputs[0] for op in enters if not is_constant_enter(op)]
        loop.exits = [op.outputs[0] for op in ops if op.type in EXITS]
        return loop

    @staticmethod
    def _body_pivot(merges: Sequence[Operation]) -> Tensor | None:
        """What runs in each round that goes on: an op on the live output of a Switch."""
        for merge in merges:
            for switch in merge.outputs[0].consumers():
                if switch.type not in SWITCHES:
                    continue
                readers = switch.outputs[1].consumers()
                found = _first(readers, readers)
                if found is not None:
                    return found.outputs[0]
        return None


def _sides_read(op: Operation) -> list[bool]:
    """Which outputs of a condition's Switch something reads; none for any other op."""
    if op.type not in SWITCHES or op.inputs[1].op.type == "LoopCond":
        return []
    return [bool(t.value_index) for t in op.outputs if t.consumers()]


def _first(preferred: Sequence[Operation], others: Sequence[Operation]) -> Operation | None:
    """An Identity of the first, else any op with an output."""
    for op in preferred:
        if op.type == "Identity":
            return op
    return next((op for op in (*preferred, *others) if op.outputs), None)
