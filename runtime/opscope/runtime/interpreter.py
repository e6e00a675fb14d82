"""Runs a graph token by token, as TensorFlow's executor does: any graph, however its loops look.

A value travels along each edge, dead or alive. An op runs when all its inputs are there, and hands
on dead tokens when one of them is dead; a Merge runs on the first that is alive. Enter opens a
frame, whose rounds are counted by NextIteration; Exit leaves it. Rounds run one after the other, as
with parallel_iterations=1.

The semantics are those of tensorflow/core/common_runtime (executor.cc, propagator_state.cc).
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from opscope.events import health_summary
from opscope.runtime import errors
from opscope.runtime.feed import Feed, refuse_unfed
from opscope.runtime.fetch import Fetches
from opscope.runtime.flow_code import refuse_dead
from opscope.runtime.halt import halting
from opscope.runtime.instrumentation import Recorder, refuse_uninitialized
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.plan import PLAIN, Instrument, Program, Recorded
from opscope.runtime.token_graph import Node, TokenGraph
from opscope.runtime.variable_slot import VariableSlot

# The token of what is not computed.
DEAD = object()

# The kinds of nodes whose output is their first input.
_HAND_ON = frozenset({"switch", "merge", "enter", "exit", "next", "pass"})

_INDICES = [np.int32(i) for i in range(8)]


def interpreted(
    graph: TokenGraph, feeds: Sequence[Feed], fetches: Fetches, instrument: Instrument
) -> Program:
    """A program that runs the graph by interpreting it; it returns what a generated one does."""
    fetched = [e for e in fetches.elements if isinstance(e, Tensor)]
    ops = [node.op for node in graph.nodes]
    recorder = Recorder(instrument, on_host=False, repeats=True, ops=ops)
    recorded = recorder.recorded
    recorded += [
        recorder.unlisted(tensor, node.device, "value")
        or Recorded(tensor, node.device, "value", index)
        for index, (node, tensor) in enumerate(
            (node, t) for node in graph.nodes for t in node.op.outputs if recorder.wants(t)
        )
    ]
    indices = {r.tensor: i for i, r in enumerate(recorded)}
    passes = recorder.tester()
    stops = instrument.watch is not None and instrument.watch.stop
    is_plain = instrument is PLAIN
    traced = tuple(node.op for node in graph.nodes) if instrument.trace else ()

    def run(*values: Any) -> Any:
        seen: list[Any] = []
        hits: list[int] = []
        hit = halting(hits) if stops else hits.append
        over = False  # each update leaves the old value alone
        times = [(-1, time.perf_counter_ns())]
        fed = {feed.tensor: value for feed, value in zip(feeds, values, strict=True)}

        def record(node: Node, outputs: Sequence[Any]) -> None:
            for tensor, value in zip(node.op.outputs, outputs, strict=True):
                index = indices.get(tensor)
                if index is not None and value is not DEAD:
                    if isinstance(value, VariableSlot):
                        value = value.value
                    if recorder.summarizes:
                        value = health_summary(node.device.to_host(value))
                    seen.extend((index, value))
                    if passes is not None and value is not None and passes(index, value):
                        hit(len(seen) - 1)
            if traced:
                times.append((node.rank, time.perf_counter_ns()))

        execution = Execution(graph, fed, fetched, None if is_plain else record)
        execution.run()
        found = iter([execution.result(tensor) for tensor in fetched])
        result = fetches.rebuild(
            [next(found) if isinstance(e, Tensor) else None for e in fetches.elements]
        )
        return result if is_plain else (result, seen, hits, times, over)

    return Program(
        function=run,
        source="",
        lines=(),
        namespace={},
        recorded=tuple(recorded),
        traced=traced,
        repeats=True,
        interpreted=True,
        summarizes=recorder.summarizes,
    )


class _Frame:
    """A loop that runs, or the whole graph: the state of its present round.

    outstanding: the ops that can run now, and the frames inside that are not done. later: what goes
    into the next round.
    """

    __slots__ = (
        "arrived",
        "children",
        "constants",
        "dead_exits",
        "dead_inputs",
        "depth",
        "inputs",
        "later",
        "name",
        "outstanding",
        "parent",
        "serial",
        "started",
        "waiting_enters",
    )

    def __init__(self, name: str, parent: _Frame | None, serial: int, enters: int) -> None:
        self.name = name
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.serial = serial
        self.waiting_enters = enters
        self.outstanding = 0
        self.children: dict[str, _Frame] = {}
        self.constants: list[tuple[Node, Any]] = []
        self.later: list[tuple[Node, Any]] = []
        self.begin_round()

    def begin_round(self) -> None:
        self.arrived: dict[Node, int] = {}
        self.dead_inputs: dict[Node, int] = {}
        self.inputs: dict[Node, dict[int, Any]] = {}
        self.started: set[Node] = set()
        self.dead_exits: list[Node] = []


class Execution:
    """One run. record: gets each op that ran with its outputs."""

    def __init__(
        self,
        graph: TokenGraph,
        fed: dict[Tensor, Any],
        fetched: Sequence[Tensor],
        record: Callable[[Node, Sequence[Any]], None] | None,
    ) -> None:
        self.graph = graph
        self.fed = fed
        self.fetched = {t: i for i, t in enumerate(fetched)}
        self.record = record
        self.results: dict[Tensor, Any] = {}
        self.current: Operation | None = None
        self._ready: list[tuple[tuple[int, int, int, int], Node, _Frame, bool]] = []
        self._frames = 0
        self._root = self._frame("", None)

    def result(self, tensor: Tensor) -> Any:
        """The value of a fetched tensor; InvalidArgumentError when it was dead."""
        if tensor not in self.results:
            refuse_dead(tensor.op)
        return self.results[tensor]

    def run(self) -> None:
        """Run until nothing is left to run."""
        for node in self.graph.roots:
            self._schedule(node, self._root, is_dead=False)
        for node in self.graph.nodes:
            if node.given and node.kind == "merge":
                index, tensor = next(iter(node.given.items()))
                self._deliver(self._root, node, index, self.fed[tensor], None)
        while self._ready:
            _, node, frame, is_dead = heapq.heappop(self._ready)
            self.current = node.op
            if is_dead:
                self._send_dead(node, frame)
            else:
                self._run(node, frame)
            frame.outstanding -= 1
            if not frame.outstanding:
                self._end_round(frame)

    # -- scheduling ----------------------------------------------------------------------------

    def _frame(self, name: str, parent: _Frame | None) -> _Frame:
        self._frames += 1
        return _Frame(name, parent, self._frames, self.graph.enters.get(name, 0))

    def _schedule(self, node: Node, frame: _Frame, is_dead: bool) -> None:
        """Put an op among those that can run: updates last, the innermost loop first."""
        if node in frame.started:
            return
        frame.started.add(node)
        frame.outstanding += 1
        key = (int(node.updates), -frame.depth, frame.serial, node.rank)
        heapq.heappush(self._ready, (key, node, frame, is_dead))

    def _deliver(
        self, frame: _Frame, node: Node, index: int, value: Any, source: Node | None
    ) -> None:
        """Bring a token to an input; index -1 is a control input."""
        if index < 0:
            frame.arrived[node] = frame.arrived.get(node, 0) + 1
        if node.kind == "merge":
            self._deliver_to_merge(frame, node, index, value, source)
            return
        if index >= 0:
            frame.arrived[node] = frame.arrived.get(node, 0) + 1
            frame.inputs.setdefault(node, {})[index] = value
        if value is DEAD:
            frame.dead_inputs[node] = frame.dead_inputs.get(node, 0) + 1
        if frame.arrived[node] == node.data_inputs + node.control_inputs:
            is_dead = node in frame.dead_inputs and node.op.type != "ControlTrigger"
            self._schedule(node, frame, is_dead)

    def _deliver_to_merge(
        self, frame: _Frame, node: Node, index: int, value: Any, source: Node | None
    ) -> None:
        """A Merge takes the first live token; it is dead when all are, or the Enter is."""
        if index >= 0 and value is DEAD:
            frame.dead_inputs[node] = frame.dead_inputs.get(node, 0) + 1
            if source is not None and source.kind == "enter":
                frame.dead_inputs[node] = node.data_inputs
        elif index >= 0 and node not in frame.inputs:
            frame.inputs[node] = {index: value}
        if frame.arrived.get(node, 0) < node.control_inputs:
            return
        if node in frame.inputs:
            self._schedule(node, frame, is_dead=False)
        elif frame.dead_inputs.get(node, 0) >= node.data_inputs:
            self._schedule(node, frame, is_dead=True)

    def _end_round(self, frame: _Frame) -> None:
        """Go on with the next round of a loop, or leave it, when nothing of this one is left."""
        while frame.parent is not None and not frame.outstanding and not frame.waiting_enters:
            if not frame.later:
                self._leave(frame)
                return
            later, frame.later = frame.later, []
            frame.begin_round()
            for node, value in (*frame.constants, *later):
                self._send(frame, node, [value])

    def _leave(self, frame: _Frame) -> None:
        parent = frame.parent
        assert parent is not None
        del parent.children[frame.name]
        for node in frame.dead_exits:
            self._send(parent, node, [DEAD])
        parent.outstanding -= 1
        if not parent.outstanding:
            self._end_round(parent)

    # -- tokens --------------------------------------------------------------------------------

    def _send(self, frame: _Frame, node: Node, outputs: Sequence[Any], dead: bool = False) -> None:
        """Hand tokens on, in a frame, to all who read them."""
        dead = dead or (len(outputs) == 1 and outputs[0] is DEAD)
        for slot, reader, index in node.edges:
            self._deliver(frame, reader, index, outputs[slot], node)
        for reader in node.control_edges:
            self._deliver(frame, reader, -1, DEAD if dead else None, node)

    def _send_dead(self, node: Node, frame: _Frame) -> None:
        frame.inputs.pop(node, None)
        if node.kind == "enter":
            self._enter(node, frame, DEAD)
        elif node.kind == "exit":
            frame.dead_exits.append(node)
        elif node.kind != "next":  # a dead value goes into no further round
            self._send(frame, node, [DEAD] * len(node.op.outputs), dead=True)

    def _enter(self, node: Node, frame: _Frame, value: Any) -> None:
        name = node.op.attrs["frame_name"]
        child = frame.children.get(name)
        if child is None:
            child = frame.children[name] = self._frame(name, frame)
            frame.outstanding += 1
        if node.is_constant_enter:
            child.constants.append((node, value))
        child.waiting_enters -= 1
        self._send(child, node, [value])
        if not child.outstanding:
            self._end_round(child)

    # -- one op --------------------------------------------------------------------------------

    def _run(self, node: Node, frame: _Frame) -> None:
        outputs = self._outputs(node, frame)
        for i, tensor in enumerate(node.op.outputs):
            if tensor in self.fed and node.kind != "fed":
                outputs[i] = self.fed[tensor]
            if tensor in self.fetched and outputs[i] is not DEAD:
                self.results[tensor] = self._fetched(node, tensor, outputs[i])
        if self.record is not None:
            self.record(node, outputs)
        if node.kind == "enter":
            self._enter(node, frame, outputs[0])
        elif node.kind == "next":
            frame.later.append((node, outputs[0]))
        elif node.kind == "exit":
            if frame.parent is None:
                raise errors.InvalidArgumentError(
                    node.op.node_def, node.op, f"{node.op.name} leaves a loop, but is not in one"
                )
            self._send(frame.parent, node, outputs)
        else:
            self._send(frame, node, outputs)

    def _outputs(self, node: Node, frame: _Frame) -> list[Any]:
        kind = node.kind
        if kind == "fed":
            return [self.fed[t] for t in node.op.outputs]
        arrived = frame.inputs.pop(node, {})
        if kind in ("constant", "variable", "shape"):
            return [node.value]
        if kind == "unfed" or (kind == "unread" and node.op.outputs[0] in self.fetched):
            refuse_unfed(node.op)
        if kind == "merge":
            ((index, value),) = arrived.items()
            taken = self._input(node, index, value)
            return [taken, _INDICES[index] if index < len(_INDICES) else np.int32(index)]
        arrived.update((i, self.fed[t]) for i, t in node.given.items())
        inputs = [self._input(node, i, arrived[i]) for i in range(len(node.op.inputs))]
        if kind == "switch":
            chosen = self.to_host(node, inputs[1])
            return [DEAD, inputs[0]] if chosen else [inputs[0], DEAD]
        if kind in _HAND_ON:
            return inputs[:1]
        if kind in ("nothing", "unread"):
            return [None] * len(node.op.outputs)
        return self._call(node, inputs)

    def _call(self, node: Node, inputs: Sequence[Any]) -> list[Any]:
        op = node.op
        for i in op.definition.updates:
            inputs[i].shared = True
        assert node.kernel is not None
        result = node.kernel(*inputs)
        outputs: list[Any] = [None] * len(op.outputs)
        if len(node.value_outputs) < len(outputs):
            slot = inputs[next(iter(op.definition.updates), 0)]
            outputs = [slot] * len(outputs)
        values = result if len(node.value_outputs) > 1 else (result,)
        for i, value in zip(node.value_outputs, values, strict=len(node.value_outputs) > 0):
            outputs[i] = value
        return outputs

    def _input(self, node: Node, index: int, value: Any) -> Any:
        """A value as the kernel takes it: a variable's slot, or what is in it, on this device."""
        if isinstance(value, VariableSlot):
            if node.takes_slot[index] and node.kind in _HAND_ON:
                return value
            if value.value is None and not node.op.definition.allows_uninitialized:
                refuse_uninitialized(value)
            if node.takes_slot[index]:
                return value
            value = value.value
        return self._moved(node, index, value)

    @staticmethod
    def _moved(node: Node, index: int, value: Any) -> Any:
        move = node.movers[index]
        return value if move is None or isinstance(value, VariableSlot) else move(value)

    @staticmethod
    def to_host(node: Node, value: Any) -> Any:
        """A value as the host sees it."""
        return node.device.to_host(value)

    def _fetched(self, node: Node, tensor: Tensor, value: Any) -> Any:
        """A copy of a value for the caller, who may keep it and write to it."""
        if isinstance(value, VariableSlot):
            if tensor.dtype.is_ref_dtype:
                if value.value is None:
                    refuse_uninitialized(value)
                value = value.value
            else:
                return value
        value = node.device.to_host(value) if node.kind != "fed" else value
        return value.copy() if isinstance(value, np.ndarray) else value
